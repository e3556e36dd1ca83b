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

    /// @dev What nobody has measured.
    uint256 internal constant UNKNOWN = type(uint256).max;

    uint256 private constant WAD = 1e18;
    uint256 private constant TEN_THOUSAND = 10_000;

    /// @dev Every venue is called as it comes; whether a Generic leg's call is allowed is the caller's to see.
    /// @param surplus what the order has come to hold of `tokenIn`
    /// @param loanToken which has its baseline
    /// @return tokenOut the leg's
    /// @return surplusOut what the order has come to hold of that, or UNKNOWN
    function walk(Leg calldata leg, Venue venue, address tokenIn, uint256 surplus, address loanToken)
        internal
        returns (address tokenOut, uint256 surplusOut)
    {
        uint256 amountIn = leg.amountIn;
        if (amountIn == ALL) amountIn = surplus;
        if (amountIn == 0) revert IDepegExecutor.NothingToSpend(tokenIn);
        tokenOut = Orders.tokenOutOf(leg);
        if (venue <= Venue.CurveUnderlying) {
            if (tokenOut != loanToken) Baselines.see(tokenOut);
            _pull(leg, tokenIn, amountIn, _curveCall(leg, venue, amountIn));
            return (tokenOut, UNKNOWN);
        }
        (uint256 before, bool first) = Baselines.look(tokenOut);
        if (venue == Venue.UniswapV3) {
            surplusOut = UniswapV3.swap(Orders.targetOf(leg), tokenIn, tokenOut, amountIn, before);
        } else {
            surplusOut = _other(leg, venue, tokenIn, amountIn, before);
        }
        // where the order had none of it, what was paid is what it has
        if (!first) surplusOut = UNKNOWN;
    }

    /// @return paid what came of the output, or UNKNOWN
    function _other(Leg calldata leg, Venue venue, address tokenIn, uint256 amountIn, uint256 before)
        private
        returns (uint256 paid)
    {
        if (venue == Venue.UniswapV2) return _uniswapV2(leg, amountIn, before);
        if (venue == Venue.PsmBuyGem) return _buyGem(leg, amountIn, before);
        if (venue == Venue.Erc4626Deposit) return _deposit(leg, amountIn, before);
        if (venue == Venue.Erc4626Redeem) return _redeem(leg, amountIn, before);
        bool generic = venue == Venue.Generic;
        _pull(leg, tokenIn, amountIn, generic ? leg.data : abi.encodeCall(IPsm.sellGem, (address(this), amountIn)));
        return UNKNOWN;
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

    /// @dev exchange(i, j, amountIn, 0), by the dialect's name.
    function _curveCall(Leg calldata leg, Venue venue, uint256 amountIn) private pure returns (bytes memory call_) {
        bytes4 selector = venue == Venue.CurveInt128
            ? ICurveInt128Pool.exchange.selector
            : venue == Venue.CurveUint256
                ? ICurveUint256Pool.exchange.selector
                : ICurveInt128Pool.exchange_underlying.selector;
        (uint256 i, uint256 j) = (leg.i, leg.j);
        assembly ("memory-safe") {
            call_ := mload(0x40)
            mstore(call_, 0x84)
            mstore(add(call_, 0x20), selector)
            mstore(add(call_, 0x24), i)
            mstore(add(call_, 0x44), j)
            mstore(add(call_, 0x64), amountIn)
            mstore(add(call_, 0x84), 0)
            mstore(0x40, add(call_, 0xc0))
        }
    }

    function _uniswapV2(Leg calldata leg, uint256 amountIn, uint256 before) private returns (uint256 out) {
        address pair = Orders.targetOf(leg);
        (address tokenIn, address tokenOut) = (Orders.tokenInOf(leg), Orders.tokenOutOf(leg));
        bool zeroForOne = tokenIn < tokenOut;
        out = _uniswapV2Out(pair, leg.i, amountIn, zeroForOne);
        Tokens.transfer(tokenIn, pair, amountIn);
        (uint256 out0, uint256 out1) = zeroForOne ? (uint256(0), out) : (out, uint256(0));
        IUniswapV2Pair(pair).swap(out0, out1, address(this), "");
        Tokens.requireReceived(tokenOut, address(this), out, before);
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
    function _buyGem(Leg calldata leg, uint256 amountIn, uint256 before) private returns (uint256 gems) {
        uint256 price;
        (address dai, address gem) = (Orders.tokenInOf(leg), Orders.tokenOutOf(leg));
        (gems, price) = _gemsFor(Orders.targetOf(leg), gem, amountIn);
        if (gems == 0) revert IDepegExecutor.NothingToSpend(dai);
        _pull(leg, dai, price, abi.encodeCall(IPsm.buyGem, (address(this), gems)));
        Tokens.requireReceived(gem, address(this), gems, before);
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

    /// @dev A vault is its own share: a stranger's word about another's shares is not taken.
    function _deposit(Leg calldata leg, uint256 assets, uint256 before) private returns (uint256 shares) {
        address share = Orders.tokenOutOf(leg);
        _requireVault(leg, share);
        shares = _pull(leg, Orders.tokenInOf(leg), assets, abi.encodeCall(IErc4626.deposit, (assets, address(this))));
        Tokens.requireReceived(share, address(this), shares, before);
    }

    /// @dev A vault burns its own shares without an allowance. Under another token's name it would burn such as somebody
    /// sent here by mistake, which nothing measures.
    function _redeem(Leg calldata leg, uint256 shares, uint256 before) private returns (uint256 assets) {
        address share = Orders.tokenInOf(leg);
        _requireVault(leg, share);
        uint256 held = Tokens.held(share);
        assets = IErc4626(share).redeem(shares, address(this), address(this));
        Tokens.requireReceived(Orders.tokenOutOf(leg), address(this), assets, before);
        Tokens.requireSpent(share, shares, held);
    }

    function _requireVault(Leg calldata leg, address share) private pure {
        address target = Orders.targetOf(leg);
        if (target != share) revert IDepegExecutor.NotTheVault(target, share);
    }
}
