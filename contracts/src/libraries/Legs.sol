// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor, Leg, Venue } from "../interfaces/IDepegExecutor.sol";
import { ICurveInt128Pool, ICurveUint256Pool } from "../interfaces/external/ICurvePool.sol";
import { IErc20 } from "../interfaces/external/IErc20.sol";
import { IErc4626 } from "../interfaces/external/IErc4626.sol";
import { IPsm } from "../interfaces/external/IPsm.sol";
import { IUniswapV2Pair } from "../interfaces/external/IUniswapV2Pair.sol";
import { Baselines } from "./Baselines.sol";
import { Calls } from "./Calls.sol";
import { Orders } from "./Orders.sol";
import { Tokens } from "./Tokens.sol";
import { UniswapV3 } from "./UniswapV3.sol";

/// @dev One exchange of one token for another. A leg spends exactly what it was told to, and where the venue says (or
/// arithmetic does) what it paid, exactly that must have come: so tokens that keep a part of a transfer are refused.
/// Elsewhere the output is whatever the balance has risen by, which is what `ALL` of the next leg spends.
library Legs {
    uint256 private constant ALL = type(uint256).max;

    /// @dev No balance that anybody measured.
    uint256 internal constant UNKNOWN = type(uint256).max;

    uint256 private constant WAD = 1e18;
    uint256 private constant TEN_THOUSAND = 10_000;

    /// @dev Every venue is called as it comes; whether a Generic leg's call is allowed is the caller's to see.
    /// @param held what the executor holds of `tokenIn`
    /// @return tokenOut the leg's
    /// @return heldOut what it holds of that now, or UNKNOWN
    function walk(Leg calldata leg, address tokenIn, uint256 held)
        internal
        returns (address tokenOut, uint256 heldOut)
    {
        uint256 amountIn = _amountIn(leg, tokenIn, held);
        tokenOut = Orders.tokenOutOf(leg);
        Venue venue = leg.venue;
        uint256 before = _before(venue, tokenOut);
        address target = Orders.targetOf(leg);
        heldOut = UNKNOWN;
        if (venue <= Venue.CurveUnderlying) {
            _pull(leg, tokenIn, amountIn, _curveCall(leg, venue, amountIn));
        } else if (venue == Venue.UniswapV3) {
            (, heldOut) = UniswapV3.swap(target, tokenIn, tokenOut, amountIn, before);
        } else if (venue == Venue.UniswapV2) {
            heldOut = _uniswapV2(leg, target, amountIn, before);
        } else if (venue == Venue.PsmSellGem) {
            _pull(leg, tokenIn, amountIn, abi.encodeCall(IPsm.sellGem, (address(this), amountIn)));
        } else if (venue == Venue.PsmBuyGem) {
            heldOut = _buyGem(leg, target, amountIn, before);
        } else if (venue == Venue.Erc4626Deposit) {
            heldOut = _deposit(leg, amountIn, before);
        } else if (venue == Venue.Erc4626Redeem) {
            heldOut = _redeem(target, tokenOut, amountIn, before);
            Tokens.requireSpent(tokenIn, amountIn, held);
        } else {
            _pull(leg, tokenIn, amountIn, leg.data);
        }
    }

    /// @dev What the executor holds of the output, where it has to be known: by whether the venue's own word is compared
    /// with it, or the order has not seen the token yet.
    function _before(Venue venue, address tokenOut) private returns (uint256 before) {
        bool saysWhatItPays = venue > Venue.CurveUnderlying && venue != Venue.PsmSellGem && venue != Venue.Generic;
        if (!saysWhatItPays && Baselines.has(tokenOut)) return UNKNOWN;
        before = Tokens.held(tokenOut);
        Baselines.record(tokenOut, before);
    }

    function _amountIn(Leg calldata leg, address tokenIn, uint256 held) private view returns (uint256 amountIn) {
        amountIn = leg.amountIn;
        if (amountIn == ALL) amountIn = Baselines.surplusOf(tokenIn, held);
        if (amountIn == 0) revert IDepegExecutor.NothingToSpend(tokenIn);
    }

    /// @dev Lets the spender take exactly `amount` during the call, no less and nothing after it.
    function _pull(Leg calldata leg, address tokenIn, uint256 amount, bytes memory call_)
        private
        returns (uint256 answer)
    {
        address spender = Orders.spenderOf(leg);
        Tokens.approve(tokenIn, spender, amount);
        answer = Calls.perform(Orders.targetOf(leg), call_);
        Tokens.requireTaken(tokenIn, spender, amount);
    }

    function _curveCall(Leg calldata leg, Venue venue, uint256 amountIn) private pure returns (bytes memory) {
        if (venue == Venue.CurveUint256) {
            return abi.encodeCall(ICurveUint256Pool.exchange, (leg.i, leg.j, amountIn, 0));
        }
        int128 i = int128(uint128(leg.i));
        int128 j = int128(uint128(leg.j));
        if (venue == Venue.CurveInt128) return abi.encodeCall(ICurveInt128Pool.exchange, (i, j, amountIn, 0));
        return abi.encodeCall(ICurveInt128Pool.exchange_underlying, (i, j, amountIn, 0));
    }

    function _uniswapV2(Leg calldata leg, address pair, uint256 amountIn, uint256 before)
        private
        returns (uint256 held)
    {
        (address tokenIn, address tokenOut) = (Orders.tokenInOf(leg), Orders.tokenOutOf(leg));
        bool zeroForOne = tokenIn < tokenOut;
        uint256 out = _uniswapV2Out(pair, leg.i, amountIn, zeroForOne);
        Tokens.transfer(tokenIn, pair, amountIn);
        (uint256 out0, uint256 out1) = zeroForOne ? (uint256(0), out) : (out, uint256(0));
        IUniswapV2Pair(pair).swap(out0, out1, address(this), "");
        held = Tokens.requireReceived(tokenOut, out, before);
    }

    /// @param fee parts per ten thousand
    function _uniswapV2Out(address pair, uint256 fee, uint256 amountIn, bool zeroForOne)
        private
        view
        returns (uint256)
    {
        (uint256 reserveIn, uint256 reserveOut,) = IUniswapV2Pair(pair).getReserves();
        if (!zeroForOne) (reserveIn, reserveOut) = (reserveOut, reserveIn);
        uint256 afterFee = amountIn * (TEN_THOUSAND - fee);
        return afterFee * reserveOut / (reserveIn * TEN_THOUSAND + afterFee);
    }

    /// @dev Buys as many gems as the DAI pays for. What their price leaves of it is dust, and the treasury's.
    function _buyGem(Leg calldata leg, address psm, uint256 amountIn, uint256 before) private returns (uint256 held) {
        (address dai, address gem) = (Orders.tokenInOf(leg), Orders.tokenOutOf(leg));
        (uint256 gems, uint256 price) = _gemsFor(psm, gem, amountIn);
        if (gems == 0) revert IDepegExecutor.NothingToSpend(dai);
        _pull(leg, dai, price, abi.encodeCall(IPsm.buyGem, (address(this), gems)));
        held = Tokens.requireReceived(gem, gems, before);
    }

    /// @return gems at most what `amountIn` pays for
    /// @return price what the PSM takes for them, rounded as it rounds
    function _gemsFor(address psm, address gem, uint256 amountIn) private view returns (uint256 gems, uint256 price) {
        uint256 toll = IPsm(psm).tout();
        uint256 to18 = 10 ** (18 - IErc20(gem).decimals());
        gems = amountIn * WAD / ((WAD + toll) * to18);
        price = gems * to18;
        price += price * toll / WAD;
    }

    function _deposit(Leg calldata leg, uint256 assets, uint256 before) private returns (uint256 held) {
        bytes memory call_ = abi.encodeCall(IErc4626.deposit, (assets, address(this)));
        uint256 shares = _pull(leg, Orders.tokenInOf(leg), assets, call_);
        held = Tokens.requireReceived(Orders.tokenOutOf(leg), shares, before);
    }

    function _redeem(address vault, address asset, uint256 shares, uint256 before) private returns (uint256 held) {
        uint256 assets = IErc4626(vault).redeem(shares, address(this), address(this));
        held = Tokens.requireReceived(asset, assets, before);
    }
}
