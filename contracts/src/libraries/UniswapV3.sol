// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor } from "../interfaces/IDepegExecutor.sol";
import { IUniswapV3Pool, IUniswapV3SwapCallback } from "../interfaces/external/IUniswapV3Pool.sol";
import { Context } from "./Context.sol";
import { Tokens } from "./Tokens.sol";

/// @dev Swaps with the pool itself: no router, the executor pays in its own callback.
library UniswapV3 {
    /// @dev One inside the pool's own bounds (TickMath): no limit, the whole input is to be spent.
    uint160 private constant LOWEST_PRICE = 4_295_128_740;
    uint160 private constant HIGHEST_PRICE = 1_461_446_703_485_210_103_287_273_052_203_988_822_378_723_970_341;

    /// @return paid what came of `tokenOut`, which is what the pool said
    function swap(address pool, address tokenIn, address tokenOut, uint256 amountIn) internal returns (uint256 paid) {
        uint256 before = Tokens.held(tokenOut);
        paid = _swap(pool, tokenIn, tokenIn < tokenOut, amountIn);
        Tokens.requireReceived(tokenOut, paid, before);
    }

    /// @dev In the callback: pays what the pool asks, up to what was agreed with the leg.
    function pay(int256 amount0, int256 amount1, bytes calldata data) internal {
        (address token, uint256 agreed) = abi.decode(data, (address, uint256));
        uint256 asked = uint256(amount0 > 0 ? amount0 : amount1);
        if (asked > agreed) revert IDepegExecutor.Overcharged(token, asked, agreed);
        Tokens.transfer(token, msg.sender, asked);
    }

    /// @dev An input beyond int256 would be read as an exact output; it can not be spent exactly, and so reverts.
    function _swap(address pool, address tokenIn, bool zeroForOne, uint256 amountIn) private returns (uint256 paid) {
        bytes memory data = abi.encode(tokenIn, amountIn);
        Context.await(pool, IUniswapV3SwapCallback.uniswapV3SwapCallback.selector, keccak256(data));
        // forge-lint: disable-next-line(unsafe-typecast)
        int256 exactIn = int256(amountIn);
        (int256 amount0, int256 amount1) = IUniswapV3Pool(pool)
            .swap(address(this), zeroForOne, exactIn, zeroForOne ? LOWEST_PRICE : HIGHEST_PRICE, data);
        Context.requireArrived(pool);
        unchecked {
            paid = uint256(-(zeroForOne ? amount1 : amount0));
        }
    }
}
