// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @dev Lends to its caller and pulls `assets` back by allowance. Free.
interface IMorphoBlue {
    function flashLoan(address token, uint256 assets, bytes calldata data) external;
}

interface IMorphoFlashLoanCallback {
    function onMorphoFlashLoan(uint256 assets, bytes calldata data) external;
}
