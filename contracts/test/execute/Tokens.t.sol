// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor, Lender, Venue } from "../../src/interfaces/IDepegExecutor.sol";
import { ExecutorTest } from "../ExecutorTest.sol";
import { FeeToken, HookToken, RefusingToken, TetherLike, Token } from "../mocks/Token.sol";
import { Trick } from "../mocks/Trick.sol";

contract ExecuteTokensTest is ExecutorTest {
    /// @dev Tether's missing answers and its approval from zero only do not stand in the way, order after order.
    function testFuzz_Tether(uint256 kind, uint256 amount, bool borrowed) external {
        amount = boundLoan(amount);
        address tether = address(new TetherLike());
        if (borrowed) _open(tether, address(dai));
        else _open(address(usd), tether);

        assertEq(run(loop(boundKind(kind), amount)), gain(amount));
        assertEq(run(loop(boundKind(kind), amount)), gain(amount));
        assertEmpty();
    }

    /// @dev Coins of 2 to 18 decimals on either side.
    function testFuzz_AnyDecimals(uint256 kind, uint256 amount, uint8 decimals) external {
        decimals = uint8(bound(decimals, 2, 18));
        amount = bound(amount, 100 * 10 ** decimals, 1e9 * 10 ** decimals);
        Token coin = new Token(decimals);
        _open(address(coin), address(dai));
        coin.mint(address(bank), amount);
        coin.mint(address(v3), 2 * amount);
        dai.mint(address(curve), 2 * amount * 1e18);
        uint256 toDai = 1.01e18 * 10 ** (18 - decimals);
        curve.setPrice(address(coin), address(dai), toDai);
        v3.setPrice(address(dai), address(coin), 10 ** decimals);

        uint256 profit = run(loop(boundKind(kind), amount));
        assertEq(profit, amount * toDai / 1e18 * 10 ** decimals / 1e18 - amount);
        assertEmpty();
    }

    /// @dev A loan of a token that keeps a part of transfers never arrives in full.
    function testFuzz_RevertWhen_TheLoanKeepsAPart(uint256 kind, uint256 amount, uint256 feeBps) external {
        amount = boundLoan(amount);
        feeBps = bound(feeBps, 1, 9999);
        FeeToken token = new FeeToken(6, 0);
        _open(address(token), address(dai));
        token.setFee(feeBps);
        runExpecting(
            loop(boundKind(kind), amount),
            abi.encodeWithSelector(
                IDepegExecutor.TransferShort.selector, address(token), amount, amount - amount * feeBps / 10_000
            )
        );
    }

    /// @dev Nor does a pool's payment in one.
    function testFuzz_RevertWhen_ThePaymentKeepsAPart(uint256 amount, uint256 feeBps) external {
        amount = boundLoan(amount);
        feeBps = bound(feeBps, 1, 9999);
        FeeToken token = new FeeToken(18, 0);
        _open(address(usd), address(token));
        token.setFee(feeBps);
        uint256 due = amount * TO_DAI / 1e18;
        runExpecting(
            loopBy(buy(Venue.UniswapV3, address(v3)), amount),
            abi.encodeWithSelector(
                IDepegExecutor.TransferShort.selector, address(token), due, due - due * feeBps / 10_000
            )
        );
    }

    /// @dev A token that keeps a part of the profit alone is found out by the treasury's own balance.
    function testFuzz_RevertWhen_TheProfitArrivesShort(uint256 kind, uint256 feeBps) external {
        feeBps = bound(feeBps, 1, 9999);
        FeeToken token = new FeeToken(6, feeBps);
        token.setTaxed(treasury);
        _open(address(token), address(dai));
        uint256 profit = gain(MAX_LOAN);
        runExpecting(
            loop(boundKind(kind), MAX_LOAN),
            abi.encodeWithSelector(
                IDepegExecutor.TransferShort.selector, address(token), profit, profit - profit * feeBps / 10_000
            )
        );
    }

    /// @dev A token that answers false has not been moved, and the order stops there.
    function test_RevertWhen_TheTokenAnswersFalse() external {
        RefusingToken token = new RefusingToken(18);
        _open(address(usd), address(token));
        Order memory order = loop(Lender.MorphoBlue, MIN_LOAN);
        v3.setAccomplice(address(token), abi.encodeCall(RefusingToken.refuse, ()));
        v3.setTrick(Trick.Reenter);
        runExpecting(order, abi.encodeWithSelector(IDepegExecutor.TokenCallFailed.selector, address(token)));
    }

    /// @dev A token without code is no token.
    function test_RevertWhen_TheTokenHasNoCode() external {
        Order memory order = loop(Lender.MorphoBlue, MIN_LOAN);
        order.legs[0].tokenIn = makeAddr("nothing");
        runExpecting(order, abi.encodeWithSelector(IDepegExecutor.TokenCallFailed.selector, order.legs[0].tokenIn));
    }

    /// @dev A token's hook gets nothing done at any transfer: no order, no callback, though it were the operator.
    function testFuzz_AHookGetsNothingDone(uint256 kind, uint256 amount, bool orders) external {
        amount = boundLoan(amount);
        HookToken token = new HookToken(18);
        _open(address(usd), address(token));
        Order memory order = loop(boundKind(kind), amount);
        bytes memory call_ = abi.encodeCall(executor.execute, (order.loan, order.guard, order.tip, order.legs));
        vm.startPrank(owner);
        executor.setOperator(address(token));
        vm.stopPrank();
        token.hook(
            address(executor),
            orders ? call_ : abi.encodeWithSignature("uniswapV3SwapCallback(int256,int256,bytes)", 1, 0, call_)
        );

        vm.prank(address(token));
        assertEq(executor.execute(order.loan, order.guard, order.tip, order.legs), gain(amount));
        assertEq(token.heard(), 0);
        assertEmpty();
    }
}
