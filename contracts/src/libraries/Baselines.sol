// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor, Leg } from "../interfaces/IDepegExecutor.sol";
import { Tokens } from "./Tokens.sol";

/// @dev What the executor held of each token before the order, in the transient slot numbered as the token's address, plus
/// one so that zero means "not looked at". What somebody sent here by mistake is neither spent nor in the way.
library Baselines {
    /// @dev Looks at every token of the order once. A loop mostly takes what the leg before gave, so that is not asked again.
    function open(address loanToken, Leg[] calldata legs) internal {
        _record(loanToken);
        address last = loanToken;
        for (uint256 k = 0; k < legs.length; ++k) {
            Leg calldata leg = legs[k];
            if (leg.tokenIn != last) _record(leg.tokenIn);
            last = leg.tokenOut;
            _record(last);
        }
    }

    /// @dev Pays what is left over of every token but the loan's to `treasury` and forgets them.
    function closeOthers(address loanToken, Leg[] calldata legs, address treasury) internal {
        address last = loanToken;
        for (uint256 k = 0; k < legs.length; ++k) {
            Leg calldata leg = legs[k];
            if (leg.tokenIn != last) _payOut(leg.tokenIn, loanToken, treasury);
            last = leg.tokenOut;
            _payOut(last, loanToken, treasury);
        }
    }

    /// @dev What the order has come to hold of `token`.
    function surplus(address token) internal view returns (uint256) {
        uint256 held = Tokens.held(token);
        uint256 before = heldBefore(token);
        if (held < before) revert IDepegExecutor.BalanceFell(token, before, held);
        unchecked {
            return held - before;
        }
    }

    function heldBefore(address token) internal view returns (uint256) {
        return _load(token) - 1;
    }

    /// @dev Whether `token` is one of the order's.
    function has(address token) internal view returns (bool) {
        return _load(token) != 0;
    }

    function forget(address token) internal {
        _store(token, 0);
    }

    function _record(address token) private {
        if (_load(token) == 0) _store(token, Tokens.held(token) + 1);
    }

    function _payOut(address token, address loanToken, address treasury) private {
        if (token == loanToken || _load(token) == 0) return;
        uint256 left = surplus(token);
        forget(token);
        if (left != 0) Tokens.transfer(token, treasury, left);
    }

    function _load(address token) private view returns (uint256 word) {
        assembly ("memory-safe") {
            word := tload(token)
        }
    }

    function _store(address token, uint256 word) private {
        assembly ("memory-safe") {
            tstore(token, word)
        }
    }
}
