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

    /// @dev One order after the other leaves no trace in the next.
    function testFuzz_OrdersFollowEachOther(uint256 kind, uint256 another, uint256 amount) external {
        amount = boundLoan(amount);
        run(loop(boundKind(kind), amount));
        run(loop(boundKind(another), amount));

        assertEq(usd.balanceOf(treasury), 2 * gain(amount));
        assertEmpty();
    }

    /// @dev A lender that does not call back has made no loan, even if it asks for nothing back.
    function testFuzz_RevertWhen_TheLenderDoesNotCallBack(uint256 kind) external {
        bank.setTrick(Trick.Silent);
        runExpecting(
            loop(boundKind(kind), MIN_LOAN),
            abi.encodeWithSelector(IDepegExecutor.NotCalledBack.selector, address(bank))
        );
    }

    /// @dev A callback that was awaited once is not awaited again when the order is over.
    function testFuzz_RevertWhen_TheLenderCallsBackLate(uint256 kind) external {
        Order memory order = loop(boundKind(kind), MIN_LOAN);
        bank.keep();
        run(order);

        vm.expectRevert(unexpected(order.loan.kind));
        bank.repeat();
    }

    /// @dev The awaited callback is single-use, and carries the order's own data or none.
    function testFuzz_RevertWhen_TheLenderCallsBackTwiceOrWithOtherData(uint256 kind, bool twice) external {
        bank.setTrick(twice ? Trick.Twice : Trick.WrongData);
        Order memory order = loop(boundKind(kind), MIN_LOAN);
        runExpecting(order, unexpected(order.loan.kind));
    }

    /// @dev A callback for somebody else's loan is not ours, even with our data.
    function testFuzz_RevertWhen_TheInitiatorIsAnother(bool aave) external {
        bank.setTrick(Trick.WrongInitiator);
        runExpecting(
            loop(aave ? Lender.AaveV3 : Lender.Erc3156, MIN_LOAN),
            abi.encodeWithSelector(IDepegExecutor.WrongInitiator.selector, address(bank))
        );
    }

    /// @dev The lender lends the token that was ordered.
    function testFuzz_RevertWhen_TheTokenIsAnother(uint256 amount, uint8 pick) external {
        amount = boundLoan(amount);
        Lender[3] memory kinds = [Lender.BalancerV2, Lender.AaveV3, Lender.Erc3156];
        bank.setTrick(Trick.WrongToken);
        runExpecting(
            loop(kinds[pick % 3], amount),
            abi.encodeWithSelector(IDepegExecutor.WrongLoan.selector, address(bank), amount)
        );
    }

    /// @dev The lender lends the amount that was ordered.
    function testFuzz_RevertWhen_TheAmountIsAnother(uint256 amount, uint8 pick) external {
        amount = boundLoan(amount);
        Lender[4] memory kinds = [Lender.MorphoBlue, Lender.BalancerV2, Lender.AaveV3, Lender.Erc3156];
        bank.setTrick(Trick.WrongAmount);
        runExpecting(
            loop(kinds[pick % 4], amount),
            abi.encodeWithSelector(IDepegExecutor.WrongLoan.selector, address(usd), amount + 1)
        );
    }

    /// @dev A loan that does not arrive in full is refused before anything is done with it.
    function testFuzz_RevertWhen_TheLoanIsShort(uint256 kind, uint256 amount) external {
        amount = boundLoan(amount);
        bank.setTrick(Trick.Short);
        runExpecting(
            loop(boundKind(kind), amount),
            abi.encodeWithSelector(IDepegExecutor.TransferShort.selector, address(usd), amount, amount - 1)
        );
    }

    /// @dev What a lender does not take back it cannot take later: the allowance is revoked and the rest is profit.
    function testFuzz_AnAllowanceLeftIsRevoked(uint256 amount, uint8 pick) external {
        amount = boundLoan(amount);
        Lender[3] memory kinds = [Lender.MorphoBlue, Lender.AaveV3, Lender.Erc3156];
        bank.setTrick(Trick.TakeLess);

        assertEq(run(loop(kinds[pick % 3], amount)), amount + gain(amount));
        assertEmpty();
    }

    /// @dev A lender that fails says why.
    function testFuzz_RevertWhen_TheLenderFails(uint256 kind) external {
        bank.setTrick(Trick.Fail);
        runExpecting(loop(boundKind(kind), MIN_LOAN), abi.encodeWithSignature("Error(string)", "lender failed"));
    }

    /// @dev A lender whose fee eats the profit is not paid from anything else.
    function testFuzz_RevertWhen_TheFeeEatsTheProfit(uint256 kind, uint256 amount, uint256 fee, uint256 gift) external {
        amount = boundLoan(amount);
        Order memory order = loop(boundKind(kind), amount);
        vm.assume(order.loan.kind != Lender.MorphoBlue);
        bank.setFee(bound(fee, gain(amount), MAX_LOAN));
        usd.mint(address(executor), bound(gift, 0, MAX_LOAN));
        uint256 held = usd.balanceOf(address(executor));

        vm.prank(operator);
        vm.expectRevert();
        executor.execute(order.loan, order.guard, order.tip, order.legs);
        assertEq(usd.balanceOf(address(executor)), held);
    }

    function unexpected(Lender kind) private view returns (bytes memory) {
        bytes4[5] memory selectors = [
            bytes4(keccak256("onMorphoFlashLoan(uint256,bytes)")),
            bytes4(keccak256("receiveFlashLoan(address[],uint256[],uint256[],bytes)")),
            bytes4(keccak256("executeOperation(address,uint256,uint256,address,bytes)")),
            bytes4(keccak256("uniswapV3FlashCallback(uint256,uint256,bytes)")),
            bytes4(keccak256("onFlashLoan(address,address,uint256,uint256,bytes)"))
        ];
        return
            abi.encodeWithSelector(IDepegExecutor.UnexpectedCallback.selector, address(bank), selectors[uint256(kind)]);
    }
}
