// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @dev Lends to any `recipient` on anybody's word, and does not tell it who asked.
interface IBalancerVault {
    function flashLoan(address recipient, address[] calldata tokens, uint256[] calldata amounts, bytes calldata data)
        external;
}

interface IBalancerFlashLoanCallback {
    function receiveFlashLoan(
        address[] calldata tokens,
        uint256[] calldata amounts,
        uint256[] calldata fees,
        bytes calldata data
    ) external;
}
