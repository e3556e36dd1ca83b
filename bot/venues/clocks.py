"""An exchange's clock against ours."""

from bot.venues.health import SECOND

TOLERANCE_MS = 250.0


class Clock:
    """How far a venue's clock is ahead of ours, as far as it can be told from the time messages are on their way.

    A message from the future proves that it is ahead. That it is behind cannot be told from messages, which may just be
    late: the venue must be asked for its time.
    """

    def __init__(self) -> None:
        self.skew_ms = 0.0
        self._least: float | None = None  # latency since we last looked

    @property
    def trusted(self) -> bool:
        """Whether its timestamps say when something happened."""
        return self.skew_ms == 0.0

    def lag(self, made_at: int, seen_at: int) -> float:
        """Ms from the venue's timestamp to our receipt (both ns), its skew taken off."""
        raw = (seen_at - made_at) / 1e6
        if raw + self.skew_ms < -TOLERANCE_MS:
            self.skew_ms = -raw if raw < -TOLERANCE_MS else 0.0
        lag = max(raw + self.skew_ms, 0.0)
        self._least = lag if self._least is None else min(lag, self._least)
        return lag

    def ask(self) -> bool:
        """Whether it is time to ask the venue what time it is: it was found wrong, or all it said lately is late."""
        least, self._least = self._least, None
        return not self.trusted or (least is not None and least > TOLERANCE_MS)

    def told(self, venue_ns: int, before: int, after: int) -> None:
        """The venue said its time between `before` and `after`, all ns. Some venues say whole seconds only."""
        half = 0 if venue_ns % SECOND else SECOND // 2
        ahead = (venue_ns + half - (before + after) // 2) / 1e6
        unsure = (half + (after - before) // 2) / 1e6
        self.skew_ms = ahead if abs(ahead) > TOLERANCE_MS + unsure else 0.0
