"""Which loops can pay at all, and no more than how much: over all loops at once.

Give every coin of a loop a price, falling from hop to hop by some ratio and back to where it began. What the loop earns
is then no more than what its hops would earn each by itself at those prices (the dual of the routing problem, after
Diamandis, Resnick, Chitra and Angeris, "An Efficient Algorithm for Optimal Routing Through Constant Function Market
Makers"). The best prices are close to the rates of all hops at one size, and those are known for a ladder of sizes;
what a hop earns is convex in the ratio, so between two rungs it is below the straight line. The bound holds whichever
coin is borrowed, and is seldom a tenth above the profit, so that few loops must be looked at one by one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.model.registry import Address
from bot.strategy.atlas import Atlas, Indices
from bot.strategy.costs import Terms
from bot.strategy.survey import SIZES, Floats, Survey

STEEPEST = 50.0  # logarithms are cut here, so that a nonsensical rate cannot overflow


@dataclass(frozen=True, slots=True)
class Means:
    """What may be borrowed, at best."""

    usd: Mapping[Address, float]  # dollars of a whole coin, of those that can be borrowed
    most: float  # dollars
    toll: float  # the logarithm of 1 plus the lowest rate of any lender
    gas: int  # with the cheapest lender, all but the legs


@dataclass(frozen=True, slots=True)
class Prospects:
    """Loops that may pay, the most promising first."""

    loops: Indices
    bounds: Floats  # dollars that the net profit cannot exceed
    guesses: Floats  # dollars to borrow
    worth: Floats  # dollars after the tip that a rounded dollar of profit in any of its coins is worth at most

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Prospects":
        """These, in order of their bounds."""
        places = np.flatnonzero(chosen)
        order = places[np.argsort(-self.bounds[places], kind="stable")]
        return Prospects(self.loops[order], self.bounds[order], self.guesses[order], self.worth[order])

    def without(self, atlas: Atlas, numbers: Sequence[int]) -> "Prospects":
        """Those that meet no pool of these hops."""
        met = atlas.clash[:, list(numbers)].any(axis=1)[atlas.halves].any(axis=0)
        return self.where(~(met[atlas.first[self.loops]] | met[atlas.second[self.loops]]))


def find(atlas: Atlas, means: Means, terms: Terms) -> Prospects:
    """All loops that may net `terms.min_net_usd`, by an up-to-date survey."""
    halves = atlas.survey.logs[0][atlas.halves].sum(axis=0)
    gains = halves[atlas.first] + halves[atlas.second] - means.toll
    loops = np.flatnonzero(gains > 0.0)
    hops = np.concatenate([atlas.halves.take(ends[loops], axis=1) for ends in (atlas.first, atlas.second)])
    climb = _Climb(atlas.survey, means, hops, gains[loops])
    worth = terms.kept * _dearest(atlas, means, hops)
    gas_usd = terms.gas_usd * (means.gas + atlas.gas[loops])
    rough = np.flatnonzero((worth * climb.surplus - gas_usd >= terms.min_net_usd) & (worth > 0.0))
    surplus, guesses = climb.refined(rough)
    bounds = worth[rough] * surplus - gas_usd[rough]
    return Prospects(loops[rough], bounds, guesses, worth[rough]).where(bounds >= terms.min_net_usd)


class _Climb:
    """Up the ladder with the loops that pay at nothing: for each the last rung at which it still does.

    `hops` is (4, loops), `gains` the logarithms of their rates at nothing over the toll.
    """

    def __init__(self, survey: Survey, means: Means, hops: Indices, gains: Floats) -> None:
        self._survey, self._means, self._hops = survey, means, hops
        self._rungs = np.zeros(len(gains), dtype=np.intp)
        self._gains, self._after = gains, gains.copy()  # at that rung, and at the next
        self.surplus = np.zeros(len(gains))  # rounded dollars that the hops earn by themselves at the next
        self._climb(1 + min(int(np.searchsorted(SIZES, means.most)), len(SIZES) - 1))

    def _climb(self, top: int) -> None:
        survey, alive, hops = self._survey, np.arange(len(self._gains)), self._hops
        for rung in range(1, top):
            survey.ask(rung, hops)
            after = survey.logs[rung][hops].sum(axis=0) - self._means.toll
            self._rungs[alive], self._gains[alive], self._after[alive] = rung - 1, self._after[alive], after
            ends = (after <= 0.0) | (rung == top - 1)
            self.surplus[alive[ends]] = survey.surplus[rung][hops.compress(ends, axis=1)].sum(axis=0)
            alive, hops = alive[~ends], hops.compress(~ends, axis=1)
        self.surplus += np.expm1(np.clip(self._after, 0.0, STEEPEST)) * self._means.most

    def refined(self, chosen: Indices) -> tuple[Floats, Floats]:
        """What the hops of these loops earn by themselves, rounded dollars, and the dollars at which they do.

        The ratios of all hops go from one rung's rates to the next one's at one pace, until their product is the toll.
        Its logarithm is concave in the pace, so Newton's method ends beyond, where the bound holds.
        """
        hops, rungs, toll = self._hops.take(chosen, axis=1), self._rungs[chosen], self._means.toll
        rates, fall = _between(self._survey.rates, hops, rungs)
        gains, after = self._gains[chosen], self._after[chosen]
        pace = gains / (gains - np.clip(after, -STEEPEST, 0.0))
        for _ in range(2):
            ratios = rates + fall * pace
            over = np.log(ratios).sum(axis=0) - toll
            pace = np.clip(pace - over / (fall / ratios).sum(axis=0), 0.0, 1.0 - 1e-6)
        short = np.log(rates + fall * pace).sum(axis=0) - toll  # above zero where lenders' cash ends the ladder
        surplus, more = _between(self._survey.surplus, hops, rungs)
        sizes = np.asarray(SIZES)
        earned = (surplus + more * pace).sum(axis=0) + np.expm1(np.clip(short, 0.0, STEEPEST)) * self._means.most
        return earned, sizes[rungs] * (1.0 - pace) + sizes[rungs + 1] * pace


def _between(by_rung: Floats, hops: Indices, rungs: Indices) -> tuple[Floats, Floats]:
    """What the hops have at these rungs, and how it changes to the next."""
    here = by_rung[rungs, hops]
    return here, by_rung[rungs + 1, hops] - here


def _dearest(atlas: Atlas, means: Means, hops: Indices) -> Floats:
    """The most dollars that a rounded dollar of surplus can be worth: at the dearest coin of the loop that is lent.

    Prices along the loop differ by no more than its gaining hops gain. 0 where nobody lends any of its coins.
    """
    worth = atlas.survey.worth
    usd = np.array([*(means.usd.get(hop.coin_in, 0.0) / worth[hop.coin_in] for hop in atlas.hops), 0.0])
    spread = np.maximum(atlas.survey.logs[0], 0.0)[hops].sum(axis=0)
    dearest: Floats = usd[hops].max(axis=0) * np.exp(np.minimum(spread, STEEPEST))
    return dearest
