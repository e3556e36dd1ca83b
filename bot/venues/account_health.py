"""How our account at one exchange stands, for people to look at."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountHealth:
    """How the account at one exchange stands."""

    venue: str
    ready: bool  # new orders may go there
    reason: str  # why not; "" if ready
    orders: int  # of which more is to be heard
    pushed: bool  # whether the socket tells, as far as we know
    last_error: str  # one line; "" if there never was one
