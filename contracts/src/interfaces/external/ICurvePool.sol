// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @dev Older pools return nothing, newer ones what they paid: neither is read, the balance is.
interface ICurveInt128Pool {
    function exchange(int128 i, int128 j, uint256 amountIn, uint256 minOut) external;

    function exchange_underlying(int128 i, int128 j, uint256 amountIn, uint256 minOut) external;
}

interface ICurveUint256Pool {
    function exchange(uint256 i, uint256 j, uint256 amountIn, uint256 minOut) external;
}
