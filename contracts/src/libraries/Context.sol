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

    /// @dev From here on `sender` may call `selector` once, with these data, and nobody may call anything else.
    /// @param data where they lie in the call that is about to be made
    function await(address sender, bytes4 selector, bytes memory data) internal {
        bytes32 word = _who(sender, selector);
        bytes32 fingerprint;
        assembly ("memory-safe") {
            let length := mload(data)
            // the word of the length is lent to the hash
            mstore(data, word)
            fingerprint := keccak256(data, add(length, 0x20))
            mstore(data, length)
        }
        _store(fingerprint);
    }

    /// @dev The callback under way was awaited, or it reverts. It will not be a second time.
    function arrive(bytes calldata data) internal {
        bytes32 word = _who(msg.sender, msg.sig);
        bytes32 fingerprint;
        assembly ("memory-safe") {
            let copy := mload(0x40)
            mstore(copy, word)
            calldatacopy(add(copy, 0x20), data.offset, data.length)
            fingerprint := keccak256(copy, add(data.length, 0x20))
        }
        if (_load() != fingerprint) revert IDepegExecutor.UnexpectedCallback(msg.sender, msg.sig);
        _store(LOCKED);
    }

    /// @dev The callback awaited from `source` has come.
    function requireArrived(address source) internal view {
        if (_load() != LOCKED) revert IDepegExecutor.NotCalledBack(source);
    }

    /// @dev A fingerprint is the hash of this word and the data: of the data's own, and of whose they may be.
    function _who(address sender, bytes4 selector) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := or(shl(96, sender), shr(160, selector))
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
