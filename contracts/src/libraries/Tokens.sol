// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor } from "../interfaces/IDepegExecutor.sol";
import { IErc20 } from "../interfaces/external/IErc20.sol";

/// @dev ERC-20 calls that bear with tokens that answer nothing (USDT) and refuse those that answer false. In assembly
/// because they are half of what the executor does: the compiler's own encoding costs twice as much.
library Tokens {
    function balanceOf(address token, address account) internal view returns (uint256 amount) {
        bytes4 selector = IErc20.balanceOf.selector;
        bool ok;
        assembly ("memory-safe") {
            mstore(0x00, selector)
            mstore(0x04, account)
            // arguments are worked out from the right, so the size is that of this call's answer
            ok := and(gt(returndatasize(), 0x1f), staticcall(gas(), token, 0x00, 0x24, 0x00, 0x20))
            amount := mload(0x00)
        }
        if (!ok) revert IDepegExecutor.TokenCallFailed(token);
    }

    function held(address token) internal view returns (uint256) {
        return balanceOf(token, address(this));
    }

    function transfer(address token, address to, uint256 amount) internal {
        _write(token, IErc20.transfer.selector, to, amount);
    }

    /// @dev The allowance is zero beforehand: every order leaves it so.
    function approve(address token, address spender, uint256 amount) internal {
        _write(token, IErc20.approve.selector, spender, amount);
    }

    /// @dev Takes back what a spender did not use.
    function revoke(address token, address spender) internal {
        if (allowance(token, spender) != 0) approve(token, spender, 0);
    }

    /// @dev A spender used all it was allowed: then, and only then, has it taken exactly `agreed`.
    function requireTaken(address token, address spender, uint256 agreed) internal view {
        uint256 left = allowance(token, spender);
        if (left != 0) revert IDepegExecutor.SpentOther(token, agreed, agreed - left);
    }

    function allowance(address token, address spender) internal view returns (uint256 left) {
        bytes4 selector = IErc20.allowance.selector;
        bool ok;
        assembly ("memory-safe") {
            let call_ := mload(0x40)
            mstore(call_, selector)
            mstore(add(call_, 0x04), address())
            mstore(add(call_, 0x24), spender)
            ok := and(gt(returndatasize(), 0x1f), staticcall(gas(), token, call_, 0x44, 0x00, 0x20))
            left := mload(0x00)
        }
        if (!ok) revert IDepegExecutor.TokenCallFailed(token);
    }

    /// @param before what `account` held of `token`
    function requireReceived(address token, address account, uint256 expected, uint256 before) internal view {
        uint256 received = _difference(balanceOf(token, account), before);
        if (received != expected) revert IDepegExecutor.TransferShort(token, expected, received);
    }

    /// @param before what the executor held of `token`
    function requireSpent(address token, uint256 agreed, uint256 before) internal view {
        uint256 spent = _difference(before, held(token));
        if (spent != agreed) revert IDepegExecutor.SpentOther(token, agreed, spent);
    }

    /// @dev Zero where there is none, and never beyond it to the other side of 2**256.
    function _difference(uint256 more, uint256 less) private pure returns (uint256) {
        unchecked {
            return more > less ? more - less : 0;
        }
    }

    /// @dev No token is written to that has not answered `balanceOf` in the same transaction: it has code, so that its
    /// silence means consent.
    function _write(address token, bytes4 selector, address to, uint256 amount) private {
        bool ok;
        assembly ("memory-safe") {
            let call_ := mload(0x40)
            mstore(call_, selector)
            mstore(add(call_, 0x04), to)
            mstore(add(call_, 0x24), amount)
            ok := call(gas(), token, 0, call_, 0x44, 0x00, 0x20)
            let said := and(gt(returndatasize(), 0x1f), eq(mload(0x00), 1))
            ok := and(ok, or(iszero(returndatasize()), said))
        }
        if (!ok) revert IDepegExecutor.TokenCallFailed(token);
    }
}
