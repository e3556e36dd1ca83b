// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @dev Transfers and approvals go through the library Tokens, which bears with USDT's missing answers.
interface IErc20 {
    function decimals() external view returns (uint8);

    function balanceOf(address account) external view returns (uint256);

    function allowance(address account, address spender) external view returns (uint256);

    function transfer(address to, uint256 amount) external returns (bool);

    function approve(address spender, uint256 amount) external returns (bool);
}
