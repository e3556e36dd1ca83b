// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor } from "../../src/interfaces/IDepegExecutor.sol";
import { ExecutorTest } from "../ExecutorTest.sol";

contract AllowCallTest is ExecutorTest {
    address internal constant PERMIT2 = 0x000000000022D473030F116dDEE9F6B43aC78BA3;

    /// @dev Nobody but the owner keeps the list, the operator least of all.
    function testFuzz_RevertWhen_CallerIsNotTheOwner(address caller, bool isOperator, bool allowed) external {
        vm.assume(caller != owner);
        if (isOperator) caller = operator;
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(IDepegExecutor.NotOwner.selector, caller));
        executor.allowCall(address(router), 0x12345678, allowed);
    }

    /// @dev Not the executor itself, not Permit2, not nobody.
    function testFuzz_RevertWhen_TheTargetIsForbidden(bytes4 selector, uint8 pick) external {
        address[3] memory targets = [address(executor), PERMIT2, address(0)];
        refused(targets[pick % 3], selector);
    }

    /// @dev No name under which tokens are moved, approved or taken, or somebody may act for the executor; on any target.
    function testFuzz_RevertWhen_TheSelectorIsForbidden(address target, uint8 pick) external {
        string[30] memory names = [
            "transfer(address,uint256)",
            "transferFrom(address,address,uint256)",
            "approve(address,uint256)",
            "increaseAllowance(address,uint256)",
            "decreaseAllowance(address,uint256)",
            "increaseApproval(address,uint256)",
            "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
            "permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)",
            "setApprovalForAll(address,bool)",
            "safeTransferFrom(address,address,uint256)",
            "transferAndCall(address,uint256,bytes)",
            "approveAndCall(address,uint256,bytes)",
            "send(address,uint256,bytes)",
            "authorizeOperator(address)",
            "push(address,uint256)",
            "move(address,address,uint256)",
            "transfer(address,uint256,uint256)",
            "transfer(address,uint256,bytes)",
            "safeTransferFrom(address,address,uint256,uint256,bytes)",
            "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)",
            "transferShares(address,uint256)",
            "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)",
            "redeem(uint256,address,address)",
            "withdraw(uint256,address,address)",
            "withdraw(uint256)",
            "setOperator(address,bool)",
            "approveDelegation(address,uint256)",
            "allow(address,bool)",
            "setAuthorization(address,bool)",
            "hope(address)"
        ];
        refused(target, bytes4(keccak256(bytes(names[pick % 30]))));
    }

    /// @dev Any other call may be put on the list, and is there until it is taken off; no other with it.
    function testFuzz_ACallIsOnTheListUntilTakenOff(address target, bytes4 other) external {
        vm.assume(target != address(executor) && target != PERMIT2 && target != address(0));
        vm.assume(other != 0x3df02124);
        set(target, 0x3df02124, true);
        assertTrue(executor.isAllowed(target, 0x3df02124));
        assertFalse(executor.isAllowed(address(uint160(target) ^ 1), 0x3df02124));
        if (target != address(router)) assertFalse(executor.isAllowed(target, other));

        set(target, 0x3df02124, false);
        assertFalse(executor.isAllowed(target, 0x3df02124));
    }

    /// @dev Taking off the list is never refused.
    function testFuzz_AnythingMayBeTakenOff(address target, bytes4 selector) external {
        set(target, selector, false);
        assertFalse(executor.isAllowed(target, selector));
    }

    function set(address target, bytes4 selector, bool allowed) private {
        vm.expectEmit(address(executor));
        emit IDepegExecutor.CallAllowed(target, selector, allowed);
        vm.prank(owner);
        executor.allowCall(target, selector, allowed);
    }

    function refused(address target, bytes4 selector) private {
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IDepegExecutor.CallNotAllowed.selector, target, selector));
        executor.allowCall(target, selector, true);
    }
}
