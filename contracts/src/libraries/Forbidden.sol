// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @dev Calls that may never be put on the list: what moves or approves tokens or lets somebody act for the executor, by
/// the names known to be in use, and what takes the caller's own shares or ether without an allowance.
library Forbidden {
    /// @dev Holds approvals of half the world and spends them for whoever is named in a call.
    address internal constant PERMIT2 = 0x000000000022D473030F116dDEE9F6B43aC78BA3;

    function target(address called) internal view returns (bool) {
        return called == address(0) || called == address(this) || called == PERMIT2;
    }

    function selector(bytes4 called) internal pure returns (bool) {
        return _moves(called) || _takes(called) || _approves(called) || _delegates(called);
    }

    function _moves(bytes4 called) private pure returns (bool) {
        return called == bytes4(keccak256("transfer(address,uint256)"))
            || called == bytes4(keccak256("transferFrom(address,address,uint256)"))
            || called == bytes4(keccak256("safeTransferFrom(address,address,uint256)"))
            || called == bytes4(keccak256("safeTransferFrom(address,address,uint256,bytes)"))
            || called == bytes4(keccak256("transferAndCall(address,uint256)"))
            || called == bytes4(keccak256("transferAndCall(address,uint256,bytes)"))
            || called == bytes4(keccak256("transferFromAndCall(address,address,uint256)"))
            || called == bytes4(keccak256("transferFromAndCall(address,address,uint256,bytes)"))
            || called == bytes4(keccak256("send(address,uint256,bytes)"))
            || called == bytes4(keccak256("operatorSend(address,address,uint256,bytes,bytes)"))
            || called == bytes4(keccak256("push(address,uint256)"))
            || called == bytes4(keccak256("pull(address,uint256)"))
            || called == bytes4(keccak256("move(address,address,uint256)"))
            || called == bytes4(keccak256("transfer(address,uint256,bytes)"))
            || called == bytes4(keccak256("transfer(address,uint256,uint256)"))
            || called == bytes4(keccak256("transferFrom(address,address,uint256,uint256)"))
            || called == bytes4(keccak256("safeTransferFrom(address,address,uint256,uint256,bytes)"))
            || called == bytes4(keccak256("safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)"))
            || called == bytes4(keccak256("transferShares(address,uint256)"))
            || called == bytes4(keccak256("transferSharesFrom(address,address,uint256)"))
            || called
                == bytes4(
                keccak256(
                "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
            )
            );
    }

    /// @dev A vault burns its caller's shares, WETH its caller's ether, whoever is named to receive.
    function _takes(bytes4 called) private pure returns (bool) {
        return called == bytes4(keccak256("redeem(uint256,address,address)"))
            || called == bytes4(keccak256("withdraw(uint256,address,address)"))
            || called == bytes4(keccak256("withdraw(uint256)")) || called == bytes4(keccak256("burn(uint256)"));
    }

    function _approves(bytes4 called) private pure returns (bool) {
        return called == bytes4(keccak256("approve(address,uint256)"))
            || called == bytes4(keccak256("approve(address,address,uint160,uint48)"))
            || called == bytes4(keccak256("increaseAllowance(address,uint256)"))
            || called == bytes4(keccak256("decreaseAllowance(address,uint256)"))
            || called == bytes4(keccak256("increaseApproval(address,uint256)"))
            || called == bytes4(keccak256("decreaseApproval(address,uint256)"))
            || called == bytes4(keccak256("approveAndCall(address,uint256)"))
            || called == bytes4(keccak256("approveAndCall(address,uint256,bytes)"))
            || called == bytes4(keccak256("permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"))
            || called == bytes4(keccak256("permit(address,address,uint256,uint256,bytes)"))
            || called == bytes4(keccak256("permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)"))
            || called == bytes4(keccak256("setApprovalForAll(address,bool)"))
            || called == bytes4(keccak256("approve(address,uint256,uint256)"))
            || called == bytes4(keccak256("safeIncreaseAllowance(address,uint256)"));
    }

    function _delegates(bytes4 called) private pure returns (bool) {
        return called == bytes4(keccak256("authorizeOperator(address)"))
            || called == bytes4(keccak256("setOperator(address,bool)"))
            || called == bytes4(keccak256("approveDelegation(address,uint256)"))
            || called == bytes4(keccak256("allow(address,bool)"))
            || called == bytes4(keccak256("setAuthorization(address,bool)"))
            || called == bytes4(keccak256("hope(address)"));
    }
}
