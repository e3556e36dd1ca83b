// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

interface IWeth {
    function withdraw(uint256 amount) external;
}
