// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { Guard, IDepegExecutor, Leg, Lender, Loan, Tip, Venue } from "../src/interfaces/IDepegExecutor.sol";
import { Bank } from "./mocks/Bank.sol";
import { CurveMarket, Market, PsmMarket, RouterMarket, VaultMarket } from "./mocks/Market.sol";
import { Token } from "./mocks/Token.sol";
import { V2Market, V3Market } from "./mocks/UniswapMarkets.sol";
import { Weth } from "./mocks/Weth.sol";
import { Window } from "./mocks/Window.sol";
import { Test } from "forge-std/Test.sol";

/// @dev A small world: a 6-decimals dollar, an 18-decimals dai, a bank that lends, and a market of each family in which
/// the dollar buys 1 % too much dai; everywhere dai sells at par.
abstract contract ExecutorTest is Test {
    struct Order {
        Loan loan;
        Guard guard;
        Tip tip;
        Leg[] legs;
    }

    uint256 internal constant ALL = type(uint256).max;
    uint256 internal constant TO_DAI = 1.01e30;
    uint256 internal constant TO_USD = 1e6;
    uint256 internal constant MAX_LOAN = 1e15; // a billion dollars
    uint256 internal constant MIN_LOAN = 1e6;

    address internal immutable owner = makeAddr("owner");
    address internal immutable operator = makeAddr("operator");
    address internal immutable guardian = makeAddr("guardian");
    address internal immutable treasury = makeAddr("treasury");
    address internal immutable builder = makeAddr("builder");

    Weth internal weth = new Weth();
    Token internal usd = new Token(6);
    Token internal dai = new Token(18);
    Window private immutable window = new Window();
    Bank internal bank = new Bank();
    IDepegExecutor internal executor;
    CurveMarket internal curve;
    V3Market internal v3;
    V2Market internal v2;
    PsmMarket internal psm;
    VaultMarket internal vault;
    RouterMarket internal router;

    function setUp() public virtual {
        executor = deploy(owner, operator, guardian, treasury, address(weth));
        vm.coinbase(builder);
        _open(address(usd), address(dai));
        _allowRouter();
    }

    /// @dev The very artefact that is deployed everywhere else.
    function deploy(address owner_, address operator_, address guardian_, address treasury_, address weth_)
        internal
        returns (IDepegExecutor)
    {
        bytes memory arguments = abi.encode(owner_, operator_, guardian_, treasury_, weth_);
        return IDepegExecutor(deployCode("out/DepegExecutor.sol/DepegExecutor.json", arguments));
    }

    function run(Order memory order) internal returns (uint256 profit) {
        vm.prank(operator);
        return executor.execute(order.loan, order.guard, order.tip, order.legs);
    }

    /// @dev Runs it and expects it to revert with exactly `reason`.
    function runExpecting(Order memory order, bytes memory reason) internal {
        vm.expectRevert(reason);
        run(order);
    }

    /// @dev Borrows dollars, buys dai at the curve market, sells it at the Uniswap V3 market.
    function loop(Lender kind, uint256 amount) internal view returns (Order memory order) {
        order = bare(kind, amount, 2);
        order.legs[0] = buy(Venue.CurveInt128, address(curve));
        order.legs[1] = sell(Venue.UniswapV3, address(v3));
    }

    /// @dev Buys dai with a leg of choice, sells it at the curve market.
    function loopBy(Leg memory leg, uint256 amount) internal view returns (Order memory order) {
        order = bare(Lender.MorphoBlue, amount, 2);
        order.legs[0] = leg;
        order.legs[1] = sell(Venue.CurveInt128, address(curve));
    }

    function bare(Lender kind, uint256 amount, uint256 legs) internal view returns (Order memory order) {
        order.loan = Loan(kind, address(bank), address(usd), amount);
        order.guard = Guard(1, block.timestamp, 0, 0);
        order.legs = new Leg[](legs);
    }

    function buy(Venue venue, address target) internal view returns (Leg memory) {
        return Leg(venue, target, address(0), address(usd), address(dai), ALL, 0, 1, "");
    }

    function sell(Venue venue, address target) internal view returns (Leg memory) {
        return Leg(venue, target, address(0), address(dai), address(usd), ALL, 1, 0, "");
    }

    /// @dev What the curve market's 1 % comes to on `amount` dollars.
    function gain(uint256 amount) internal pure returns (uint256) {
        return amount * TO_DAI / 1e18 * TO_USD / 1e18 - amount;
    }

    function boundLoan(uint256 amount) internal pure returns (uint256) {
        return bound(amount, MIN_LOAN, MAX_LOAN);
    }

    function boundKind(uint256 kind) internal pure returns (Lender) {
        return Lender(bound(kind, 0, uint256(type(Lender).max)));
    }

    /// @dev Between transactions the executor holds nothing, allows nothing and remembers nothing.
    function assertEmpty() internal {
        assertEq(usd.balanceOf(address(executor)), 0, "usd");
        assertEq(dai.balanceOf(address(executor)), 0, "dai");
        assertForgotten();
        assertNothingAllowed();
    }

    function assertNothingAllowed() internal view {
        address[8] memory spenders = [
            address(bank),
            address(curve),
            address(v3),
            address(v2),
            address(psm),
            address(vault),
            address(router),
            treasury
        ];
        for (uint256 k = 0; k < spenders.length; ++k) {
            assertEq(usd.allowance(address(executor), spenders[k]), 0, "usd allowed");
            assertEq(dai.allowance(address(executor), spenders[k]), 0, "dai allowed");
        }
    }

    function assertForgotten() internal {
        address[] memory tokens = new address[](3);
        (tokens[0], tokens[1], tokens[2]) = (address(usd), address(dai), address(weth));
        assertTrue(isForgotten(tokens), "transient storage");
    }

    /// @dev Transient storage belongs to an address, whatever code stands there.
    function isForgotten(address[] memory tokens) internal returns (bool forgotten) {
        bytes memory code = address(executor).code;
        vm.etch(address(executor), address(window).code);
        forgotten = Window(address(executor)).isForgotten(tokens);
        vm.etch(address(executor), code);
    }

    function _open(address usd_, address dai_) internal {
        (usd, dai) = (Token(usd_), Token(dai_));
        bank.setToken0(usd_);
        usd.mint(address(bank), 10 * MAX_LOAN);
        address[] memory coins = new address[](2);
        (coins[0], coins[1]) = (usd_, dai_);
        curve = new CurveMarket(coins);
        v3 = new V3Market(usd_, dai_);
        v2 = new V2Market(usd_, dai_, 30);
        psm = new PsmMarket(usd_, dai_);
        vault = new VaultMarket(usd_);
        router = new RouterMarket();
        Market[6] memory markets = [Market(curve), v3, v2, psm, vault, router];
        for (uint256 k = 0; k < markets.length; ++k) {
            _stock(markets[k]);
        }
        v2.sync();
    }

    /// @dev The same world, with a vault's shares in the dai's place.
    function _openVault() internal {
        VaultMarket shares = new VaultMarket(address(usd));
        _open(address(usd), address(shares));
        vault = shares;
        _stock(shares);
    }

    function _stock(Market market) private {
        market.setPrice(address(usd), address(dai), TO_DAI);
        market.setPrice(address(dai), address(usd), TO_USD);
        usd.mint(address(market), 100 * MAX_LOAN);
        dai.mint(address(market), 102 * MAX_LOAN * 1e12);
    }

    function _allowRouter() private {
        vm.prank(owner);
        executor.allowCall(address(router), RouterMarket.trade.selector, true);
    }
}
