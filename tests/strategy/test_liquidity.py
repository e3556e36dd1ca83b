"""What a market bears is told right: depth, slippage, scores and their trend, and what bad times leave of it."""

import os
from functools import cache
from itertools import pairwise
from math import inf, isinf
from pathlib import Path
from statistics import median

import pytest
from amm.pools import sensible, ways
from hypothesis import given
from hypothesis import strategies as st

from bot.amm.constant_product import ConstantProduct
from bot.model.events import Quote
from bot.model.markets import Market
from bot.model.orders import Side
from bot.model.times import HOUR, MINUTE, SECOND, moment
from bot.strategy import liquidity
from bot.strategy.liquidity import DISTANCES, MARCH_2023, Decay, Levels, Liquidity, Reading

BOOKS = Path(os.environ.get("REPEG_DATA", Path(__file__).parents[3] / "shared" / "data")) / "books" / "usdc-2023-03"
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


def folded(*quotes: Quote) -> Liquidity:
    """What quotes leave, each as it is seen."""
    held = Liquidity()
    for each in quotes:
        held = liquidity.fold(held, [each], each.seen_at)
    return held


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
        assert liquidity.scores(folded(seen), 1) == {MARKET: 0.0}


def test_a_book_of_one_level_is_what_its_quote_is() -> None:
    """Quotes and ladders are measured alike."""
    seen = quote(7, size=3e4)
    bids, asks = (liquidity.of_quote(seen, side) for side in (Side.SELL, Side.BUY))

    assert folded(seen).readings[MARKET] == liquidity.read(bids, asks, 7)
    assert isinf(liquidity.read(bids, (), 7).spread_bp)


@given(books(least=1), st.floats(1.1, 10))
def test_a_deeper_book_reads_deeper(book: tuple[Side, Levels], times: float) -> None:
    """Twice everything is twice the depth."""
    _, levels = book
    bids, asks = liquidity.of_book(levels, Side.SELL), liquidity.of_book([(p + 1, s) for p, s in levels], Side.BUY)
    once = liquidity.read(bids, asks, 0)
    more = liquidity.read(tuple((p, s * times) for p, s in bids), tuple((p, s * times) for p, s in asks), 0)

    assert more.depth == pytest.approx(once.depth * times)


@given(st.lists(st.tuples(st.integers(0, HOUR), st.floats(0, 1)), min_size=1, max_size=20))
def test_a_trend_stays_within_what_was(history: list[tuple[int, float]]) -> None:
    """An average is between the least and the most, and its rise between -1 and 1."""
    trend, now = None, 0
    for later, value in history:
        now += later
        trend = liquidity.follow(trend, value, now)
    assert trend is not None
    values = [value for _, value in history]

    for average in (trend.short, trend.long):
        assert min(values) - ROUNDING <= average <= max(values) + ROUNDING
    assert -1 <= trend.rise <= 1


@given(st.floats(0, 1), st.integers(0, HOUR), st.integers(0, HOUR))
def test_a_trend_is_the_same_however_often_one_looks(value: float, some: int, more: int) -> None:
    """A look between two that finds nothing new changes nothing."""
    start = liquidity.follow(liquidity.follow(None, 0.5, 0), value, MINUTE)
    once = liquidity.follow(start, value, MINUTE + some + more)
    twice = liquidity.follow(liquidity.follow(start, value, MINUTE + some), value, MINUTE + some + more)

    assert (once.short, once.long) == pytest.approx((twice.short, twice.long))


def test_a_market_that_dries_up_falls() -> None:
    """A day of depth, then ten minutes of a tenth: the short average is far below the long one."""
    calm = [quote(n * MINUTE, size=1e6) for n in range(24 * 60)]
    dry = [quote((24 * 60 + n) * MINUTE, bid=0.98, size=1e3) for n in range(11)]
    held = folded(*calm, *dry)

    assert held.trends[MARKET].rise < -0.2
    assert abs(folded(*calm).trends[MARKET].rise) < ROUNDING


def test_silence_is_no_liquidity() -> None:
    """A market that is not heard of any more scores less and less, and so does its trend."""
    held = folded(quote(0), quote(SECOND))
    later = liquidity.aged(liquidity.aged(held, HOUR), 2 * HOUR)

    assert liquidity.scores(held, 5 * MINUTE + SECOND)[MARKET] == pytest.approx(
        liquidity.scores(held, SECOND)[MARKET] / 2
    )
    assert later.trends[MARKET].short < held.trends[MARKET].short
    assert later.trends[MARKET].rise < 0


def test_an_older_quote_is_not_taken() -> None:
    """What comes late is not how a market stands."""
    held = folded(quote(2 * SECOND))

    assert liquidity.fold(held, [quote(SECOND, size=1.0)], 3 * SECOND) == held


@given(DEPTHS, SPREADS, st.floats(0, 1), st.floats(0, 1))
def test_worse_times_leave_less(depth: float, spread: float, one: float, other: float) -> None:
    """The worse the time, the thinner and the wider; calm leaves all as it is."""
    mild, bad = (liquidity.stressed(depth, spread, each) for each in sorted((one, other)))

    assert mild[0] >= bad[0] >= 0
    assert mild[1] <= bad[1]
    assert liquidity.stressed(depth, spread, 0) == (depth, spread)


@given(books(), st.floats(0, 1), st.floats(0.5, 1.5))
def test_no_more_can_be_sold_in_worse_times(book: tuple[Side, Levels], bad: float, worst: float) -> None:
    """What a bad time buys is part of what stands now at that price."""
    bids = liquidity.of_book(book[1], Side.SELL)
    now = sum(size for price, size in bids if price >= worst)

    assert liquidity.sellable(bids, 1.0, worst) <= liquidity.sellable(bids, bad, worst) <= now


def test_a_million_standing_is_some_ten_thousand_in_march_2023() -> None:
    """Of a million standing, 16,000 can be sold when the coin is 8 % off its peg, half a percent further away."""
    bids = ((0.9999, 1e6),)

    assert liquidity.sellable(bids, 1.0, 0.994) == pytest.approx(16_000)
    assert liquidity.sellable(bids, 1.0, 0.996) == 0


def test_its_own_history_tells_what_a_bad_time_does() -> None:
    """A tenth of a history 40 bp wide and a hundredth deep is a decay of that; few looks tell none."""
    calm, bad = [Reading(n, 2.0, 1e5) for n in range(90)], [Reading(n, 42.0, 1e3) for n in range(10)]

    assert liquidity.decay(calm + bad) == Decay(40.0, 0.01)
    assert liquidity.decay(calm) == Decay(0.0, 1.0)
    assert liquidity.decay(bad) is None
    assert liquidity.worse(Decay(40.0, 0.05), MARCH_2023) == Decay(100.0, MARCH_2023.kept)


data = pytest.mark.data
there = pytest.mark.skipif(not BOOKS.is_dir(), reason=f"no books at {BOOKS}: set REPEG_DATA")


@cache
def recorded() -> list[tuple[Reading, float]]:
    """USDC/USD at Binance.US in March 2023, minute by minute, and how far its middle was off the peg, bp."""
    import polars as pl

    table = pl.read_parquet(BOOKS / "binanceus_USDC-USD_1m.parquet")
    rows = table.select("timestamp", "close", "spread", "depth").iter_rows()
    return [(Reading(at * 10**6, spread / mid * 1e4, depth), abs(mid - 1) * 1e4) for at, mid, spread, depth in rows]


def middle(readings: list[Reading]) -> tuple[float, float]:
    """Median depth and spread."""
    return median(each.depth for each in readings), median(each.spread_bp for each in readings)


def between(start: str, end: str) -> list[Reading]:
    """The readings of a while."""
    return [each for each, _ in recorded() if moment(start) <= each.at < moment(end)]


@data
@there
def test_the_worst_day_lies_within_what_is_allowed_for() -> None:
    """11 March 2023: 1 bp and half a million became 61 bp and 14,500, and the estimate is no better than that."""
    calm = middle(between("2023-03-01", "2023-03-10"))
    depth, spread = middle(between("2023-03-11T04:00", "2023-03-12"))

    assert calm == (pytest.approx(526_000, rel=0.01), pytest.approx(1.0, abs=0.01))
    assert (depth, spread) == (pytest.approx(14_500, rel=0.01), pytest.approx(60.5, abs=0.5))
    allowed_depth, allowed_spread = liquidity.stressed(*calm, severity=1.0)
    assert calm[0] / 100 < allowed_depth <= depth
    assert spread <= allowed_spread < 2 * spread


@data
@there
@pytest.mark.parametrize(("nearest", "furthest"), [(30, 100), (100, 250), (250, 500), (500, 800), (800, 1200)])
def test_at_every_distance_the_estimate_is_no_better_than_it_was(nearest: float, furthest: float) -> None:
    """To 13 March 2023, 12:00, the medians of depth and spread by how far the coin was off its peg are allowed for."""
    calm, until = middle(between("2023-03-01", "2023-03-10")), moment("2023-03-13T12:00")
    told = [(each, off) for each, off in recorded() if each.at < until and nearest < off <= furthest]
    depth, spread = middle([each for each, _ in told])

    allowed_depth, allowed_spread = liquidity.stressed(*calm, liquidity.severity(median(off for _, off in told)))
    assert allowed_depth <= depth
    assert spread <= allowed_spread


@data
@there
def test_the_score_falls_before_the_coin_is_far_gone() -> None:
    """On 11 March 2023 the trend points down within half an hour of the coin being 50 bp off."""
    trend = None
    first_off = next(each.at for each, off in recorded() if off > 50 and each.at >= moment("2023-03-10T12:00"))
    falls = {}
    for each, _ in recorded():
        trend = liquidity.follow(trend, liquidity.score(each, each.at), each.at)
        falls[each.at] = trend.rise
    calm = [rise for at, rise in falls.items() if moment("2023-03-10T06:00") <= at < moment("2023-03-10T18:00")]
    soon = [rise for at, rise in falls.items() if first_off <= at <= first_off + 30 * MINUTE]

    assert min(soon) < min(calm) - 0.1
