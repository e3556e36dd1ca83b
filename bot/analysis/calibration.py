"""Whether outlooks are as sure as they may be: said beforehand, or of an episode left out, and held against what came.

The rules' constants were reasoned with these episodes in view, so that even what was said "before" is not quite blind.
A depeg that caused others is known through them where only itself is left out. Few episodes: look at the intervals.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from bot.analysis.hindsight import Cut, Paid, When, judged, moment_of
from bot.model.episodes import Episode, Outcome
from bot.model.outlooks import Stance
from bot.strategy import chances
from bot.strategy.memory import Memory

BINS = (0.2, 0.4, 0.6, 0.8)
SAID_AT_LEAST = 1e-6  # a sure word that was wrong costs this much, not everything


@dataclass(frozen=True, slots=True)
class Prediction:
    """What was said of one episode, and what came."""

    id: str
    recovery: float
    low: float
    high: float
    stance: Stance
    base: float  # the share that came back of what was known: what one would say without an outlook
    recovered: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions of about the same chance. `low`, `high`: 80 % interval of the share that came back."""

    at_least: float
    below: float
    count: int
    said: float  # mean
    came: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """How good the predictions are. Scores are means, smaller is better; `base_*` without an outlook."""

    cut: Cut
    when: When
    paid: Paid
    count: int
    recovered: int
    brier: float
    base_brier: float
    log_score: float
    base_log_score: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A conclusion that hangs on one episode."""

    left_out: str
    of: str
    cut: Cut
    stance: Stance
    instead: Stance


def predictions(memory: Memory, cut: Cut, when: When, paid: Paid) -> list[Prediction]:
    """What would have been said of every coin's episode that is over."""
    return [told for each in _scored(memory) if (told := _prediction(each, memory, cut, when, paid))]


def calibrate(memory: Memory, cut: Cut, when: When, paid: Paid) -> Calibration | None:
    """How good that is; None of no episodes at all."""
    told = predictions(memory, cut, when, paid)
    if not told:
        return None
    return Calibration(
        cut=cut,
        when=when,
        paid=paid,
        count=len(told),
        recovered=sum(each.recovered for each in told),
        brier=_mean(told, lambda each: (each.recovery - each.recovered) ** 2),
        base_brier=_mean(told, lambda each: (each.base - each.recovered) ** 2),
        log_score=_mean(told, lambda each: surprise(each.recovery, recovered=each.recovered)),
        base_log_score=_mean(told, lambda each: surprise(each.base, recovered=each.recovered)),
        bins=tuple(reliability(told)),
    )


def surprise(said: float, *, recovered: bool) -> float:
    """Minus the log of the chance that was given to what came."""
    return -log(max(said if recovered else 1.0 - said, SAID_AT_LEAST))


def reliability(told: Sequence[Prediction]) -> Iterator[Bin]:
    """Predictions by what they said; bins in which there are none are left out."""
    for at_least, below in zip((0.0, *BINS), (*BINS, 1.0), strict=True):
        here = [each for each in told if at_least <= each.recovery < below or (each.recovery == below == 1.0)]
        if here:
            came = sum(each.recovered for each in here)
            low, high = interval(came, len(here) - came)
            yield Bin(at_least, below, len(here), _mean(here, lambda each: each.recovery), came / len(here), low, high)


def interval(yes: int, no: int) -> tuple[float, float]:
    """An 80 % interval of a share after so many of each (Jeffreys)."""
    ends = chances.quantiles(np.array([yes + 0.5]), np.array([no + 0.5]), chances.TAILS)
    low, high = (chances.share(float(end[0])) for end in ends)
    return low, high


def changes(
    memory: Memory, cut: Cut, when: When = When.ALERT, advance: Callable[[float], None] = lambda _: None
) -> list[Change]:
    """Every stance on an episode that is another when any one other episode is left out of the past."""
    found = list[Change]()
    judging = _scored(memory)
    for done, target in enumerate(judging, 1):
        found += _changes(target, memory, cut, when)
        advance(done / len(judging))
    return found


def _changes(target: Episode, memory: Memory, cut: Cut, when: When) -> Iterator[Change]:
    """What speaks of the other direction, or of one venue, is not asked and so changes nothing."""
    known = memory.before(moment_of(target, when)) if cut is Cut.BEFORE else memory
    known = known.without(target.id)
    outlook = judged(target, known, Cut.LEFT_OUT, when)
    asked = [each for each in _scored(known) if each.direction == target.direction] if outlook else []
    for other in asked:
        instead = judged(target, known.without(other.id), Cut.LEFT_OUT, when)
        if outlook and instead and instead.stance is not outlook.stance:
            yield Change(other.id, target.id, cut, outlook.stance, instead.stance)


def _prediction(episode: Episode, memory: Memory, cut: Cut, when: When, paid: Paid) -> Prediction | None:
    outlook = judged(episode, memory, cut, when, paid)
    if outlook is None:
        return None
    return Prediction(
        id=episode.id,
        recovery=outlook.recovery,
        low=outlook.recovery_low,
        high=outlook.recovery_high,
        stance=outlook.stance,
        base=_base(episode, memory, cut, when),
        recovered=episode.outcome is Outcome.RECOVERED,
    )


def _base(episode: Episode, memory: Memory, cut: Cut, when: When) -> float:
    """The share that came back of those known, and half of two more."""
    known = memory.before(moment_of(episode, when)) if cut is Cut.BEFORE else memory
    others = [each for each in _scored(known) if each.id != episode.id]
    return (1.0 + sum(each.outcome is Outcome.RECOVERED for each in others)) / (2.0 + len(others))


def _scored(memory: Memory) -> list[Episode]:
    return [each for each in memory.episodes if each.scope == "coin"]


def _mean(told: Sequence[Prediction], of: Callable[[Prediction], float]) -> float:
    return sum(map(of, told)) / len(told)
