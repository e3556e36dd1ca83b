"""Markets as the edges of one graph over assets: who prices what in what, and how far evidence reaches."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import prod

import numpy as np
from numpy.typing import NDArray

from bot.model.markets import DOLLAR, Asset, Market

Indices = NDArray[np.intp]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NONE = -1
SMALL = 2048  # groups times things up to which totals are faster by a product with all of them


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Things put in groups, so that their numbers can be added up by group."""

    member: Indices | None  # what is in the groups, one after the other; a thing may be in several. None: all, in order
    starts: Indices  # (g,) where in `member` each begins
    belongs: Floats | None  # (g, things) 1 where a thing is in a group; None where that would be a large matrix


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """The markets in the order of their pairs, all markets of a pair the same way round."""

    order: Indices  # (m,) the column each comes from
    turned: Floats  # (m, 1) -1 where a market quotes its pair the other way round, else 1
    first: Indices  # (p,) of each pair of assets: price = value(first) - value(second)
    second: Indices  # (p,)
    pair: Indices  # (m,)
    by_pair: Groups


@dataclass(frozen=True, slots=True, eq=False)
class Voices:
    """What each venue says about each asset, all its markets of that asset taken together.

    A market speaks of both its assets, so it is in two voices.
    """

    by_voice: Groups  # of edges
    by_end: Groups  # of ends: those of all edges for the first asset of their pair, then those for the second
    asset: Indices  # (v,) whom each speaks of
    of_first: Indices  # (m,) the voice an edge is in for the first asset of its pair
    of_second: Indices  # (m,)
    seats: Indices  # (n, k) the voices on each asset, padded with v


@dataclass(frozen=True, slots=True, eq=False)
class Markets:
    """A fixed list of m markets over n assets, as index arrays. Made by `described`."""

    assets: tuple[Asset, ...]  # sorted, the dollar among them
    base: Indices  # (m,) into assets
    quote: Indices  # (m,) into assets
    venue: Indices  # (m,) a number each venue
    peg: Indices  # (n,) the asset each promises to be worth, NONE where nothing or where that is not among the assets
    dollar: int = field(init=False)
    at_par: Bools = field(init=False)  # (n,) the dollar and what promises it
    yardsticks: Indices = field(init=False)  # (y,) the other assets that something is priced in
    measured: Indices = field(init=False)  # (y, k) the markets that price them in something at par, padded with m
    edges: Edges = field(init=False)
    voices: Voices = field(init=False)

    def __post_init__(self) -> None:
        dollar, edges = self.assets.index(DOLLAR), _edges(self.base, self.quote)
        at_par = (self.peg == dollar) | (np.arange(len(self.assets)) == dollar)
        object.__setattr__(self, "dollar", dollar)
        object.__setattr__(self, "at_par", at_par)
        yardsticks = np.unique(self.quote[~at_par[self.quote]])
        object.__setattr__(self, "yardsticks", yardsticks)
        object.__setattr__(self, "measured", _rows(np.where(at_par[self.quote], self.base, NONE), yardsticks))
        object.__setattr__(self, "edges", edges)
        object.__setattr__(self, "voices", _voices(edges, self.venue[edges.order], len(self.assets)))


def described(markets: Sequence[Market], pegs: Mapping[Asset, Asset]) -> Markets:
    """The graph of these markets; column i of what is solved over it belongs to markets[i].

    `pegs`: what each coin promises to be worth one of, see bot.model.coins.Coins.peg. No markets, or one of an asset
    against itself, is a ValueError.
    """
    for market in markets:
        if market.base == market.quote:
            raise ValueError(f"{market}: an asset against itself says nothing")
    if not markets:
        raise ValueError("no markets")
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

    anchored: Bools  # (n, 1) in the dollar's component
    silent: Indices  # assets that nobody quotes
    adrift: tuple[Indices, ...]  # the assets of each component that no dollar book reaches
    free: Indices  # (f,) the assets to solve for: all quoted ones but the roots
    place: Indices  # (n,) where in `free` each asset is, NONE where it is not
    signs: Floats  # (f, p) 1 where an asset is the first of a pair, -1 where it is the second
    touches: Floats  # (f, p) 1 where it is either
    joined: Indices  # (2q,) pairs of two free assets, each twice:
    cells: Indices  # (2q,) where they stand in the flattened normal matrix


@lru_cache(maxsize=1024)
def frame(markets: Markets, quoted: bytes) -> Frame:
    """The frame of the pairs that are quoted, given as one byte a pair (0 or 1)."""
    live, edges = np.frombuffer(quoted, dtype=np.bool_), markets.edges
    label = _labels(markets, live)
    free = np.flatnonzero((label != NONE) & (label != np.arange(len(label))))
    place = np.full(len(label), NONE)
    place[free] = np.arange(len(free))
    row, column = place[edges.first], place[edges.second]
    joined = np.flatnonzero(live & (row != NONE) & (column != NONE))
    row, column = row[joined], column[joined]
    cells = np.concatenate([row * len(free) + column, column * len(free) + row])
    signs = np.where(edges.first == free[:, None], 1.0, 0.0) - np.where(edges.second == free[:, None], 1.0, 0.0)
    anchored, silent = (label == markets.dollar)[:, None], np.flatnonzero(label == NONE)
    adrift = tuple(np.flatnonzero(label == root) for root in np.unique(label) if root not in (NONE, markets.dollar))
    return Frame(anchored, silent, adrift, free, place, signs, np.abs(signs), np.tile(joined, 2), cells)


def _labels(markets: Markets, live: Bools) -> Indices:
    """Each asset's component, named after its root: the dollar, else the asset in the most pairs."""
    label = np.full(len(markets.assets), NONE)
    pairs = np.stack([markets.edges.first[live], markets.edges.second[live]], axis=1)
    degree = np.bincount(pairs.ravel(), minlength=len(label))
    degree[markets.dollar] *= len(pairs) + 1
    for root in np.argsort(-degree, kind="stable"):
        if degree[root] and label[root] == NONE:
            label[_reached(int(root), pairs, len(label))] = root
    return label


def _reached(root: int, pairs: Indices, n: int) -> Bools:
    reached = np.zeros(n, dtype=np.bool_)
    reached[root] = True
    while True:
        touched = pairs[reached[pairs].any(axis=1)]
        if reached[touched].all():
            return reached
        reached[touched] = True


def _edges(base: Indices, quote: Indices) -> Edges:
    ends = np.sort(np.stack([base, quote], axis=1), axis=1)
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    pairs, pair = np.unique(ends[order], axis=0, return_inverse=True)
    pair = pair.ravel()
    turned = np.where(base[order] == ends[order, 0], 1.0, -1.0)[:, None]
    return Edges(order, turned, pairs[:, 0], pairs[:, 1], pair, _groups(np.arange(len(order)), pair))


def _voices(edges: Edges, venue: Indices, n: int) -> Voices:
    m, venues = len(venue), int(venue.max()) + 1
    ends = np.concatenate([edges.first[edges.pair], edges.second[edges.pair]]) * venues + np.tile(venue, 2)
    named, voice = np.unique(ends, return_inverse=True)
    voice, asset = voice.ravel(), named // venues
    by_voice, by_end = _groups(np.tile(np.arange(m), 2), voice), _groups(np.arange(2 * m), voice)
    return Voices(by_voice, by_end, asset, voice[:m], voice[m:], _rows(asset, np.arange(n)))


def _rows(of: Indices, wanted: Indices) -> Indices:
    """Where each of `wanted` stands in `of`, a row each, padded with len(of)."""
    found = [np.flatnonzero(of == one) for one in wanted]
    rows = np.full((len(found), max(map(len, found), default=0)), len(of))
    for row, places in zip(rows, found, strict=True):
        row[: len(places)] = places
    return rows


def _groups(things: Indices, group: Indices) -> Groups:
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=NONE))
    member = things[order]
    inorder = np.array_equal(member, np.arange(len(member)))
    return Groups(None if inorder else member, starts, _belongs(things, group))


def _belongs(things: Indices, group: Indices) -> Floats | None:
    shape = int(group.max()) + 1, int(things.max()) + 1
    if prod(shape) > SMALL:
        return None
    belongs = np.zeros(shape)
    belongs[group, things] = 1.0
    return belongs


def _indices(values: Iterable[int]) -> Indices:
    return np.array(tuple(values), dtype=np.intp)
