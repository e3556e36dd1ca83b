// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IMorphoFlashLoanCallback } from "../../src/interfaces/external/IMorphoBlue.sol";
import { Token } from "./Token.sol";

/// @dev Lends as Morpho Blue does, and hands the order back with words of its own behind it.
contract Appender {
    bytes public words;

    function setWords(bytes calldata words_) external {
        words = words_;
    }

    function flashLoan(address token, uint256 assets, bytes calldata data) external {
        Token(token).mint(msg.sender, assets);
        bytes memory honest = abi.encodeCall(IMorphoFlashLoanCallback.onMorphoFlashLoan, (assets, data));
        (bool ok, bytes memory reason) = msg.sender.call(abi.encodePacked(honest, words));
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(reason, 0x20), mload(reason))
            }
        }
        Token(token).transferFrom(msg.sender, address(this), assets);
    }
}

/// @dev A builder that burns what gas it is given, and keeps the ether.
contract Glutton {
    receive() external payable {
        while (gasleft() > 1000) { }
    }
}
