"""Price history as quotes: of every market the bars in which somebody traded, and what each says at its end.

A bar is an order of prices: open, extremes, close. Its close is the newest price and the only one that stands when the
bar is known. What the extremes add to open and close came back within the bar: that is how far its prints stray, so it
widens the quote and is never taken for a price.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from bot.model.events import Quote
from bot.model.markets import Candles, Market

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
Rows = NDArray[np.intp]

MINUTE = 60 * 10**9
STRAY = 0.5  # of the way prints went and came back, taken for the spread
WILD = 50e-4  # and no more than this: beyond it a bar is doubtful, not worthless
SILENT = 24  # bars without a trade, and the market no longer counts
AT_LEAST = 30 * MINUTE  # but not before this
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

    def quote(self, i: int) -> Quote:
        """Bar i as the quote it is at its end."""
        end, middle, half = int(self.end[i]), np.exp(self.price[i]), np.exp(self.spread[i] / 2)
        size = float(np.nan_to_num(self.size[i]))
        return Quote(end, end, *self.market, float(middle / half), float(middle * half), size, size)


def strips(histories: Sequence[Candles]) -> tuple[Strip, ...]:
    """One strip for each market, by name. Of bars that end together the finest counts."""
    ordered = sorted(histories, key=lambda candles: (candles.market, candles.timeframe))
    return tuple(_joined([_strip(candles) for candles in same]) for _, same in groupby(ordered, lambda one: one.market))


def _strip(candles: Candles) -> Strip:
    """The bars of one history that say something."""
    said = _traded(candles)
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
        size=np.maximum(volume * (MINUTE / candles.timeframe), NOBODY),
    )


def _traded(candles: Candles) -> NDArray[np.bool_]:
    """Bars with a price of their own: not those that repeat the one before because nobody traded."""
    close, volume = candles.close, candles.volume
    sound = np.asarray(np.isfinite(close) & (close > 0))
    if not np.any(volume > 0):
        return sound  # a source that tells no volume at all
    empty = (volume == 0) & (candles.high == candles.low)
    empty[1:] &= close[1:] == close[:-1]
    empty[:1] = False
    return sound & ~empty


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
    is_news = np.zeros((len(markets), len(at)), dtype=np.bool_)
    for j, strip in enumerate(markets):
        bar = np.searchsorted(strip.end, at, side="right") - 1
        stands = (bar >= 0) & (at <= strip.until[bar])
        bar = bar[stands]
        price[j, stands], spread[j, stands], size[j, stands] = strip.price[bar], strip.spread[bar], strip.size[bar]
        age[j, stands] = at[stands] - strip.end[bar]
        is_news[j, stands] = age[j, stands] == 0
    return Grid(at, price.T, spread.T, size.T, age.T, is_news.T)


def looks(markets: Sequence[Strip]) -> Times:
    """When some bar ends: the moments there is something to look at."""
    return np.unique(np.concatenate([strip.end for strip in markets])) if markets else np.empty(0, np.int64)


def standing(markets: Sequence[Strip], at: int) -> tuple[Quote, ...]:
    """The quotes that count at one look."""
    bars = [(strip, int(np.searchsorted(strip.end, at, side="right")) - 1) for strip in markets]
    return tuple(strip.quote(i) for strip, i in bars if i >= 0 and at <= strip.until[i])
