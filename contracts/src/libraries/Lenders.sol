// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor, Lender, Loan } from "../interfaces/IDepegExecutor.sol";
import { IAaveFlashLoanCallback, IAavePool } from "../interfaces/external/IAavePool.sol";
import { IBalancerFlashLoanCallback, IBalancerVault } from "../interfaces/external/IBalancerVault.sol";
import { IErc3156Callback, IErc3156Lender } from "../interfaces/external/IErc3156.sol";
import { IMorphoBlue, IMorphoFlashLoanCallback } from "../interfaces/external/IMorphoBlue.sol";
import { IUniswapV3FlashCallback, IUniswapV3Pool } from "../interfaces/external/IUniswapV3Pool.sol";
import { Calls } from "./Calls.sol";
import { Context } from "./Context.sol";
import { Tokens } from "./Tokens.sol";

/// @dev Asks for the loan with the rest of the order as the lender's opaque data, and awaits the callback it makes.
library Lenders {
    /// @param order the calldata of `execute` after its selector
    function borrow(Loan calldata loan, bytes calldata order) internal {
        Lender kind = loan.kind;
        (address source, address token) = (loan.source, loan.token);
        (bytes memory call_, bytes32 orderHash) = _append(_head(kind, source, token, loan.amount), order);
        Context.await(source, _callback(kind), orderHash);
        Calls.perform(source, call_);
        Context.requireArrived(source);
        if (kind != Lender.BalancerV2 && kind != Lender.UniswapV3) Tokens.revoke(token, source);
    }

    /// @dev The lender's call up to where the length of its last argument, the order, stands.
    function _head(Lender kind, address source, address token, uint256 amount) private view returns (bytes memory) {
        if (kind == Lender.MorphoBlue) {
            return abi.encodeWithSelector(IMorphoBlue.flashLoan.selector, token, amount, 0x60);
        }
        if (kind == Lender.BalancerV2) return _balancerV2(token, amount);
        if (kind == Lender.AaveV3) {
            return abi.encodeWithSelector(IAavePool.flashLoanSimple.selector, address(this), token, amount, 0xa0, 0);
        }
        if (kind == Lender.UniswapV3) return _uniswapV3(source, token, amount);
        return abi.encodeWithSelector(IErc3156Lender.flashLoan.selector, address(this), token, amount, 0x80);
    }

    /// @dev Two lists of one, at 0x80 and 0xc0.
    function _balancerV2(address token, uint256 amount) private view returns (bytes memory) {
        return abi.encodeWithSelector(
            IBalancerVault.flashLoan.selector, address(this), 0x80, 0xc0, 0x100, 1, token, 1, amount
        );
    }

    function _uniswapV3(address source, address token, uint256 amount) private view returns (bytes memory) {
        bool first = IUniswapV3Pool(source).token0() == token;
        (uint256 amount0, uint256 amount1) = first ? (amount, uint256(0)) : (uint256(0), amount);
        return abi.encodeWithSelector(IUniswapV3Pool.flash.selector, address(this), amount0, amount1, 0x80);
    }

    /// @dev Adds the order to the freshest of memory, and hashes it there: a thousand bytes are copied once.
    function _append(bytes memory head, bytes calldata order)
        private
        pure
        returns (bytes memory call_, bytes32 orderHash)
    {
        call_ = head;
        assembly ("memory-safe") {
            let length := mload(head)
            let end := add(add(head, 0x20), length)
            mstore(end, order.length)
            let copy := add(end, 0x20)
            calldatacopy(copy, order.offset, order.length)
            orderHash := keccak256(copy, order.length)
            mstore(call_, add(add(length, 0x20), order.length))
            mstore(0x40, and(add(add(copy, order.length), 0x1f), not(0x1f)))
        }
    }

    function _callback(Lender kind) private pure returns (bytes4) {
        if (kind == Lender.MorphoBlue) return IMorphoFlashLoanCallback.onMorphoFlashLoan.selector;
        if (kind == Lender.BalancerV2) return IBalancerFlashLoanCallback.receiveFlashLoan.selector;
        if (kind == Lender.AaveV3) return IAaveFlashLoanCallback.executeOperation.selector;
        if (kind == Lender.UniswapV3) return IUniswapV3FlashCallback.uniswapV3FlashCallback.selector;
        return IErc3156Callback.onFlashLoan.selector;
    }
}
