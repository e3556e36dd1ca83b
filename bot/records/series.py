"""Bars put together, cut, and looked through for holes. All times are ns UTC, spans without their end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from bot.model.markets import Candles, Market
from bot.model.times import iso, timeframe_name


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """Whose bars, and how long each is (ns)."""

    market: Market
    timeframe: int

    @property
    def name(self) -> str:
        """As in a file's name; what a file system may not like in a venue's name is escaped."""
        return f"{self.venue_name}_{self.pair_name}_{timeframe_name(self.timeframe)}"

    @property
    def venue_name(self) -> str:
        """The venue, escaped likewise."""
        return quote(self.market.venue, safe="")

    @property
    def pair_name(self) -> str:
        """Base and quote as file names have them."""
        return f"{self.market.base}-{self.market.quote}"

    def __str__(self) -> str:
        return f"{self.market} {timeframe_name(self.timeframe)}"


class Span(NamedTuple):
    """From `since` to before `until`."""

    since: int
    until: int

    def __str__(self) -> str:
        return f"{iso(self.since)} to {iso(self.until)}"


def of(candles: Candles) -> Series:
    """The series these bars belong to."""
    return Series(candles.market, candles.timeframe)


def empty(series: Series) -> Candles:
    """No bars."""
    return Candles(series.market, series.timeframe, np.empty(0, np.int64), *(np.empty(0) for _ in range(5)))


def joined(older: Candles, newer: Candles) -> Candles:
    """The bars of both, in order; where both have one for a time, the newer."""
    opened = np.concatenate([older.opened, newer.opened])
    order = np.argsort(opened, kind="stable")
    times = opened[order]
    kept = order[np.append(times[1:] != times[:-1], True)] if len(times) else order
    return _picked(older, newer, kept)


def differing(one: Candles, other: Candles) -> int:
    """How many times both have a bar for, but not the same."""
    _, here, there = np.intersect1d(one.opened, other.opened, assume_unique=True, return_indices=True)
    unlike = np.zeros(len(here), np.bool_)
    for mine, yours in zip(_columns(one), _columns(other), strict=True):
        unlike |= (mine[here] != yours[there]) & ~(np.isnan(mine[here]) & np.isnan(yours[there]))
    return int(unlike.sum())


def within(candles: Candles, since: int | None, until: int | None) -> Candles:
    """The bars that begin in the span; None is no limit."""
    first = 0 if since is None else int(np.searchsorted(candles.opened, since))
    last = len(candles) if until is None else int(np.searchsorted(candles.opened, until))
    return _cut(candles, first, last)


def months(candles: Candles) -> Iterable[tuple[str, Candles]]:
    """The bars by the month (UTC) they begin in, each month named like 2023-03."""
    if not len(candles):
        return
    named = candles.opened.astype("datetime64[ns]").astype("datetime64[M]")
    starts = np.flatnonzero(np.append(True, named[1:] != named[:-1]))
    for first, last in zip(starts, [*starts[1:], len(candles)], strict=True):
        yield str(named[first]), _cut(candles, int(first), int(last))


def holes(opened: NDArray[np.int64], timeframe: int, span: Span) -> list[Span]:
    """Where the span has no bar. `opened` ascending, all on the timeframe's grid as the span's ends are."""
    inside = opened[(opened >= span.since) & (opened < span.until)]
    ends = np.concatenate([[span.since], inside + timeframe])
    begins = np.concatenate([inside, [span.until]])
    return [Span(int(ends[k]), int(begins[k])) for k in np.flatnonzero(begins > ends)]


def united(spans: Iterable[Span]) -> list[Span]:
    """The same time in as few spans as it takes, in order."""
    told: list[Span] = []
    for span in sorted(spans):
        if told and span.since <= told[-1].until:
            told[-1] = Span(told[-1].since, max(told[-1].until, span.until))
        elif span.until > span.since:
            told.append(span)
    return told


def without(spans: Sequence[Span], known: Sequence[Span]) -> list[Span]:
    """What of `spans` is in none of `known`. Both as `united` gives them."""
    left = list(spans)
    for gone in known:
        left = [
            part
            for span in left
            for part in (Span(span.since, min(span.until, gone.since)), Span(max(span.since, gone.until), span.until))
            if part.until > part.since
        ]
    return left


def _columns(candles: Candles) -> tuple[NDArray[np.float64], ...]:
    return candles.open, candles.high, candles.low, candles.close, candles.volume


def _picked(older: Candles, newer: Candles, kept: NDArray[np.int64]) -> Candles:
    columns = [np.concatenate(both)[kept] for both in zip(_columns(older), _columns(newer), strict=True)]
    return Candles(newer.market, newer.timeframe, np.concatenate([older.opened, newer.opened])[kept], *columns)


def _cut(candles: Candles, first: int, last: int) -> Candles:
    columns = {name: getattr(candles, name)[first:last] for name in ("open", "high", "low", "close", "volume")}
    return replace(candles, opened=candles.opened[first:last], **columns)
