// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor } from "../interfaces/IDepegExecutor.sol";

/// @dev Calls to lenders and venues, whose answers differ from one age to the next. A failure is passed on as it came, so that
/// simulations can name it.
library Calls {
    /// @dev To a venue, which may be nobody.
    function perform(address target, bytes memory data) internal returns (uint256 word) {
        uint256 at;
        uint256 length;
        assembly ("memory-safe") {
            at := add(data, 0x20)
            length := mload(data)
        }
        word = make(target, at, length);
        bool nobody;
        assembly ("memory-safe") {
            if iszero(returndatasize()) { nobody := iszero(extcodesize(target)) }
        }
        if (nobody) revert IDepegExecutor.CallFailed(target);
    }

    /// @dev A call that lies at `at` in memory. Nobody's silence is taken for success: who calls sees to it.
    /// @return word the first of the answer, or zero
    function make(address target, uint256 at, uint256 length) internal returns (uint256 word) {
        bool failed;
        assembly ("memory-safe") {
            if iszero(call(gas(), target, 0, at, length, 0x00, 0x20)) {
                returndatacopy(at, 0, returndatasize())
                if returndatasize() { revert(at, returndatasize()) }
                failed := true
            }
            if gt(returndatasize(), 0x1f) { word := mload(0x00) }
        }
        if (failed) revert IDepegExecutor.CallFailed(target);
    }
}
