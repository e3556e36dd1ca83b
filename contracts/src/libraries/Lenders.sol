// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor, Lender, Loan } from "../interfaces/IDepegExecutor.sol";
import { IAaveFlashLoanCallback, IAavePool } from "../interfaces/external/IAavePool.sol";
import { IBalancerFlashLoanCallback, IBalancerVault } from "../interfaces/external/IBalancerVault.sol";
import { IErc3156Callback, IErc3156Lender } from "../interfaces/external/IErc3156.sol";
import { IMorphoBlue, IMorphoFlashLoanCallback } from "../interfaces/external/IMorphoBlue.sol";
import { IUniswapV3FlashCallback, IUniswapV3Pool } from "../interfaces/external/IUniswapV3Pool.sol";
import { Context } from "./Context.sol";
import { Tokens } from "./Tokens.sol";

/// @dev Asks for the loan with the rest of the order as the lender's opaque data, and awaits the callback it makes.
library Lenders {
    /// @param order the calldata of `execute` after its selector
    function borrow(Loan calldata loan, bytes calldata order) internal {
        Lender kind = loan.kind;
        Context.await(loan.source, _callback(kind), Context.hash(order));
        if (kind == Lender.MorphoBlue) IMorphoBlue(loan.source).flashLoan(loan.token, loan.amount, order);
        else if (kind == Lender.BalancerV2) _balancerV2(loan, order);
        else if (kind == Lender.AaveV3) _aaveV3(loan, order);
        else if (kind == Lender.UniswapV3) _uniswapV3(loan, order);
        else IErc3156Lender(loan.source).flashLoan(address(this), loan.token, loan.amount, order);
        Context.requireArrived(loan.source);
        if (_pulls(kind)) Tokens.revoke(loan.token, loan.source);
    }

    function _balancerV2(Loan calldata loan, bytes calldata order) private {
        address[] memory tokens = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        tokens[0] = loan.token;
        amounts[0] = loan.amount;
        IBalancerVault(loan.source).flashLoan(address(this), tokens, amounts, order);
    }

    function _aaveV3(Loan calldata loan, bytes calldata order) private {
        IAavePool(loan.source).flashLoanSimple(address(this), loan.token, loan.amount, order, 0);
    }

    function _uniswapV3(Loan calldata loan, bytes calldata order) private {
        bool first = IUniswapV3Pool(loan.source).token0() == loan.token;
        (uint256 amount0, uint256 amount1) = first ? (loan.amount, uint256(0)) : (uint256(0), loan.amount);
        IUniswapV3Pool(loan.source).flash(address(this), amount0, amount1, order);
    }

    function _callback(Lender kind) private pure returns (bytes4) {
        if (kind == Lender.MorphoBlue) return IMorphoFlashLoanCallback.onMorphoFlashLoan.selector;
        if (kind == Lender.BalancerV2) return IBalancerFlashLoanCallback.receiveFlashLoan.selector;
        if (kind == Lender.AaveV3) return IAaveFlashLoanCallback.executeOperation.selector;
        if (kind == Lender.UniswapV3) return IUniswapV3FlashCallback.uniswapV3FlashCallback.selector;
        return IErc3156Callback.onFlashLoan.selector;
    }

    function _pulls(Lender kind) private pure returns (bool) {
        return kind != Lender.BalancerV2 && kind != Lender.UniswapV3;
    }
}
