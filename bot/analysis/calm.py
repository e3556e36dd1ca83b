"""Where nothing can happen: looks at which every market stands so near to par that no coin's value can be off its peg.

Why a band suffices. Take as reference every dollar coin at one dollar, every other coin at its peg, and what promises
nothing (BTC, EUR) at the middle of its markets. Say that against it no price is off by more than c. Every answer of the
solver is one of weighted least squares, with weights of its own choosing (bot.strategy.consensus). There, how far the
difference between two assets is off is the sum over markets of how far each is off times the share of a unit current
through it, when markets are resistors and the current goes from one asset to the other. Such a current is a mixture of
ways that pass no asset twice, and among n assets those have n - 1 steps at most: two assets are off against each other
by no more than (n - 1) c. Dollars are one of them, or, where no dollar book is in reach, a coin taken to be at par; so
every coin is within (n - 1) c of its peg. A market's residual is how far it is off, less how far its two assets are:
n c at most, and nothing where n - 1 markets are all there are, because values then fit every price. With both below
where a depeg ends, nothing begins, nothing lasts, and what is over stays over.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bot.analysis.bars import Floats, Strip, Times, grid
from bot.strategy.deviation import BP
from bot.strategy.market_graph import NONE, Indices, Markets
from bot.strategy.thresholds import Thresholds

Bools = NDArray[np.bool_]

MARGIN = 0.99  # of the band: rounding
NEAR = 64  # looks: closer than this, two restless stretches are taken as one


def restless(markets: Sequence[Strip], at: Times, graph: Markets, thresholds: Thresholds) -> list[tuple[int, int]]:
    """The stretches of looks [first, last) that have to be looked at."""
    band, root = _band(graph, thresholds), _roots(graph)
    base, quote = root[graph.base], root[graph.quote]
    stirred = np.zeros(len(at) + 1, dtype=np.int64)
    for strip, width, at_par in zip(markets, band, base == quote, strict=True):
        if at_par:
            _stir(stirred, strip, at, width)
    rows = np.cumsum(stirred)[:-1] > 0
    if (base != quote).any():
        rows |= _apart(markets, at, base, quote, band, graph.dollar)
    return _stretches(rows)


def _band(graph: Markets, thresholds: Thresholds) -> Floats:
    """How far each market may be off, log price, by how many assets hang together with it; (m,)."""
    label = np.arange(len(graph.assets))
    for _ in label:
        low = np.minimum(label[graph.base], label[graph.quote])
        np.minimum.at(label, graph.base, low)
        np.minimum.at(label, graph.quote, low)
    assets, markets = np.bincount(label)[label[graph.base]], np.bincount(label[graph.base])[label[graph.base]]
    at_venue = np.where(markets == assets - 1, np.inf, thresholds.venue / assets)
    narrow = np.minimum(1 / (assets - 1), at_venue)
    return np.asarray(MARGIN * np.log1p(thresholds.back * thresholds.entry / BP) * narrow)


def _roots(graph: Markets) -> Indices:
    """What each asset is as good as while all is well: its peg, or itself; (n,)."""
    return np.where(graph.peg == NONE, np.arange(len(graph.assets)), graph.peg)


def _stir(stirred: NDArray[np.int64], strip: Strip, at: Times, width: float) -> None:
    """Count one more at the first look of each bar off par, and one less after its last."""
    off = np.flatnonzero(np.abs(strip.price) > width)
    if len(off):
        following = np.append(strip.end, np.iinfo(np.int64).max)[off + 1]
        np.add.at(stirred, np.searchsorted(at, strip.end[off]), 1)
        np.add.at(stirred, np.searchsorted(at, np.minimum(following, strip.until[off] + 1)), -1)


def _apart(markets: Sequence[Strip], at: Times, base: Indices, quote: Indices, band: Floats, dollar: int) -> Bools:
    """Looks at which the markets of what floats do not agree on it."""
    floating = np.flatnonzero(base != quote)
    price = grid([markets[j] for j in floating], at).price
    base, quote = base[floating], quote[floating]
    middle = np.full((len(at), max(base.max(), quote.max(), dollar) + 1), np.nan)
    middle[:, dollar] = 0.0
    for asset in np.unique(np.concatenate([base, quote])):
        if asset != dollar:
            middle[:, asset] = _middle(price, (base == asset) & (quote == dollar), (quote == asset) & (base == dollar))
    off = np.abs(price - (middle[:, base] - middle[:, quote]))
    return np.asarray((np.isfinite(price) & ~(off <= band[floating])).any(axis=1))


def _middle(price: Floats, as_base: Bools, as_quote: Bools) -> Floats:
    """Halfway between the lowest and the highest log dollars of an asset; NaN where it has no dollar market."""
    dollars = np.concatenate([price[:, as_base], -price[:, as_quote]], axis=1)
    least = np.fmin.reduce(dollars, axis=1, initial=np.nan)
    most = np.fmax.reduce(dollars, axis=1, initial=np.nan)
    return np.asarray((least + most) / 2)


def _stretches(rows: Bools) -> list[tuple[int, int]]:
    where = np.flatnonzero(rows)
    if not len(where):
        return []
    breaks = np.flatnonzero(np.diff(where) > NEAR)
    first, last = np.append(0, breaks + 1), np.append(breaks, len(where) - 1)
    return [(int(a), int(b) + 1) for a, b in zip(where[first], where[last], strict=True)]
