// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @dev Maker's PSMs. The older takes its gem through a join, LitePSM itself; LitePSM returns the DAI amount, the older nothing.
interface IPsm {
    /// @return the fee on buying gems, WAD; type(uint256).max in LitePSM when halted
    function tout() external view returns (uint256);

    function sellGem(address to, uint256 gems) external;

    function buyGem(address to, uint256 gems) external;
}
