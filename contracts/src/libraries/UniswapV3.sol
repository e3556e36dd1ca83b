// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor } from "../interfaces/IDepegExecutor.sol";
import { IUniswapV3Pool, IUniswapV3SwapCallback } from "../interfaces/external/IUniswapV3Pool.sol";
import { Context } from "./Context.sol";
import { Tokens } from "./Tokens.sol";

/// @dev Swaps with the pool itself: no router, the executor pays in its own callback.
library UniswapV3 {
    /// @dev One inside the pool's own bounds (TickMath): no limit, the whole input is to be spent.
    uint256 private constant LOWEST_PRICE = 4_295_128_740;
    uint256 private constant HIGHEST_PRICE = 1_461_446_703_485_210_103_287_273_052_203_988_822_378_723_970_341;

    /// @param before what the executor holds of `tokenOut`
    /// @return paid what came of it, which is what the pool said
    function swap(address pool, address tokenIn, address tokenOut, uint256 amountIn, uint256 before)
        internal
        returns (uint256 paid)
    {
        bool zeroForOne = tokenIn < tokenOut;
        (uint256 call_, bytes memory data) = _call(tokenIn, zeroForOne, amountIn);
        Context.await(pool, IUniswapV3SwapCallback.uniswapV3SwapCallback.selector, data);
        paid = _perform(pool, call_, zeroForOne);
        Context.requireArrived(pool);
        Tokens.requireReceived(tokenOut, address(this), paid, before);
    }

    /// @dev In the callback: pays what the pool asks, which is what was agreed with the leg and nothing else.
    function pay(int256 amount0, int256 amount1, bytes calldata data) internal {
        address token;
        uint256 agreed;
        assembly ("memory-safe") {
            token := calldataload(data.offset)
            agreed := calldataload(add(data.offset, 0x20))
        }
        uint256 asked = uint256(amount0 > 0 ? amount0 : amount1);
        if (asked > agreed) revert IDepegExecutor.Overcharged(token, asked, agreed);
        if (asked < agreed) revert IDepegExecutor.SpentOther(token, agreed, asked);
        Tokens.transfer(token, msg.sender, asked);
    }

    /// @dev Whether `token` is the pool's first. By hand, as all that is called on the way.
    function isFirst(address pool, address token) internal view returns (bool first) {
        bytes4 selector = IUniswapV3Pool.token0.selector;
        bool ok;
        assembly ("memory-safe") {
            mstore(0x00, selector)
            // arguments are worked out from the right, so the size is that of this call's answer
            ok := and(gt(returndatasize(), 0x1f), staticcall(gas(), pool, 0x00, 0x04, 0x00, 0x20))
            first := eq(mload(0x00), token)
        }
        if (!ok) revert IDepegExecutor.CallFailed(pool);
    }

    /// @dev swap(this, zeroForOne, amountIn, limit, (tokenIn, amountIn)) laid out by hand.
    /// An input beyond int256 is read as an exact output, for which the pool can not ask the same amount.
    function _call(address tokenIn, bool zeroForOne, uint256 amountIn)
        private
        view
        returns (uint256 call_, bytes memory data)
    {
        bytes4 selector = IUniswapV3Pool.swap.selector;
        uint256 limit = zeroForOne ? LOWEST_PRICE : HIGHEST_PRICE;
        assembly ("memory-safe") {
            call_ := mload(0x40)
            mstore(call_, selector)
            mstore(add(call_, 0x04), address())
            mstore(add(call_, 0x24), zeroForOne)
            mstore(add(call_, 0x44), amountIn)
            mstore(add(call_, 0x64), limit)
            mstore(add(call_, 0x84), 0xa0)
            mstore(add(call_, 0xa4), 0x40)
            mstore(add(call_, 0xc4), tokenIn)
            mstore(add(call_, 0xe4), amountIn)
            data := add(call_, 0xa4)
        }
    }

    /// @dev What the pool says it paid: the output is the amount below zero.
    function _perform(address pool, uint256 call_, bool zeroForOne) private returns (uint256 paid) {
        bool ok;
        assembly ("memory-safe") {
            ok := call(gas(), pool, 0, call_, 0x104, 0x00, 0x40)
            if iszero(ok) {
                returndatacopy(call_, 0, returndatasize())
                if returndatasize() { revert(call_, returndatasize()) }
            }
            ok := and(ok, gt(returndatasize(), 0x3f))
            paid := sub(0, mload(shl(5, zeroForOne)))
        }
        if (!ok) revert IDepegExecutor.CallFailed(pool);
    }
}
