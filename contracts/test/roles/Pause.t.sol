// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor } from "../../src/interfaces/IDepegExecutor.sol";
import { ExecutorTest } from "../ExecutorTest.sol";

contract PauseTest is ExecutorTest {
    /// @dev Only the guardian and the owner pause.
    function testFuzz_RevertWhen_CallerMayNotPause(address caller) external {
        vm.assume(caller != guardian && caller != owner);
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(IDepegExecutor.NotGuardian.selector, caller));
        executor.pause();
    }

    /// @dev Either of them may, and more than once.
    function testFuzz_GuardianAndOwnerPause(bool first, bool second) external {
        pauseBy(first ? guardian : owner);
        pauseBy(second ? guardian : owner);
        assertTrue(executor.paused());
    }

    /// @dev Only the owner unpauses: a stolen guardian key can stop, never start.
    function testFuzz_RevertWhen_CallerMayNotUnpause(address caller, bool isGuardian) external {
        vm.assume(caller != owner);
        if (isGuardian) caller = guardian;
        pauseBy(guardian);

        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(IDepegExecutor.NotOwner.selector, caller));
        executor.unpause();
        assertTrue(executor.paused());
    }

    /// @dev The owner unpauses.
    function test_Unpause() external {
        pauseBy(guardian);
        vm.expectEmit(address(executor));
        emit IDepegExecutor.PausedSet(false);
        vm.prank(owner);
        executor.unpause();
        assertFalse(executor.paused());
    }

    function pauseBy(address caller) private {
        vm.expectEmit(address(executor));
        emit IDepegExecutor.PausedSet(true);
        vm.prank(caller);
        executor.pause();
    }
}
