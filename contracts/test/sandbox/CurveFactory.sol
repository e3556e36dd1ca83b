// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @notice Stands in for the factory that a StableSwap-NG pool asks who may set its fee and who takes the admin's half.
/// The contract that works out views for the pools is not among what can be had: `views_implementation` is zero.
contract CurveFactory {
    address public immutable admin;

    constructor(address admin_) {
        admin = admin_;
    }

    function fee_receiver() external view returns (address) {
        return admin;
    }

    /// @notice The name the metapools know it by.
    function get_fee_receiver() external view returns (address) {
        return admin;
    }

    function views_implementation() external pure returns (address) {
        return address(0);
    }
}
