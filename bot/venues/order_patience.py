"""How long orders wait for what, and how often is asked."""

from dataclasses import dataclass, field

from bot.venues.backoff import Waits


@dataclass(frozen=True, slots=True)
class OrderPatience:
    """Seconds, where nothing else is said."""

    request: float = 10.0  # an answer over HTTP
    start: float = 60.0  # all that a start asks of one exchange
    settle: float = 6.0  # after it may have left us; what an exchange does not know then did not arrive: longer than
    # the recvWindow that requests carry, 5 s
    sends: int = 3  # of one order, each only where the exchange said that it did not take the one before
    limited: float = 1.0  # before the same is sent again
    tries: int = 3  # of what only reads
    first_wait: float = 0.2  # between them, doubled each time
    longest_wait: float = 2.0
    first_look: float = 0.5  # at an order that nothing is heard of, doubled each time
    longest_look: float = 30.0
    tick: float = 0.05  # between looks at what is due
    quiet: float = 2.0  # after the last order is over, before balances are read
    fees: float = 10.0  # between markets whose fees are asked for one by one
    rates: float = 60.0  # between looks at what perpetuals' funding costs, and cost
    ways: float = 60.0  # between looks at what goes in and out, and at which fee
    refused: float = 300.0  # before an exchange is asked again that does not take our keys
    close: float = 3.0  # to hang up
    pace: float = 1.0  # of ccxt's own waits between requests
    waits: Waits = field(default_factory=lambda: Waits(first=0.5, most=15.0, failures=8, rest=30.0, longest_rest=120.0))
