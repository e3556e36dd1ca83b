"""The readings of a stretch of history, all its looks at once: what bot.strategy.deviation.read says at each.

The arrays tell where something shows. Readings are made one by one, and only there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.analysis.bars import Floats, Grid, Rows
from bot.model.coins import Coins
from bot.model.markets import DOLLAR, REFERENCES, Asset, Market
from bot.model.times import MINUTE
from bot.strategy.consensus import Solved
from bot.strategy.deviation import BP, COIN, ROUNDING, Reading
from bot.strategy.market_graph import Markets
from bot.strategy.thresholds import Thresholds
from bot.strategy.track import Direction, noise_bp, sign_of

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Voice:
    """What one venue says of one asset, over T looks."""

    venue: str
    markets: tuple[
        tuple[Asset, bool], ...
    ]  # of each: what the asset is priced in or prices, and whether it is the base
    apart: Floats  # (k, T) bp, market by market; NaN where that one says nothing
    agreed: Floats  # (T,) what they tell alike, 0 where they do not; NaN where none says anything
    heard: Rows  # (T,) how many speak
    is_news: Bools  # (T,)


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """All readings of one coin in one scope, N of them, in order of time."""

    coin: Asset
    scope: str
    at: NDArray[np.int64]  # (N,)
    bp: Floats  # (N,) what thresholds are held against
    price: Floats  # (N,)
    sigma_bp: Floats  # (N,)
    anchored: Bools  # (N,)
    venues: tuple[str, ...]
    shows: Floats  # (N, venues); NaN where one says nothing
    is_news: Bools  # (N, venues)

    def reading(self, i: int) -> Reading:
        """Reading i."""
        spoken = [(venue, bp) for venue, bp in zip(self.venues, self.shows[i].tolist(), strict=True) if bp == bp]
        news = frozenset(venue for venue, new in zip(self.venues, self.is_news[i].tolist(), strict=True) if new)
        return Reading(
            self.coin,
            self.scope,
            int(self.at[i]),
            float(self.bp[i]),
            float(self.price[i]),
            float(self.sigma_bp[i]),
            bool(self.anchored[i]),
            dict(spoken),
            news,
        )

    def showing(self, direction: Direction, thresholds: Thresholds) -> Rows:
        """The readings that bot.strategy.track.shows."""
        enters, sign = thresholds.enters(self.scope), sign_of(direction)
        far = np.flatnonzero(self.bp * sign >= enters)
        showing = self.shows[far] * sign >= enters * thresholds.back
        disputed = (~showing & np.isfinite(self.shows[far])).any(axis=1)
        sure = self.bp[far] * sign >= thresholds.sigmas * self.sigma_bp[far]
        shown: Rows = far[(showing & self.is_news[far]).any(axis=1) & (sure | ~disputed)]
        return shown

    def noise_bp(self, i: int, thresholds: Thresholds, before: int) -> float:
        """The coin's noise before a moment, as it is remembered at reading i."""
        first = int(np.searchsorted(self.at, self.at[i] - thresholds.memory - MINUTE))
        minutes = self.at[first : i + 1] // MINUTE
        last = np.flatnonzero(np.diff(minutes, append=minutes[-1] + 1))[-thresholds.samples :]
        samples = list(zip(minutes[last].tolist(), self.bp[first : i + 1][last].tolist(), strict=True))
        return noise_bp(samples, int(self.at[i]), thresholds, before)


def readings(names: Sequence[Market], graph: Markets, grid: Grid, solved: Solved, coins: Coins) -> Iterator[Readings]:
    """Of every coin its own readings, then those at each venue."""
    voices = _voices(names, solved, grid)
    for coin in graph.assets:
        price = _in_peg(coin, graph, solved, coins)
        if price is not None and voices.get(coin):
            yield from _of_coin(coin, price, voices, graph, grid, solved)


def _of_coin(
    coin: Asset,
    price: Floats,
    voices: dict[Asset, list[Voice]],
    graph: Markets,
    grid: Grid,
    solved: Solved,
) -> Iterator[Readings]:
    mine, of = voices[coin], graph.assets.index(coin)
    sigma, anchored, own = solved.sigma[:, of] * BP, solved.anchored[:, of], (price - 1) * BP
    shows = own[:, None] + np.stack([voice.agreed for voice in mine], axis=1)
    is_news = np.stack([voice.is_news for voice in mine], axis=1)
    rows = np.flatnonzero(is_news.any(axis=1) & np.isfinite(price))
    venues = tuple(voice.venue for voice in mine)
    facts = grid.at[rows], own[rows], price[rows], sigma[rows], anchored[rows]
    yield Readings(coin, COIN, *facts, venues, shows[rows], is_news[rows])
    for voice in mine:
        rows = np.flatnonzero(voice.is_news & np.isfinite(price))
        apart = _blamed(voice, voices, rows)
        there = own[rows] + apart
        yield Readings(
            coin,
            f"venue:{voice.venue}",
            grid.at[rows],
            _agreed(np.stack([there, apart])),
            1 + there / BP,
            sigma[rows],
            anchored[rows],
            (voice.venue,),
            there[:, None],
            np.ones((len(rows), 1), dtype=np.bool_),
        )


def _in_peg(coin: Asset, graph: Markets, solved: Solved, coins: Coins) -> Floats | None:
    peg, value = coins.peg(coin), solved.value[:, graph.assets.index(coin)]
    if peg is None or (peg != DOLLAR and peg not in graph.assets):
        return None
    price: Floats = np.exp(value) if peg == DOLLAR else np.exp(value) / np.exp(solved.value[:, graph.assets.index(peg)])
    return price


def _voices(names: Sequence[Market], solved: Solved, grid: Grid) -> dict[Asset, list[Voice]]:
    ends: dict[tuple[Asset, str], list[tuple[Asset, bool, int]]] = {}
    for j, market in enumerate(names):
        ends.setdefault((market.base, market.venue), []).append((market.quote, True, j))
        ends.setdefault((market.quote, market.venue), []).append((market.base, False, j))
    voices: dict[Asset, list[Voice]] = {}
    for (asset, venue), its in sorted(ends.items()):
        voices.setdefault(asset, []).append(_voice(venue, its, solved, grid))
    return voices


def _voice(venue: str, its: Sequence[tuple[Asset, bool, int]], solved: Solved, grid: Grid) -> Voice:
    apart = np.stack([solved.residual[:, j] * (BP if is_base else -BP) for _, is_base, j in its])
    roundabout = np.array([other in REFERENCES for other, _, _ in its])
    apart[np.ix_(roundabout, np.isfinite(apart[~roundabout]).any(axis=0))] = np.nan
    spoken = np.isfinite(apart)
    is_news = (grid.is_news[:, [j for _, _, j in its]].T & spoken).any(axis=0)
    markets = tuple((other, is_base) for other, is_base, _ in its)
    return Voice(venue, markets, apart, _agreed(apart), spoken.sum(axis=0), is_news)


def _agreed(apart: Floats) -> Floats:
    """bot.strategy.deviation.agreed of each column; what is NaN has not spoken."""
    least, most = np.fmin.reduce(apart), np.fmax.reduce(apart)
    return np.where(least > ROUNDING, least, np.where(most < -ROUNDING, most, least * 0.0))


def _blamed(voice: Voice, voices: dict[Asset, list[Voice]], rows: Rows) -> Floats:
    """bot.strategy.deviation.blamed at these looks."""
    apart, mine = voice.agreed[rows], voice.heard[rows]
    excused = np.zeros(len(rows), dtype=np.bool_)
    for (other, is_base), there in zip(voice.markets, voice.apart, strict=True):
        its = next(one for one in voices[other] if one.venue == voice.venue)
        theirs, explains = its.heard[rows], its.agreed[rows]
        rather = (theirs > mine) | ((theirs == mine) & (not is_base))
        excused |= np.isfinite(there[rows]) & (explains != 0) & rather
    return np.where(excused, 0.0, apart)
