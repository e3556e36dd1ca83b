"""How long feeds wait for what."""

from dataclasses import dataclass, field

from bot.venues.backoff import Waits


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds, each."""

    request: float = 15.0  # an answer over HTTP
    listing: float = 60.0  # all markets of an exchange
    stale_after: float = 30.0  # without a word about a market its quote no longer counts
    silent_after: float = 60.0  # without a word about any market the socket is given up
    steady_after: float = 10.0  # of quotes, the failures before it are forgotten
    repeat: float = 1.0  # between quotes of a market where nothing changed
    pace: float = 0.005  # between looks into the mailbox, so that floods become one event
    look: float = 0.5  # between looks at the feed itself
    clock: float = 15.0  # between looks at a clock in doubt
    limited: float = 10.0  # at least, after too many requests
    maintenance: float = 60.0  # at least, between tries when the exchange is away
    refused: float = 600.0  # at least, between tries when it will not serve us
    relist: float = 86_400.0  # before a connection asks again which markets there are
    close: float = 3.0  # to hang up
    waits: Waits = field(default_factory=Waits)
