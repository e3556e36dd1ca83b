// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor, Leg, Lender, Venue } from "../../src/interfaces/IDepegExecutor.sol";
import { ExecutorTest } from "../ExecutorTest.sol";
import { GemJoin, Market, RouterMarket } from "../mocks/Market.sol";
import { Token } from "../mocks/Token.sol";
import { Trick } from "../mocks/Trick.sol";

contract ExecuteLegsTest is ExecutorTest {
    /// @dev Through each fixed-price venue the loop's gain is the price's, whether a leg names its amount or spends all.
    function testFuzz_EachVenueIsWalked(uint8 pick, uint256 amount, bool named) external {
        amount = boundLoan(amount);
        Leg memory leg = fixedPrice(pick, amount);
        if (named) leg.amountIn = amount;

        assertEq(run(loopBy(leg, amount)), gain(amount));
        assertEmpty();
    }

    /// @dev A Uniswap V2 pair pays what its own arithmetic allows and not a unit more could be had.
    function testFuzz_UniswapV2(uint256 amount) external {
        amount = boundLoan(amount);
        curve.setPrice(address(dai), address(usd), TO_USD * 105 / 100);
        Order memory order = loopBy(withFee(buy(Venue.UniswapV2, address(v2)), 30), amount);
        assertGt(run(order), 0);
        assertEmpty();

        runExpecting(
            loopBy(withFee(buy(Venue.UniswapV2, address(v2)), 29), MAX_LOAN),
            abi.encodeWithSignature("Error(string)", "K")
        );
    }

    /// @dev Selling gems pays the PSM's toll; the older kind's join is the one that may take them.
    function testFuzz_PsmSellGem(uint256 amount, uint256 tin, bool joined) external {
        amount = boundLoan(amount);
        tin = bound(tin, 0, 0.01e18);
        psm.setTolls(tin, 0);
        curve.setPrice(address(dai), address(usd), TO_USD * 105 / 100);
        Leg memory leg = buy(Venue.PsmSellGem, address(psm));
        if (joined) leg.spender = join();

        uint256 got = amount * 1e12 - amount * 1e12 * tin / 1e18;
        assertEq(run(loopBy(leg, amount)), got * (TO_USD * 105 / 100) / 1e18 - amount);
        assertEmpty();
    }

    /// @dev Buying gems buys as many as the DAI pays for, and what DAI is left over is the treasury's.
    function testFuzz_PsmBuyGem(uint256 amount, uint256 tout) external {
        amount = boundLoan(amount);
        tout = bound(tout, 0, 0.005e18);
        psm.setTolls(0, tout);
        Order memory order = loop(Lender.MorphoBlue, amount);
        order.legs[1] = sell(Venue.PsmBuyGem, address(psm));
        uint256 bought = amount * TO_DAI / 1e18;
        uint256 gems = bought * 1e18 / ((1e18 + tout) * 1e12);

        assertEq(run(order), gems - amount);
        assertEq(dai.balanceOf(treasury), bought - gems * 1e12 - gems * 1e12 * tout / 1e18);
        assertLe(dai.balanceOf(treasury), 1.005e12 + 1, "more than a gem's worth was left");
        assertEmpty();
    }

    /// @dev Shares are redeemed without an allowance.
    function testFuzz_Erc4626Redeem(uint256 amount) external {
        amount = boundLoan(amount);
        _openVault();
        assertEq(run(redeemLoop(amount)), gain(amount));
        assertEmpty();
    }

    /// @dev A leg with nothing to spend is a mistake and not skipped.
    function testFuzz_RevertWhen_ThereIsNothingToSpend(uint8 pick, bool all) external {
        Leg memory leg = fixedPrice(pick, MIN_LOAN);
        (leg.tokenIn, leg.amountIn) = (address(weth), all ? ALL : 0);
        runExpecting(
            loopBy(leg, MIN_LOAN), abi.encodeWithSelector(IDepegExecutor.NothingToSpend.selector, address(weth))
        );
    }

    /// @dev DAI that does not pay for one gem buys none.
    function testFuzz_RevertWhen_TheDaiDoesNotBuyAGem(uint256 named) external {
        Order memory order = loop(Lender.MorphoBlue, MIN_LOAN);
        order.legs[1] = sell(Venue.PsmBuyGem, address(psm));
        order.legs[1].amountIn = bound(named, 1, 1e12 - 1);
        runExpecting(order, abi.encodeWithSelector(IDepegExecutor.NothingToSpend.selector, address(dai)));
    }

    /// @dev A venue that takes less than the leg spends is refused, and keeps no allowance.
    function testFuzz_RevertWhen_TheVenueTakesLess(uint8 pick, uint256 amount) external {
        amount = boundLoan(amount);
        Leg memory leg = fixedPrice(pick, amount);
        Market(leg.target).setTrick(Trick.TakeLess);
        uint256 spent = leg.venue == Venue.UniswapV3 ? amount - 1 : 0;
        runExpecting(
            loopBy(leg, amount), abi.encodeWithSelector(IDepegExecutor.SpentOther.selector, address(usd), amount, spent)
        );
    }

    /// @dev A vault that burns fewer shares than it was told is refused.
    function test_RevertWhen_TheVaultBurnsFewerShares() external {
        _openVault();
        vault.setTrick(Trick.TakeLess);
        uint256 shares = MIN_LOAN * TO_DAI / 1e18;
        runExpecting(
            redeemLoop(MIN_LOAN),
            abi.encodeWithSelector(IDepegExecutor.SpentOther.selector, address(vault), shares, shares - 1)
        );
    }

    /// @dev A vault is its own share: under another name none is entered, though it pays as promised.
    function testFuzz_RevertWhen_TheVaultIsNotTheShare(uint256 amount, uint256 gift) external {
        amount = boundLoan(amount);
        _openVault();
        vault.mint(address(executor), bound(gift, amount * 1e12, 2 * amount * 1e12));
        Leg memory leg = buy(Venue.Erc4626Deposit, address(curve));
        runExpecting(loopBy(leg, amount), notTheVault(address(curve)));

        Order memory order = redeemLoop(amount);
        order.legs[1].target = address(curve);
        runExpecting(order, notTheVault(address(curve)));

        Token fake = new Token(18);
        fake.mint(address(curve), 1e40);
        (order.legs[0].tokenOut, order.legs[1].tokenIn) = (address(fake), address(fake));
        order.legs[1].target = address(vault);
        order.legs[0].amountIn = 1;
        order.legs[1].amountIn = amount * 1e12;
        runExpecting(order, abi.encodeWithSelector(IDepegExecutor.NotTheVault.selector, address(vault), address(fake)));
    }

    /// @dev A venue that asks for a unit more than was agreed gets nothing.
    function testFuzz_RevertWhen_TheVenueTakesMore(uint8 pick, uint256 amount) external {
        amount = boundLoan(amount);
        Leg memory leg = fixedPrice(pick, amount);
        Market(leg.target).setTrick(Trick.TakeMore);
        bytes memory reason = leg.venue == Venue.UniswapV3
            ? abi.encodeWithSelector(IDepegExecutor.Overcharged.selector, address(usd), amount + 1, amount)
            : abi.encodeWithSignature("Panic(uint256)", 0x11);
        runExpecting(loopBy(leg, amount), reason);
    }

    /// @dev Where the venue, or arithmetic, says what was paid, exactly that must have come.
    function testFuzz_RevertWhen_TheVenuePaysShort(uint8 pick, uint256 amount) external {
        amount = boundLoan(amount);
        uint256 due = amount * TO_DAI / 1e18;
        Leg memory leg = pick % 2 == 0 ? buy(Venue.UniswapV3, address(v3)) : deposit();
        Market(leg.target).setTrick(Trick.Short);
        runExpecting(
            loopBy(leg, amount),
            abi.encodeWithSelector(IDepegExecutor.TransferShort.selector, address(dai), due, due - 1)
        );
    }

    /// @dev The same for the pair, the PSM and the vault's way back.
    function test_RevertWhen_PairPsmOrRedemptionPaysShort() external {
        v2.setTrick(Trick.Short);
        runReverting(
            loopBy(withFee(buy(Venue.UniswapV2, address(v2)), 30), MIN_LOAN), IDepegExecutor.TransferShort.selector
        );

        psm.setTrick(Trick.Short);
        Order memory order = loop(Lender.MorphoBlue, MIN_LOAN);
        order.legs[1] = sell(Venue.PsmBuyGem, address(psm));
        runReverting(order, IDepegExecutor.TransferShort.selector);

        _openVault();
        vault.setTrick(Trick.Short);
        runReverting(redeemLoop(MIN_LOAN), IDepegExecutor.TransferShort.selector);
    }

    /// @dev A pool's callback is single-use and carries the leg's own data.
    function testFuzz_RevertWhen_ThePoolCallsBackTwiceOrWithOtherData(bool twice) external {
        v3.setTrick(twice ? Trick.Twice : Trick.WrongData);
        runExpecting(
            loop(Lender.MorphoBlue, MIN_LOAN),
            abi.encodeWithSelector(
                IDepegExecutor.UnexpectedCallback.selector,
                address(v3),
                bytes4(keccak256("uniswapV3SwapCallback(int256,int256,bytes)"))
            )
        );
    }

    /// @dev A pool that pays and asks for nothing has left a callback open: refused all the same.
    function test_RevertWhen_ThePoolDoesNotCallBack() external {
        v3.setTrick(Trick.Silent);
        runExpecting(
            loop(Lender.MorphoBlue, MIN_LOAN),
            abi.encodeWithSelector(IDepegExecutor.NotCalledBack.selector, address(v3))
        );
    }

    /// @dev No venue can start an order within an order, even when it is the operator.
    function testFuzz_RevertWhen_TheVenueReenters(uint8 pick) external {
        Leg memory leg = fixedPrice(pick, MIN_LOAN);
        Order memory order = loopBy(leg, MIN_LOAN);
        vm.prank(owner);
        executor.setOperator(leg.target);
        Market(leg.target).setTrick(Trick.Reenter);
        Market(leg.target)
            .setAccomplice(
                address(executor), abi.encodeCall(executor.execute, (order.loan, order.guard, order.tip, order.legs))
            );

        vm.prank(leg.target);
        vm.expectRevert(IDepegExecutor.Reentered.selector);
        executor.execute(order.loan, order.guard, order.tip, order.legs);
    }

    /// @dev Why a venue failed is passed on as it came.
    function testFuzz_RevertWhen_TheVenueFails(uint8 pick) external {
        Leg memory leg = fixedPrice(pick, MIN_LOAN);
        Market(leg.target).setTrick(Trick.Fail);
        runExpecting(loopBy(leg, MIN_LOAN), abi.encodeWithSignature("Error(string)", "venue failed"));
    }

    /// @dev A venue without code is not a venue.
    function testFuzz_RevertWhen_TheVenueHasNoCode(uint8 venue) external {
        Leg memory leg = buy(Venue(venue % 3), makeAddr("nobody"));
        runExpecting(loopBy(leg, MIN_LOAN), abi.encodeWithSelector(IDepegExecutor.CallFailed.selector, leg.target));
    }

    /// @dev An order without legs repays and earns nothing.
    function testFuzz_RevertWhen_ThereAreNoLegs(uint256 kind) external {
        runExpecting(
            bare(boundKind(kind), MIN_LOAN, 0), abi.encodeWithSelector(IDepegExecutor.ProfitTooSmall.selector, 0, 1)
        );
    }

    function fixedPrice(uint8 pick, uint256 amount) private returns (Leg memory leg) {
        if (pick % 6 < 3) return buy(Venue(pick % 6), address(curve));
        if (pick % 6 == 3) return buy(Venue.UniswapV3, address(v3));
        if (pick % 6 == 4) return deposit();
        leg = buy(Venue.Generic, address(router));
        leg.data = abi.encodeCall(RouterMarket.trade, (address(usd), address(dai), amount));
    }

    function deposit() private returns (Leg memory) {
        _openVault();
        return buy(Venue.Erc4626Deposit, address(vault));
    }

    function redeemLoop(uint256 amount) private view returns (Order memory order) {
        order = loop(Lender.MorphoBlue, amount);
        order.legs[1] = sell(Venue.Erc4626Redeem, address(vault));
    }

    function withFee(Leg memory leg, uint256 fee) private pure returns (Leg memory) {
        leg.i = fee;
        return leg;
    }

    function join() private returns (address) {
        GemJoin join_ = new GemJoin();
        psm.setJoin(join_);
        return address(join_);
    }

    function notTheVault(address target) private view returns (bytes memory) {
        return abi.encodeWithSelector(IDepegExecutor.NotTheVault.selector, target, address(vault));
    }

    function runReverting(Order memory order, bytes4 reason) private {
        vm.prank(operator);
        vm.expectPartialRevert(reason);
        executor.execute(order.loan, order.guard, order.tip, order.legs);
    }
}
