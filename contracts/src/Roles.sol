// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor } from "./interfaces/IDepegExecutor.sol";
import { Forbidden } from "./libraries/Forbidden.sol";
import { Tokens } from "./libraries/Tokens.sol";

/// @title Roles
/// @notice Who may do what: a cold owner, a hot operator who may only execute, a guardian who may only pause.
abstract contract Roles is IDepegExecutor {
    /// @inheritdoc IDepegExecutor
    address public immutable treasury;

    /// @inheritdoc IDepegExecutor
    address public immutable weth;

    /// @inheritdoc IDepegExecutor
    address public operator;

    /// @inheritdoc IDepegExecutor
    /// @dev Beside the operator in one slot: `execute` reads both.
    bool public paused;

    /// @inheritdoc IDepegExecutor
    address public owner;

    /// @inheritdoc IDepegExecutor
    address public pendingOwner;

    /// @inheritdoc IDepegExecutor
    address public guardian;

    /// @inheritdoc IDepegExecutor
    mapping(address target => mapping(bytes4 selector => bool allowed)) public isAllowed;

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        _;
    }

    constructor(address owner_, address operator_, address guardian_, address treasury_, address weth_) {
        _requireNonZero(owner_);
        _requireNonZero(treasury_);
        _requireNonZero(weth_);
        treasury = treasury_;
        weth = weth_;
        owner = owner_;
        emit OwnershipTaken(owner_);
        _setOperator(operator_);
        _setGuardian(guardian_);
    }

    /* OWNER */

    /// @inheritdoc IDepegExecutor
    function setOperator(address operator_) external onlyOwner {
        _setOperator(operator_);
    }

    /// @inheritdoc IDepegExecutor
    function setGuardian(address guardian_) external onlyOwner {
        _setGuardian(guardian_);
    }

    /// @inheritdoc IDepegExecutor
    function allowCall(address target, bytes4 selector, bool allowed) external onlyOwner {
        if (allowed && (Forbidden.target(target) || Forbidden.selector(selector))) {
            revert CallNotAllowed(target, selector);
        }
        isAllowed[target][selector] = allowed;
        emit CallAllowed(target, selector, allowed);
    }

    /// @inheritdoc IDepegExecutor
    function sweep(address token) external onlyOwner {
        uint256 amount = token == address(0) ? address(this).balance : Tokens.held(token);
        emit Swept(token, amount);
        if (token != address(0)) return Tokens.transfer(token, treasury, amount);
        (bool ok,) = treasury.call{ value: amount }("");
        if (!ok) revert CallFailed(treasury);
    }

    /// @inheritdoc IDepegExecutor
    function transferOwnership(address to) external onlyOwner {
        pendingOwner = to;
        emit OwnershipOffered(owner, to);
    }

    /// @inheritdoc IDepegExecutor
    function acceptOwnership() external {
        if (msg.sender != pendingOwner) revert NotOwner(msg.sender);
        owner = msg.sender;
        delete pendingOwner;
        emit OwnershipTaken(msg.sender);
    }

    /* PAUSE */

    /// @inheritdoc IDepegExecutor
    function pause() external {
        if (msg.sender != guardian && msg.sender != owner) revert NotGuardian(msg.sender);
        paused = true;
        emit PausedSet(true);
    }

    /// @inheritdoc IDepegExecutor
    function unpause() external onlyOwner {
        paused = false;
        emit PausedSet(false);
    }

    function _setOperator(address operator_) private {
        _requireNonZero(operator_);
        operator = operator_;
        emit OperatorSet(operator_);
    }

    function _setGuardian(address guardian_) private {
        _requireNonZero(guardian_);
        guardian = guardian_;
        emit GuardianSet(guardian_);
    }

    function _requireNonZero(address account) private pure {
        if (account == address(0)) revert ZeroAddress();
    }
}
