// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IUniswapV3SwapCallback } from "../../src/interfaces/external/IUniswapV3Pool.sol";
import { Market } from "./Market.sol";
import { Token } from "./Token.sol";
import { Trick } from "./Trick.sol";

/// @dev A Uniswap V3 pool by its manners, at a set price.
contract V3Market is Market {
    address public immutable token0;
    address public immutable token1;

    constructor(address a, address b) {
        (token0, token1) = a < b ? (a, b) : (b, a);
    }

    function swap(address to, bool zeroForOne, int256 amount, uint160, bytes calldata data)
        external
        returns (int256, int256)
    {
        _misbehave();
        (address tokenIn, address tokenOut) = zeroForOne ? (token0, token1) : (token1, token0);
        uint256 out = quote(tokenIn, tokenOut, uint256(amount));
        _give(tokenOut, to, out);
        _collect(tokenIn, zeroForOne, uint256(amount), data);
        return zeroForOne ? (amount, -int256(out)) : (-int256(out), amount);
    }

    function _collect(address tokenIn, bool zeroForOne, uint256 amount, bytes calldata data) private {
        if (trick == Trick.Silent) return;
        int256 owed = int256(amount);
        if (trick == Trick.TakeMore) ++owed;
        if (trick == Trick.TakeLess) --owed;
        bytes memory sent = trick == Trick.WrongData ? abi.encode(tokenIn, amount + 1) : data;
        bytes memory call_ = abi.encodeCall(
            IUniswapV3SwapCallback.uniswapV3SwapCallback,
            (zeroForOne ? owed : int256(0), zeroForOne ? int256(0) : owed, sent)
        );
        uint256 before = Token(tokenIn).balanceOf(address(this));
        _must(msg.sender, call_);
        if (trick == Trick.Twice) _must(msg.sender, call_);
        require(Token(tokenIn).balanceOf(address(this)) >= before + uint256(owed), "not paid");
    }
}

/// @dev A Uniswap V2 pair by its arithmetic.
contract V2Market is Market {
    address public immutable token0;
    address public immutable token1;
    uint256 public immutable fee;
    uint112 public reserve0;
    uint112 public reserve1;

    /// @param fee_ parts per ten thousand
    constructor(address a, address b, uint256 fee_) {
        (token0, token1) = a < b ? (a, b) : (b, a);
        fee = fee_;
    }

    function getReserves() external view returns (uint112, uint112, uint32) {
        return (reserve0, reserve1, 0);
    }

    function sync() public {
        reserve0 = uint112(Token(token0).balanceOf(address(this)));
        reserve1 = uint112(Token(token1).balanceOf(address(this)));
    }

    function swap(uint256 out0, uint256 out1, address to, bytes calldata) external {
        _misbehave();
        uint256 in0 = Token(token0).balanceOf(address(this)) - reserve0;
        uint256 in1 = Token(token1).balanceOf(address(this)) - reserve1;
        if (out0 != 0) _give(token0, to, out0);
        if (out1 != 0) _give(token1, to, out1);
        uint256 after0 = Token(token0).balanceOf(address(this)) * 10_000 - in0 * fee;
        uint256 after1 = Token(token1).balanceOf(address(this)) * 10_000 - in1 * fee;
        require(after0 * after1 >= uint256(reserve0) * reserve1 * 1e8, "K");
        sync();
    }
}
