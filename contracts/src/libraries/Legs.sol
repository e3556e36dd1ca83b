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
import { Tokens } from "./Tokens.sol";
import { UniswapV3 } from "./UniswapV3.sol";

/// @dev One exchange of one token for another. A leg spends exactly what it was told to, and where the venue says (or
/// arithmetic does) what it paid, exactly that must have come: so tokens that keep a part of a transfer are refused.
/// Elsewhere the output is whatever the balance has risen by, which is what `ALL` of the next leg spends.
library Legs {
    uint256 private constant ALL = type(uint256).max;
    uint256 private constant WAD = 1e18;
    uint256 private constant TEN_THOUSAND = 10_000;

    /// @dev Every venue but Generic, is allowed as it comes; Generic is the caller's to allow.
    function walk(Leg calldata leg) internal {
        Venue venue = leg.venue;
        uint256 before = Tokens.held(leg.tokenIn);
        uint256 amountIn = amountOf(leg, before);
        if (venue <= Venue.CurveUnderlying) {
            _pull(leg, amountIn, _curveCall(leg, amountIn));
        } else if (venue == Venue.UniswapV3) {
            UniswapV3.swap(leg.target, leg.tokenIn, leg.tokenOut, amountIn);
        } else if (venue == Venue.UniswapV2) {
            _uniswapV2(leg, amountIn);
        } else if (venue == Venue.PsmSellGem) {
            _pull(leg, amountIn, abi.encodeCall(IPsm.sellGem, (address(this), amountIn)));
        } else if (venue == Venue.PsmBuyGem) {
            amountIn = _buyGem(leg, amountIn);
        } else if (venue == Venue.Erc4626Deposit) {
            _deposit(leg, amountIn);
        } else if (venue == Venue.Erc4626Redeem) {
            _redeem(leg, amountIn);
        } else {
            _pull(leg, amountIn, leg.data);
        }
        Tokens.requireSpent(leg.tokenIn, amountIn, before);
    }

    /// @param before what the executor holds of the leg's tokenIn
    function amountOf(Leg calldata leg, uint256 before) internal view returns (uint256 amountIn) {
        amountIn = leg.amountIn;
        if (amountIn == ALL) {
            uint256 baseline = Baselines.heldBefore(leg.tokenIn);
            amountIn = before > baseline ? before - baseline : 0;
        }
        if (amountIn == 0) revert IDepegExecutor.NothingToSpend(leg.tokenIn);
    }

    /// @dev Lets the spender take exactly `amount` during the call, and nothing after it.
    function _pull(Leg calldata leg, uint256 amount, bytes memory call_) private returns (uint256 answer) {
        address spender = leg.spender == address(0) ? leg.target : leg.spender;
        Tokens.approve(leg.tokenIn, spender, amount);
        answer = Calls.perform(leg.target, call_);
        Tokens.revoke(leg.tokenIn, spender);
    }

    function _curveCall(Leg calldata leg, uint256 amountIn) private pure returns (bytes memory) {
        if (leg.venue == Venue.CurveUint256) {
            return abi.encodeCall(ICurveUint256Pool.exchange, (leg.i, leg.j, amountIn, 0));
        }
        int128 i = int128(uint128(leg.i));
        int128 j = int128(uint128(leg.j));
        if (leg.venue == Venue.CurveInt128) return abi.encodeCall(ICurveInt128Pool.exchange, (i, j, amountIn, 0));
        return abi.encodeCall(ICurveInt128Pool.exchange_underlying, (i, j, amountIn, 0));
    }

    function _uniswapV2(Leg calldata leg, uint256 amountIn) private {
        bool zeroForOne = leg.tokenIn < leg.tokenOut;
        uint256 out = _uniswapV2Out(leg, amountIn, zeroForOne);
        uint256 before = Tokens.held(leg.tokenOut);
        Tokens.transfer(leg.tokenIn, leg.target, amountIn);
        (uint256 out0, uint256 out1) = zeroForOne ? (uint256(0), out) : (out, uint256(0));
        IUniswapV2Pair(leg.target).swap(out0, out1, address(this), "");
        Tokens.requireReceived(leg.tokenOut, out, before);
    }

    function _uniswapV2Out(Leg calldata leg, uint256 amountIn, bool zeroForOne) private view returns (uint256) {
        (uint256 reserveIn, uint256 reserveOut,) = IUniswapV2Pair(leg.target).getReserves();
        if (!zeroForOne) (reserveIn, reserveOut) = (reserveOut, reserveIn);
        uint256 afterFee = amountIn * (TEN_THOUSAND - leg.i);
        return afterFee * reserveOut / (reserveIn * TEN_THOUSAND + afterFee);
    }

    /// @dev Buys as many gems as the DAI pays for. What their price leaves of it is dust, and the treasury's.
    /// @return price what the PSM takes for them
    function _buyGem(Leg calldata leg, uint256 amountIn) private returns (uint256 price) {
        uint256 toll = IPsm(leg.target).tout();
        uint256 to18 = 10 ** (18 - IErc20(leg.tokenOut).decimals());
        uint256 gems = amountIn * WAD / ((WAD + toll) * to18);
        if (gems == 0) revert IDepegExecutor.NothingToSpend(leg.tokenIn);
        price = gems * to18;
        price += price * toll / WAD;
        uint256 before = Tokens.held(leg.tokenOut);
        _pull(leg, price, abi.encodeCall(IPsm.buyGem, (address(this), gems)));
        Tokens.requireReceived(leg.tokenOut, gems, before);
    }

    function _deposit(Leg calldata leg, uint256 assets) private {
        uint256 before = Tokens.held(leg.tokenOut);
        uint256 shares = _pull(leg, assets, abi.encodeCall(IErc4626.deposit, (assets, address(this))));
        Tokens.requireReceived(leg.tokenOut, shares, before);
    }

    function _redeem(Leg calldata leg, uint256 shares) private {
        uint256 before = Tokens.held(leg.tokenOut);
        uint256 assets = IErc4626(leg.target).redeem(shares, address(this), address(this));
        Tokens.requireReceived(leg.tokenOut, assets, before);
    }
}
