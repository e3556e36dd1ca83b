"""How likely a coin comes back, by what is known of the past: few episodes move a cautious prior, many outweigh it.

A coin is judged by episodes of its mechanism that have been where it is now; those lean on the mechanism's others, and
these on all mechanisms. An episode counts once: what it says nearby it does not say again farther off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log, log1p
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.model.coins import Mechanism
from bot.model.episodes import Episode
from bot.strategy import survival
from bot.strategy.likeness import DEPTHS, NARROW, SHAPES, SPEEDS, Shape, likenesses, reached
from bot.strategy.memory import Memory, came_back, credence, depth_of, worth_left
from bot.strategy.survival import Curve, Stay

Floats = NDArray[np.float64]

IGNORANCE = 2.0  # episodes, half of them lost: what is believed before any is known
LEAN = 4.0  # episodes that the coarser group counts for in the finer one: five of its own outweigh it
SALVAGE = 2.0  # and for what is left of those that did not come back; one that left nothing comes before any
TIMES = 4.0  # and for how long they stay away
TAILS = (0.1, 0.9)  # an interval of 80 %
MARGIN = 1.5  # the stop lies half as far again as nine of ten that came back went
DEEP_PART = 0.9
NEAREST, FARTHEST = 0.2, 0.35  # of the peg: a stop nearer is a wick, and no coin that lost more was ever cheap

_ODDS = np.linspace(-14.0, 14.0, 561)  # log-odds at which a distribution is looked at
_YES, _NO = -np.log1p(np.exp(-_ODDS)), -np.log1p(np.exp(_ODDS))

Direction = Literal["below", "above"]


class Chance(NamedTuple):
    """Log-odds of coming back: ends of an 80 % interval and the middle; and on how many episodes they rest."""

    low: float
    middle: float
    high: float
    like: float
    came: float  # of those


@dataclass(frozen=True, slots=True)
class Prior:
    """All that the past says of one mechanism."""

    chances: dict[Shape, Chance]
    away: Curve  # how long they stay away, of all depths
    lost: float  # what those that did not come back were worth, of the peg
    stop: float  # the price below which one that comes back has not been


def odds(share: float) -> float:
    """Log-odds of a share."""
    return log(share) - log1p(-share)


def share(odds: float) -> float:
    """The share of log-odds, below 1."""
    return 1.0 / (1.0 + exp(-max(min(odds, 30.0), -30.0)))


@lru_cache(maxsize=256)
def prior(memory: Memory, mechanism: Mechanism | None, direction: Direction) -> Prior:
    """What a memory says of a mechanism; of an unknown one, what it says of all."""
    own, others = _split(memory, mechanism, direction)
    return Prior(
        _chances(own, others),
        away(memory, mechanism, direction, 0),
        _lost(own, others),
        1.0 - min(max(MARGIN * _deepest(own), NEAREST), FARTHEST),
    )


@lru_cache(maxsize=1024)
def away(memory: Memory, mechanism: Mechanism | None, direction: Direction, depth: int) -> Curve:
    """How long those stay away that went so deep; of the mildest class of depth: all."""
    own, others = (_stays(each, depth) for each in _split(memory, mechanism, direction))
    return survival.curve_of(survival.pulled(own, others, TIMES))


def _split(memory: Memory, mechanism: Mechanism | None, direction: Direction) -> tuple[list[Episode], list[Episode]]:
    """Coins' episodes of this mechanism, and of the others; none is an unknown mechanism's own."""
    seen = [each for each in memory.episodes if each.scope == "coin" and each.direction == direction]
    own = [each for each in seen if mechanism and each.mechanism is mechanism]
    return own, [each for each in seen if not (mechanism and each.mechanism is mechanism)]


def _chances(own: Sequence[Episode], others: Sequence[Episode]) -> dict[Shape, Chance]:
    """By shape; none is better than a milder one, whatever few episodes say."""
    believed = np.array([credence(each) for each in own])
    came = np.array([came_back(each) for each in own])
    near = likenesses(own) * believed
    far = believed - near
    pool = _mean(IGNORANCE / 2, IGNORANCE, others)
    parent = (LEAN * pool + far @ came) / (LEAN + far.sum(axis=1))
    yes = LEAN * parent + near @ came
    no = LEAN * (1.0 - parent) + near @ (1.0 - came)
    low, high = quantiles(yes, no, TAILS)
    middle = np.clip(np.log(yes / no), low, high)
    told = zip(*map(_no_better, (low, middle, high)), near.sum(axis=1), near @ came, strict=True)
    return {shape: Chance(*map(float, row)) for shape, row in zip(SHAPES, told, strict=True)}


def _mean(yes: float, all_: float, episodes: Sequence[Episode]) -> float:
    for each in episodes:
        all_ += credence(each)
        yes += credence(each) * came_back(each)
    return yes / all_


def _no_better(told: Floats) -> Floats:
    """The least of all that are no worse in depth, speed and breadth."""
    lattice = told.reshape(len(DEPTHS), len(SPEEDS) + 1, NARROW)
    for axis in range(3):
        lattice = np.minimum.accumulate(lattice, axis=axis)
    return lattice.ravel()


def quantiles(yes: Floats, no: Floats, parts: Sequence[float]) -> list[Floats]:
    """Log-odds below which these parts of Beta(yes, no) lie, good to 0.01 where they are within 14 of even."""
    density = yes[:, None] * _YES + no[:, None] * _NO
    mass = np.exp(density - density.max(axis=1, keepdims=True))
    rising = np.cumsum(mass, axis=1) - mass / 2  # a step's mass lies about its middle
    rising /= mass.sum(axis=1, keepdims=True)
    return [np.array([np.interp(part, row, _ODDS) for row in rising]) for part in parts]


def _stays(episodes: Sequence[Episode], depth: int) -> list[Stay]:
    told = (survival.stay_of(each, credence(each) * reached(depth, each)) for each in episodes)
    return [each for each in told if each]


def _lost(own: Sequence[Episode], others: Sequence[Episode]) -> float:
    """The mean of the mechanism's own, leaning on all others'."""
    return _salvaged(own, SALVAGE, _salvaged(others, 1.0, 0.0))


def _salvaged(episodes: Sequence[Episode], weight: float, worth: float) -> float:
    total = weight * worth
    for each in episodes:
        gone = credence(each) * (1.0 - came_back(each))
        weight, total = weight + gone, total + gone * worth_left(each)
    return total / weight


def _deepest(own: Sequence[Episode]) -> float:
    """How far, of the peg, nine of ten went that came back for good."""
    depths = sorted(depth_of(each) / 1e4 for each in own if came_back(each) == 1.0)
    return depths[int(DEEP_PART * (len(depths) - 1))] if depths else 0.0
