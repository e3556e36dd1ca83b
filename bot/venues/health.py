"""How a feed does: what is counted of it, and what an operator is shown."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

SECOND = 1_000_000_000  # ns
RATE_OVER = 10  # seconds
KEPT = 1024  # latencies


class FeedState(StrEnum):
    """What one exchange's feed is doing."""

    STARTING = "starting"  # connecting for the first time
    LIVE = "live"
    STALE = "stale"  # connected, and no market has said anything lately
    DOWN = "down"  # retrying
    MAINTENANCE = "maintenance"  # the exchange says it is away; retried slowly
    REFUSED = "refused"  # it will not serve us, or has nothing we watch; retried very slowly


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """One exchange's feed as it stands."""

    venue: str
    state: FeedState
    markets: int  # watched there
    fresh: int  # of them, heard of lately
    age: float | None  # seconds since its last message; None before the first
    rate: float  # messages a second over the last 10 s
    latency_p50_ms: (
        float | None
    )  # from the venue's timestamp to our receipt, skew taken off; None where it tells no time
    latency_p99_ms: float | None
    reconnects: int
    crossed: int  # quotes dropped because the bid was not below the ask
    gaps: int  # breaks in the sequence of a book, each followed by a new subscription
    skew_ms: float  # the venue's clock ahead of ours; 0 within what cannot be told from the way
    last_error: str  # one line; "" if there never was one


class Pulse:
    """Messages and their latency, in bounded memory."""

    def __init__(self) -> None:
        self.last = 0  # ns, 0 before the first message
        self._seconds: deque[list[int]] = deque(maxlen=RATE_OVER + 1)  # [second, messages in it]
        self._latencies: deque[float] = deque(maxlen=KEPT)

    def beat(self, now: int) -> None:
        """A message arrived at `now`, ns."""
        self.last = now
        second = now // SECOND
        if self._seconds and self._seconds[-1][0] == second:
            self._seconds[-1][1] += 1
        else:
            self._seconds.append([second, 1])

    def lag(self, milliseconds: float) -> None:
        """What a quote took from the venue to us."""
        self._latencies.append(milliseconds)

    def rate(self, now: int) -> float:
        """Messages a second over the last whole seconds."""
        this = now // SECOND
        return sum(count for second, count in self._seconds if this - RATE_OVER <= second < this) / RATE_OVER

    def age(self, now: int) -> float | None:
        """Seconds since the last message."""
        return (now - self.last) / SECOND if self.last else None

    def latency(self, share: float) -> float | None:
        """A quantile of the latest latencies, ms."""
        return quantile(sorted(self._latencies), share)


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """The value below which `share` of them lie; None of nothing."""
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else None
