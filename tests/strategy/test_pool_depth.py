"""A pool read as a book is what the pool pays."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.amm.side import Side as Way
from bot.model.coins import Coins, Mechanism, Stablecoin
from bot.model.events import BlockSeen
from bot.model.markets import Market
from bot.model.orders import Side
from bot.strategy import liquidity, onchain, pool_depth
from bot.strategy.engine import Policy
from bot.strategy.fair_value import Pricing
from bot.strategy.onchain import Pair
from bot.strategy.pool_depth import Pools
from bot.strategy.routing import Atlas

from .worlds import registry, state

NOISE = 0.1  # bp: what rounding makes of a price
BLOCK = BlockSeen(12, 13, 1, "0x01", "0x00", 0, 1, 1, (), ())
COINS = Coins({name: Stablecoin(name, name, Mechanism.FIAT) for name in ("CENTS", *(f"C{n}" for n in range(5)))})


def pools(seed: int) -> Pools:
    """Eight pools of five coins."""
    rnd = Random(seed)
    book = registry(rnd, 8, 5)
    states = {
        each.address: state(rnd, book, each, dict.fromkeys(book.coins, 1.0), 0.01) for each in book.pools.values()
    }
    return Pools(pool_depth.placed(onchain.listing(book, COINS)), states)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_levels_begin_where_the_quote_is_and_get_worse(seed: int) -> None:
    """The first level costs what the pool's own quote says, or the step into it more; what has no quote has none."""
    known = pools(seed)
    for market, (address, pair) in known.places.items():
        (quote,) = onchain.quotes([pair], known.states[address], BLOCK)
        bids, asks = (pool_depth.levels(known, market, side) for side in (Side.SELL, Side.BUY))
        assert [price for price, _ in bids] == sorted((price for price, _ in bids), reverse=True)
        assert [price for price, _ in asks] == sorted(price for price, _ in asks)
        assert not (quote.bid and bids) or bids[0][0] <= quote.bid * (1 + onchain.MOVE)
        assert not (quote.ask and asks) or asks[0][0] >= quote.ask * (1 - onchain.MOVE)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 0.99))
def test_what_stands_there_is_paid(seed: int, part: float) -> None:
    """Selling a part of all that stands brings no less than the levels say, but for units lost to rounding."""
    known = pools(seed)
    for market, (address, pair) in known.places.items():
        bids = pool_depth.levels(known, market, Side.SELL)
        amount = left = part * sum(size for _, size in bids)
        told = 0.0
        for price, size in bids:
            told, left = told + price * min(size, left), max(left - size, 0.0)
        got = known.states[address].side(pair.i, pair.j).out(int(amount * pair.base_unit)) or 0
        assert got / pair.quote_unit >= told * (1 - 1e-6) - 4 / pair.quote_unit - 4 / pair.base_unit


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_depth_is_told_where_the_price_is_so_far_away(seed: int) -> None:
    """A fiftieth before the depth of a distance the next unit is no farther than it, a fiftieth behind it it is.

    Of coins that are divided finely: a fee rounded to a hundredth of a coin is some basis points by itself.
    """
    known = pools(seed)
    fine = {market: place for market, place in known.places.items() if "CENTS" not in (market.base, market.quote)}
    for market, (address, pair) in fine.items():
        state = known.states[address]
        for side in (Side.SELL, Side.BUY):
            way = state.side(pair.i, pair.j) if side is Side.SELL else state.side(pair.j, pair.i)
            levels = pool_depth.levels(known, market, side, liquidity.DISTANCES)
            for bp in liquidity.DISTANCES if levels and levels[0][1] >= 1 else ():
                within = [each for each in levels if liquidity.depth_within((levels[0], each), bp) > levels[0][1]]
                given_, best = _given(side, within, pair), levels[0][0]
                assert len(within) == 1 or _off(way, side, given_ * 0.98, best, pair) <= bp + NOISE
                assert len(within) == len(levels) or _off(way, side, given_ * 1.02, best, pair) >= bp - NOISE


def _given(side: Side, levels: list[tuple[float, float]], pair: Pair) -> float:
    """What goes in for these."""
    if side is Side.SELL:
        return sum(size for _, size in levels) * pair.base_unit
    return sum(size * price for price, size in levels) * pair.quote_unit


def _off(way: Way, side: Side, given_: float, best: float, pair: Pair) -> float:
    """How far from the best price the next unit is after so many, bp."""
    out, into = (pair.quote_unit, pair.base_unit) if side is Side.SELL else (pair.base_unit, pair.quote_unit)
    rate = way.rate(min(given_, float(way.cap)))[1] * into / out
    return abs((rate if side is Side.SELL else 1 / rate) / best - 1) * liquidity.BP


def test_nothing_stands_where_nothing_is_known() -> None:
    """No such pool, or one that could not be read."""
    known = pools(1)
    market = next(iter(known.places))

    assert pool_depth.levels(known, Market("kraken", "C0", "C1"), Side.SELL) == ()
    assert pool_depth.levels(Pools(known.places, {}), market, Side.SELL) == ()


def test_a_policy_knows_where_every_market_of_a_pool_is() -> None:
    """Each of the chain's markets, and its pool and coins."""
    book = registry(Random(1), 8, 5)
    places = Policy(book, Atlas.of(book), "", {}, pricing=Pricing(COINS)).places

    assert places == pool_depth.placed(onchain.listing(book, COINS))
    assert {market.venue for market in places} <= {f"chain:{each.name}" for each in book.pools.values()}
