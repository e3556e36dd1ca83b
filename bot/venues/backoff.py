"""How long to wait before trying again, and when to stop hammering: exponential back-off and a circuit breaker."""

import random
from dataclasses import dataclass
from enum import StrEnum

_jitter = random.Random()  # noqa: S311 - spreads retries, keeps no secret


class Circuit(StrEnum):
    """Closed: tries freely. Open: does not try. Half open: one probe decides."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds. `failures` in a row open the circuit; every probe that fails doubles the rest."""

    first: float = 0.5
    most: float = 30.0
    failures: int = 5
    rest: float = 60.0
    longest_rest: float = 600.0


class Breaker:
    """Counts failures in a row and says how long to wait after each."""

    def __init__(self, waits: Waits) -> None:
        self._waits = waits
        self.failures = 0
        self.circuit = Circuit.CLOSED

    def failed(self) -> float:
        """Seconds to wait after one more failure, between a half and all of what is due."""
        self.failures += 1
        beyond = self.failures - self._waits.failures
        if beyond >= 0:
            self.circuit = Circuit.OPEN
            return _shaken(min(self._waits.rest * 2.0 ** min(beyond, 32), self._waits.longest_rest))
        return _shaken(min(self._waits.first * 2.0 ** (self.failures - 1), self._waits.most))

    def trying(self) -> None:
        """The wait is over."""
        if self.circuit is Circuit.OPEN:
            self.circuit = Circuit.HALF_OPEN

    def succeeded(self) -> None:
        """It works again: what was is forgotten."""
        self.failures = 0
        self.circuit = Circuit.CLOSED


def _shaken(seconds: float) -> float:
    return seconds * _jitter.uniform(0.5, 1.0)
