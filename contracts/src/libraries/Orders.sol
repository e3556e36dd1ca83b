// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { Leg, Loan } from "../interfaces/IDepegExecutor.sol";

/// @dev Reads an order where it lies in calldata, without copying: what the lender hands back is the calldata of `execute`
/// after its selector, proven by its hash, so it has passed the decoder once and is not checked again.
library Orders {
    /// @dev Where the offset of the legs stands: after the loan, the guard and the tip.
    uint256 private constant LEGS = 0x160;

    function loanOf(bytes calldata order) internal pure returns (Loan calldata loan) {
        assembly ("memory-safe") {
            loan := order.offset
        }
    }

    function legsOf(bytes calldata order) internal pure returns (Leg[] calldata legs) {
        assembly ("memory-safe") {
            let at := add(order.offset, calldataload(add(order.offset, LEGS)))
            legs.offset := add(at, 0x20)
            legs.length := calldataload(at)
        }
    }
}
