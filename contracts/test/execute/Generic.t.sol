// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor, Leg, Lender, Venue } from "../../src/interfaces/IDepegExecutor.sol";
import { ExecutorTest } from "../ExecutorTest.sol";
import { Appender } from "../mocks/Appender.sol";
import { RouterMarket } from "../mocks/Market.sol";
import { Token } from "../mocks/Token.sol";

contract ExecuteGenericTest is ExecutorTest {
    /// @dev A call that is not on the list is not made, whatever it is.
    function testFuzz_RevertWhen_TheCallIsNotOnTheList(address target, bytes4 selector, bytes calldata rest) external {
        vm.assume(target != address(router) || selector != RouterMarket.trade.selector);
        runExpecting(
            loopBy(generic(target, abi.encodePacked(selector, rest)), MIN_LOAN),
            abi.encodeWithSelector(IDepegExecutor.CallNotAllowed.selector, target, selector)
        );
    }

    /// @dev What was taken off the list is not made any more.
    function test_RevertGiven_TheCallWasTakenOffTheList() external {
        Leg memory leg = trade(MIN_LOAN);
        run(loopBy(leg, MIN_LOAN));

        vm.prank(owner);
        executor.allowCall(address(router), RouterMarket.trade.selector, false);
        runExpecting(loopBy(leg, MIN_LOAN), notAllowed(leg));
    }

    /// @dev A token of the order is never the target, though the owner put it on the list.
    function testFuzz_RevertWhen_TheTargetIsATokenOfTheOrder(bool first) external {
        Leg memory leg =
            generic(first ? address(usd) : address(dai), abi.encodeCall(Token.mint, (address(executor), 1)));
        allow(leg);
        runExpecting(loopBy(leg, MIN_LOAN), notAllowed(leg));
    }

    /// @dev Nor a token that only a later leg names.
    function test_RevertWhen_TheTargetIsATokenOfALaterLeg() external {
        Leg memory leg = generic(address(weth), abi.encodeCall(Token.mint, (address(executor), 1)));
        allow(leg);
        Order memory order = bare(Lender.MorphoBlue, MIN_LOAN, 3);
        (order.legs[0], order.legs[1]) = (leg, sell(Venue.UniswapV3, address(v3)));
        order.legs[2] = buy(Venue.CurveInt128, address(curve));
        order.legs[2].tokenOut = address(weth);
        runExpecting(order, notAllowed(leg));
    }

    /// @dev The lender of the order is never the target, though the owner put it on the list.
    function testFuzz_RevertWhen_TheTargetIsTheLender(uint256 kind) external {
        Leg memory leg = generic(address(bank), abi.encodeCall(bank.setFee, (0)));
        allow(leg);
        Order memory order = loopBy(leg, MIN_LOAN);
        order.loan.kind = boundKind(kind);
        runExpecting(order, notAllowed(leg));
    }

    /// @dev An allowed call is made with exactly the allowance it spends.
    function testFuzz_AnAllowedCallIsMade(uint256 amount, bool named) external {
        amount = boundLoan(amount);
        Leg memory leg = trade(amount);
        if (named) leg.amountIn = amount;

        assertEq(run(loopBy(leg, amount)), gain(amount));
        assertEmpty();
    }

    /// @dev The call is the operator's: one that points behind the order, to the lender's words, is not made.
    function test_RevertWhen_TheCallLiesOutsideTheOrder() external {
        Leg memory leg = trade(MIN_LOAN);
        Appender lender = new Appender();
        lender.setWords(abi.encodePacked(leg.data.length, leg.data));
        Order memory order = loopBy(leg, MIN_LOAN);
        order.loan.source = address(lender);
        bytes memory call_ = abi.encodeCall(executor.execute, (order.loan, order.guard, order.tip, order.legs));
        uint256 size = call_.length - 4;
        uint256 leg0 = word(call_, 0x160) + 0x20;
        leg0 += word(call_, leg0);
        setWord(call_, leg0 + 0x100, size - leg0);

        vm.prank(operator);
        (bool ok, bytes memory reason) = address(executor).call(call_);

        assertFalse(ok);
        uint256 end = size + 0x20 + leg.data.length;
        assertEq(reason, abi.encodeWithSelector(IDepegExecutor.LegOutside.selector, end, size));
    }

    /// @dev A word of the order, which begins after the selector.
    function word(bytes memory call_, uint256 at) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(add(call_, 0x24), at))
        }
    }

    function setWord(bytes memory call_, uint256 at, uint256 value) private pure {
        assembly ("memory-safe") {
            mstore(add(add(call_, 0x24), at), value)
        }
    }

    function trade(uint256 amount) private view returns (Leg memory) {
        return generic(address(router), abi.encodeCall(RouterMarket.trade, (address(usd), address(dai), amount)));
    }

    function generic(address target, bytes memory data) private view returns (Leg memory leg) {
        leg = buy(Venue.Generic, target);
        leg.data = data;
    }

    function allow(Leg memory leg) private {
        vm.prank(owner);
        executor.allowCall(leg.target, bytes4(leg.data), true);
    }

    function notAllowed(Leg memory leg) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IDepegExecutor.CallNotAllowed.selector, leg.target, bytes4(leg.data));
    }
}
