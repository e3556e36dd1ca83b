// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor } from "../interfaces/IDepegExecutor.sol";

/// @dev What the order under way awaits, in transient storage: a lock, and the one callback that may arrive next.
/// Both slots lie above 2**160, out of the reach of Baselines, which keys by token.
library Context {
    uint256 private constant LOCK = uint256(keccak256("repeg.lock"));
    uint256 private constant AWAITED = uint256(keccak256("repeg.awaited"));

    function lock() internal {
        uint256 slot = LOCK;
        bool locked;
        assembly ("memory-safe") {
            locked := tload(slot)
            tstore(slot, 1)
        }
        if (locked) revert IDepegExecutor.Reentered();
    }

    function unlock() internal {
        uint256 slot = LOCK;
        assembly ("memory-safe") {
            tstore(slot, 0)
        }
    }

    /// @dev From here on `sender` may call `selector` once, with data of this hash, and nobody may call anything else.
    function await(address sender, bytes4 selector, bytes32 dataHash) internal {
        _store(_fingerprint(sender, selector, dataHash));
    }

    /// @dev The callback under way was awaited, or it reverts. It will not be a second time.
    function arrive(bytes calldata data) internal {
        if (_load() != _fingerprint(msg.sender, msg.sig, hash(data))) {
            revert IDepegExecutor.UnexpectedCallback(msg.sender, msg.sig);
        }
        _store(0);
    }

    /// @dev The callback awaited from `source` has come.
    function requireArrived(address source) internal view {
        if (_load() != 0) revert IDepegExecutor.NotCalledBack(source);
    }

    function hash(bytes calldata data) internal pure returns (bytes32 result) {
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

    function _load() private view returns (bytes32 awaited) {
        uint256 slot = AWAITED;
        assembly ("memory-safe") {
            awaited := tload(slot)
        }
    }

    function _store(bytes32 awaited) private {
        uint256 slot = AWAITED;
        assembly ("memory-safe") {
            tstore(slot, awaited)
        }
    }
}
