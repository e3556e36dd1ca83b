"""Pools as a leg of what the desk does: real contracts, real exchange classes, and the bot of `repeg run --live`."""

import pytest

from bot.model.decisions import Warn
from bot.model.orders import OrderEnded, Purpose, Side

from .chain_desk import FUTURES, PERPETUAL, THREE, USDC, USDT, at_work, crowd, place

pytestmark = pytest.mark.chain

POOL = "chain:Curve 3pool"


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """One chain for all of them, as it was for each."""
    with place(tmp_path_factory.mktemp("safe")) as there:
        yield there


async def test_a_coin_that_is_cheap_in_a_pool_is_sold_at_an_exchange_at_once(there, tmp_path):
    """One leg mined and one filled, of as many coins; what was earned after gas and fees lies there."""
    funds = {("chain", "USDT"): 50_000, ("kraken", "USDC"): 50_000}
    async with at_work(there, tmp_path, funds, "kraken", pairs=True) as work:
        before = work.worth()
        await work.pools(0.99)
        await work.until(lambda: work.account.closed and not work.account.trades)
        buy, sell, *_ = work.tickets(Purpose.ENTER)  # and again, as long as it lasts
        trade, earned = work.account.closed[buy.trade], work.account.realised_usd

        assert (buy.market.venue, buy.side, sell.market.venue, sell.side) == (POOL, Side.BUY, "kraken", Side.SELL)
        assert trade.bought == trade.sold == buy.amount > 40_000
        assert 300 < trade.earned_usd <= earned < work.worth() - before < earned + 10 * len(work.account.closed)
        assert work.agrees()


async def test_a_coin_bought_in_a_pool_is_sold_short_and_both_are_left(there, tmp_path):
    """As many as were bought are short while the two prices are apart; the difference is earned when they meet."""
    funds = {("chain", "USDT"): 60_000, (FUTURES, "USDT"): 60_000}
    async with at_work(there, tmp_path, funds, FUTURES, hedges=True, per_coin=0.06) as work:
        before = work.worth()
        await work.pools(0.93)
        await work.until(lambda: work.account.trades and not work.account.orders, 0.94, 0.96)
        (trade,) = work.account.trades.values()
        assert 0 <= -trade.bare < 0.01
        assert trade.held.keys() == {"chain"}
        assert trade.net == work.lies()["chain", "USDC"] > 8_000
        assert trade.short.open == -work.lies()[FUTURES, PERPETUAL]
        assert work.agrees()

        await work.until(lambda: work.bid(FUTURES, PERPETUAL) > 0.99)
        await work.pools(1.0)
        await work.until(lambda: work.account.closed)
        (trade,) = work.account.closed.values()
        assert {each.market.venue for each in work.tickets(Purpose.EXIT)} == {POOL, FUTURES}
        assert 0.02 < trade.earned_usd / float(trade.sold) < 0.03
        assert trade.earned_usd == pytest.approx(work.worth() - before, abs=3)
        assert work.agrees()


async def test_a_swap_that_reverts_leaves_no_short_alone(there, tmp_path):
    """Somebody was before us in the block: what was sold short meanwhile is bought back, and that is told."""
    funds = {("chain", "USDT"): 60_000, (FUTURES, "USDT"): 60_000}
    async with at_work(there, tmp_path, funds, FUTURES, hedges=True, per_coin=0.06) as work:
        work.actor.swap(THREE, THREE.coins.index(USDT), THREE.coins.index(USDC), 10**6)  # which approves, too
        await work.pools(0.93, [THREE])
        work.others = lambda: crowd(work, 0.99)
        await work.until(lambda: work.account.closed, 0.94, 0.96)
        (lost,) = [each for each in work.of(OrderEnded) if "revert" in each.reason]
        (buy,) = work.tickets(Purpose.ENTER)
        (back,) = work.tickets(Purpose.UNWIND)

        assert (lost.order_id, lost.filled) == (buy.id, 0)
        assert (back.market.venue, back.side) == (FUTURES, Side.BUY)
        assert any("one-sided" in each.text and FUTURES in each.text for each in work.of(Warn))
        assert work.lies()["chain", "USDT"] == 60_000
        assert work.lies()[FUTURES, PERPETUAL] == 0
        assert work.agrees(but="ETH")  # what gas it cost is told with the wallet
        await work.until(lambda: work.account.balances["chain", "ETH"] == work.lies()["chain", "ETH"])


async def test_a_hold_is_bought_in_a_pool_and_sold_there(there, tmp_path):
    """Where it is cheapest on the way down, and where it lies on the way back."""
    funds = {("chain", "USDT"): 60_000, ("kraken", "USD"): 60_000}
    async with at_work(there, tmp_path, funds, "kraken", holds=True, share=1.0, per_coin=0.06) as work:
        before = work.worth()
        await work.pools(0.93)
        await work.until(lambda: work.account.trades and not work.account.orders, 0.94)
        assert {each.market.venue for each in work.tickets(Purpose.ENTER)} == {POOL}
        assert work.lies()["chain", "USDC"] > 8_000

        await work.pools(1.0)
        await work.until(lambda: work.account.closed)
        (trade,) = work.account.closed.values()
        assert {each.market.holder for each in work.tickets(Purpose.EXIT)} == {"chain"}
        assert trade.held == {"chain": 0}
        assert trade.earned_usd == pytest.approx(work.worth() - before, abs=5)
        assert trade.earned_usd > 500
        assert work.agrees()
