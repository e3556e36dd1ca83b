"""How like a past episode is to what is seen now: how far, how fast, how broadly.

All classes are coarse: eighty episodes cannot tell finer ones apart.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.model.decisions import Depeg
from bot.model.episodes import Episode
from bot.model.times import HOUR
from bot.strategy.memory import depth_of

DEPTHS = (50.0, 100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0)  # bp where a class begins: octaves
SPEEDS = (20.0, 200.0)  # bp an hour: a slide of days, a run of hours, a break at once
BROAD = 3  # venues; detection calls that many broad, too
UNLIKE = 0.5  # for each class of speed or breadth apart
UNTOLD = 0.75  # where the past does not say: between alike and one apart


class Shape(NamedTuple):
    """Classes of depth, speed and breadth, each from 0, the mildest."""

    depth: int
    speed: int
    breadth: int


NARROW = 2  # classes of breadth
SHAPES = tuple(
    Shape(depth, speed, breadth)
    for depth in range(len(DEPTHS))
    for speed in range(len(SPEEDS) + 1)
    for breadth in range(NARROW)
)
AT_PAR = SHAPES[0]


def shape_of(depeg: Depeg) -> Shape:
    """What is seen of it so far. Its speed is told to the hour, as most past ones are."""
    hours = max((depeg.trough_at - depeg.start) / HOUR, 1.0)
    return Shape(depth_class(depeg.peak_bp), _speed_class(depeg.peak_bp / hours), int(len(depeg.venues) >= BROAD))


def depth_class(bp: float) -> int:
    """The class of a depth: the octave it lies in."""
    return max(bisect_right(DEPTHS, bp) - 1, 0)


def likenesses(episodes: Sequence[Episode]) -> NDArray[np.float64]:
    """0 to 1: how much each past episode says of a coin that is there now; a row a shape, in the order of `SHAPES`."""
    depth = [[reached(depth, each) for each in episodes] for depth in range(len(DEPTHS))]
    speeds, breadths = [_speed(each) for each in episodes], [_breadth(each) for each in episodes]
    speed = [[_alike(now, then) for then in speeds] for now in range(len(SPEEDS) + 1)]
    breadth = [[_alike(now, then) for then in breadths] for now in range(NARROW)]
    told = np.array(depth)[:, None, None] * np.array(speed)[:, None] * np.array(breadth)
    return np.asarray(told.reshape(len(SHAPES), len(episodes)), dtype=np.float64)


def reached(depth: int, episode: Episode) -> float:
    """1 for one that went as deep as this class begins, or deeper: it has been here. One half as deep counts half."""
    return min(1.0, depth_of(episode) / DEPTHS[depth])


def _alike(now: int, then: int | None) -> float:
    return UNTOLD if then is None else UNLIKE ** abs(now - then)


def _speed(episode: Episode) -> int | None:
    if episode.speed is None or episode.peak_bp is None or episode.trough_at is None:
        return None
    return _speed_class(episode.peak_bp / max((episode.trough_at - episode.start) / HOUR, 1.0))


def _speed_class(bp_an_hour: float) -> int:
    return bisect_right(SPEEDS, bp_an_hour)


def _breadth(episode: Episode) -> int | None:
    """A single venue may be all that somebody kept: that says nothing."""
    return int(len(episode.venues) >= BROAD) if len(episode.venues) > 1 else None
