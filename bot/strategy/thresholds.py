"""What counts as a depeg."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.model.decisions import Severity
from bot.model.times import HOUR, MINUTE, SECOND
from bot.strategy.deviation import COIN, ROUNDING


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Distances in basis points, times in ns.

    Reasoned, not fitted. Ordinary coins wander by a few bp and a round trip costs about 10: from 20 on it is worth
    watching. 50 is more than fees, spreads and slow redemptions explain. At 200, 500 and 1000 a coin is doubted, run
    on, and broken.
    """

    levels: Mapping[Severity, float] = field(
        default_factory=lambda: {
            Severity.WATCH: 20.0,
            Severity.MINOR: 50.0,
            Severity.MAJOR: 200.0,
            Severity.SEVERE: 500.0,
            Severity.CRITICAL: 1000.0,
        }
    )
    entry: float = 50.0  # a depeg begins here
    venue: float = 1.0  # of one venue at this multiple: books differ by more than coins do
    back: float = 0.7  # and is over within this part of where it begins: in between nothing changes
    looks: int = 2  # with news that show it, in a row
    hold: int = 60 * SECOND  # from first sight to alert at least: many looks a second prove no more than one
    noises: float = 4.0  # standard errors the mean since first sight must stand off, by the coin's noise before it
    sigmas: float = 1.0  # of the value's own uncertainty, where venues do not all show it
    fast: int = 10 * MINUTE  # a depth reached so soon after first sight makes it worse
    broad: int = 3  # and so does showing at so many venues, and at half of those that quote it
    thin: float = 0.2  # books whose value is unsure by more than this part of the depth make it less bad
    urgency: float = 1.1  # each by this factor on its depth
    settle: int = 4 * HOUR  # back this long, and it is over
    memory: int = 24 * HOUR  # how far back own noise is measured
    samples: int = 64  # and on how many minutes at most
    few: int = 8  # changes: fewer say nothing of its noise

    def enters(self, scope: str) -> float:
        """Where a depeg of this scope begins, bp."""
        return (self.entry if scope == COIN else self.entry * self.venue) - ROUNDING

    def severity(self, bp: float) -> Severity:
        """The class of this depth, positive bp."""
        return max((name for name, level in self.levels.items() if level <= bp + ROUNDING), default=Severity.WATCH)
