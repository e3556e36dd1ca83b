// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { Lender, Loan } from "../interfaces/IDepegExecutor.sol";
import { IAaveFlashLoanCallback, IAavePool } from "../interfaces/external/IAavePool.sol";
import { IBalancerFlashLoanCallback, IBalancerVault } from "../interfaces/external/IBalancerVault.sol";
import { IErc3156Callback, IErc3156Lender } from "../interfaces/external/IErc3156.sol";
import { IMorphoBlue, IMorphoFlashLoanCallback } from "../interfaces/external/IMorphoBlue.sol";
import { IUniswapV3FlashCallback, IUniswapV3Pool } from "../interfaces/external/IUniswapV3Pool.sol";
import { Calls } from "./Calls.sol";
import { Context } from "./Context.sol";
import { Orders } from "./Orders.sol";
import { Tokens } from "./Tokens.sol";
import { UniswapV3 } from "./UniswapV3.sol";

/// @dev Asks for the loan with the rest of the order as the lender's opaque data, and awaits the callback it makes. A call is
/// laid out by hand where the free memory begins: its head, up to where the length of its last argument stands, and then
/// the order, a thousand bytes that are copied once and hashed in place.
library Lenders {
    /// @dev The order is the calldata under way, those of `execute`, after their selector.
    /// @param token the loan's
    function borrow(Loan calldata loan, address token) internal {
        Lender kind = loan.kind;
        address source = Orders.sourceOf(loan);
        uint256 amount = loan.amount;
        bool pulled = true;
        if (kind == Lender.MorphoBlue) {
            _ask(source, IMorphoFlashLoanCallback.onMorphoFlashLoan.selector, _morphoBlue(token, amount));
        } else if (kind == Lender.BalancerV2) {
            pulled = false;
            _ask(source, IBalancerFlashLoanCallback.receiveFlashLoan.selector, _balancerV2(token, amount));
        } else if (kind == Lender.AaveV3) {
            _ask(source, IAaveFlashLoanCallback.executeOperation.selector, _aaveV3(token, amount));
        } else if (kind == Lender.UniswapV3) {
            pulled = false;
            bytes4 callback = IUniswapV3FlashCallback.uniswapV3FlashCallback.selector;
            _ask(source, callback, _uniswapV3(source, token, amount));
        } else {
            _ask(source, IErc3156Callback.onFlashLoan.selector, _erc3156(token, amount));
        }
        if (pulled) Tokens.revoke(token, source);
    }

    /// @dev A lender without code has not called back.
    /// @param end of the call's head
    function _ask(address source, bytes4 callback, uint256 end) private {
        bytes memory data;
        uint256 call_;
        uint256 size;
        assembly ("memory-safe") {
            call_ := mload(0x40)
            data := end
            let length := sub(calldatasize(), 0x04)
            mstore(data, length)
            calldatacopy(add(data, 0x20), 0x04, length)
            size := sub(add(add(data, 0x20), length), call_)
        }
        Context.await(source, callback, data);
        Calls.make(source, call_, size);
        Context.requireArrived(source);
    }

    /// @dev flashLoan(token, amount, order)
    function _morphoBlue(address token, uint256 amount) private pure returns (uint256 end) {
        bytes4 selector = IMorphoBlue.flashLoan.selector;
        assembly ("memory-safe") {
            let call_ := mload(0x40)
            mstore(call_, selector)
            mstore(add(call_, 0x04), token)
            mstore(add(call_, 0x24), amount)
            mstore(add(call_, 0x44), 0x60)
            end := add(call_, 0x64)
        }
    }

    /// @dev flashLoan(this, [token], [amount], order)
    function _balancerV2(address token, uint256 amount) private view returns (uint256 end) {
        bytes4 selector = IBalancerVault.flashLoan.selector;
        assembly ("memory-safe") {
            let call_ := mload(0x40)
            mstore(call_, selector)
            mstore(add(call_, 0x04), address())
            mstore(add(call_, 0x24), 0x80)
            mstore(add(call_, 0x44), 0xc0)
            mstore(add(call_, 0x64), 0x100)
            mstore(add(call_, 0x84), 1)
            mstore(add(call_, 0xa4), token)
            mstore(add(call_, 0xc4), 1)
            mstore(add(call_, 0xe4), amount)
            end := add(call_, 0x104)
        }
    }

    /// @dev flashLoanSimple(this, token, amount, order, 0)
    function _aaveV3(address token, uint256 amount) private view returns (uint256 end) {
        bytes4 selector = IAavePool.flashLoanSimple.selector;
        assembly ("memory-safe") {
            let call_ := mload(0x40)
            mstore(call_, selector)
            mstore(add(call_, 0x04), address())
            mstore(add(call_, 0x24), token)
            mstore(add(call_, 0x44), amount)
            mstore(add(call_, 0x64), 0xa0)
            mstore(add(call_, 0x84), 0)
            end := add(call_, 0xa4)
        }
    }

    /// @dev flash(this, amount0, amount1, order)
    function _uniswapV3(address pool, address token, uint256 amount) private view returns (uint256 end) {
        bytes4 selector = IUniswapV3Pool.flash.selector;
        bool first = UniswapV3.isFirst(pool, token);
        assembly ("memory-safe") {
            let call_ := mload(0x40)
            mstore(call_, selector)
            mstore(add(call_, 0x04), address())
            mstore(add(call_, 0x24), mul(amount, first))
            mstore(add(call_, 0x44), mul(amount, iszero(first)))
            mstore(add(call_, 0x64), 0x80)
            end := add(call_, 0x84)
        }
    }

    /// @dev flashLoan(this, token, amount, order)
    function _erc3156(address token, uint256 amount) private view returns (uint256 end) {
        bytes4 selector = IErc3156Lender.flashLoan.selector;
        assembly ("memory-safe") {
            let call_ := mload(0x40)
            mstore(call_, selector)
            mstore(add(call_, 0x04), address())
            mstore(add(call_, 0x24), token)
            mstore(add(call_, 0x44), amount)
            mstore(add(call_, 0x64), 0x80)
            end := add(call_, 0x84)
        }
    }
}
