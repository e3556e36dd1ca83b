"""Depegs in price history: the whole of it, as the live bot would have seen it.

The detector is the one that runs live, bot.strategy.track. Here its readings come from whole arrays, calm stretches are
passed over, and of the rest it is asked only from where something shows until that is over.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.analysis import bars, calm
from bot.analysis.scan import Scan
from bot.model.coins import Coins
from bot.model.decisions import Depeg
from bot.model.markets import Candles
from bot.strategy.thresholds import Thresholds

STRETCH = 16_384  # looks taken together


@dataclass(frozen=True, slots=True)
class Found:
    """What a history holds."""

    episodes: tuple[Depeg, ...]  # in order of start
    markets: int
    quotes: int  # bars
    span: tuple[int, int]  # ns UTC, from the first bar's beginning to the last one's end; (0, 0) of nothing


def find(
    histories: Sequence[Candles],
    coins: Coins,
    thresholds: Thresholds,
    progress: Callable[[float], None] | None = None,
    *,
    skip: bool = True,
) -> Found:
    """Every depeg in these histories, taken as one market: ordered by time, each at its own resolution.

    The same market may come in several pieces and resolutions. A bar is known at its end and not before. `progress` is
    told the part done, 0 to 1. Without `skip` calm stretches are looked at too, which changes nothing but the time.
    """
    markets = bars.strips(histories)
    found = told(Scan(markets, coins, thresholds), progress or _nobody, skip=skip) if markets else ()
    return Found(found, len({one.market for one in histories}), sum(map(len, histories)), _span(histories))


def told(scan: Scan, progress: Callable[[float], None], *, skip: bool) -> tuple[Depeg, ...]:
    """Every depeg that a scan finds, see `find`."""
    looks = len(scan.at)
    for first, last in calm.restless(scan.markets, scan.at, scan.graph, scan.thresholds) if skip else [(0, looks)]:
        for begin in range(first, last, STRETCH):
            scan.through(begin, min(begin + STRETCH, last))
            progress(min(begin + STRETCH, last) / looks)
    scan.to_the_end(looks)
    progress(1.0)
    return scan.episodes


def _nobody(_: float) -> None:
    """Nobody asked."""


def _span(histories: Sequence[Candles]) -> tuple[int, int]:
    some = [candles for candles in histories if len(candles)]
    began = min((int(candles.opened[0]) for candles in some), default=0)
    return began, max((int(candles.opened[-1]) + candles.timeframe for candles in some), default=0)
