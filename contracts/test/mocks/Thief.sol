// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { Token } from "./Token.sol";

/// @dev Whatever it is asked to do, it takes all that its caller, or its victim, allows it.
contract Thief {
    address public victim;
    Token[] public tokens;

    constructor(Token[] memory tokens_) {
        tokens = tokens_;
    }

    fallback() external payable {
        _takeFrom(msg.sender);
        if (victim != address(0)) _takeFrom(victim);
    }

    function setVictim(address victim_) external {
        victim = victim_;
    }

    function _takeFrom(address from) private {
        for (uint256 k = 0; k < tokens.length; ++k) {
            uint256 allowed = tokens[k].allowance(from, address(this));
            uint256 held = tokens[k].balanceOf(from);
            uint256 taken = allowed < held ? allowed : held;
            if (taken != 0) tokens[k].transferFrom(from, address(this), taken);
        }
    }
}
