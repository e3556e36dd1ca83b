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


SECONDS: Mapping[Fault, float] = {Fault.SLOW: 2.0, Fault.SKEW: 30.0}  # unless told otherwise
CLOSES = frozenset({Fault.DROP, Fault.UNAVAILABLE, Fault.MAINTENANCE})
REFUSES: Mapping[Fault, Refusal] = {
    Fault.RATE_LIMITED: Refusal.RATE_LIMITED,
    Fault.UNAVAILABLE: Refusal.UNAVAILABLE,
    Fault.MAINTENANCE: Refusal.MAINTENANCE,
}


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
