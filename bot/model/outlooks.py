"""What we expect of a coin that is away from its peg."""

from dataclasses import dataclass
from enum import StrEnum

from bot.model.markets import Asset


class Stance(StrEnum):
    """What may be done with a coin now, the boldest first."""

    HOLD = "hold"  # bought and kept until it returns
    HEDGED = "hedged"  # held only with its fall sold elsewhere
    ATOMIC = "atomic only"  # loops in one transaction
    NO_TOUCH = "no touch"


@dataclass(frozen=True, slots=True)
class Outlook:
    """Will it come back, how soon, how surely. Estimates; prices in units of the coin's peg, times in ns."""

    coin: Asset
    made_at: int
    recovery: float  # probability that it comes back for good (within 50 bp), the middle estimate
    recovery_low: float  # lower end of an 80 % interval: what sizing believes
    recovery_high: float
    fair: float  # what the coin is worth now, given all that: not assumed to be 1
    worst: float  # the price below which the outlook was wrong: the stop
    median_time: int | None  # until it is back; None where it is more likely never
    late_time: int | None  # nine of ten that come back are back by then
    stance: Stance
    likeness: int  # past episodes it rests on, about
    reasons: tuple[str, ...] = ()  # a line each, the weightiest first
