// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor, Lender } from "../../src/interfaces/IDepegExecutor.sol";
import { ExecutorTest } from "../ExecutorTest.sol";

contract RolesTest is ExecutorTest {
    /* CONSTRUCTOR */

    /// @dev No role and neither the treasury nor WETH is left out.
    function testFuzz_RevertWhen_AnAddressIsZero(uint8 pick) external {
        address[5] memory names = [owner, operator, guardian, treasury, address(weth)];
        names[pick % 5] = address(0);
        bytes memory code = vm.getCode("out/DepegExecutor.sol/DepegExecutor.json");
        bytes memory init = bytes.concat(code, abi.encode(names[0], names[1], names[2], names[3], names[4]));

        vm.expectRevert(IDepegExecutor.ZeroAddress.selector);
        assembly ("memory-safe") {
            pop(create(0, add(init, 0x20), mload(init)))
        }
    }

    /// @dev It starts as told, ready and with an empty list.
    function test_Constructor() external {
        executor = deploy(owner, operator, guardian, treasury, address(weth));
        assertEq(executor.owner(), owner);
        assertEq(executor.operator(), operator);
        assertEq(executor.guardian(), guardian);
        assertEq(executor.treasury(), treasury);
        assertEq(executor.weth(), address(weth));
        assertEq(executor.pendingOwner(), address(0));
        assertEq(executor.MAX_TIP_BPS(), 9000);
        assertEq(executor.ALL(), type(uint256).max);
        assertFalse(executor.paused());
        assertFalse(executor.isAllowed(address(router), 0x12345678));
    }

    /// @dev It can be deployed.
    function test_ItFits() external view {
        assertLt(address(executor).code.length, 24_576);
    }

    /* OPERATOR, GUARDIAN */

    /// @dev Only the owner names them.
    function testFuzz_RevertWhen_CallerIsNotTheOwner(address caller, address named) external {
        vm.assume(caller != owner);
        vm.startPrank(caller);
        vm.expectRevert(abi.encodeWithSelector(IDepegExecutor.NotOwner.selector, caller));
        executor.setOperator(named);
        vm.expectRevert(abi.encodeWithSelector(IDepegExecutor.NotOwner.selector, caller));
        executor.setGuardian(named);
        vm.expectRevert(abi.encodeWithSelector(IDepegExecutor.NotOwner.selector, caller));
        executor.transferOwnership(named);
    }

    /// @dev Neither is nobody.
    function test_RevertWhen_NobodyIsNamed() external {
        vm.startPrank(owner);
        vm.expectRevert(IDepegExecutor.ZeroAddress.selector);
        executor.setOperator(address(0));
        vm.expectRevert(IDepegExecutor.ZeroAddress.selector);
        executor.setGuardian(address(0));
    }

    /// @dev A new operator takes the place of the old one, paused or not.
    function testFuzz_SetOperator(address named, bool isPaused) external {
        vm.assume(named != address(0) && named != operator);
        if (isPaused) pauseBy(guardian);
        vm.expectEmit(address(executor));
        emit IDepegExecutor.OperatorSet(named);
        vm.prank(owner);
        executor.setOperator(named);

        assertEq(executor.operator(), named);
        assertEq(executor.paused(), isPaused);
        runExpecting(
            loop(Lender.MorphoBlue, MIN_LOAN), abi.encodeWithSelector(IDepegExecutor.NotOperator.selector, operator)
        );
    }

    /// @dev A new guardian takes the place of the old one.
    function testFuzz_SetGuardian(address named) external {
        vm.assume(named != address(0) && named != guardian);
        vm.expectEmit(address(executor));
        emit IDepegExecutor.GuardianSet(named);
        vm.prank(owner);
        executor.setGuardian(named);

        vm.prank(guardian);
        vm.expectRevert(abi.encodeWithSelector(IDepegExecutor.NotGuardian.selector, guardian));
        executor.pause();
        pauseBy(named);
        assertTrue(executor.paused());
    }

    /* OWNERSHIP */

    /// @dev An offer moves nothing until it is taken, and only the last one stands.
    function testFuzz_OwnershipIsOfferedAndTaken(address first, address second) external {
        vm.assume(first != second && first != owner && second != owner && second != address(0));
        offer(first);
        offer(second);
        assertEq(executor.owner(), owner);

        vm.prank(first);
        vm.expectRevert(abi.encodeWithSelector(IDepegExecutor.NotOwner.selector, first));
        executor.acceptOwnership();

        vm.expectEmit(address(executor));
        emit IDepegExecutor.OwnershipTaken(second);
        vm.prank(second);
        executor.acceptOwnership();
        assertEq(executor.owner(), second);
        assertEq(executor.pendingOwner(), address(0));

        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IDepegExecutor.NotOwner.selector, owner));
        executor.unpause();
    }

    /// @dev Nobody takes what is not offered, or not any more.
    function testFuzz_RevertWhen_NothingIsOffered(address caller, bool takenBack) external {
        vm.assume(caller != address(0));
        if (takenBack) {
            offer(caller);
            offer(address(0));
        }
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(IDepegExecutor.NotOwner.selector, caller));
        executor.acceptOwnership();
    }

    function offer(address to) private {
        vm.expectEmit(address(executor));
        emit IDepegExecutor.OwnershipOffered(owner, to);
        vm.prank(owner);
        executor.transferOwnership(to);
    }

    function pauseBy(address caller) private {
        vm.prank(caller);
        executor.pause();
    }
}
