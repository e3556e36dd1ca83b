// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

interface IUniswapV3Pool {
    function token0() external view returns (address);

    function flash(address recipient, uint256 amount0, uint256 amount1, bytes calldata data) external;

    /// @param amountSpecified above zero for an exact input
    /// @return amount0 what the pool took, or below zero what it paid
    /// @return amount1 the same of the other token
    function swap(
        address recipient,
        bool zeroForOne,
        int256 amountSpecified,
        uint160 sqrtPriceLimitX96,
        bytes calldata data
    ) external returns (int256 amount0, int256 amount1);
}

interface IUniswapV3FlashCallback {
    function uniswapV3FlashCallback(uint256 fee0, uint256 fee1, bytes calldata data) external;
}

interface IUniswapV3SwapCallback {
    function uniswapV3SwapCallback(int256 amount0, int256 amount1, bytes calldata data) external;
}
