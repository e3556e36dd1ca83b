// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor, Leg } from "../interfaces/IDepegExecutor.sol";
import { Orders } from "./Orders.sol";
import { Tokens } from "./Tokens.sol";

/// @dev What the executor held of each token before the order touched it, in the transient slot numbered as the token's address, plus
/// one so that zero means "not looked at". What somebody sent here by mistake is neither spent nor in the way.
library Baselines {
    /// @dev Of the loan's token, first of all: nothing has a baseline yet.
    function open(address token) internal returns (uint256 held) {
        held = Tokens.held(token);
        _record(token, held);
    }

    /// @dev Before the order receives any of it, or spends any.
    /// @return held what the executor holds of `token`
    /// @return first whether this is its baseline
    function look(address token) internal returns (uint256 held, bool first) {
        held = Tokens.held(token);
        first = _load(token) == 0;
        if (first) _record(token, held);
    }

    /// @dev The same where nobody asks what is held now.
    function see(address token) internal {
        if (_load(token) == 0) _record(token, Tokens.held(token));
    }

    /// @dev What the order has come to hold of `token`, which from now on has a baseline.
    function surplus(address token) internal returns (uint256) {
        uint256 held = Tokens.held(token);
        uint256 word = _load(token);
        if (word == 0) {
            _record(token, held);
            return 0;
        }
        unchecked {
            return above(token, word - 1, held);
        }
    }

    /// @dev What has come on top of a baseline, which nothing may fall below.
    function above(address token, uint256 before, uint256 held) internal pure returns (uint256) {
        if (held < before) revert IDepegExecutor.BalanceFell(token, before, held);
        unchecked {
            return held - before;
        }
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

    function forget(address token) internal {
        _store(token, 0);
    }

    function _payOut(address token, address treasury) private {
        uint256 word = _load(token);
        if (word == 0) return;
        forget(token);
        unchecked {
            uint256 left = above(token, word - 1, Tokens.held(token));
            if (left != 0) Tokens.transfer(token, treasury, left);
        }
    }

    /// @dev No token can be had 2**256 - 1 of beside anybody else's; of one that says so nothing is kept.
    function _record(address token, uint256 held) private {
        unchecked {
            _store(token, held + 1);
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
