"""What a market bears is told right: depth, slippage, pools as books, and scores."""

from itertools import pairwise
from math import inf, isinf

import pytest
from amm.pools import sensible, ways
from hypothesis import given
from hypothesis import strategies as st

from bot.amm.constant_product import ConstantProduct
from bot.model.events import Quote
from bot.model.markets import Market
from bot.model.orders import Side
from bot.model.times import HOUR
from bot.strategy import liquidity
from bot.strategy.liquidity import DISTANCES, Levels, Reading

MARKET = Market("somewhere", "USDC", "USD")
ROUNDING = 1e-9

SIDES = st.sampled_from(Side)
PRICES = st.floats(0.5, 1.5)
SIZES = st.floats(0.01, 1e7)
RAW = st.lists(st.tuples(PRICES, SIZES), max_size=12)
SPREADS = st.floats(0, 1e4)
DEPTHS = st.floats(0, 1e9)


def books(least: int = 0) -> st.SearchStrategy[tuple[Side, Levels]]:
    """One side of a market."""
    ladders = st.lists(st.tuples(PRICES, SIZES), min_size=least, max_size=12)
    return st.tuples(SIDES, ladders).map(lambda drawn: (drawn[0], liquidity.of_book(drawn[1], drawn[0])))


def quote(at: int, bid: float | None = 0.9999, ask: float | None = 1.0001, size: float = 1e5) -> Quote:
    """A quote in the one market."""
    return Quote(at, at, *MARKET, bid, ask, size, size)


@given(RAW, SIDES)
def test_a_ladder_is_the_best_first_and_keeps_all_that_stands(raw: list[tuple[float, float]], side: Side) -> None:
    """However an exchange tells it, and no price stands twice."""
    levels = liquidity.of_book(raw, side)
    sign = 1 if side is Side.BUY else -1

    assert all(sign * before[0] < sign * after[0] for before, after in pairwise(levels))
    assert sum(size for _, size in levels) == pytest.approx(sum(size for _, size in raw))


@pytest.mark.parametrize("nonsense", [(0.0, 1.0), (1.0, 0.0), (float("nan"), 1.0), (1.0, inf), (-1.0, 1.0), (inf, 1.0)])
def test_what_is_no_level_is_left_out(nonsense: tuple[float, float]) -> None:
    """Prices and sizes that cannot be are not believed."""
    assert liquidity.of_book([nonsense, (1.0, 5.0)], Side.BUY) == ((1.0, 5.0),)


@given(books())
def test_depth_grows_with_distance(book: tuple[Side, Levels]) -> None:
    """More stands within more basis points; at the best price its own level, far away everything."""
    _, levels = book
    depths = liquidity.profile(levels)

    assert all(nearer <= further for nearer, further in pairwise(depths))
    assert liquidity.depth_within(levels, 1e6) == sum(size for _, size in levels)
    assert liquidity.depth_within(levels, 0) == (levels[0][1] if levels else 0)


def test_a_level_at_the_distance_named_counts() -> None:
    """10 bp away is within 10 bp, whatever the floats say."""
    asks = tuple((1.0 * (1 + bp / 1e4), 100.0) for bp in (0, *DISTANCES))

    assert liquidity.profile(asks) == (200, 300, 400, 500, 600, 700)


@given(books(least=1), st.floats(0.01, 1), st.floats(0.01, 1))
def test_slippage_grows_with_size(book: tuple[Side, Levels], some: float, more: float) -> None:
    """The more is taken, the worse the average; never worse than the last level, and nothing at the first."""
    _, levels = book
    stands = sum(size for _, size in levels)
    small, large = (liquidity.slippage_bp(levels, part * stands * (1 - ROUNDING)) for part in sorted((some, more)))

    assert small is not None
    assert large is not None
    assert 0 <= small <= large + ROUNDING
    assert large <= abs(levels[-1][0] / levels[0][0] - 1) * 1e4 + ROUNDING
    assert liquidity.slippage_bp(levels, levels[0][1]) == 0


@given(books())
def test_what_does_not_suffice_has_no_slippage(book: tuple[Side, Levels]) -> None:
    """None says that too little stands."""
    _, levels = book

    assert liquidity.slippage_bp(levels, sum(size for _, size in levels) * 1.001 + 1) is None


@given(st.floats(0, 1e9), st.floats(0, 1e9), st.floats(1, 1e9), st.floats(0, 1))
def test_impact_grows_with_size_and_less_than_in_proportion(
    one: float, other: float, volume: float, volatility: float
) -> None:
    """The square root: more is never nearer, and four times the size is twice the distance."""
    small, large = (liquidity.impact_bp(size, volume, volatility) for size in sorted((one, other)))

    assert small is not None
    assert large is not None
    assert 0 <= small <= large
    assert liquidity.impact_bp(4 * one, volume, volatility) == pytest.approx(
        2 * (liquidity.impact_bp(one, volume, volatility) or 0)
    )


@pytest.mark.parametrize("volume", [0.0, float("nan"), -1.0])
def test_nothing_traded_says_nothing(volume: float) -> None:
    """No volume, no estimate."""
    assert liquidity.impact_bp(1.0, volume, 0.001) is None


def test_all_that_is_traded_moves_the_price_by_its_volatility() -> None:
    """A day's volume by a day's standard deviation: 25 bp of a coin that moves 25 bp a day, half that for a quarter."""
    assert liquidity.impact_bp(1e6, 1e6, 0.0025) == pytest.approx(25)
    assert liquidity.impact_bp(2.5e5, 1e6, 0.0025) == pytest.approx(12.5)


@given(ways(), st.data(), st.floats(0, 1))
def test_a_pool_is_no_worse_than_its_levels(way, data: st.DataObject, part: float) -> None:
    """Selling into any pool what its levels bear brings what they say, or more, but for two units of either coin."""
    most = data.draw(sensible(way))
    levels = liquidity.of_pool(way.side, Side.SELL, liquidity.rungs(max(most // 64, 1), most), 1.0, 1.0)
    given_ = int(part * sum(size for _, size in levels))
    told, left = 0.0, float(given_)
    for price, size in levels:
        told, left = told + price * min(size, left), left - min(size, left)
    out = way.side.out(given_)

    if out is not None:
        assert out + 2 + 2 * told / given_ >= told * (1 - ROUNDING)


@given(ways(), st.data())
def test_the_levels_of_a_pool_are_worse_and_worse(way, data: st.DataObject) -> None:
    """Both ways, whatever the family: asks do not fall and bids do not rise."""
    most = data.draw(sensible(way))
    for side, sign in ((Side.BUY, 1), (Side.SELL, -1)):
        levels = liquidity.of_pool(way.side, side, liquidity.rungs(max(most // 64, 1), most), 1e6, 1e18)
        assert all(sign * before[0] <= sign * after[0] for before, after in pairwise(levels))


def test_a_pool_is_told_in_whole_coins() -> None:
    """A pair of a million each, 30 bp of fee: asks above par and bids below it, in coins of 6 and 18 decimals."""
    pair = ConstantProduct(10**6 * 10**6, 10**6 * 10**18)
    bids = liquidity.of_pool(pair.side(0, 1), Side.SELL, [10**6 * n for n in (10, 100)], 1e6, 1e18)
    asks = liquidity.of_pool(pair.side(1, 0), Side.BUY, [10**18 * n for n in (10, 100)], 1e6, 1e18)

    assert [size for _, size in bids] == [10, 90]
    assert [price for price, _ in bids] == pytest.approx([0.997, 0.9969], abs=1e-4)
    assert [size for _, size in asks] == pytest.approx([9.97, 89.72], abs=0.01)
    assert [price for price, _ in asks] == pytest.approx([1.003, 1.0031], abs=1e-4)


@given(st.integers(1, 10**30), st.integers(0, 10**30))
def test_rungs_ascend_to_the_last(first: int, most: int) -> None:
    """Each is more than the one before, and the last is the most."""
    found = list(liquidity.rungs(first, most))

    assert all(before < after for before, after in pairwise(found))
    assert found[-1:] == ([most] if most else [])


def test_one_level_is_a_quote_and_more_are_thinner() -> None:
    """What is assumed beyond the touch is further away and less."""
    seen = quote(0, size=1000.0)

    assert liquidity.of_quote(seen, Side.BUY) == ((1.0001, 1000.0),)
    assert liquidity.of_quote(seen, Side.SELL, levels=3) == (
        (0.9999, 1000.0),
        (pytest.approx(0.9998, abs=1e-7), 500.0),
        (pytest.approx(0.9997, abs=1e-7), 250.0),
    )
    assert liquidity.of_quote(quote(0, ask=None), Side.BUY) == ()


@given(SPREADS, SPREADS, DEPTHS, DEPTHS, st.integers(0, HOUR), st.integers(0, HOUR))
def test_a_score_is_better_narrow_deep_and_new(
    spread: float, wider: float, depth: float, deeper: float, age: int, older: int
) -> None:
    """From 0 to 1, and never better for a wider spread, a thinner book or an older look."""
    narrow, wide = sorted((spread, wider))
    thin, deep = sorted((depth, deeper))
    young, old = sorted((age, older))
    good, bad = liquidity.score(Reading(0, narrow, deep), young), liquidity.score(Reading(0, wide, thin), old)

    assert 0 <= bad <= good <= 1


def test_what_cannot_be_traded_scores_nothing() -> None:
    """One side alone is no market, and a crossed book is nobody's."""
    for seen in (quote(1, bid=None), quote(1, ask=None), quote(1, bid=1.1, ask=1.0)):
        assert liquidity.score(liquidity.quoted(seen), 1) == 0.0


def test_a_book_of_one_level_is_what_its_quote_is() -> None:
    """Quotes and ladders are measured alike."""
    seen = quote(7, size=3e4)
    bids, asks = (liquidity.of_quote(seen, side) for side in (Side.SELL, Side.BUY))

    assert liquidity.quoted(seen) == liquidity.read(bids, asks, 7)
    assert isinf(liquidity.read(bids, (), 7).spread_bp)


@given(books(least=1), st.floats(1.1, 10))
def test_a_deeper_book_reads_deeper(book: tuple[Side, Levels], times: float) -> None:
    """Twice everything is twice the depth."""
    _, levels = book
    bids, asks = liquidity.of_book(levels, Side.SELL), liquidity.of_book([(p + 1, s) for p, s in levels], Side.BUY)
    once = liquidity.read(bids, asks, 0)
    more = liquidity.read(tuple((p, s * times) for p, s in bids), tuple((p, s * times) for p, s in asks), 0)

    assert more.depth == pytest.approx(once.depth * times)
