// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @dev Aave V3; SparkLend is the same.
interface IAavePool {
    function flashLoanSimple(address receiver, address asset, uint256 amount, bytes calldata params, uint16 referral)
        external;
}

interface IAaveFlashLoanCallback {
    function executeOperation(address asset, uint256 amount, uint256 premium, address initiator, bytes calldata params)
        external
        returns (bool);
}
