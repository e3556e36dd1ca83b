"""Orders at an exchange as the exchange sees them: what is asked, what became of it, and why it is denied."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto

from bot.model.markets import Asset
from bot.model.orders import Side, Style
from bot.sandbox.wire.book import Listing


class Denial(Enum):
    """Why an exchange does not do what an account asks."""

    UNSIGNED = auto()
    KEY = auto()
    CLOCK = auto()  # the request's time is too far from the exchange's
    ID = auto()  # the client order id is not as they must be
    DUPLICATE = auto()
    PRICE = auto()  # not a multiple of the step
    AMOUNT = auto()  # likewise
    TOO_LITTLE = auto()
    TOO_CHEAP = auto()
    FUNDS = auto()
    WOULD_TAKE = auto()  # post only, and it would not rest
    UNKNOWN = auto()  # no such order
    ENDED = auto()  # it stands no more
    LIMITED = auto()  # too many orders in too short a time
    REFUSED = auto()  # for a reason of the exchange's own
    REDUCES = auto()  # it may only reduce a position, and there is none on the other side


class DeniedError(Exception):
    """Raised where an account asks for what it does not get."""

    def __init__(self, why: Denial) -> None:
        super().__init__(why.name)
        self.why = why


def nothing(_: Listing) -> Decimal:
    """No least amount: a step of it is enough."""
    return Decimal(0)


@dataclass(frozen=True, slots=True)
class Rules:
    """What an exchange wants of orders, and what it takes for them: shares of what is traded."""

    taker: Decimal
    maker: Decimal
    fee_in_quote: bool = False  # else in what comes in
    least: Callable[[Listing], Decimal] = nothing  # base units
    min_cost: Decimal = Decimal(0)  # quote units
    ids: str = ".*"  # what client order ids are like, a regular expression
    ids_forever: bool = False  # a client order id is refused also when its order has ended
    post_only_ends: bool = False  # one that would take is accepted and ends at once, else refused


class State(Enum):
    """How an order is."""

    OPEN = auto()
    FILLED = auto()
    CANCELLED = auto()


@dataclass(frozen=True, slots=True)
class Asked:
    """An order as a client wants it. `limit` None: at any price, which only `Style.TAKE` may."""

    listing: Listing
    side: Side
    style: Style
    amount: Decimal  # base units
    limit: Decimal | None
    client_id: str = ""
    reduce_only: bool = False  # fills no more than a position has on the other side


@dataclass(frozen=True, slots=True)
class Order:
    """One order as it stands. Times in ns UTC by the exchange's clock."""

    number: int  # of the account, from 1
    asked: Asked
    made_at: int
    changed_at: int
    state: State = State.OPEN
    filled: Decimal = Decimal(0)  # base units
    cost: Decimal = Decimal(0)  # quote units
    fee: Decimal = Decimal(0)
    fee_asset: Asset = ""  # as soon as there is a fee
    why: str = ""  # it was ended

    @property
    def left(self) -> Decimal:
        """Base units that are not filled."""
        return self.asked.amount - self.filled

    @property
    def average(self) -> Decimal:
        """The price it was filled at; 0 before."""
        return self.cost / self.filled if self.filled else Decimal(0)


@dataclass(frozen=True, slots=True)
class Fill:
    """One trade of an order."""

    number: int  # of the account, from 1
    order: int
    amount: Decimal  # base units
    price: Decimal
    fee: Decimal
    fee_asset: Asset
    maker: bool
    at: int  # ns UTC
    realised: Decimal = Decimal(0)  # profit on what it closed of a position, quote units, without the fee


@dataclass(frozen=True, slots=True)
class Opened:
    """An order was taken."""

    order: Order


@dataclass(frozen=True, slots=True)
class Filled:
    """Some of it was traded. `late`: told only after its cancellation has been."""

    order: Order
    fill: Fill
    late: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """It was cancelled, by its owner or the exchange."""

    order: Order


@dataclass(frozen=True, slots=True)
class Funded:
    """A position in a perpetual future paid for being held, or was paid."""

    number: int  # of the account, from 1
    listing: Listing
    amount: Decimal  # quote units: above 0 it came in
    at: int  # ns UTC


News = Opened | Filled | Ended
AccountNews = News | Funded


def plain(number: Decimal) -> str:
    """A number as exchanges write it: no exponent."""
    return f"{number:f}"
