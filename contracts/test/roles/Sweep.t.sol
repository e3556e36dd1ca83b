// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor } from "../../src/interfaces/IDepegExecutor.sol";
import { ExecutorTest } from "../ExecutorTest.sol";
import { TetherLike } from "../mocks/Token.sol";

contract SweepTest is ExecutorTest {
    /// @dev Nobody but the owner sweeps.
    function testFuzz_RevertWhen_CallerIsNotTheOwner(address caller, address token) external {
        vm.assume(caller != owner);
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(IDepegExecutor.NotOwner.selector, caller));
        executor.sweep(token);
    }

    /// @dev Everything of a token goes to the treasury and nowhere else.
    function testFuzz_ATokenGoesToTheTreasury(uint256 amount, bool tether) external {
        amount = bound(amount, 0, type(uint128).max);
        if (tether) _open(address(new TetherLike()), address(dai));
        uint256 held = usd.balanceOf(treasury);
        usd.mint(address(executor), amount);

        sweep(address(usd), amount);
        assertEq(usd.balanceOf(treasury), held + amount);
        assertEq(usd.balanceOf(address(executor)), 0);
    }

    /// @dev Ether forced upon the executor goes the same way.
    function testFuzz_EtherGoesToTheTreasury(uint128 amount) external {
        vm.deal(address(executor), amount);
        sweep(address(0), amount);
        assertEq(treasury.balance, amount);
    }

    /// @dev A treasury that takes no ether keeps it here.
    function test_RevertGiven_TheTreasuryRefusesEther() external {
        executor = deploy(owner, operator, guardian, address(usd), address(weth));
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IDepegExecutor.CallFailed.selector, address(usd)));
        executor.sweep(address(0));
    }

    /// @dev Ether comes from unwrapping and from nobody else.
    function testFuzz_RevertWhen_EtherComesFromElsewhere(address sender, uint128 amount) external {
        vm.assume(sender != address(weth));
        vm.deal(sender, amount);
        vm.prank(sender);
        vm.expectRevert(abi.encodeWithSelector(IDepegExecutor.NotWeth.selector, sender));
        (bool ok,) = address(executor).call{ value: amount }("");
        assertTrue(ok, "expectRevert answers true");
    }

    function sweep(address token, uint256 amount) private {
        vm.expectEmit(address(executor));
        emit IDepegExecutor.Swept(token, amount);
        vm.prank(owner);
        executor.sweep(token);
    }
}
