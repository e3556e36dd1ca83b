"""Whether markets dry up: what was read of each, once a minute, over the last hour. Pure: the same looks, the same."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from bot.model.events import Quote
from bot.model.markets import Market
from bot.model.times import HOUR, MINUTE
from bot.strategy import liquidity
from bot.strategy.liquidity import Reading

KEPT = HOUR  # what is older is forgotten
LATELY = 10 * MINUTE

DRYING = -0.5
"""Rise from which on a market dries up: its score has halved, of late, within the hour. A book four times as thin, or
as wide, scores half; noise makes less of it. How thin a book is that has stopped thinning is told by its score."""


@dataclass(frozen=True, slots=True)
class Sample:
    """All markets that stood at one moment, as they were read, and their scores then."""

    at: int  # ns UTC
    readings: Mapping[Market, Reading]
    scores: Mapping[Market, float]


@dataclass(frozen=True, slots=True)
class Liquidity:
    """What is remembered: the first look of each minute of the last hour, the oldest first."""

    samples: tuple[Sample, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Trend:
    """A market's score of late beside what it was over a longer while, as means."""

    short: float
    long: float

    @property
    def rise(self) -> float:
        """Above zero where the market is better of late than it used to be, below where it dries up; -1: gone."""
        return self.short / self.long - 1 if self.long > 0 else 0.0

    @property
    def dries(self) -> bool:
        """Whether it is left by those who stood in it."""
        return self.rise < DRYING


def fold(known: Liquidity, latest: Mapping[Market, Quote], among: Collection[Market], now: int) -> Liquidity:
    """Take in what stands at `now` (ns UTC) in the markets named; nothing in a minute that was looked at already.

    The age of a quote is no matter here: what is too old stands in no book, and what does not stand scores nothing.
    """
    if known.samples and known.samples[-1].at // MINUTE >= now // MINUTE:
        return known
    readings = {market: liquidity.quoted(latest[market]) for market in among if market in latest}
    scores = {market: liquidity.quality(reading) for market, reading in readings.items()}
    kept = (each for each in known.samples if each.at > now - KEPT)
    return Liquidity((*kept, Sample(now, readings, scores)))


def trend(known: Liquidity, market: Market, since: int, now: int) -> Trend:
    """Of a market since a moment (ns UTC), or for as long as is remembered. Level where nothing is."""
    told = [(each.at, each.scores.get(market, 0.0)) for each in _since(known, since, now)]
    if not told:
        return Trend(0.0, 0.0)
    late = [score for at, score in told if at > now - LATELY] or [told[-1][1]]
    return Trend(sum(late) / len(late), sum(score for _, score in told) / len(told))


def history(known: Liquidity, market: Market, since: int, now: int) -> list[Reading]:
    """What was read of a market since a moment (ns UTC)."""
    return [each.readings[market] for each in _since(known, since, now) if market in each.readings]


def _since(known: Liquidity, since: int, now: int) -> Iterator[Sample]:
    oldest = max(since, now - KEPT + 1)
    return (each for each in known.samples if each.at >= oldest)
