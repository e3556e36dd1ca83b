// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor, Leg, Loan } from "../interfaces/IDepegExecutor.sol";

/// @dev Reads an order where it lies in calldata, without copying: what the lender hands back is the calldata of `execute`
/// after its selector, proven by its hash, so it has passed the decoder once and is not checked again.
library Orders {
    /// @dev Where the offset of the legs stands: after the loan, the guard and the tip.
    uint256 private constant LEGS = 0x160;

    /// @dev Nine words of a leg: eight values, and the offset of its data.
    uint256 private constant SIZE = 0x120;

    /// @dev No calldata is longer: an offset is cut to as many bits.
    uint256 private constant FAR = 0xffffffff;

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

    /// @dev The `k`-th leg, where the compiler's own access would let an offset point backward, out of the order. Whoever
    /// walks legs does not ask whether they lie inside: `execute` does in the end, of all of them.
    function legAt(Leg[] calldata legs, uint256 k) internal pure returns (Leg calldata leg) {
        assembly ("memory-safe") {
            leg := add(legs.offset, and(calldataload(add(legs.offset, shl(5, k))), FAR))
        }
    }

    /// @dev In `execute`, where calldata end with the order: what lies inside of it here is the same leg in the callback,
    /// whatever a lender wraps around it.
    function requireInside(Leg calldata leg) internal pure {
        uint256 end;
        assembly ("memory-safe") {
            end := add(leg, SIZE)
        }
        if (end > msg.data.length) revert IDepegExecutor.LegOutside(end, msg.data.length);
    }

    /// @dev A Generic leg's call lies in the order too, so that it is what the operator hashed: a lender hands back more.
    function requireCallInside(Leg calldata leg, bytes calldata order) internal pure {
        uint256 end;
        uint256 size;
        assembly ("memory-safe") {
            let offset := calldataload(add(leg, 0x100))
            let length := calldataload(add(leg, offset))
            end := sub(add(add(add(leg, offset), 0x20), length), order.offset)
            size := order.length
            if gt(or(offset, length), FAR) { end := not(0) } // it would point backward
        }
        if (end > size) revert IDepegExecutor.LegOutside(end, size);
    }

    /* FIELDS, without the compiler's check of each: what stands above an address is cut off here and in the callback alike */

    function sourceOf(Loan calldata loan) internal pure returns (address source) {
        assembly ("memory-safe") {
            source := shr(96, calldataload(add(loan, 0x2c)))
        }
    }

    function tokenOf(Loan calldata loan) internal pure returns (address token) {
        assembly ("memory-safe") {
            token := shr(96, calldataload(add(loan, 0x4c)))
        }
    }

    function tokenInOf(Leg calldata leg) internal pure returns (address token) {
        assembly ("memory-safe") {
            token := shr(96, calldataload(add(leg, 0x6c)))
        }
    }

    function tokenOutOf(Leg calldata leg) internal pure returns (address token) {
        assembly ("memory-safe") {
            token := shr(96, calldataload(add(leg, 0x8c)))
        }
    }

    function targetOf(Leg calldata leg) internal pure returns (address target) {
        assembly ("memory-safe") {
            target := shr(96, calldataload(add(leg, 0x2c)))
        }
    }

    /// @dev Who may take tokenIn during the call.
    function spenderOf(Leg calldata leg) internal pure returns (address spender) {
        assembly ("memory-safe") {
            spender := shr(96, calldataload(add(leg, 0x4c)))
            if iszero(spender) { spender := shr(96, calldataload(add(leg, 0x2c))) }
        }
    }
}
