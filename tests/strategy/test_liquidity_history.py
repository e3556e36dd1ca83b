"""What is told of liquidity in bad times, and when it is left, is no better than it was in March 2023."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

from bot.model.times import HOUR, moment
from bot.strategy import drying, liquidity, stress, tradable
from bot.strategy.drying import Liquidity, Sample, Trend
from bot.strategy.liquidity import Reading

from .test_liquidity import MARKET

BOOKS = Path(os.environ.get("REPEG_DATA", Path(__file__).parents[3] / "shared" / "data")) / "books" / "usdc-2023-03"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not BOOKS.is_dir(), reason=f"no books at {BOOKS}: set REPEG_DATA"),
]


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


def test_the_worst_day_lies_within_what_is_allowed_for() -> None:
    """11 March 2023: 1 bp and half a million became 61 bp and 14,500, and the estimate is no better than that."""
    calm = middle(between("2023-03-01", "2023-03-10"))
    depth, spread = middle(between("2023-03-11T04:00", "2023-03-12"))

    assert calm == (pytest.approx(526_000, rel=0.01), pytest.approx(1.0, abs=0.01))
    assert (depth, spread) == (pytest.approx(14_500, rel=0.01), pytest.approx(60.5, abs=0.5))
    allowed_depth, allowed_spread = stress.stressed(*calm, severity=1.0)
    assert calm[0] / 100 < allowed_depth <= depth
    assert spread <= allowed_spread < 2 * spread


@pytest.mark.parametrize(("nearest", "furthest"), [(30, 100), (100, 250), (250, 500), (500, 800), (800, 1200)])
def test_at_every_distance_the_estimate_is_no_better_than_it_was(nearest: float, furthest: float) -> None:
    """To 13 March 2023, 12:00, the medians of depth and spread by how far the coin was off its peg are allowed for."""
    calm, until = middle(between("2023-03-01", "2023-03-10")), moment("2023-03-13T12:00")
    told = [(each, off) for each, off in recorded() if each.at < until and nearest < off <= furthest]
    depth, spread = middle([each for each, _ in told])

    allowed_depth, allowed_spread = stress.stressed(*calm, stress.severity(median(off for _, off in told)))
    assert allowed_depth <= depth
    assert spread <= allowed_spread


def trends(start: str, end: str) -> Iterator[Trend]:
    """The trend at every minute of a while, by the hour before it."""
    samples: tuple[Sample, ...] = ()
    for each in between(start, end):
        kept = (one for one in samples if one.at > each.at - HOUR)
        samples = (*kept, Sample(each.at, {MARKET: each}, {MARKET: liquidity.quality(each)}))
        yield drying.trend(Liquidity(samples), MARKET, 0, each.at)


def test_a_market_dries_up_as_its_coin_leaves_and_seldom_in_calm() -> None:
    """In nine days of calm in a minute of a hundred; on 11 March 2023 before the coin is two percent off."""
    calm = [each.dries for each in trends("2023-03-01", "2023-03-10")]
    gone = next(each.at for each, off in recorded() if off > 200 and each.at >= moment("2023-03-10T12:00"))
    fall = [each.at for each in between("2023-03-11", "2023-03-11T06:00")]
    dry = [at for at, each in zip(fall, trends("2023-03-11", "2023-03-11T06:00"), strict=True) if each.dries]

    assert sum(calm) < len(calm) / 100
    assert dry[0] < gone


def test_thin_as_it_was_it_could_be_bought_in_the_fall() -> None:
    """On the two days below its peg most minutes were neither dry nor poor, though a book held a fiftieth of before."""
    days = "2023-03-11T09:00", "2023-03-13"
    told = [liquidity.quality(each) >= tradable.POOR for each in between(*days)]
    dry = [each.dries for each in trends(*days)]

    assert sum(told) > 0.9 * len(told)
    assert sum(dry) < 0.1 * len(dry)
