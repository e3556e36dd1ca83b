// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor, Tip } from "../../src/interfaces/IDepegExecutor.sol";
import { ExecutorTest } from "../ExecutorTest.sol";
import { Glutton } from "../mocks/Appender.sol";
import { Trick } from "../mocks/Trick.sol";
import { V3Market } from "../mocks/UniswapMarkets.sol";

contract ExecuteTipTest is ExecutorTest {
    uint256 internal constant TO_WETH = 5e26; // a dollar buys half a thousandth of an ether

    V3Market internal wethPool;

    function setUp() public override {
        super.setUp();
        wethPool = new V3Market(address(usd), address(weth));
        wethPool.setPrice(address(usd), address(weth), TO_WETH);
        vm.deal(address(this), 1e30);
        weth.deposit{ value: 1e30 }();
        weth.transfer(address(wethPool), 1e30);
    }

    /// @dev The builder gets its share of the profit in ether, the treasury the rest, in the loan's token.
    function testFuzz_TheBuilderGetsItsShare(uint256 kind, uint256 amount, uint256 shareBps) external {
        amount = boundLoan(amount);
        shareBps = bound(shareBps, 1, executor.MAX_TIP_BPS());
        uint256 share = gain(amount) * shareBps / 10_000;

        assertEq(run(tipped(kind, amount, shareBps)), gain(amount) - share);

        assertEq(usd.balanceOf(treasury), gain(amount) - share);
        assertEq(builder.balance, share * TO_WETH / 1e18);
        assertEq(address(executor).balance, 0);
        assertEq(weth.balanceOf(address(executor)), 0);
        assertEmpty();
    }

    /// @dev A profit in WETH is unwrapped without a swap.
    function testFuzz_AProfitInWethIsUnwrapped(uint256 kind, uint256 amount, uint256 shareBps) external {
        amount = boundLoan(amount);
        shareBps = bound(shareBps, 1, executor.MAX_TIP_BPS());
        _open(address(weth), address(dai));
        vm.deal(address(weth), 1e40);
        Order memory order = tipped(kind, amount, shareBps);
        order.tip.pool = address(0);
        uint256 share = gain(amount) * shareBps / 10_000;

        assertEq(run(order), gain(amount) - share);
        assertEq(builder.balance, share);
        assertEmpty();
    }

    /// @dev Without a share there is no tip, whatever else the tip says.
    function testFuzz_NoShareNoTip(uint256 amount, uint256 minWei) external {
        amount = boundLoan(amount);
        Order memory order = tipped(0, amount, 0);
        order.tip.minWei = minWei;
        assertEq(run(order), gain(amount));
        assertEq(builder.balance, 0);
    }

    /// @dev minProfit holds of what is left when the builder has been paid.
    function testFuzz_RevertWhen_TheTipEatsTheProfit(uint256 amount, uint256 shareBps) external {
        amount = boundLoan(amount);
        shareBps = bound(shareBps, 1, executor.MAX_TIP_BPS());
        Order memory order = tipped(0, amount, shareBps);
        uint256 left = gain(amount) - gain(amount) * shareBps / 10_000;
        order.guard.minProfit = left + 1;
        runExpecting(order, abi.encodeWithSelector(IDepegExecutor.ProfitTooSmall.selector, left, left + 1));
    }

    /// @dev A tip that comes out below minWei was sandwiched: everything is undone.
    function testFuzz_RevertWhen_TheTipIsTooSmall(uint256 amount, uint256 minWei) external {
        amount = boundLoan(amount);
        Order memory order = tipped(0, amount, 1000);
        uint256 tipWei = gain(amount) / 10 * TO_WETH / 1e18;
        order.tip.minWei = bound(minWei, tipWei + 1, type(uint256).max);
        runExpecting(order, abi.encodeWithSelector(IDepegExecutor.TipTooSmall.selector, tipWei, order.tip.minWei));
    }

    /// @dev A builder that refuses ether gets no order.
    function test_RevertWhen_TheBuilderRefusesEther() external {
        vm.coinbase(address(usd));
        runExpecting(tipped(0, MIN_LOAN, 1000), abi.encodeWithSelector(IDepegExecutor.TipFailed.selector, address(usd)));
    }

    /// @dev A builder's contract can burn no more of our gas than it is given.
    function test_AGluttonousBuilderBurnsLittle() external {
        vm.coinbase(address(new Glutton()));
        uint256 before = gasleft();
        run(tipped(0, MIN_LOAN, 1000));
        assertLt(before - gasleft(), 2_000_000);
    }

    /// @dev A tip pool that says it paid more than it did cannot make the executor unwrap what was here before.
    function testFuzz_RevertWhen_TheTipPoolPaysShort(uint256 gift) external {
        weth.mint(address(executor), bound(gift, 1, 1e24));
        vm.deal(address(weth), 1e40);
        wethPool.setTrick(Trick.Short);
        uint256 due = gain(MAX_LOAN) / 10 * TO_WETH / 1e18;
        runExpecting(
            tipped(0, MAX_LOAN, 1000),
            abi.encodeWithSelector(IDepegExecutor.TransferShort.selector, address(weth), due, due - 1)
        );
    }

    /// @dev A tip pool that takes less than the share is refused like any leg.
    function test_RevertWhen_TheTipPoolTakesLess() external {
        wethPool.setTrick(Trick.TakeLess);
        uint256 share = gain(MAX_LOAN) / 10;
        runExpecting(
            tipped(0, MAX_LOAN, 1000),
            abi.encodeWithSelector(IDepegExecutor.SpentOther.selector, address(usd), share, share - 1)
        );
    }

    /// @dev WETH left here before, and ether forced upon it, are not the builder's.
    function testFuzz_GiftsAreNotTheBuilders(uint256 gift, uint256 forced) external {
        gift = bound(gift, 1, 1e24);
        forced = bound(forced, 1, 1e24);
        weth.mint(address(executor), gift);
        vm.deal(address(executor), forced);

        run(tipped(0, MAX_LOAN, 1000));

        assertEq(weth.balanceOf(address(executor)), gift);
        assertEq(address(executor).balance, forced);
        assertEq(builder.balance, gain(MAX_LOAN) / 10 * TO_WETH / 1e18);
    }

    function tipped(uint256 kind, uint256 amount, uint256 shareBps) private view returns (Order memory order) {
        order = loop(boundKind(kind), amount);
        order.tip = Tip(shareBps, address(wethPool), 0);
    }
}
