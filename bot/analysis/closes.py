"""What a history says of prices after the fact: for judging what was done and for drawing, never for deciding."""

from collections.abc import Sequence
from math import exp

import numpy as np

from bot.analysis.bars import Floats, Strip, Times
from bot.analysis.outcome import Fill
from bot.model.markets import DOLLAR, REFERENCES, Asset, Market

POINTS = 400  # of a price that is drawn


def best_exit(markets: Sequence[Strip], fills: Sequence[Fill], after: int, until: int) -> float:
    """Dollars for a coin by the best close of the markets that these fills were in; NaN where there is none.

    Of a hedged coin less what buying back its perpetual would have cost at that moment.
    """
    its = {fill.market: fill.quote_usd for fill in fills}
    owed = [_closes(markets, market, usd, after, until) for market, usd in its.items() if market.perpetual]
    best = float("nan")
    for market, usd in its.items():
        at, closes = _closes(markets, market, usd, after, until)
        if market.perpetual or not len(at):
            continue
        for others, prices in owed:
            closes = closes - _standing(others, prices, at)
        best = float(np.fmax(best, np.fmax.reduce(closes)))
    return best


def prices(markets: Sequence[Strip], coin: Asset, after: int, until: int) -> tuple[tuple[int, float], ...]:
    """A coin's closes in the market that says most of it: in dollars, else in what it is traded for."""
    its = [strip for strip in markets if strip.market.base == coin and strip.market.quote not in REFERENCES]
    if not its:
        return ()
    strip = max(its, key=lambda each: (each.market.quote == DOLLAR, len(each), each.market))
    first, last = np.searchsorted(strip.end, [after, until], side="right")
    rows = np.unique(np.linspace(first, max(last - 1, first), POINTS).astype(int)) if first < last else []
    return tuple((int(strip.end[row]), exp(float(strip.price[row]))) for row in rows)


def _closes(markets: Sequence[Strip], market: Market, usd: float, after: int, until: int) -> tuple[Times, Floats]:
    """When, and dollars."""
    strip = next(each for each in markets if each.market == market)
    first, last = np.searchsorted(strip.end, [after, until], side="right")
    return strip.end[first:last], np.exp(strip.price[first:last]) * usd


def _standing(at: Times, closes: Floats, when: Times) -> Floats:
    """The last price at each moment; NaN before the first."""
    rows = np.searchsorted(at, when, side="right") - 1
    return np.where(rows >= 0, closes[np.maximum(rows, 0)], np.nan) if len(at) else np.full(len(when), np.nan)
