// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDai } from "./ITokens.sol";

interface IBorrower {
    function onFlashLoan(address initiator, address token, uint256 amount, uint256 fee, bytes calldata data)
        external
        returns (bytes32);
}

/// @notice Stands in for Maker's DssFlash, which is in no registry: mints DAI for the length of a call, free of charge,
/// and takes it back by allowance (ERC-3156).
contract FlashMinter {
    bytes32 public constant CALLBACK_SUCCESS = keccak256("ERC3156FlashBorrower.onFlashLoan");

    address public immutable admin;
    IDai public immutable dai;

    uint256 public max; // DAI in one loan; zero closes the facility
    uint256 private locked;

    event FlashLoan(address indexed receiver, address token, uint256 amount, uint256 fee);

    error NotAdmin(address caller);
    error Reentered();
    error UnsupportedToken(address token);
    error CeilingExceeded(uint256 amount, uint256 max);
    error CallbackFailed(address receiver);

    constructor(address admin_, IDai dai_) {
        admin = admin_;
        dai = dai_;
    }

    modifier lock() {
        if (locked != 0) revert Reentered();
        locked = 1;
        _;
        locked = 0;
    }

    function maxFlashLoan(address token) external view returns (uint256) {
        return token == address(dai) && locked == 0 ? max : 0;
    }

    function flashFee(address token, uint256) external view returns (uint256) {
        if (token != address(dai)) revert UnsupportedToken(token);
        return 0;
    }

    /// @notice What a loan costs, WAD: nothing, as on mainnet.
    function toll() external pure returns (uint256) {
        return 0;
    }

    function flashLoan(IBorrower receiver, address token, uint256 amount, bytes calldata data)
        external
        lock
        returns (bool)
    {
        if (token != address(dai)) revert UnsupportedToken(token);
        if (amount > max) revert CeilingExceeded(amount, max);

        emit FlashLoan(address(receiver), token, amount, 0);

        dai.mint(address(receiver), amount);
        bytes32 answer = receiver.onFlashLoan(msg.sender, token, amount, 0, data);
        if (answer != CALLBACK_SUCCESS) revert CallbackFailed(address(receiver));
        dai.transferFrom(address(receiver), address(this), amount);
        dai.burn(address(this), amount);
        return true;
    }

    /// @notice Sets "max".
    function file(bytes32 what, uint256 data) external {
        if (msg.sender != admin || what != "max") revert NotAdmin(msg.sender);
        max = data;
    }
}
