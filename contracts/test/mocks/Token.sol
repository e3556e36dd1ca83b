// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @dev A plain ERC-20 that anybody may mint. Its kin below differ in one habit each.
contract Token {
    uint8 public immutable decimals;
    uint256 public totalSupply;
    mapping(address account => uint256) public balanceOf;
    mapping(address account => mapping(address spender => uint256)) public allowance;

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }

    function mint(address to, uint256 amount) external {
        totalSupply += amount;
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external virtual returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transfer(address to, uint256 amount) external virtual returns (bool) {
        _move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external virtual returns (bool) {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
        return true;
    }

    function _move(address from, address to, uint256 amount) internal virtual {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @dev Tether's habits: no answers, and an allowance is changed only by way of zero.
contract TetherLike {
    uint8 public constant decimals = 6;
    mapping(address account => uint256) public balanceOf;
    mapping(address account => mapping(address spender => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        require(amount == 0 || allowance[msg.sender][spender] == 0, "approve from zero");
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @dev Keeps a part of every transfer, or of those to one account.
contract FeeToken is Token {
    uint256 public feeBps;
    address public taxed;

    constructor(uint8 decimals_, uint256 feeBps_) Token(decimals_) {
        feeBps = feeBps_;
    }

    function setFee(uint256 feeBps_) external {
        feeBps = feeBps_;
    }

    function setTaxed(address taxed_) external {
        taxed = taxed_;
    }

    function _move(address from, address to, uint256 amount) internal override {
        super._move(from, to, amount);
        if (taxed == address(0) || taxed == to) balanceOf[to] -= amount * feeBps / 10_000;
    }
}

/// @dev Moves nothing and says so.
contract RefusingToken is Token {
    bool public refusing;

    constructor(uint8 decimals_) Token(decimals_) { }

    function refuse() external {
        refusing = true;
    }

    function transfer(address to, uint256 amount) external override returns (bool) {
        if (!refusing) _move(msg.sender, to, amount);
        return !refusing;
    }
}

/// @dev Makes a call of somebody's choice at each transfer, and ignores what comes of it.
contract HookToken is Token {
    address public hooked;
    bytes public call;
    uint256 public heard;

    constructor(uint8 decimals_) Token(decimals_) { }

    function hook(address hooked_, bytes calldata call_) external {
        hooked = hooked_;
        call = call_;
    }

    function _move(address from, address to, uint256 amount) internal override {
        super._move(from, to, amount);
        if (hooked == address(0)) return;
        (bool ok,) = hooked.call(call);
        if (ok) ++heard;
    }
}
