// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor, Lender } from "../../src/interfaces/IDepegExecutor.sol";
import { ExecutorTest } from "../ExecutorTest.sol";
import { Trick } from "../mocks/Trick.sol";

contract ExecuteLendersTest is ExecutorTest {
    /// @dev From every lender the loop's whole gain, less the lender's fee, reaches the treasury and nothing stays behind.
    function testFuzz_TheGainReachesTheTreasury(uint256 kind, uint256 amount, uint256 fee) external {
        amount = boundLoan(amount);
        Order memory order = loop(boundKind(kind), amount);
        fee = order.loan.kind == Lender.MorphoBlue ? 0 : bound(fee, 0, gain(amount) - 1);
        bank.setFee(fee);

        uint256 cash = usd.balanceOf(address(bank));
        uint256 profit = run(order);

        assertEq(profit, gain(amount) - fee);
        assertEq(usd.balanceOf(treasury), profit);
        assertEq(usd.balanceOf(address(bank)), cash + fee);
        assertEmpty();
    }
}
