"""Orders at exchanges: what is asked for, and what we hear of it. Amounts, prices and fees are exact: `Decimal`.

The client order id is the idempotency key: the same id sent twice is one order. What is known of an order is a fold
over reports in which order does not matter, because exchanges answer, push and repeat as they like.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from bot.model.markets import Asset, Market
from bot.model.ways import Way

NOTHING = Decimal(0)


class Side(StrEnum):
    """Of the market's base."""

    BUY = "buy"
    SELL = "sell"


class Style(StrEnum):
    """How an order meets the book."""

    TAKE = "take"  # at once; what finds nobody is cancelled (IOC)
    MAKE = "make"  # post only: rests, or is refused
    REST = "rest"  # takes what it can, the remainder rests until it is pulled (GTC)


class Purpose(StrEnum):
    """What an order is for. Only `ENTER` takes on risk: the others stay possible when trading is halted."""

    ENTER = "enter"
    EXIT = "exit"  # on the way back, or at the stop
    HEDGE = "hedge"
    UNWIND = "unwind"  # of a pair that was left one-sided


Kind = Literal["hold", "pair", "hedged"]

MARGIN: Asset = "USDT"  # what perpetuals are settled in: those of stablecoins are listed in no other
COVER = Decimal("1.25")
"""Units of margin kept for each coin sold short, until it is bought back: no exchange closes the position below that.

A worst case, not a likely one: the dearest that the past knows a dollar coin is DAI at 1.129 on 13 March 2020, and this
is about twice that premium.
"""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One order as we want it. `limit`: no worse price than this, in the market's quote."""

    id: str  # client order id: unique within a journal; letters and digits, at most 18
    trade: str  # the trade that it belongs to
    kind: Kind
    coin: Asset  # the coin that the trade is about
    market: Market
    side: Side
    amount: Decimal  # base units, a multiple of the market's step
    limit: Decimal
    style: Style
    purpose: Purpose
    quote_usd: float  # dollars that one unit of the market's quote was worth when it was decided
    made_at: int  # ns UTC
    seen_price: float  # the price it was decided on: what slippage is measured from
    why: str = ""
    flat_usd: float = 0.0  # what it is thought to cost besides fees, dollars: gas


@dataclass(frozen=True, slots=True)
class Terms:
    """What a market asks of orders. Fees are fractions of what is traded; steps and minimums in the market's units."""

    taker: Decimal
    maker: Decimal
    price_step: Decimal = Decimal("0.0001")
    amount_step: Decimal = Decimal("0.01")
    min_amount: Decimal = Decimal(0)
    min_cost: Decimal = Decimal(0)  # in the quote
    carry: float = 0.0  # of a perpetual: what a short position pays a day for each dollar; below 0 it is paid
    flat_usd: float = 0.0  # what an order costs however small it is, dollars: gas


@dataclass(frozen=True, slots=True)
class Ordered:
    """An approved order, written down before anything is sent. A restart finds it here."""

    made_at: int
    seen_at: int
    ticket: Ticket
    kind: Literal["ordered"] = "ordered"


@dataclass(frozen=True, slots=True)
class Pulled:
    """A cancellation was decided, written down before it is sent."""

    made_at: int
    seen_at: int
    order_id: str
    why: str
    kind: Literal["pulled"] = "pulled"


@dataclass(frozen=True, slots=True)
class OrderOpened:
    """The exchange has it."""

    made_at: int
    seen_at: int
    order_id: str  # the ticket's
    exchange_id: str
    kind: Literal["order_opened"] = "order_opened"


@dataclass(frozen=True, slots=True)
class OrderFilled:
    """Some of it was traded. The same `fill_id` heard again is the same fill, also after the order has ended."""

    made_at: int
    seen_at: int
    order_id: str
    fill_id: str
    amount: Decimal  # base units, positive
    price: Decimal
    fee: Decimal  # positive: paid
    fee_asset: Asset
    kind: Literal["order_filled"] = "order_filled"


@dataclass(frozen=True, slots=True)
class OrderEnded:
    """It stands no more. `filled`: base units in all, as the exchange says; the fills add up to it, sooner or later.

    `fee`: what it cost besides what its fills did, as gas of a transaction that came to nothing.
    """

    made_at: int
    seen_at: int
    order_id: str
    filled: Decimal
    reason: str = ""
    fee: Decimal = Decimal(0)
    fee_asset: Asset = ""
    kind: Literal["order_ended"] = "order_ended"


@dataclass(frozen=True, slots=True)
class OrderRefused:
    """It never stood: the exchange, or our own look at its terms, refused it. Nothing was traded."""

    made_at: int
    seen_at: int
    order_id: str
    reason: str
    kind: Literal["order_refused"] = "order_refused"


@dataclass(frozen=True, slots=True)
class VenueSeen:
    """An exchange's account as it stands, read while no order of ours was open there, or why it is not known.

    `ready`: reconciled, so that new orders may go there. `balances`: all that is held of each asset, whole coins. A
    short position in a perpetual is held as less than nothing of it, and what it was sold for as money.
    """

    made_at: int
    seen_at: int
    venue: str
    ready: bool
    reason: str = ""
    balances: tuple[tuple[Asset, Decimal], ...] | None = None  # None: as they were known
    kind: Literal["venue"] = "venue"


@dataclass(frozen=True, slots=True)
class FundingPaid:
    """What a position in a perpetual brought or cost. The same `payment_id` of a venue heard again is the same."""

    made_at: int
    seen_at: int
    venue: str
    perpetual: Asset  # "USDC-PERP"
    payment_id: str
    amount: Decimal  # of `asset`: above zero it came to us
    asset: Asset
    kind: Literal["funding"] = "funding"


@dataclass(frozen=True, slots=True)
class WaysSeen:
    """All that an exchange tells of how assets go in and out, network by network; it counts until it is told anew."""

    made_at: int
    seen_at: int
    venue: str
    ways: tuple[tuple[Asset, str, Way], ...]
    kind: Literal["ways"] = "ways"


OrderFinal = OrderEnded | OrderRefused
OrderReport = OrderOpened | OrderFilled | OrderEnded | OrderRefused
OrderEvent = Ordered | Pulled | OrderReport | VenueSeen | FundingPaid | WaysSeen


@dataclass(frozen=True, slots=True)
class Order:
    """The life of one order. It is over when it has its final report and every fill that report counts."""

    ticket: Ticket
    exchange_id: str = ""
    fills: Mapping[str, OrderFilled] = field(default_factory=dict)
    final: OrderFinal | None = None
    pulled: bool = False

    @property
    def filled(self) -> Decimal:
        """Base units, of the fills heard of."""
        return sum((fill.amount for fill in self.fills.values()), NOTHING)

    @property
    def remaining(self) -> Decimal:
        """Base units that may still be filled, or have been and were not heard of."""
        match self.final:
            case OrderRefused():
                return NOTHING
            case OrderEnded(filled=filled):
                return max(filled - self.filled, NOTHING)
            case _:
                return max(self.ticket.amount - self.filled, NOTHING)

    @property
    def over(self) -> bool:
        """Whether nothing more is to come of it."""
        return self.final is not None and self.remaining == 0


def reserved(order: Order, asset: Asset) -> Decimal:
    """What an order may still take of an asset; a buyer's fee is thought to be no more than one part in a hundred."""
    ticket = order.ticket
    if ticket.market.perpetual:
        return order.remaining * margin(ticket) if asset == ticket.market.quote else NOTHING
    if ticket.side is Side.SELL:
        return order.remaining if asset == ticket.market.base else NOTHING
    return order.remaining * ticket.limit * Decimal("1.01") if asset == ticket.market.quote else NOTHING


def margin(ticket: Ticket) -> Decimal:
    """What of the quote is to be kept back for each unit of an order for a perpetual: none to buy back."""
    return max(COVER - ticket.limit, NOTHING) if ticket.side is Side.SELL else NOTHING
