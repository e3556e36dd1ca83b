"""Price history as quotes: of every market the bars in which somebody traded, and what each says at its end.

A bar is an order of prices: open, extremes, close. Its close is the newest price and the only one that stands when the
bar is known. What the extremes add to open and close came back within the bar: that is how far its prints stray, so it
widens the quote and is never taken for a price.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import exp

import numpy as np
from numpy.typing import NDArray

from bot.model.events import Quote
from bot.model.markets import Candles, Market
from bot.model.times import MINUTE
from bot.strategy.fair_value import WANDERING

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
Rows = NDArray[np.intp]

STRAY = 0.5  # of the way prints went and came back, taken for the spread
WILD = 20e-4  # and no more than this: beyond it a bar is doubtful, not worthless
SILENT = 24  # bars without a trade, and the market no longer counts
AT_LEAST = 30 * MINUTE  # but not before this
OLD = 5 * MINUTE  # a bar that ended longer ago may have moved since as its neighbours did
LATELY = 60 * MINUTE  # the time over which turnover is taken
NOBODY = 1e-9  # the size taken for a bar in which nothing was traded: as thin as can be, but known


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """One market's bars, by the end of each; ascending."""

    market: Market
    end: Times  # ns UTC
    until: Times  # ns UTC: after it the bar says nothing more
    price: Floats  # log close
    spread: Floats  # log ask / bid
    size: Floats  # base units that trade in a minute; NaN where unknown

    def __len__(self) -> int:
        return len(self.end)


def strips(histories: Sequence[Candles]) -> tuple[Strip, ...]:
    """One strip for each market that says anything, by name. Of bars that end together the finest counts."""
    ordered = sorted(histories, key=lambda candles: (candles.market, candles.timeframe))
    pieces = [strip for candles in ordered if len(strip := _strip(candles))]
    pieces = [strip for strip in pieces if strip.market.base != strip.market.quote]
    return tuple(_joined(list(same)) for _, same in groupby(pieces, lambda one: one.market))


def _strip(candles: Candles) -> Strip:
    """The bars of one history that say something."""
    traded = _traded(candles)
    said = slice(None) if traded.all() else traded  # a view instead of a copy
    open_, high, low, close, volume = (
        column[said] for column in (candles.open, candles.high, candles.low, candles.close, candles.volume)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        strayed = np.log(high / low) - np.abs(np.log(close / open_))
    end = candles.opened[said] + candles.timeframe
    return Strip(
        market=candles.market,
        end=end,
        until=end + max(SILENT * candles.timeframe, AT_LEAST),
        price=np.log(close),
        spread=np.clip(STRAY * np.nan_to_num(strayed), 0.0, WILD),
        size=np.maximum(_turnover(end, volume, max(candles.timeframe, LATELY)), NOBODY),
    )


def _turnover(end: Times, volume: Floats, span: int) -> Floats:
    """What was traded in a minute within `span` (ns) up to the end of each bar: one lucky bar makes no deep market."""
    total = np.concatenate([[0.0], np.cumsum(np.nan_to_num(volume))])
    before = np.searchsorted(end, end - span, side="right")
    return np.where(np.isnan(volume), np.nan, (total[1:] - total[before]) * (MINUTE / span))


def _traded(candles: Candles) -> NDArray[np.bool_]:
    """Bars with a price of their own: not those that repeat the one before because nobody traded."""
    close, volume = candles.close, candles.volume
    sound = np.asarray(np.isfinite(close) & (close > 0))
    if not np.any(volume > 0):
        return sound  # a source that tells no volume at all
    empty = (volume == 0) & (candles.high == candles.low)
    empty[1:] &= close[1:] == close[:-1]
    empty[:1] = False
    return np.asarray(sound & ~empty)


def _joined(pieces: Sequence[Strip]) -> Strip:
    """Pieces of one market, the finest first, as one strip."""
    if len(pieces) == 1:
        return pieces[0]
    end = np.concatenate([piece.end for piece in pieces])
    order = np.argsort(end, kind="stable")
    order = order[np.diff(end[order], prepend=-1) > 0]
    columns = (
        np.concatenate([getattr(piece, name) for piece in pieces])[order]
        for name in ("until", "price", "spread", "size")
    )
    return Strip(pieces[0].market, end[order], *columns)


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """What all m markets say at T looks. NaN where a market says nothing."""

    at: Times  # (T,) ns UTC
    price: Floats  # (T, m) log
    spread: Floats  # (T, m)
    size: Floats  # (T, m)
    age: Floats  # (T, m) ns
    is_news: NDArray[np.bool_]  # (T, m) the bar ended at this very look


def grid(markets: Sequence[Strip], at: Times) -> Grid:
    """The markets at these looks."""
    price, spread, size, age = (np.full((len(markets), len(at)), np.nan) for _ in range(4))
    for j, strip in enumerate(markets):
        bar = np.searchsorted(strip.end, at, side="right") - 1
        stands = (bar >= 0) & (at <= strip.until[bar])
        bar = bar[stands]
        price[j, stands], spread[j, stands], size[j, stands] = strip.price[bar], strip.spread[bar], strip.size[bar]
        age[j, stands] = at[stands] - strip.end[bar]
    for j in range(len(markets)):
        spread[j] += 2 * _moved_since(markets, j, at, price, age)
    return Grid(at, price.T, spread.T, size.T, age.T, (age == 0).T)


def _moved_since(markets: Sequence[Strip], j: int, at: Times, price: Floats, age: Floats) -> Floats:
    """How far a neighbour of the market has gone since its last bar: one that shares a coin and is fresher; (T,).

    An hour's bar says nothing of the minutes since, in which the coin it is priced in may have left its peg.
    """
    moved = np.zeros(len(at))
    old = np.flatnonzero(age[j] > OLD)
    if not len(old):
        return moved
    for k in _neighbours(markets, j):
        before = np.searchsorted(markets[k].end, at[old] - age[j, old].astype(np.int64), side="right") - 1
        fresher = (age[k, old] < age[j, old]) & (before >= 0)
        gone = np.abs(price[k, old] - markets[k].price[before])
        moved[old] = np.where(fresher, np.fmax(moved[old], gone), moved[old])
    return moved


def _neighbours(markets: Sequence[Strip], j: int) -> list[int]:
    """Markets of dollar coins that share one with market j."""
    mine = {markets[j].market.base, markets[j].market.quote}
    if mine & WANDERING:
        return []
    pairs = [{strip.market.base, strip.market.quote} for strip in markets]
    return [k for k, pair in enumerate(pairs) if k != j and pair & mine and not pair & WANDERING]


def looks(markets: Sequence[Strip]) -> Times:
    """When some bar ends: the moments there is something to look at."""
    differing: list[Times] = []
    for strip in markets:  # most end together, and sorting is most of the work on quiet history
        if not any(np.array_equal(strip.end, end) for end in differing):
            differing.append(strip.end)
    return differing[0] if len(differing) == 1 else np.unique(np.concatenate([np.empty(0, np.int64), *differing]))


def quotes(markets: Sequence[Strip], at: int) -> tuple[Quote, ...]:
    """The quotes that stand at one look."""
    row = grid(markets, np.array([at]))
    columns = (row.price[0], row.spread[0], row.size[0], row.age[0])
    facts = zip(markets, *(column.tolist() for column in columns), strict=True)
    return tuple(quote(strip.market, at - int(age), *rest) for strip, *rest, age in facts if age == age)


def quote(market: Market, end: int, price: float, spread: float, size: float) -> Quote:
    """What a bar says from its end (ns) on. `price` and `spread` are logarithms, a size of NaN is unknown."""
    size = 0.0 if size != size else size
    return Quote(end, end, *market, exp(price - spread / 2), exp(price + spread / 2), size, size)
