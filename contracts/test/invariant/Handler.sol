// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { Guard, IDepegExecutor, Leg, Lender, Loan, Tip, Venue } from "../../src/interfaces/IDepegExecutor.sol";
import { Bank } from "../mocks/Bank.sol";
import { Market } from "../mocks/Market.sol";
import { HookToken, Token } from "../mocks/Token.sol";
import { Trick } from "../mocks/Trick.sol";
import { Window } from "../mocks/Window.sol";
import { CommonBase } from "forge-std/Base.sol";
import { StdUtils } from "forge-std/StdUtils.sol";

/// @dev Everybody at their worst: an operator whose key was stolen and who runs programs at random, lenders and venues that
/// play tricks, a token whose transfers call back, strangers who call whatever there is. It notes what should not have been.
contract Handler is CommonBase, StdUtils {
    uint256 private constant ALL = type(uint256).max;
    uint256 private constant MAX_LOAN = 1e15;
    uint256 private constant MAX_GIFT = 1e24;

    IDepegExecutor public immutable executor;
    address private immutable treasury;
    address private immutable operator;
    Bank private immutable bank;
    Window private immutable window = new Window();
    Token[] private tokens;
    address[] private targets;

    mapping(Token token => uint256) public gifts;
    mapping(Token token => uint256) private leastOfTreasury;
    uint256 public orders;
    uint256 public captures;
    uint256 public programs;
    uint256 public programsCaptured;
    uint256 public foreignCallbacks;
    uint256 public meddlings;
    uint256 public lossesOfTreasury;
    uint256 public profitsMissed;
    uint256 public rememberings;

    /// @param tokens_ the borrowed one, the one with a hook, and WETH
    /// @param targets_ six markets in the order of ExecutorTest, and the thief
    constructor(
        IDepegExecutor executor_,
        address operator_,
        Bank bank_,
        Token[] memory tokens_,
        address[] memory targets_
    ) {
        (executor, operator, bank) = (executor_, operator_, bank_);
        (tokens, targets) = (tokens_, targets_);
        treasury = executor_.treasury();
    }

    modifier watched() {
        _;
        for (uint256 k = 0; k < tokens.length; ++k) {
            uint256 held = tokens[k].balanceOf(treasury);
            if (held < leastOfTreasury[tokens[k]]) ++lossesOfTreasury;
            leastOfTreasury[tokens[k]] = held;
        }
        if (!_isForgotten()) ++rememberings;
    }

    /* ORDERS */

    /// @dev The loop that pays, with everybody behaving.
    function honest(uint256 kind, uint256 amount) external watched {
        _allBehave();
        Leg[] memory legs = new Leg[](2);
        legs[0] = Leg(Venue.CurveInt128, targets[0], address(0), address(tokens[0]), address(tokens[1]), ALL, 0, 1, "");
        legs[1] = Leg(Venue.UniswapV3, targets[1], address(0), address(tokens[1]), address(tokens[0]), ALL, 0, 0, "");
        Loan memory loan =
            Loan(Lender(bound(kind, 0, 4)), address(bank), address(tokens[0]), bound(amount, 1e6, MAX_LOAN));
        _execute(operator, loan, Guard(1, block.timestamp, 0, 0), Tip(0, address(0), 0), legs);
    }

    /// @dev Any program at all, mostly by the stolen key. A third of them are wild, of the others each leg speaks its venue's
    /// tongue and spends what the one before it brought.
    function program(uint256 seed, address caller) external watched {
        uint256 before = captures;
        uint256 dice = _next(seed, 99);
        uint256 amount = _next(dice, 1) % MAX_LOAN;
        bool wild = _next(seed, 100) % 3 == 0;
        _misbehave(_next(seed, 101));
        Leg[] memory legs = new Leg[](wild ? seed % 5 : 2 * (1 + seed % 2));
        for (uint256 k = 0; k < legs.length; ++k) {
            legs[k] = wild ? _leg(_next(seed, k)) : _fitting(_next(seed, k), k % 2 == 0, amount);
        }
        Loan memory loan = Loan(
            Lender(dice % 5),
            dice % 7 == 0 ? targets[6] : address(bank),
            address(tokens[dice % 11 == 0 ? 1 : 0]),
            amount
        );
        Tip memory tip = Tip(dice % 6 == 0 ? dice % 9001 : 0, targets[dice % targets.length], 0);
        if (dice % 4 != 0) caller = operator;
        _execute(caller, loan, Guard(1 + dice % 1e6, block.timestamp, 0, 0), tip, legs);
        ++programs;
        programsCaptured += captures - before;
    }

    /* THE WORLD AROUND */

    /// @dev Somebody starts to play tricks, or stops; prices move by up to a tenth.
    function tricks(uint8 ofBank, uint8 ofMarket, uint8 which, uint256 price) external watched {
        bank.setTrick(Trick(ofBank % (uint8(type(Trick).max) + 1)));
        Market market = Market(targets[which % 6]);
        market.setTrick(Trick(ofMarket % (uint8(type(Trick).max) + 1)));
        market.setPrice(address(tokens[1]), address(tokens[0]), bound(price, 0.9e6, 1.1e6));
    }

    /// @dev The accomplice of a market, and the token's hook, do something to the executor.
    function plot(uint8 which, uint8 pick, uint256 amount, bytes calldata data) external watched {
        bytes memory call_ = _callback(pick, amount, data);
        Market(targets[which % 6]).setAccomplice(address(executor), call_);
        HookToken(address(tokens[1])).hook(address(executor), call_);
    }

    /// @dev Somebody sends tokens here by mistake, or in the hope that it will break something.
    function gift(uint8 which, uint256 amount) external watched {
        Token token = tokens[which % tokens.length];
        amount = bound(amount, 0, MAX_GIFT);
        token.mint(address(executor), amount);
        gifts[token] += amount;
    }

    /* STRANGERS */

    function callBack(address caller, uint8 pick, uint256 amount, bytes calldata data) external watched {
        if (pick % 3 == 0) caller = address(bank);
        if (pick % 3 == 1) caller = targets[pick % targets.length];
        vm.prank(caller);
        (bool ok,) = address(executor).call(_callback(pick, amount, data));
        if (ok) ++foreignCallbacks;
    }

    function borrowInItsName(address caller, bool aave, uint256 amount, bytes calldata data) external watched {
        amount = bound(amount, 1, MAX_LOAN);
        bank.setTrick(Trick.None);
        vm.prank(caller);
        (bool ok,) = address(bank)
            .call(
                aave
                    ? abi.encodeCall(bank.flashLoanSimple, (address(executor), address(tokens[0]), amount, data, 0))
                    : abi.encodeWithSignature(
                        "flashLoan(address,address,uint256,bytes)", address(executor), address(tokens[0]), amount, data
                    )
            );
        if (ok) ++foreignCallbacks;
    }

    function meddle(address caller, uint8 pick, address value) external watched {
        if (caller == executor.owner() || caller == executor.guardian()) caller = operator;
        if (pick % 2 == 0) caller = operator;
        if (caller == address(0)) caller = operator; // nobody is, and it is who ownership is offered to when it is not
        bytes[8] memory calls = [
            abi.encodeCall(executor.setOperator, (value)),
            abi.encodeCall(executor.setGuardian, (value)),
            abi.encodeCall(executor.allowCall, (value, bytes4(0x12345678), true)),
            abi.encodeCall(executor.sweep, (address(tokens[0]))),
            abi.encodeCall(executor.transferOwnership, (value)),
            abi.encodeCall(executor.acceptOwnership, ()),
            abi.encodeCall(executor.pause, ()),
            abi.encodeCall(executor.unpause, ())
        ];
        vm.prank(caller);
        (bool ok,) = address(executor).call(calls[pick % 8]);
        if (ok) ++meddlings;
    }

    /* STEPS */

    function _execute(address caller, Loan memory loan, Guard memory guard, Tip memory tip, Leg[] memory legs) private {
        ++orders;
        uint256 held = Token(loan.token).balanceOf(treasury);
        vm.prank(caller);
        try executor.execute(loan, guard, tip, legs) returns (uint256 profit) {
            ++captures;
            uint256 risen = Token(loan.token).balanceOf(treasury) - held;
            if (caller != operator || risen < guard.minProfit || risen != profit) ++profitsMissed;
        } catch { }
    }

    function _leg(uint256 dice) private view returns (Leg memory) {
        address target = targets[_next(dice, 1) % targets.length];
        uint256 amount = dice % 3 == 0 ? _next(dice, 2) % 1e24 : ALL;
        bool buying = dice % 2 == 0;
        address tokenIn = address(dice % 13 == 0 ? tokens[2] : buying ? tokens[0] : tokens[1]);
        address tokenOut = address(dice % 17 == 0 ? tokens[2] : buying ? tokens[1] : tokens[0]);
        address spender = dice % 5 == 0 ? targets[_next(dice, 3) % targets.length] : address(0);
        uint256 i = buying ? 0 : 1;
        return Leg(Venue(_next(dice, 4) % 10), target, spender, tokenIn, tokenOut, amount, i, 1 - i, abi.encode(dice));
    }

    /// @dev Buys or sells at a set price, all there is, or somewhat less or more than was bought with the loan: then something
    /// is left over, or would be taken from the gifts.
    function _fitting(uint256 dice, bool buying, uint256 amount) private view returns (Leg memory leg) {
        Venue[4] memory venues = [Venue.CurveInt128, Venue.CurveUint256, Venue.CurveUnderlying, Venue.UniswapV3];
        leg.venue = venues[dice % 4];
        leg.target = targets[leg.venue == Venue.UniswapV3 ? 1 : 0];
        (leg.tokenIn, leg.tokenOut) = (address(tokens[buying ? 0 : 1]), address(tokens[buying ? 1 : 0]));
        (leg.i, leg.j) = buying ? (0, 1) : (1, 0);
        uint256 bought = amount * 1.01e12;
        bool named = !buying && _next(dice, 1) % 3 == 0 && bought > MAX_GIFT;
        leg.amountIn = named ? bought - MAX_GIFT + _next(dice, 2) % (2 * MAX_GIFT) : ALL;
    }

    /// @dev In a third of the programs everybody behaves, in another everybody but one (the lender, the first market or the second).
    function _misbehave(uint256 dice) private {
        if (dice % 9 < 3) return;
        _allBehave();
        if (dice % 9 < 6) return;
        Trick trick = Trick(_next(dice, 1) % (uint256(type(Trick).max) + 1));
        if (dice % 3 == 0) bank.setTrick(trick);
        else Market(targets[dice % 3 - 1]).setTrick(trick);
    }

    function _allBehave() private {
        bank.setTrick(Trick.None);
        for (uint256 k = 0; k < 6; ++k) {
            Market(targets[k]).setTrick(Trick.None);
            Market(targets[k]).setPrice(address(tokens[1]), address(tokens[0]), 1e6);
        }
    }

    function _callback(uint8 pick, uint256 amount, bytes calldata data) private view returns (bytes memory) {
        (address[] memory coins, uint256[] memory amounts) = (new address[](1), new uint256[](1));
        (coins[0], amounts[0]) = (address(tokens[0]), amount);
        string[6] memory names = [
            "onMorphoFlashLoan(uint256,bytes)",
            "receiveFlashLoan(address[],uint256[],uint256[],bytes)",
            "executeOperation(address,uint256,uint256,address,bytes)",
            "uniswapV3FlashCallback(uint256,uint256,bytes)",
            "onFlashLoan(address,address,uint256,uint256,bytes)",
            "uniswapV3SwapCallback(int256,int256,bytes)"
        ];
        string memory name = names[pick % 6];
        if (pick % 6 == 0) return abi.encodeWithSignature(name, amount, data);
        if (pick % 6 == 1) return abi.encodeWithSignature(name, coins, amounts, amounts, data);
        if (pick % 6 == 2) return abi.encodeWithSignature(name, coins[0], amount, 0, executor, data);
        if (pick % 6 == 4) return abi.encodeWithSignature(name, executor, coins[0], amount, 0, data);
        return abi.encodeWithSignature(name, amount, 0, data);
    }

    function _isForgotten() private returns (bool forgotten) {
        address[] memory addresses = new address[](tokens.length);
        for (uint256 k = 0; k < tokens.length; ++k) {
            addresses[k] = address(tokens[k]);
        }
        bytes memory code = address(executor).code;
        vm.etch(address(executor), address(window).code);
        forgotten = Window(address(executor)).isForgotten(addresses);
        vm.etch(address(executor), code);
    }

    function _next(uint256 seed, uint256 k) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, k)));
    }
}
