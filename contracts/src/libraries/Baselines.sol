// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor, Leg } from "../interfaces/IDepegExecutor.sol";
import { Orders } from "./Orders.sol";
import { Tokens } from "./Tokens.sol";

/// @dev What the executor held of each token before the order touched it, in the transient slot numbered as the token's address, plus
/// one so that zero means "not looked at". What somebody sent here by mistake is neither spent nor in the way.
library Baselines {
    /// @dev Looks at a token for the first time: before the order receives any of it, or spends any.
    /// @param held what the executor holds of `token`
    function record(address token, uint256 held) internal {
        if (_load(token) == 0) _store(token, held + 1);
    }

    /// @dev Pays what is left over of every token but the loan's to `treasury`, and forgets them.
    function closeOthers(address loanToken, Leg[] calldata legs, address treasury) internal {
        address last = loanToken;
        for (uint256 k = 0; k < legs.length; ++k) {
            Leg calldata leg = Orders.legAt(legs, k);
            Orders.requireInside(leg);
            address token = Orders.tokenInOf(leg);
            if (token != last && token != loanToken) _payOut(token, treasury);
            last = Orders.tokenOutOf(leg);
            if (last != loanToken) _payOut(last, treasury);
        }
    }

    /// @return held what the executor holds of `token`, which from now on has a baseline
    function look(address token) internal returns (uint256 held) {
        held = Tokens.held(token);
        record(token, held);
    }

    function has(address token) internal view returns (bool) {
        return _load(token) != 0;
    }

    /// @dev What the order has come to hold of `token`.
    function surplus(address token) internal view returns (uint256) {
        return surplusOf(token, Tokens.held(token));
    }

    /// @param held what the executor holds of `token`
    function surplusOf(address token, uint256 held) internal view returns (uint256) {
        unchecked {
            return _above(token, _load(token) - 1, held);
        }
    }

    function forget(address token) internal {
        _store(token, 0);
    }

    function _payOut(address token, address treasury) private {
        uint256 word = _load(token);
        if (word == 0) return;
        forget(token);
        uint256 left = _above(token, word - 1, Tokens.held(token));
        if (left != 0) Tokens.transfer(token, treasury, left);
    }

    function _above(address token, uint256 before, uint256 held) private pure returns (uint256) {
        if (held < before) revert IDepegExecutor.BalanceFell(token, before, held);
        unchecked {
            return held - before;
        }
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
