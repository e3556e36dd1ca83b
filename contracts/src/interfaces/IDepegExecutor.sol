// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @notice How the loan is asked for, called back and repaid. Numbered as `LenderKind` in bot/model/registry.py.
enum Lender {
    MorphoBlue, // pulled back by allowance, free
    BalancerV2, // pushed back; the vault does not say who asked
    AaveV3, // pulled back by allowance; SparkLend is the same
    UniswapV3, // a pool's `flash`, pushed back
    Erc3156 // pulled back by allowance
}

/// @notice What a leg calls.
enum Venue {
    CurveInt128, // exchange(int128,int128,uint256,uint256)
    CurveUint256, // exchange(uint256,uint256,uint256,uint256)
    CurveUnderlying, // exchange_underlying(int128,int128,uint256,uint256)
    UniswapV3, // pool.swap, paid in our own callback
    UniswapV2, // pair.swap after a transfer; `i` is the fee in parts per ten thousand (30 for Uniswap's own)
    PsmSellGem, // gem in, DAI out
    PsmBuyGem, // DAI in, gem out
    Erc4626Deposit, // asset in, share out
    Erc4626Redeem, // share in, asset out
    Generic // `data` on an allowed target and selector
}

/// @notice The loan, and the token the profit is counted and paid in.
struct Loan {
    Lender kind;
    address source; // the lender; for UniswapV3 the pool
    address token;
    uint256 amount;
}

/// @notice What the chain must look like, or the whole reverts.
struct Guard {
    uint256 minProfit; // of the loan's token, after fee and tip; zero is refused
    uint256 deadline; // unix seconds
    uint256 maxBaseFee; // wei; zero for no ceiling
    bytes32 parentHash; // hash of the block before the one this is mined in; zero for any
}

/// @notice The block builder's share of the profit, paid in ether.
struct Tip {
    uint256 shareBps; // at most MAX_TIP_BPS; zero for none
    address pool; // Uniswap V3 pool of the loan's token against WETH; ignored when the token is WETH
    uint256 minWei; // the tip's swap reverts below this
}

/// @notice One exchange of one token for another.
struct Leg {
    Venue venue;
    address target;
    address spender; // who pulls `tokenIn`, where that is not `target` (a PSM's gem join); zero for `target`
    address tokenIn;
    address tokenOut;
    uint256 amountIn; // ALL for everything this order has come to hold of tokenIn
    uint256 i; // Curve: index of tokenIn. UniswapV2: fee in parts per ten thousand
    uint256 j; // Curve: index of tokenOut
    bytes data; // Generic: the call
}

/// @title DepegExecutor
/// @notice Borrows, walks the legs, repays, and pays what is left to the treasury, in one transaction, or reverts.
/// It owns nothing between transactions. Documentation stands here; the contract inherits it.
interface IDepegExecutor {
    /// @param token the loan's token
    /// @param profit what reached the treasury, after fee and tip
    /// @param tip what the builder got, in wei
    event Captured(address indexed token, uint256 amount, uint256 profit, uint256 tip);
    event OperatorSet(address indexed operator);
    event GuardianSet(address indexed guardian);
    event CallAllowed(address indexed target, bytes4 indexed selector, bool allowed);
    event PausedSet(bool paused);
    event OwnershipOffered(address indexed owner, address indexed offeredTo);
    event OwnershipTaken(address indexed owner);
    event Swept(address indexed token, uint256 amount);

    error NotOwner(address caller);
    error NotOperator(address caller);
    error NotGuardian(address caller);
    error Paused();
    error Reentered();
    error ZeroAddress();
    error ZeroMinProfit();
    error Expired(uint256 deadline, uint256 timestamp);
    error BaseFeeTooHigh(uint256 baseFee, uint256 maxBaseFee);
    error WrongParent(bytes32 parentHash, bytes32 expected);
    error TipTooHigh(uint256 shareBps, uint256 maxShareBps);
    error TipTooSmall(uint256 tipWei, uint256 minWei);
    error TipFailed(address builder);
    error UnexpectedCallback(address caller, bytes4 selector);
    error WrongInitiator(address initiator);
    error WrongLoan(address token, uint256 amount);
    error NotCalledBack(address source);
    error TransferShort(address token, uint256 expected, uint256 received);
    error SpentOther(address token, uint256 expected, uint256 spent);
    error Overcharged(address token, uint256 asked, uint256 agreed);
    error CallNotAllowed(address target, bytes4 selector);
    error CallFailed(address target);
    error TokenCallFailed(address token);
    error LegOutside(uint256 end, uint256 size);
    error NotTheVault(address target, address share);
    error NothingToSpend(address token);
    error ProfitTooSmall(uint256 profit, uint256 minProfit);
    error NotWeth(address sender);
    error BalanceFell(address token, uint256 before, uint256 afterwards);

    /// @notice Borrows `loan`, walks `legs` in order, repays, pays the tip and the profit. Operator only, unpaused.
    /// @dev Every token is measured when the first leg that names it is reached, and at the end: none may fall, and what is
    /// left over of any of them goes to the treasury with the profit. Tokens whose balances change by themselves are not
    /// for this contract.
    /// @return profit what reached the treasury, in the loan's token
    function execute(Loan calldata loan, Guard calldata guard, Tip calldata tip, Leg[] calldata legs)
        external
        returns (uint256 profit);

    /// @notice Sends everything the executor holds of `token` (by somebody's mistake) to the treasury. Owner only.
    /// @param token the zero address for ether
    function sweep(address token) external;

    /// @notice Guardian or owner stops `execute`.
    function pause() external;

    /// @notice Owner only.
    function unpause() external;

    function setOperator(address operator) external;

    function setGuardian(address guardian) external;

    /// @notice Puts a call on the list that Generic legs may make. Owner only. Never this contract, Permit2, nor a selector
    /// known to move, take or approve tokens; at execution never a token of the order or its own lender either.
    function allowCall(address target, bytes4 selector, bool allowed) external;

    /// @notice Offers ownership; the other side takes it with `acceptOwnership`.
    function transferOwnership(address to) external;

    function acceptOwnership() external;

    function owner() external view returns (address);

    function pendingOwner() external view returns (address);

    function operator() external view returns (address);

    function guardian() external view returns (address);

    function paused() external view returns (bool);

    /// @notice Where profit goes. Immutable.
    function treasury() external view returns (address);

    function weth() external view returns (address);

    function isAllowed(address target, bytes4 selector) external view returns (bool);

    /// @notice In parts per ten thousand.
    function MAX_TIP_BPS() external view returns (uint256);

    /// @notice type(uint256).max: spend all this order has come to hold of a token.
    function ALL() external view returns (uint256);
}
