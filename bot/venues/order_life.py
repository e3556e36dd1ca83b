"""The life of an order as we know it: a fold over what an exchange tells, in any order and as often as it likes.

Whatever is told twice is reported once, and each order has one final report. Nothing here asks anybody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType

from bot.model.markets import Asset
from bot.model.orders import (
    Ordered,
    OrderEnded,
    OrderFilled,
    OrderFinal,
    OrderOpened,
    OrderRefused,
    OrderReport,
    Pulled,
    Ticket,
)

NONE: Mapping[str, Decimal] = MappingProxyType({})
Known = Ordered | Pulled | OrderReport
"""What a journal holds of orders."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """An order as the exchange tells of it."""

    exchange_id: str
    made_at: int  # ns, the venue's clock
    over: bool  # it stands no more
    filled: Decimal  # base units in all
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Trade:
    """A fill as the exchange tells of it."""

    exchange_id: str  # the order's
    fill_id: str
    made_at: int
    amount: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: Asset


@dataclass(frozen=True, slots=True)
class Life:
    """What is known of one order."""

    ticket: Ticket
    sent_at: int  # ns: the last moment at which it may have left us
    sent: Decimal | None = None  # base units; None where another run of ours sent it
    exchange_id: str = ""
    fills: Mapping[str, Decimal] = field(default_factory=lambda: NONE)  # base units by the fill's id
    final: OrderFinal | None = None
    pulled: bool = False

    @property
    def filled(self) -> Decimal:
        """Base units that were reported."""
        return sum(self.fills.values(), Decimal())

    @property
    def stands(self) -> bool:
        """Whether its end is still to come."""
        return self.final is None

    @property
    def complete(self) -> bool:
        """Whether nothing more is to be heard of it."""
        match self.final:
            case None:
                return False
            case OrderEnded(filled=filled):
                return self.filled >= filled
            case OrderRefused():
                return True


Step = tuple[Life, list[OrderReport]]
"""What is known now, and what is to be told."""


def opened(life: Life, exchange_id: str, made_at: int, now: int) -> Step:
    """The exchange has it."""
    if life.exchange_id:
        return life, []
    known = replace(life, exchange_id=exchange_id)
    return known, [OrderOpened(made_at, now, life.ticket.id, exchange_id)] if life.stands else []


def traded(life: Life, trade: Trade, now: int) -> Step:
    """Some of it was traded. An order that has traded all it was for has ended."""
    if trade.fill_id in life.fills:
        return life, []
    life, told = opened(life, trade.exchange_id, trade.made_at, now)
    life = replace(life, fills={**life.fills, trade.fill_id: trade.amount})
    told.append(
        OrderFilled(
            trade.made_at, now, life.ticket.id, trade.fill_id, trade.amount, trade.price, trade.fee, trade.fee_asset
        )
    )
    if life.filled != life.sent:
        return life, told
    life, end = ended(life, trade.made_at, life.filled, "filled", now)
    return life, told + end


def seen(life: Life, sighting: Sighting, now: int) -> Step:
    """The exchange tells how it stands."""
    life, told = opened(life, sighting.exchange_id, sighting.made_at, now)
    if not sighting.over:
        return life, told
    filled = max(sighting.filled, life.filled)  # fills are never taken back: what says less is older
    life, end = ended(life, sighting.made_at, filled, sighting.reason, now)
    return life, told + end


def ended(life: Life, made_at: int, filled: Decimal, reason: str, now: int) -> Step:
    """It stands no more."""
    return _final(life, OrderEnded(made_at, now, life.ticket.id, filled, reason))


def refused(life: Life, reason: str, now: int) -> Step:
    """It never stood."""
    return _final(life, OrderRefused(now, now, life.ticket.id, reason))


def _final(life: Life, end: OrderFinal) -> Step:
    return (replace(life, final=end), [end]) if life.stands else (life, [])


def remembered(known: Iterable[Known]) -> dict[str, Life]:
    """Every order of a journal, by the ticket's id."""
    lives: dict[str, Life] = {}
    for each in known:
        if isinstance(each, Ordered):
            lives.setdefault(each.ticket.id, Life(each.ticket, each.seen_at))
        elif each.order_id in lives:
            lives[each.order_id] = _recalled(lives[each.order_id], each)
    return lives


def _recalled(life: Life, each: Pulled | OrderReport) -> Life:
    match each:
        case Pulled():
            return replace(life, pulled=True)
        case OrderOpened():
            return replace(life, exchange_id=each.exchange_id)
        case OrderFilled():
            return replace(life, fills={**life.fills, each.fill_id: each.amount})
        case OrderEnded() | OrderRefused():
            return replace(life, final=life.final or each)
