"""Timing by interleaved rounds: every contender runs once a round, so that a machine that drifts drifts for all.

Trust the ratios. They are medians of the ratios within each round; the clock is the process's own CPU time.
"""

import gc
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

ROUNDS = 15
ROUND_SECONDS = 0.05


@dataclass(frozen=True)
class Work:
    """Something to time: `run` does it `count` times over."""

    name: str
    run: Callable[[], object]
    count: int = 1


@dataclass(frozen=True)
class Timing:
    """One contender's seconds for each unit of work, by round."""

    work: Work
    seconds: tuple[float, ...]

    @property
    def per_second(self) -> float:
        """The median rate."""
        return 1 / statistics.median(self.seconds)

    def times_faster_than(self, other: "Timing") -> float:
        """The median over the rounds of how much less time this one took."""
        return statistics.median(theirs / ours for ours, theirs in zip(self.seconds, other.seconds, strict=True))


def measure(*works: Work, rounds: int = ROUNDS) -> list[Timing]:
    """Times all contenders, round by round, in the order given."""
    repeats = [_repeats(work) for work in works]
    taken: list[list[float]] = [[] for _ in works]
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for work, repeat, seconds in zip(works, repeats, taken, strict=True):
                seconds.append(_once(work, repeat))
    finally:
        gc.enable()
    return [Timing(work, tuple(seconds)) for work, seconds in zip(works, taken, strict=True)]


def report(title: str, timings: Sequence[Timing]) -> None:
    """Prints rates, and how much faster the first contender is than each of the others."""
    ours, *others = timings
    print(f"\n{title}")
    for timing in timings:
        ratio = f"   first is {ours.times_faster_than(timing):8.1f} x" if timing is not ours else ""
        print(f"  {timing.work.name:<58} {timing.per_second:>14,.0f} /s{ratio}")
    if not others:
        print("  (no peer beside it)")


def verdict(*claims: tuple[str, bool]) -> None:
    """Prints what was to be shown and whether it was; ends the process with 1 where something was not."""
    for claim, holds in claims:
        print(f"  {'holds' if holds else 'FAILS'}: {claim}")
    if not all(holds for _, holds in claims):
        sys.exit(1)


def _repeats(work: Work) -> int:
    """How often a round repeats the work to last long enough; runs it a few times on the way, which warms it up."""
    repeat = 1
    while (taken := _once(work, repeat) * repeat * work.count) < ROUND_SECONDS and repeat < 1 << 20:
        repeat = max(repeat * 2, int(repeat * ROUND_SECONDS / max(taken, 1e-6)))
    return repeat


def _once(work: Work, repeat: int) -> float:
    began = time.process_time()
    for _ in range(repeat):
        work.run()
    return max(time.process_time() - began, 1e-9) / (repeat * work.count)
