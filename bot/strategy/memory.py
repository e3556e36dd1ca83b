"""The past depegs that an outlook rests on, and which of them were known when."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from bot.model.episodes import UNSEEN, Episode, Grade, Outcome

WORTHLESS_BP = 10_000.0  # how deep a coin went that died and whose trough nobody wrote down
SHALLOW_BP = 50.0  # and one that came back: no deeper than it had to be to be noticed
HALF = 0.5  # what half a witness counts for


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """Past depegs that are over: a print that was no depeg teaches nothing, and one that lasts nothing yet.

    Compared by identity: what follows from one is kept beside it. `before` gives the same one while nothing ends.
    """

    episodes: tuple[Episode, ...] = ()

    def __post_init__(self) -> None:
        over = tuple(each for each in self.episodes if each.outcome not in (Outcome.TRAP, Outcome.OPEN))
        object.__setattr__(self, "episodes", over)

    @classmethod
    def of(cls, episodes: Iterable[Episode]) -> "Memory":
        """What these teach."""
        return cls(tuple(episodes))

    def without(self, *ids: str) -> "Memory":
        """The same, as though these had never been."""
        return Memory(tuple(each for each in self.episodes if each.id not in ids))

    def before(self, moment: int) -> "Memory":
        """What was over and could be known by then: the honest cut for a look back."""
        return _first(self, bisect_right(_in_time(self), moment, key=settled))


@lru_cache(maxsize=64)
def _in_time(memory: Memory) -> tuple[Episode, ...]:
    return tuple(sorted(memory.episodes, key=settled))


@lru_cache(maxsize=1024)
def _first(memory: Memory, count: int) -> Memory:
    return memory if count == len(memory.episodes) else Memory(_in_time(memory)[:count])


def settled(episode: Episode) -> int:
    """From when on its outcome could be told, ns: that a coin will not return is known when it has not for long."""
    if episode.outcome is Outcome.RECOVERED and episode.recovered_at is not None:
        return episode.recovered_at + episode.precision.length
    return episode.last + UNSEEN


def depth_of(episode: Episode) -> float:
    """How far it went, bp."""
    if episode.peak_bp is not None:
        return episode.peak_bp
    return WORTHLESS_BP if episode.outcome is Outcome.DIED else SHALLOW_BP


def came_back(episode: Episode) -> float:
    """1 when it came back for good, 0 when it did not.

    One that left again is half: who sold in between had par, who waited did not.
    """
    return {Outcome.RECOVERED: 1.0, Outcome.RELAPSED: HALF}.get(episode.outcome, 0.0)


def credence(episode: Episode) -> float:
    """What it counts for as a witness, at most 1.

    Half where it is doubtful or a guess, and half again where it was caught from another: one cause, seen twice.
    """
    unsure = episode.doubtful or episode.grade is Grade.ESTIMATE
    return (HALF if unsure else 1.0) * (HALF if episode.caught_from else 1.0)


def worth_left(episode: Episode) -> float:
    """What one that did not come back was worth, of its peg: at the worst, and nothing where that is not known."""
    return min(episode.trough or 0.0, 1.0)
