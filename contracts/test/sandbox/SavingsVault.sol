// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDai } from "./ITokens.sol";

/// @notice Stands in for Maker's sDAI (ERC-4626). A share is worth `chi` DAI, which grows by `dsr` each second. DAI paid
/// in is burnt and DAI paid out minted, as joining and leaving the savings rate does.
contract SavingsVault {
    uint256 private constant RAY = 1e27;

    string public constant name = "Savings Dai";
    string public constant symbol = "sDAI";
    uint8 public constant decimals = 18;

    address public immutable admin;
    IDai public immutable dai;

    uint256 public dsr = RAY; // growth of a share each second; RAY for none
    uint256 public rho; // when `kept` was worked out
    uint256 private kept; // chi at `rho`
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event Deposit(address indexed sender, address indexed owner, uint256 assets, uint256 shares);
    event Withdraw(
        address indexed sender, address indexed receiver, address indexed owner, uint256 assets, uint256 shares
    );

    error NotAdmin(address caller);
    error InsufficientBalance(address owner, uint256 balance, uint256 needed);
    error InsufficientAllowance(address owner, address spender, uint256 allowance, uint256 needed);
    error RateBelowOne(uint256 dsr);

    constructor(address admin_, IDai dai_, uint256 chi_) {
        admin = admin_;
        dai = dai_;
        kept = chi_;
        rho = block.timestamp;
    }

    /* SHARES */

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        _move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        _spend(from, amount);
        _move(from, to, amount);
        return true;
    }

    /* WORTH */

    /// @notice DAI a share is worth now, RAY.
    function chi() public view returns (uint256) {
        return kept * _power(dsr, block.timestamp - rho) / RAY;
    }

    function asset() external view returns (address) {
        return address(dai);
    }

    function totalAssets() external view returns (uint256) {
        return convertToAssets(totalSupply);
    }

    function convertToShares(uint256 assets) public view returns (uint256) {
        return assets * RAY / chi();
    }

    function convertToAssets(uint256 shares) public view returns (uint256) {
        return shares * chi() / RAY;
    }

    function previewDeposit(uint256 assets) external view returns (uint256) {
        return convertToShares(assets);
    }

    function previewMint(uint256 shares) public view returns (uint256) {
        return _divideUp(shares * chi(), RAY);
    }

    function previewWithdraw(uint256 assets) public view returns (uint256) {
        return _divideUp(assets * RAY, chi());
    }

    function previewRedeem(uint256 shares) external view returns (uint256) {
        return convertToAssets(shares);
    }

    function maxDeposit(address) external pure returns (uint256) {
        return type(uint256).max;
    }

    function maxMint(address) external pure returns (uint256) {
        return type(uint256).max;
    }

    function maxWithdraw(address owner) external view returns (uint256) {
        return convertToAssets(balanceOf[owner]);
    }

    function maxRedeem(address owner) external view returns (uint256) {
        return balanceOf[owner];
    }

    /* IN AND OUT */

    function deposit(uint256 assets, address receiver) external returns (uint256 shares) {
        shares = convertToShares(assets);
        _enter(assets, shares, receiver);
    }

    function mint(uint256 shares, address receiver) external returns (uint256 assets) {
        assets = previewMint(shares);
        _enter(assets, shares, receiver);
    }

    function withdraw(uint256 assets, address receiver, address owner) external returns (uint256 shares) {
        shares = previewWithdraw(assets);
        _leave(assets, shares, receiver, owner);
    }

    function redeem(uint256 shares, address receiver, address owner) external returns (uint256 assets) {
        assets = convertToAssets(shares);
        _leave(assets, shares, receiver, owner);
    }

    /// @notice Sets the rate from now on, RAY a second.
    function setRate(uint256 dsr_) external {
        if (msg.sender != admin) revert NotAdmin(msg.sender);
        if (dsr_ < RAY) revert RateBelowOne(dsr_);
        kept = chi();
        rho = block.timestamp;
        dsr = dsr_;
    }

    function _enter(uint256 assets, uint256 shares, address receiver) private {
        totalSupply += shares;
        balanceOf[receiver] += shares;

        emit Deposit(msg.sender, receiver, assets, shares);
        emit Transfer(address(0), receiver, shares);

        dai.transferFrom(msg.sender, address(this), assets);
        dai.burn(address(this), assets);
    }

    function _leave(uint256 assets, uint256 shares, address receiver, address owner) private {
        if (owner != msg.sender) _spend(owner, shares);
        _move(owner, address(0), shares);
        balanceOf[address(0)] = 0;
        totalSupply -= shares;

        emit Withdraw(msg.sender, receiver, owner, assets, shares);

        dai.mint(receiver, assets);
    }

    function _move(address from, address to, uint256 amount) private {
        uint256 balance = balanceOf[from];
        if (balance < amount) revert InsufficientBalance(from, balance, amount);
        balanceOf[from] = balance - amount;
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
    }

    function _spend(address owner, uint256 amount) private {
        uint256 allowed = allowance[owner][msg.sender];
        if (allowed == type(uint256).max) return;
        if (allowed < amount) revert InsufficientAllowance(owner, msg.sender, allowed, amount);
        allowance[owner][msg.sender] = allowed - amount;
    }

    function _divideUp(uint256 x, uint256 y) private pure returns (uint256) {
        return (x + y - 1) / y;
    }

    /// @dev x to the n-th, RAY, by squaring.
    function _power(uint256 x, uint256 n) private pure returns (uint256 z) {
        z = RAY;
        for (; n != 0; n >>= 1) {
            if (n & 1 == 1) z = z * x / RAY;
            x = x * x / RAY;
        }
    }
}
