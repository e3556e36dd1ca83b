// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor } from "../interfaces/IDepegExecutor.sol";

/// @dev Calls to venues, whose answers differ from one age to the next.
library Calls {
    /// @dev The first word of the answer, or zero. A failure is passed on as it came, so that simulations can name it.
    function perform(address target, bytes memory data) internal returns (uint256 word) {
        bool silent;
        assembly ("memory-safe") {
            let ok := call(gas(), target, 0, add(data, 0x20), mload(data), 0x00, 0x20)
            let size := returndatasize()
            if and(iszero(ok), gt(size, 0)) {
                let reason := mload(0x40)
                returndatacopy(reason, 0, size)
                revert(reason, size)
            }
            silent := iszero(size)
            if silent { silent := or(iszero(ok), iszero(extcodesize(target))) }
            if gt(size, 0x1f) { word := mload(0x00) }
        }
        if (silent) revert IDepegExecutor.CallFailed(target);
    }
}
