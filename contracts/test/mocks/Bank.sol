// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IAaveFlashLoanCallback } from "../../src/interfaces/external/IAavePool.sol";
import { IBalancerFlashLoanCallback } from "../../src/interfaces/external/IBalancerVault.sol";
import { IErc3156Callback } from "../../src/interfaces/external/IErc3156.sol";
import { IMorphoFlashLoanCallback } from "../../src/interfaces/external/IMorphoBlue.sol";
import { IUniswapV3FlashCallback } from "../../src/interfaces/external/IUniswapV3Pool.sol";
import { Token } from "./Token.sol";
import { Trick } from "./Trick.sol";

/// @dev Lends in every way there is, at a flat fee, honestly unless told otherwise.
contract Bank {
    address public token0;
    uint256 public fee;
    Trick public trick;

    /// @dev The last callback made, to be repeated at a wrong time, if it is told to keep it.
    bool public keeping;
    address public lastTo;
    bytes public lastCall;

    function setToken0(address token) external {
        token0 = token;
    }

    function setFee(uint256 fee_) external {
        fee = fee_;
    }

    function setTrick(Trick trick_) external {
        trick = trick_;
    }

    function keep() external {
        keeping = true;
    }

    function repeat() external {
        _must(lastTo, lastCall);
    }

    /* MORPHO BLUE */

    function flashLoan(address token, uint256 assets, bytes calldata data) external {
        _lend(token, msg.sender, assets);
        _callBack(
            msg.sender, abi.encodeCall(IMorphoFlashLoanCallback.onMorphoFlashLoan, (_amount(assets), _data(data)))
        );
        _takeBack(token, msg.sender, assets);
    }

    /* BALANCER V2 */

    function flashLoan(address to, address[] calldata tokens, uint256[] calldata amounts, bytes calldata data)
        external
    {
        uint256 before = Token(tokens[0]).balanceOf(address(this));
        _lend(tokens[0], to, amounts[0]);
        address[] memory tokens_ = new address[](1);
        uint256[] memory amounts_ = new uint256[](1);
        uint256[] memory fees = new uint256[](1);
        (tokens_[0], amounts_[0], fees[0]) = (_token(tokens[0]), _amount(amounts[0]), fee);
        _callBack(
            to, abi.encodeCall(IBalancerFlashLoanCallback.receiveFlashLoan, (tokens_, amounts_, fees, _data(data)))
        );
        _requirePaid(tokens[0], before);
    }

    /* AAVE V3 */

    function flashLoanSimple(address to, address token, uint256 amount, bytes calldata data, uint16) external {
        _lend(token, to, amount);
        _callBack(
            to,
            abi.encodeCall(
                IAaveFlashLoanCallback.executeOperation,
                (_token(token), _amount(amount), fee, _initiator(), _data(data))
            )
        );
        _takeBack(token, to, amount + fee);
    }

    /* UNISWAP V3 */

    function flash(address to, uint256 amount0, uint256 amount1, bytes calldata data) external {
        require(amount1 == 0, "lends token0");
        uint256 before = Token(token0).balanceOf(address(this));
        _lend(token0, to, amount0);
        _callBack(msg.sender, abi.encodeCall(IUniswapV3FlashCallback.uniswapV3FlashCallback, (fee, 0, _data(data))));
        _requirePaid(token0, before);
    }

    /* ERC-3156 */

    function flashLoan(address to, address token, uint256 amount, bytes calldata data) external returns (bool) {
        _lend(token, to, amount);
        _callBack(
            to,
            abi.encodeCall(
                IErc3156Callback.onFlashLoan, (_initiator(), _token(token), _amount(amount), fee, _data(data))
            )
        );
        _takeBack(token, to, amount + fee);
        return true;
    }

    /* TRICKS */

    function _lend(address token, address to, uint256 amount) private {
        require(trick != Trick.Fail, "lender failed");
        (bool ok,) = token.call(abi.encodeCall(Token.transfer, (to, trick == Trick.Short ? amount - 1 : amount)));
        require(ok, "no cash");
    }

    function _takeBack(address token, address from, uint256 amount) private {
        if (trick == Trick.TakeLess || trick == Trick.Silent) return;
        (bool ok,) = token.call(abi.encodeCall(Token.transferFrom, (from, address(this), amount)));
        require(ok, "not repaid");
    }

    function _requirePaid(address token, uint256 before) private view {
        bool paid = Token(token).balanceOf(address(this)) >= before + fee;
        require(paid || trick == Trick.Silent, "not repaid");
    }

    function _callBack(address to, bytes memory call_) private {
        if (keeping) (lastTo, lastCall) = (to, call_);
        if (trick == Trick.Silent) return;
        _must(to, call_);
        if (trick == Trick.Twice) _must(to, call_);
    }

    function _must(address to, bytes memory call_) private {
        (bool ok, bytes memory answer) = to.call(call_);
        if (ok) return;
        assembly ("memory-safe") {
            revert(add(answer, 0x20), mload(answer))
        }
    }

    function _data(bytes calldata data) private view returns (bytes memory) {
        return trick == Trick.WrongData ? abi.encodePacked(data, uint8(0)) : data;
    }

    function _initiator() private view returns (address) {
        return trick == Trick.WrongInitiator ? address(this) : msg.sender;
    }

    function _token(address token) private view returns (address) {
        return trick == Trick.WrongToken ? address(this) : token;
    }

    function _amount(uint256 amount) private view returns (uint256) {
        return trick == Trick.WrongAmount ? amount + 1 : amount;
    }
}
