"""How long coins that come back stay away: Kaplan and Meier's estimate, with a tail for what nobody has seen."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.model.episodes import Episode, Outcome
from bot.model.times import DAY

UNSEEN_WEIGHT = 0.5  # of an episode that stays away longer than all of the past: half a one, as for any unseen event


class Stay(NamedTuple):
    """How long one stayed away, ns; `ended` False: longer than that, and came back when nobody wrote it down."""

    length: int
    ended: bool
    weight: float


@dataclass(frozen=True, slots=True)
class Curve:
    """The share still away, of those that come back. Steps down at `at` (ns, ascending) to `left`.

    Beyond the last step what has lasted long lasts as long again half the time (Lindy): left falls as 1 / time.
    """

    at: tuple[int, ...]
    left: tuple[float, ...]

    def away(self, lasted: int) -> float:
        """The share that is away for longer than this; above 0."""
        if lasted >= self.at[-1]:
            return self.left[-1] * self.at[-1] / lasted
        step = bisect_right(self.at, lasted)
        return self.left[step - 1] if step else 1.0

    def until(self, lasted: int, back: float) -> int:
        """How much longer, ns, until this share of those still away after `lasted` is back."""
        target = self.away(lasted) * (1.0 - back)
        step = bisect_left(self.left, -target, key=lambda share: -share)
        moment = self.at[step] if step < len(self.at) else int(self.at[-1] * self.left[-1] / target)
        return max(moment - lasted, 0)


def stay_of(episode: Episode, weight: float) -> Stay | None:
    """Of one that came back for good; None for the others."""
    if episode.outcome is not Outcome.RECOVERED:
        return None
    if episode.recovered_at is None:
        return Stay(episode.last - episode.start, False, weight)
    return Stay(max(episode.recovered_at - episode.start, episode.precision.length), True, weight)


def curve_of(stays: Iterable[Stay]) -> Curve:
    """The curve of weighted stays. Of none at all: a day, and then as long again."""
    ends, gone, at_risk = defaultdict[int, float](float), defaultdict[int, float](float), UNSEEN_WEIGHT
    for stay in stays:
        (ends if stay.ended else gone)[stay.length] += stay.weight
        at_risk += stay.weight
    steps, left = list[tuple[int, float]](), 1.0
    for moment in sorted({*ends, *gone}):
        if ends[moment] > 0.0:
            left *= 1.0 - ends[moment] / at_risk
            steps.append((moment, left))
        at_risk -= ends[moment] + gone[moment]
    moments, shares = zip(*steps, strict=True) if steps else ((DAY,), (1.0,))
    return Curve(tuple(moments), tuple(shares))


def pulled(own: Sequence[Stay], others: Sequence[Stay], weight: float) -> list[Stay]:
    """Stays of the own kind, and those of the others, who together count for `weight` episodes at most."""
    total = sum(each.weight for each in others)
    part = min(1.0, weight / total) if total else 0.0
    return [*own, *(each._replace(weight=each.weight * part) for each in others)]
