// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor, Lender, Venue } from "../../src/interfaces/IDepegExecutor.sol";
import { ExecutorTest } from "../ExecutorTest.sol";

contract ExecuteBaselinesTest is ExecutorTest {
    /// @dev What somebody sent here before is neither in the way nor spent nor paid out: only the owner's sweep moves it.
    function testFuzz_GiftsAreLeftAlone(uint256 kind, uint256 amount, uint256 dollars, uint256 dais) external {
        amount = boundLoan(amount);
        (dollars, dais) = give(dollars, dais);

        assertEq(run(loop(boundKind(kind), amount)), gain(amount));

        assertEq(usd.balanceOf(address(executor)), dollars);
        assertEq(dai.balanceOf(address(executor)), dais);
        assertEq(usd.balanceOf(treasury), gain(amount));
        assertEq(dai.balanceOf(treasury), 0);
        assertForgotten();
        assertNothingAllowed();
    }

    /// @dev An order that names more than it has earned would spend the gift: it is undone.
    function testFuzz_RevertWhen_AGiftWouldBeSpent(uint256 amount, uint256 more) external {
        amount = boundLoan(amount);
        (, uint256 dais) = give(1, MAX_LOAN * 1e12);
        uint256 bought = amount * TO_DAI / 1e18;
        more = bound(more, 1, dais);
        Order memory order = loop(Lender.MorphoBlue, amount);
        order.legs[1].amountIn = bought + more;
        runExpecting(
            order, abi.encodeWithSelector(IDepegExecutor.BalanceFell.selector, address(dai), dais, dais - more)
        );
    }

    /// @dev A gift does not help a losing loop over the line.
    function testFuzz_RevertWhen_OnlyTheGiftWouldPay(uint256 amount, uint256 gift) external {
        amount = boundLoan(amount);
        usd.mint(address(executor), bound(gift, amount, 10 * amount));
        v3.setPrice(address(dai), address(usd), TO_USD * 98 / 100);
        uint256 held = usd.balanceOf(address(executor));
        uint256 back = amount * TO_DAI / 1e18 * (TO_USD * 98 / 100) / 1e18;
        runExpecting(
            loop(Lender.MorphoBlue, amount),
            abi.encodeWithSelector(IDepegExecutor.BalanceFell.selector, address(usd), held, held - amount + back)
        );
    }

    /// @dev What an order leaves of a token it passed through goes to the treasury with the profit.
    function testFuzz_LeftoversGoToTheTreasury(uint256 kind, uint256 amount, uint256 left, uint256 gift) external {
        amount = boundLoan(amount);
        (, gift) = give(0, gift);
        uint256 bought = amount * TO_DAI / 1e18;
        left = bound(left, 1, bought / 200);
        Order memory order = loop(boundKind(kind), amount);
        order.legs[1].amountIn = bought - left;

        uint256 profit = run(order);

        assertEq(profit, (bought - left) * TO_USD / 1e18 - amount);
        assertEq(dai.balanceOf(treasury), left);
        assertEq(dai.balanceOf(address(executor)), gift);
    }

    /// @dev A loop may pass through a token, and the loan's, any number of times.
    function testFuzz_ALoopMayCrossItself(uint256 kind, uint256 amount, uint8 turns) external {
        amount = boundLoan(amount);
        turns = uint8(bound(turns, 1, 4));
        Order memory order = bare(boundKind(kind), amount, 2 * turns);
        uint256 back = amount;
        for (uint256 k = 0; k < turns; ++k) {
            order.legs[2 * k] = buy(Venue(k % 3), address(curve));
            order.legs[2 * k + 1] = sell(Venue.UniswapV3, address(v3));
            back = back * TO_DAI / 1e18 * TO_USD / 1e18;
        }

        assertEq(run(order), back - amount);
        assertEmpty();
    }

    function give(uint256 dollars, uint256 dais) private returns (uint256, uint256) {
        (dollars, dais) = (bound(dollars, 0, MAX_LOAN), bound(dais, 0, MAX_LOAN * 1e12));
        usd.mint(address(executor), dollars);
        dai.mint(address(executor), dais);
        return (dollars, dais);
    }
}
