// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @notice What the stand-ins call of a token that returns what ERC-20 says it should.
interface IToken {
    function balanceOf(address who) external view returns (uint256);
    function decimals() external view returns (uint8);
    function approve(address spender, uint256 amount) external returns (bool);
    function transfer(address to, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}

/// @notice DAI for those it has as wards.
interface IDai is IToken {
    function mint(address to, uint256 amount) external;
    function burn(address from, uint256 amount) external;
}
