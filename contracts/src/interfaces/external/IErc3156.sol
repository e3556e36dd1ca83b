// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @dev ERC-3156: Maker's DssFlash, the GHO minter.
interface IErc3156Lender {
    function flashLoan(address receiver, address token, uint256 amount, bytes calldata data) external returns (bool);
}

interface IErc3156Callback {
    function onFlashLoan(address initiator, address token, uint256 amount, uint256 fee, bytes calldata data)
        external
        returns (bytes32);
}
