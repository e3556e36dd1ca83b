// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { Token } from "./Token.sol";

contract Weth is Token(18) {
    function deposit() external payable {
        balanceOf[msg.sender] += msg.value;
    }

    function withdraw(uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        (bool ok,) = msg.sender.call{ value: amount }("");
        require(ok, "unwrapping failed");
    }
}
