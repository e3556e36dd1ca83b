// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { Token } from "./Token.sol";
import { Trick } from "./Trick.sol";

/// @dev Exchanges at set prices out of what it holds. Its heirs each answer in one protocol's tongue.
abstract contract Market {
    mapping(address tokenIn => mapping(address tokenOut => uint256)) public price;
    Trick public trick;
    address public accomplice;
    bytes public accompliceCall;

    /// @param wad base units of `tokenOut` for 1e18 base units of `tokenIn`
    function setPrice(address tokenIn, address tokenOut, uint256 wad) external {
        price[tokenIn][tokenOut] = wad;
    }

    function setTrick(Trick trick_) external {
        trick = trick_;
    }

    /// @dev What Reenter calls.
    function setAccomplice(address called, bytes calldata call_) external {
        (accomplice, accompliceCall) = (called, call_);
    }

    function quote(address tokenIn, address tokenOut, uint256 amountIn) public view returns (uint256) {
        return amountIn * price[tokenIn][tokenOut] / 1e18;
    }

    function _take(address token, uint256 amount) internal {
        _misbehave();
        if (trick == Trick.TakeLess) return;
        uint256 asked = trick == Trick.TakeMore ? amount + 1 : amount;
        _must(token, abi.encodeCall(Token.transferFrom, (msg.sender, address(this), asked)));
    }

    function _give(address token, address to, uint256 amount) internal {
        uint256 given = trick == Trick.Short && amount != 0 ? amount - 1 : amount;
        _must(token, abi.encodeCall(Token.transfer, (to, given)));
    }

    function _misbehave() internal {
        require(trick != Trick.Fail, "venue failed");
        if (trick == Trick.Reenter) _must(accomplice, accompliceCall);
    }

    function _must(address to, bytes memory call_) internal {
        (bool ok, bytes memory answer) = to.call(call_);
        if (ok) return;
        assembly ("memory-safe") {
            revert(add(answer, 0x20), mload(answer))
        }
    }
}

/// @dev Curve's three dialects.
contract CurveMarket is Market {
    address[] public coins;

    constructor(address[] memory coins_) {
        coins = coins_;
    }

    function exchange(int128 i, int128 j, uint256 dx, uint256) external {
        _exchange(uint256(uint128(i)), uint256(uint128(j)), dx);
    }

    function exchange(uint256 i, uint256 j, uint256 dx, uint256) external {
        _exchange(i, j, dx);
    }

    function exchange_underlying(int128 i, int128 j, uint256 dx, uint256) external {
        _exchange(uint256(uint128(i)), uint256(uint128(j)), dx);
    }

    function _exchange(uint256 i, uint256 j, uint256 dx) private {
        _take(coins[i], dx);
        _give(coins[j], msg.sender, quote(coins[i], coins[j], dx));
    }
}

/// @dev A PSM whose gem goes to a join, as Maker's older ones do; the join is the PSM itself when none is set.
contract PsmMarket is Market {
    uint256 private constant WAD = 1e18;
    address public immutable gem;
    address public immutable dai;
    uint256 public immutable to18;
    uint256 public tin;
    uint256 public tout;
    GemJoin public join;

    constructor(address gem_, address dai_) {
        (gem, dai) = (gem_, dai_);
        to18 = 10 ** (18 - Token(gem_).decimals());
    }

    function setTolls(uint256 tin_, uint256 tout_) external {
        (tin, tout) = (tin_, tout_);
    }

    function setJoin(GemJoin join_) external {
        join = join_;
    }

    function sellGem(address to, uint256 gems) external {
        if (address(join) == address(0)) _take(gem, gems);
        else join.pull(gem, msg.sender, gems);
        uint256 paid = gems * to18;
        _give(dai, to, paid - paid * tin / WAD);
    }

    function buyGem(address to, uint256 gems) external {
        uint256 paid = gems * to18;
        _take(dai, paid + paid * tout / WAD);
        _give(gem, to, gems);
    }
}

contract GemJoin {
    function pull(address gem, address from, uint256 amount) external {
        Token(gem).transferFrom(from, address(this), amount);
    }
}

/// @dev ERC-4626: the vault is its own share.
contract VaultMarket is Market, Token(18) {
    address public immutable asset;

    constructor(address asset_) {
        asset = asset_;
    }

    function deposit(uint256 assets, address receiver) external returns (uint256 shares) {
        _take(asset, assets);
        shares = quote(asset, address(this), assets);
        _give(address(this), receiver, shares);
    }

    function redeem(uint256 shares, address receiver, address owner) external returns (uint256 assets) {
        _misbehave();
        require(owner == msg.sender, "not yours");
        balanceOf[owner] -= trick == Trick.TakeLess ? shares - 1 : shares;
        assets = quote(address(this), asset, shares);
        _give(asset, receiver, assets);
    }
}

/// @dev Some router that a Generic leg may be allowed to call.
contract RouterMarket is Market {
    function trade(address tokenIn, address tokenOut, uint256 amountIn) external {
        _take(tokenIn, amountIn);
        _give(tokenOut, msg.sender, quote(tokenIn, tokenOut, amountIn));
    }
}
