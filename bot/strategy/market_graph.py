"""Markets as the edges of one graph over assets: who prices what in what, and how far evidence reaches."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bot.model.markets import DOLLAR, Asset, Market

Indices = NDArray[np.intp]
Floats = NDArray[np.float64]

NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Voices:
    """What each venue says about each asset, all its markets of that asset taken together.

    A market speaks of both its assets: its base's end and its quote's end.
    """

    market: Indices  # (2m,) the market of each end, sorted by asset and venue
    starts: Indices  # (v,) where in `market` each voice begins
    asset: Indices  # (v,) whom it speaks of
    of_base: Indices  # (m,) the voice each market belongs to by its base
    of_quote: Indices  # (m,) and by its quote
    seats: Indices  # (n, k) the voices of each asset, padded with v


@dataclass(frozen=True, slots=True, eq=False)
class Markets:
    """A fixed list of m markets over n assets, as index arrays. Made by `described`."""

    assets: tuple[Asset, ...]  # sorted, the dollar among them
    base: Indices  # (m,) into assets
    quote: Indices  # (m,) into assets
    venue: Indices  # (m,) a number each venue
    peg: Indices  # (n,) the asset each promises to be worth, NONE where nothing or where that is not among the assets
    dollar: int = field(init=False)
    pairs: Indices = field(init=False)  # (p, 2) assets that some market joins, the smaller index first
    joins: Floats = field(init=False)  # (p, m) 1 where a market is of that pair, either way round
    signs: Floats = field(init=False)  # (n, m) 1 where an asset is the base, -1 where it is the quote
    voices: Voices = field(init=False)

    def __post_init__(self) -> None:
        ends = np.sort(np.stack([self.base, self.quote], axis=1), axis=1)
        pairs, pair = np.unique(ends, axis=0, return_inverse=True)
        put = object.__setattr__
        put(self, "dollar", self.assets.index(DOLLAR))
        put(self, "pairs", pairs)
        put(self, "joins", (np.arange(len(pairs))[:, None] == pair.reshape(1, -1)).astype(np.float64))
        put(self, "signs", _is(len(self.assets), self.base) - _is(len(self.assets), self.quote))
        put(self, "voices", _voices(self))

    def __len__(self) -> int:
        return len(self.base)


def described(markets: Sequence[Market], pegs: Mapping[Asset, Asset]) -> Markets:
    """The graph of these markets; column i of what is solved over it belongs to markets[i].

    `pegs`: what each coin promises to be worth one of, see bot.model.coins.Coins.peg. A market of an asset against
    itself is a ValueError.
    """
    for market in markets:
        if market.base == market.quote:
            raise ValueError(f"{market}: an asset against itself says nothing")
    assets = tuple(sorted({DOLLAR, *(m.base for m in markets), *(m.quote for m in markets)}))
    index = {asset: i for i, asset in enumerate(assets)}
    venues = {venue: i for i, venue in enumerate(sorted({m.venue for m in markets}))}
    return Markets(
        assets=assets,
        base=_indices(index[m.base] for m in markets),
        quote=_indices(index[m.quote] for m in markets),
        venue=_indices(venues[m.venue] for m in markets),
        peg=_indices(index.get(pegs.get(asset, ""), NONE) for asset in assets),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What can be solved while certain pairs are quoted: components, each measured from a root of its own."""

    label: Indices  # (n,) the component of each asset, by its root; NONE where nobody quotes it
    free: Indices  # (f,) the assets to solve for: all quoted ones but the roots
    signs: Floats  # (f, m) rows of Markets.signs
    touches: Floats  # (f, m) their absolute values
    joins: Floats  # (q, m) rows of Markets.joins, of the pairs that join two free assets
    row: Indices  # (q,) and where those stand in the normal matrix
    column: Indices  # (q,)


@lru_cache(maxsize=1024)
def frame(markets: Markets, quoted: bytes) -> Frame:
    """The frame of the pairs that are quoted, given as one byte a pair (0 or 1)."""
    live = np.frombuffer(quoted, dtype=np.bool_)
    label = _labels(markets, live)
    free = np.flatnonzero((label != NONE) & (label != np.arange(len(label))))
    place = np.full(len(label), NONE)
    place[free] = np.arange(len(free))
    row, column = place[markets.pairs[:, 0]], place[markets.pairs[:, 1]]
    joined = np.flatnonzero(live & (row != NONE) & (column != NONE))
    signs = np.ascontiguousarray(markets.signs[free])
    return Frame(label, free, signs, np.abs(signs), markets.joins[joined], row[joined], column[joined])


def _labels(markets: Markets, live: NDArray[np.bool_]) -> Indices:
    """Each asset's component, named after its root: the dollar, else the asset with the most pairs."""
    label = np.full(len(markets.assets), NONE)
    pairs = markets.pairs[live]
    degree = np.bincount(pairs.ravel(), minlength=len(label))
    degree[markets.dollar] += degree.sum()
    for root in np.argsort(-degree, kind="stable"):
        if degree[root] and label[root] == NONE:
            label[_reached(int(root), pairs, len(label))] = root
    return label


def _reached(root: int, pairs: Indices, n: int) -> NDArray[np.bool_]:
    reached = np.zeros(n, dtype=np.bool_)
    reached[root] = True
    while True:
        touched = pairs[reached[pairs].any(axis=1)]
        if reached[touched].all():
            return reached
        reached[touched] = True


def _voices(markets: Markets) -> Voices:
    m, venues = len(markets), int(markets.venue.max(initial=0)) + 1
    ends = np.concatenate([markets.base, markets.quote]) * venues + np.tile(markets.venue, 2)
    order = np.argsort(ends, kind="stable")
    named, starts, voice = np.unique(ends[order], return_index=True, return_inverse=True)
    of_end = np.empty(2 * m, dtype=np.intp)
    of_end[order] = voice.ravel()
    asset = named // venues
    return Voices(order % max(m, 1), starts, asset, of_end[:m], of_end[m:], _seats(asset, len(markets.assets)))


def _seats(asset: Indices, n: int) -> Indices:
    rows = [np.flatnonzero(asset == a) for a in range(n)]
    seats = np.full((n, max(map(len, rows))), len(asset))
    for row, voices in zip(seats, rows, strict=True):
        row[: len(voices)] = voices
    return seats


def _is(n: int, index: Indices) -> Floats:
    member: Floats = (np.arange(n)[:, None] == index).astype(np.float64)
    return member


def _indices(values: Iterable[int]) -> Indices:
    return np.array(tuple(values), dtype=np.intp)
