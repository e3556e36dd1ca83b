// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor } from "../interfaces/IDepegExecutor.sol";
import { IErc20 } from "../interfaces/external/IErc20.sol";

/// @dev ERC-20 calls that bear with tokens that answer nothing (USDT) and refuse those that answer false. In assembly
/// because they are half of what the executor does: the compiler's own encoding costs twice as much.
library Tokens {
    function balanceOf(address token, address account) internal view returns (uint256) {
        return _read(token, IErc20.balanceOf.selector, account, address(0), 0x24);
    }

    function held(address token) internal view returns (uint256) {
        return _read(token, IErc20.balanceOf.selector, address(this), address(0), 0x24);
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
        uint256 left = _read(token, IErc20.allowance.selector, address(this), spender, 0x44);
        if (left != 0) approve(token, spender, 0);
    }

    /// @param before what the executor held of `token`
    function requireReceived(address token, uint256 expected, uint256 before) internal view {
        uint256 now_ = held(token);
        uint256 received = now_ > before ? now_ - before : 0;
        if (received != expected) revert IDepegExecutor.TransferShort(token, expected, received);
    }

    /// @param before what the executor held of `token`
    function requireSpent(address token, uint256 agreed, uint256 before) internal view {
        uint256 now_ = held(token);
        uint256 spent = before > now_ ? before - now_ : 0;
        if (spent != agreed) revert IDepegExecutor.SpentOther(token, agreed, spent);
    }

    /// @dev One word, asked by one address (`size` 0x24) or two (0x44).
    function _read(address token, bytes4 selector, address a, address b, uint256 size)
        private
        view
        returns (uint256 word)
    {
        bool ok;
        assembly ("memory-safe") {
            let call_ := mload(0x40)
            mstore(call_, selector)
            mstore(add(call_, 0x04), a)
            mstore(add(call_, 0x24), b)
            // arguments are worked out from the right, so the size is that of this call's answer
            ok := and(gt(returndatasize(), 0x1f), staticcall(gas(), token, call_, size, 0x00, 0x20))
            word := mload(0x00)
        }
        if (!ok) revert IDepegExecutor.TokenCallFailed(token);
    }

    function _write(address token, bytes4 selector, address to, uint256 amount) private {
        bool ok;
        assembly ("memory-safe") {
            let call_ := mload(0x40)
            mstore(call_, selector)
            mstore(add(call_, 0x04), to)
            mstore(add(call_, 0x24), amount)
            ok := call(gas(), token, 0, call_, 0x44, 0x00, 0x20)
            switch returndatasize()
            case 0 { ok := and(ok, gt(extcodesize(token), 0)) }
            default { ok := and(ok, and(gt(returndatasize(), 0x1f), eq(mload(0x00), 1))) }
        }
        if (!ok) revert IDepegExecutor.TokenCallFailed(token);
    }
}
