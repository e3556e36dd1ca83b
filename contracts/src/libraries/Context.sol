// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor } from "../interfaces/IDepegExecutor.sol";

/// @dev What the order under way awaits, in one word of transient storage: nothing while there is no order, LOCKED while
/// there is one, and otherwise the fingerprint of the one callback that may arrive next. The slot lies above 2**160, out of
/// the reach of Baselines, which keys by token.
library Context {
    uint256 private constant SLOT = uint256(keccak256("repeg.context"));
    bytes32 private constant LOCKED = bytes32(uint256(1));

    /// @dev Until `unlock` nobody may begin another order. The first `await` closes the lock; nothing before it may call out
    /// but to read.
    function requireUnlocked() internal view {
        if (_load() != 0) revert IDepegExecutor.Reentered();
    }

    function unlock() internal {
        _store(0);
    }

    /// @dev From here on `sender` may call `selector` once, with data of this hash, and nobody may call anything else.
    function await(address sender, bytes4 selector, bytes32 dataHash) internal {
        _store(_fingerprint(sender, selector, dataHash));
    }

    /// @dev The callback under way was awaited, or it reverts. It will not be a second time.
    function arrive(bytes calldata data) internal {
        if (_load() != _fingerprint(msg.sender, msg.sig, _hash(data))) {
            revert IDepegExecutor.UnexpectedCallback(msg.sender, msg.sig);
        }
        _store(LOCKED);
    }

    /// @dev The callback awaited from `source` has come.
    function requireArrived(address source) internal view {
        if (_load() != LOCKED) revert IDepegExecutor.NotCalledBack(source);
    }

    function _hash(bytes calldata data) private pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let copy := mload(0x40)
            calldatacopy(copy, data.offset, data.length)
            result := keccak256(copy, data.length)
        }
    }

    function _fingerprint(address sender, bytes4 selector, bytes32 dataHash) private pure returns (bytes32 result) {
        assembly ("memory-safe") {
            mstore(0x00, or(shl(96, sender), shr(160, selector)))
            mstore(0x20, dataHash)
            result := keccak256(0x00, 0x40)
        }
    }

    function _load() private view returns (bytes32 word) {
        uint256 slot = SLOT;
        assembly ("memory-safe") {
            word := tload(slot)
        }
    }

    function _store(bytes32 word) private {
        uint256 slot = SLOT;
        assembly ("memory-safe") {
            tstore(slot, word)
        }
    }
}
