"""The traders who move the sandbox."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.events import ReservesSeen
from bot.model.pools import state_of
from bot.model.registry import Coin, Family, Pool, Registry
from bot.sandbox import market

USDC, USDT, PAIR = ("0x" + digit * 40 for digit in "123")
MILLION = 10**12
REGISTRY = Registry(
    chain_id=1,
    coins={USDC: Coin("USDC", USDC, 6), USDT: Coin("USDT", USDT, 6)},
    pools={PAIR: Pool("pair", PAIR, Family.UNISWAP_V2, (USDC, USDT), fee=3000)},
    lenders=(),
)
POOL = REGISTRY.pools[PAIR]


@pytest.mark.parametrize(("moment", "price"), market.WEEKEND)
def test_the_story_passes_through_its_known_points(moment, price):
    """USDC costs what it cost at the minutes that are known."""
    start, end = (stamp.timestamp() for stamp in (market.WEEKEND[0][0], market.WEEKEND[-1][0]))

    assert market.usdc_at((moment.timestamp() - start) / (end - start)) == pytest.approx(price, abs=1e-9)


@given(st.floats(-1.0, 2.0))
def test_usdc_never_leaves_the_storys_range(progress):
    """Between the points it lies between them, before and after it stands at par."""
    assert 0.874 <= market.usdc_at(progress) <= 1.0


def test_the_same_seed_makes_the_same_trades():
    """The demo can be repeated."""
    state = {PAIR: state_of(POOL, ReservesSeen(PAIR, MILLION, MILLION), None)}
    usd = market.values(REGISTRY, 0.3)

    once, again = (market.trades(REGISTRY, state, usd, Random(7)) for _ in range(2))
    assert once == again


@given(st.floats(0.0, 1.0), st.integers(0, 1000))
def test_trades_push_the_pool_toward_what_its_coins_are_worth(progress, seed):
    """After a trade the price is nearer to fair than before, and never beyond it."""
    state = state_of(POOL, ReservesSeen(PAIR, MILLION, MILLION), None)
    usd = market.values(REGISTRY, progress)

    for trade in market.trades(REGISTRY, {PAIR: state}, usd, Random(seed)):
        sold, bought = POOL.coins[trade.i], POOL.coins[trade.j]
        side = state.side(trade.i, trade.j)
        assert side.rate(float(trade.amount))[1] >= usd[sold] / usd[bought] * (1 - 1e-9)
