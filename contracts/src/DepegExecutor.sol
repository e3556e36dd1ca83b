// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { Roles } from "./Roles.sol";
import { Guard, IDepegExecutor, Leg, Loan, Tip, Venue } from "./interfaces/IDepegExecutor.sol";
import { IAaveFlashLoanCallback } from "./interfaces/external/IAavePool.sol";
import { IBalancerFlashLoanCallback } from "./interfaces/external/IBalancerVault.sol";
import { IErc3156Callback } from "./interfaces/external/IErc3156.sol";
import { IMorphoFlashLoanCallback } from "./interfaces/external/IMorphoBlue.sol";
import { IUniswapV3FlashCallback, IUniswapV3SwapCallback } from "./interfaces/external/IUniswapV3Pool.sol";
import { IWeth } from "./interfaces/external/IWeth.sol";
import { Baselines } from "./libraries/Baselines.sol";
import { Context } from "./libraries/Context.sol";
import { Legs } from "./libraries/Legs.sol";
import { Lenders } from "./libraries/Lenders.sol";
import { Orders } from "./libraries/Orders.sol";
import { Tokens } from "./libraries/Tokens.sol";
import { UniswapV3 } from "./libraries/UniswapV3.sol";

/// @title DepegExecutor
/// @notice See IDepegExecutor.
/// @dev `execute` borrows; the lender calls back, and the legs are walked in there; then `execute` settles.
contract DepegExecutor is
    Roles,
    IMorphoFlashLoanCallback,
    IBalancerFlashLoanCallback,
    IAaveFlashLoanCallback,
    IUniswapV3FlashCallback,
    IErc3156Callback,
    IUniswapV3SwapCallback
{
    /// @inheritdoc IDepegExecutor
    uint256 public constant MAX_TIP_BPS = 9000;

    /// @inheritdoc IDepegExecutor
    uint256 public constant ALL = type(uint256).max;

    uint256 private constant BPS = 10_000;
    bytes32 private constant ERC3156_ANSWER = keccak256("ERC3156FlashBorrower.onFlashLoan");

    /// @dev Enough for a builder whose address is a contract, and all that one can burn of ours.
    uint256 private constant TIP_GAS = 100_000;

    constructor(address owner_, address operator_, address guardian_, address treasury_, address weth_)
        Roles(owner_, operator_, guardian_, treasury_, weth_)
    { }

    /// @dev Ether comes from unwrapping the tip, and from nowhere else.
    receive() external payable {
        if (msg.sender != weth) revert NotWeth(msg.sender);
    }

    /* ORDERS */

    /// @inheritdoc IDepegExecutor
    function execute(Loan calldata loan, Guard calldata guard, Tip calldata tip, Leg[] calldata legs)
        external
        returns (uint256 profit)
    {
        if (msg.sender != operator) revert NotOperator(msg.sender);
        if (paused) revert Paused();
        Context.requireUnlocked();
        _check(guard, tip);
        address token = Orders.tokenOf(loan);
        uint256 before = Baselines.open(token);
        Lenders.borrow(loan, token);
        Baselines.closeOthers(token, legs, treasury);
        uint256 tipWei = tip.shareBps == 0 ? 0 : _payTip(tip, token);
        profit = _payProfit(token, before, guard.minProfit);
        Context.unlock();
        emit Captured(token, loan.amount, profit, tipWei);
    }

    /* CALLBACKS */

    /// @inheritdoc IMorphoFlashLoanCallback
    function onMorphoFlashLoan(uint256 assets, bytes calldata data) external {
        Context.arrive(data);
        address token = Orders.tokenOf(Orders.loanOf(data));
        _walk(data, token, assets);
        Tokens.approve(token, msg.sender, assets);
    }

    /// @inheritdoc IBalancerFlashLoanCallback
    /// @dev One token was borrowed: of each list the first is read, and no length. What stands there instead in an empty one
    /// is no loan of ours; a fee beyond all numbers is the vault's to miss.
    function receiveFlashLoan(
        address[] calldata tokens,
        uint256[] calldata amounts,
        uint256[] calldata fees,
        bytes calldata data
    ) external {
        Context.arrive(data);
        address token;
        uint256 amount;
        uint256 owed;
        assembly ("memory-safe") {
            token := shr(96, calldataload(add(tokens.offset, 0x0c)))
            amount := calldataload(amounts.offset)
            owed := add(amount, calldataload(fees.offset))
        }
        _walk(data, token, amount);
        Tokens.transfer(token, msg.sender, owed);
    }

    /// @inheritdoc IAaveFlashLoanCallback
    function executeOperation(address asset, uint256 amount, uint256 premium, address initiator, bytes calldata params)
        external
        returns (bool)
    {
        Context.arrive(params);
        if (initiator != address(this)) revert WrongInitiator(initiator);
        _walk(params, asset, amount);
        Tokens.approve(asset, msg.sender, amount + premium);
        return true;
    }

    /// @inheritdoc IUniswapV3FlashCallback
    /// @dev One token was borrowed, so one of the fees is zero.
    function uniswapV3FlashCallback(uint256 fee0, uint256 fee1, bytes calldata data) external {
        Context.arrive(data);
        Loan calldata loan = Orders.loanOf(data);
        address token = Orders.tokenOf(loan);
        _walk(data, token, loan.amount);
        Tokens.transfer(token, msg.sender, loan.amount + fee0 + fee1);
    }

    /// @inheritdoc IErc3156Callback
    function onFlashLoan(address initiator, address token, uint256 amount, uint256 fee, bytes calldata data)
        external
        returns (bytes32)
    {
        Context.arrive(data);
        if (initiator != address(this)) revert WrongInitiator(initiator);
        _walk(data, token, amount);
        Tokens.approve(token, msg.sender, amount + fee);
        return ERC3156_ANSWER;
    }

    /// @inheritdoc IUniswapV3SwapCallback
    function uniswapV3SwapCallback(int256 amount0, int256 amount1, bytes calldata data) external {
        Context.arrive(data);
        UniswapV3.pay(amount0, amount1, data);
    }

    /* STEPS */

    function _check(Guard calldata guard, Tip calldata tip) private view {
        if (guard.minProfit == 0) revert ZeroMinProfit();
        // forge-lint: disable-next-line(block-timestamp): seconds of leeway do no harm to a deadline
        if (block.timestamp > guard.deadline) revert Expired(guard.deadline, block.timestamp);
        if (guard.maxBaseFee != 0 && block.basefee > guard.maxBaseFee) {
            revert BaseFeeTooHigh(block.basefee, guard.maxBaseFee);
        }
        bytes32 parent = guard.parentHash;
        if (parent != 0 && parent != blockhash(block.number - 1)) {
            revert WrongParent(blockhash(block.number - 1), parent);
        }
        if (tip.shareBps > MAX_TIP_BPS) revert TipTooHigh(tip.shareBps, MAX_TIP_BPS);
    }

    /// @dev The loan has come, in full and as ordered; then the legs in order.
    function _walk(bytes calldata order, address token, uint256 amount) private {
        Loan calldata loan = Orders.loanOf(order);
        if (token != Orders.tokenOf(loan) || amount != loan.amount) revert WrongLoan(token, amount);
        uint256 surplus = Baselines.surplus(token);
        if (surplus < amount) revert TransferShort(token, amount, surplus);
        Leg[] calldata legs = Orders.legsOf(order);
        address last = token;
        for (uint256 k = 0; k < legs.length; ++k) {
            Leg calldata leg = Orders.legAt(legs, k);
            Venue venue = leg.venue;
            if (venue == Venue.Generic) {
                Orders.requireCallInside(leg, order);
                _requireAllowed(leg, loan, legs);
            }
            address tokenIn = Orders.tokenInOf(leg);
            if (tokenIn != last || surplus == Legs.UNKNOWN) surplus = Baselines.surplus(tokenIn);
            (last, surplus) = Legs.walk(leg, venue, tokenIn, surplus, token);
        }
    }

    /// @dev On the list, and neither the lender nor a token of the order.
    function _requireAllowed(Leg calldata leg, Loan calldata loan, Leg[] calldata legs) private view {
        address target = Orders.targetOf(leg);
        bytes4 selector = bytes4(leg.data);
        bool allowed = isAllowed[target][selector] && target != Orders.sourceOf(loan) && target != Orders.tokenOf(loan);
        for (uint256 k = 0; k < legs.length; ++k) {
            Leg calldata other = Orders.legAt(legs, k);
            if (target == Orders.tokenInOf(other) || target == Orders.tokenOutOf(other)) allowed = false;
        }
        if (!allowed) revert CallNotAllowed(target, selector);
    }

    /// @dev The builder's share of what the order has earned, turned into ether.
    function _payTip(Tip calldata tip, address token) private returns (uint256 tipWei) {
        uint256 share = Baselines.surplus(token) * tip.shareBps / BPS;
        tipWei = token == weth || share == 0 ? share : _swapForWeth(tip.pool, token, share);
        if (tipWei < tip.minWei) revert TipTooSmall(tipWei, tip.minWei);
        IWeth(weth).withdraw(tipWei);
        (bool ok,) = block.coinbase.call{ value: tipWei, gas: TIP_GAS }("");
        if (!ok) revert TipFailed(block.coinbase);
    }

    function _swapForWeth(address pool, address token, uint256 amount) private returns (uint256 out) {
        out = UniswapV3.swap(pool, token, weth, amount, Tokens.held(weth));
    }

    /// @param before what the executor held of `token` when the order began
    function _payProfit(address token, uint256 before, uint256 minProfit) private returns (uint256 profit) {
        profit = Baselines.above(token, before, Tokens.held(token));
        if (profit < minProfit) revert ProfitTooSmall(profit, minProfit);
        Baselines.forget(token);
        uint256 had = Tokens.balanceOf(token, treasury);
        Tokens.transfer(token, treasury, profit);
        Tokens.requireReceived(token, treasury, profit, had);
    }
}
