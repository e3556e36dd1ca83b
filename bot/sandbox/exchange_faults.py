"""What goes wrong at exchanges, on demand."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from bot.sandbox.errors import SandboxError
from bot.sandbox.wire.wire import Refusal

Sent = TypeVar("Sent", str, bytes, str | bytes)


class Fault(StrEnum):
    """One way for an exchange to fail. It lasts until it is mended; several may last at once."""

    DROP = "drop"  # closes every socket, and new ones as soon as they open
    STALL = "stall"  # sockets live, answer pings and say nothing
    GAP = "gap"  # every other change is lost on the way
    GARBAGE = "garbage"  # JSON that breaks off in the middle
    RATE_LIMITED = "rate-limited"  # 429 to requests and new sockets
    UNAVAILABLE = "unavailable"  # 503, and open sockets close
    SLOW = "slow"  # everything is said so many seconds late
    SKEW = "skew"  # its clock is so many seconds ahead, or behind if below 0
    MAINTENANCE = "maintenance"  # the exchange's own words for it, and open sockets close
    ANSWER_LOST = (
        "answer-lost"  # an order is taken, and instead of an answer the connection closes, so many seconds later
    )
    CANCEL_LOST = "cancel-lost"  # likewise with a cancellation
    ORDERS_REFUSED = "orders-refused"  # such a share of orders is refused
    ORDERS_LIMITED = "orders-limited"  # there are too many orders, the exchange says
    OUTAGE_AFTER_CANCEL = "outage-after-cancel"  # 503 to whatever an account asks once a cancellation was taken
    FILL_TWICE = "fill-twice"  # sockets tell each fill twice
    FILL_LATE = "fill-late"  # half of an order is filled ahead of its cancellation, told so many seconds after it
    PRIVATE_SILENT = "private-silent"  # sockets tell nothing of orders


SECONDS: Mapping[Fault, float] = {  # or the share, unless told otherwise
    Fault.SLOW: 2.0,
    Fault.SKEW: 30.0,
    Fault.ORDERS_REFUSED: 1.0,
    Fault.FILL_LATE: 0.05,
}
CLOSES = frozenset({Fault.DROP, Fault.UNAVAILABLE, Fault.MAINTENANCE})
REFUSES: Mapping[Fault, Refusal] = {
    Fault.RATE_LIMITED: Refusal.RATE_LIMITED,
    Fault.UNAVAILABLE: Refusal.UNAVAILABLE,
    Fault.MAINTENANCE: Refusal.MAINTENANCE,
}


class Faults(dict[Fault, float]):
    """The faults of one exchange that last, with their seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._left: dict[Fault, int] = {}

    def begin(self, fault: Fault, seconds: float | None, times: int | None) -> None:
        """Lets it last until it is mended, or until it struck so many times."""
        self[fault] = SECONDS.get(fault, 0.0) if seconds is None else seconds
        self._left.pop(fault, None)
        if times is not None:
            self._left[fault] = times

    def strikes(self, fault: Fault) -> bool:
        """Whether it happens now. One that was set for some times is mended after the last of them."""
        if fault not in self:
            return False
        if fault in self._left:
            self._left[fault] -= 1
            if not self._left[fault]:
                del self[fault], self._left[fault]
        return True


def broken(message: Sent) -> Sent:
    """A message that breaks off in the middle."""
    return message[: len(message) // 2]


def told(text: str) -> tuple[str, Fault, float | None]:
    """A fault as people write it: "okx=stall", or "okx=slow:3" with its seconds. Raises SandboxError."""
    venue, _, rest = text.partition("=")
    name, _, seconds = rest.partition(":")
    try:
        return venue, Fault(name), float(seconds) if seconds else None
    except ValueError:
        kinds = ", ".join(Fault)
        raise SandboxError(f"fault {text!r} is not like okx=stall or okx=slow:3; there are {kinds}") from None
