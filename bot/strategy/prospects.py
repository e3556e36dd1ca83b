"""Which loops can pay at all, and no more than how much: over all loops at once.

Profit is the integral of the marginal gain over the amount. A hop's rate at a size is known for a ladder of sizes, and
between two of them it is no better than at the smaller. What flows into a hop is worth at least the amount borrowed
times `theta`: all losses on the way at their worst. So the sum over the ladder, divided by `theta`, is above any
profit, whichever coin of the loop is borrowed: to leave out what has a low sum loses no loop that could win.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.model.registry import Address
from bot.strategy.atlas import Atlas, Indices
from bot.strategy.costs import LEG_GAS, Terms
from bot.strategy.survey import SIZES, Floats

STEEPEST = 50.0  # logarithms are cut here, so that a nonsensical rate cannot overflow


@dataclass(frozen=True, slots=True)
class Means:
    """What may be borrowed, at best."""

    usd: Mapping[Address, float]  # dollars of a whole coin, of those that can be borrowed
    most: float  # dollars
    toll: float  # the logarithm of 1 plus the lowest rate of any lender
    gas: int  # of the cheapest lender


@dataclass(frozen=True, slots=True)
class Prospects:
    """Loops that may pay, the most promising first."""

    loops: Indices
    bounds: Floats  # dollars that the net profit cannot exceed
    guesses: Floats  # dollars to borrow

    def without(self, atlas: Atlas, numbers: Sequence[int]) -> "Prospects":
        """Those that meet no pool of these hops, ordered again."""
        met = atlas.clash[:, list(numbers)].any(axis=1)
        apart = np.flatnonzero(_over(atlas, met.astype(np.float64), self.loops) == 0.0)
        order = apart[np.argsort(-self.bounds[apart], kind="stable")]
        return Prospects(self.loops[order], self.bounds[order], self.guesses[order])


def find(atlas: Atlas, means: Means, terms: Terms) -> Prospects:
    """All loops that may net `terms.min_net_usd`, by an up-to-date survey."""
    gains = _over(atlas, atlas.survey.start)
    loops = np.flatnonzero(gains > means.toll)
    gas_usd = terms.gas_usd * (means.gas + _over(atlas, _gas(atlas), loops))
    sums, guesses = _integrals(atlas, loops, gains[loops], means)
    worth = _dearest(atlas, loops, means) / _theta(atlas, loops, gains[loops])
    bounds = terms.kept * worth * sums - gas_usd
    order = np.argsort(-bounds, kind="stable")
    order = order[bounds[order] >= terms.min_net_usd]
    return Prospects(loops[order], bounds[order], guesses[order])


def _theta(atlas: Atlas, loops: Indices, gains: Floats) -> Floats:
    """The least part of the dollars borrowed that can flow into any hop, up to the amount where a loop stops paying."""
    losses = _over(atlas, np.minimum(atlas.survey.start, 0.0), loops)
    theta: Floats = np.exp(-np.minimum(gains - losses, STEEPEST))
    return theta


def _integrals(atlas: Atlas, loops: Indices, gains: Floats, means: Means) -> tuple[Floats, Floats]:
    """Each rung's gain over the dollars up to the next, as long as there is one; and where about it ends."""
    atlas.survey.deepen(np.unique(atlas.halves[np.concatenate([atlas.first[loops], atlas.second[loops]])]))
    rungs = [0.0, *(min(size, means.most) for size in SIZES), max(SIZES[-1], means.most)]
    sums, ends, alive = np.zeros(len(loops)), np.zeros(len(loops)), np.arange(len(loops))
    gains = gains - means.toll
    for rung, size in enumerate(rungs[:-1]):
        width = rungs[rung + 1] - size
        sums[alive] += width * np.expm1(np.minimum(gains, STEEPEST))
        if rung == len(SIZES):
            ends[alive] = size
            break
        after = _over(atlas, atlas.survey.sized[rung], loops[alive]) - means.toll
        ends[alive] = size + width * gains / (gains - np.maximum(after, -STEEPEST))
        alive, gains = alive[after > 0.0], after[after > 0.0]
    return sums * np.exp(means.toll), ends


def _over(atlas: Atlas, by_hop: Floats, loops: Indices | None = None) -> Floats:
    """Sums over the hops of each loop."""
    by_half = by_hop[atlas.halves[:, 0]] + by_hop[atlas.halves[:, 1]]
    first, second = (atlas.first, atlas.second) if loops is None else (atlas.first[loops], atlas.second[loops])
    sums: Floats = by_half[first] + by_half[second]
    return sums


def _dearest(atlas: Atlas, loops: Indices, means: Means) -> Floats:
    """The most dollars that a rounded dollar is worth in any coin of the loop that can be borrowed; 0 if none can."""
    worth = atlas.survey.worth
    by_hop = np.array([*(means.usd.get(hop.coin_in, 0.0) / worth[hop.coin_in] for hop in atlas.hops), 0.0])
    by_half = np.maximum(by_hop[atlas.halves[:, 0]], by_hop[atlas.halves[:, 1]])
    dearest: Floats = np.maximum(by_half[atlas.first[loops]], by_half[atlas.second[loops]])
    return dearest


def _gas(atlas: Atlas) -> Floats:
    return np.array([*(LEG_GAS[atlas.registry.pools[hop.pool].family] for hop in atlas.hops), 0.0])
