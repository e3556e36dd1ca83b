// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor, Lender } from "../../src/interfaces/IDepegExecutor.sol";
import { ExecutorTest } from "../ExecutorTest.sol";

contract ExecuteGuardsTest is ExecutorTest {
    /// @dev Nobody but the operator starts an order, the owner and the guardian included.
    function testFuzz_RevertWhen_CallerIsNotTheOperator(address caller) external {
        vm.assume(caller != operator);
        Order memory order = loop(Lender.MorphoBlue, MIN_LOAN);

        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(IDepegExecutor.NotOperator.selector, caller));
        executor.execute(order.loan, order.guard, order.tip, order.legs);
    }

    /// @dev A paused executor takes no orders, and takes them again when unpaused.
    function test_RevertGiven_Paused() external {
        vm.prank(guardian);
        executor.pause();
        runExpecting(loop(Lender.MorphoBlue, MIN_LOAN), abi.encodeWithSelector(IDepegExecutor.Paused.selector));

        vm.prank(owner);
        executor.unpause();
        assertEq(run(loop(Lender.MorphoBlue, MIN_LOAN)), gain(MIN_LOAN));
    }

    /// @dev An order that would be content with nothing is refused.
    function test_RevertWhen_MinProfitIsZero() external {
        Order memory order = loop(Lender.MorphoBlue, MIN_LOAN);
        order.guard.minProfit = 0;
        runExpecting(order, abi.encodeWithSelector(IDepegExecutor.ZeroMinProfit.selector));
    }

    /// @dev An order is good up to its deadline, that second included.
    function testFuzz_RevertWhen_TheDeadlineHasPassed(uint32 deadline, uint32 late) external {
        late = uint32(bound(late, 1, type(uint32).max));
        Order memory order = loop(Lender.MorphoBlue, MIN_LOAN);
        order.guard.deadline = deadline;
        vm.warp(uint256(deadline) + late);
        runExpecting(order, abi.encodeWithSelector(IDepegExecutor.Expired.selector, deadline, block.timestamp));

        vm.warp(deadline);
        run(order);
    }

    /// @dev A ceiling on the base fee holds, and zero means none.
    function testFuzz_RevertWhen_TheBaseFeeIsAboveTheCeiling(uint32 ceiling, uint32 above) external {
        ceiling = uint32(bound(ceiling, 1, type(uint32).max));
        above = uint32(bound(above, 1, type(uint32).max));
        Order memory order = loop(Lender.MorphoBlue, MIN_LOAN);
        order.guard.maxBaseFee = ceiling;
        vm.fee(uint256(ceiling) + above);
        runExpecting(
            order, abi.encodeWithSelector(IDepegExecutor.BaseFeeTooHigh.selector, uint256(ceiling) + above, ceiling)
        );

        order.guard.maxBaseFee = 0;
        run(order);
        order.guard.maxBaseFee = ceiling;
        vm.fee(ceiling);
        run(order);
    }

    /// @dev An order made for one block's state is not mined upon another's.
    function testFuzz_RevertWhen_TheParentIsAnother(bytes32 parent) external {
        vm.roll(1000);
        vm.assume(parent != 0 && parent != blockhash(999));
        Order memory order = loop(Lender.MorphoBlue, MIN_LOAN);
        order.guard.parentHash = parent;
        runExpecting(order, abi.encodeWithSelector(IDepegExecutor.WrongParent.selector, blockhash(999), parent));

        order.guard.parentHash = blockhash(999);
        run(order);
    }

    /// @dev The builder never gets more than MAX_TIP_BPS of the profit.
    function testFuzz_RevertWhen_TheTipIsTooHigh(uint256 shareBps) external {
        uint256 most = executor.MAX_TIP_BPS();
        shareBps = bound(shareBps, most + 1, type(uint256).max);
        Order memory order = loop(Lender.MorphoBlue, MIN_LOAN);
        order.tip.shareBps = shareBps;
        runExpecting(order, abi.encodeWithSelector(IDepegExecutor.TipTooHigh.selector, shareBps, most));
    }

    /// @dev An order earns at least minProfit or everything is undone.
    function testFuzz_RevertWhen_TheProfitIsTooSmall(uint256 kind, uint256 amount, uint256 asked) external {
        amount = boundLoan(amount);
        Order memory order = loop(boundKind(kind), amount);
        order.guard.minProfit = bound(asked, gain(amount) + 1, type(uint256).max);
        runExpecting(
            order, abi.encodeWithSelector(IDepegExecutor.ProfitTooSmall.selector, gain(amount), order.guard.minProfit)
        );

        order.guard.minProfit = gain(amount);
        assertEq(run(order), gain(amount));
    }

    /// @dev A loop that loses never goes through, whoever lends.
    function testFuzz_RevertWhen_TheLoopLoses(uint256 kind, uint256 amount, uint256 price) external {
        Order memory order = loop(boundKind(kind), boundLoan(amount));
        v3.setPrice(address(dai), address(usd), bound(price, 0, TO_USD * 100 / 102));

        vm.prank(operator);
        vm.expectRevert();
        executor.execute(order.loan, order.guard, order.tip, order.legs);
    }

    /// @dev A leg that does not lie inside the order is not walked: a lender could put there what it likes.
    function testFuzz_RevertWhen_ALegLiesOutside(uint256 kind, uint256 offset) external {
        Order memory order = loop(boundKind(kind), MIN_LOAN);
        bytes memory data = abi.encodeCall(executor.execute, (order.loan, order.guard, order.tip, order.legs));
        offset = bound(offset, data.length - 0x1a4 - 0x11f, type(uint256).max);
        assembly ("memory-safe") {
            mstore(add(data, 0x1c4), offset) // the first leg's, behind selector, head and length
        }
        vm.prank(operator);
        (bool ok,) = address(executor).call(data);
        assertFalse(ok);
    }

    /// @dev What was captured is told: the loan, the profit, the tip.
    function testFuzz_Captured(uint256 kind, uint256 amount) external {
        amount = boundLoan(amount);
        vm.expectEmit(address(executor));
        emit IDepegExecutor.Captured(address(usd), amount, gain(amount), 0);
        run(loop(boundKind(kind), amount));
    }
}
