"""Who pretends to carry orders in a dry run: what stands in the books when an order comes is what it would have got."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from bot.model.events import Quote
from bot.model.fees import listed
from bot.model.markets import DOLLAR, Market
from bot.model.orders import (
    OrderEnded,
    OrderEvent,
    OrderFilled,
    OrderOpened,
    OrderRefused,
    Side,
    Terms,
    Ticket,
    VenueSeen,
)


@dataclass(slots=True)
class PaperFloor:
    """Orders are filled at the newest quote, as far as its size goes, and the rest is cancelled. Nothing is sent."""

    venues: Sequence[str]
    dollars: float
    clock: Callable[[], int]  # ns UTC
    latest: Callable[[], Mapping[Market, Quote]]  # the newest quotes

    async def start(self, known: Sequence[object]) -> list[OrderEvent]:
        """The dollars that are pretended, in equal parts; what an earlier run of the same books made of them, later."""
        now, part = self.clock(), Decimal(repr(self.dollars)) / max(len(self.venues), 1)
        purse = ((DOLLAR, part.quantize(Decimal("0.01"), ROUND_DOWN)),)
        held = None if known else purse
        return [VenueSeen(now, now, venue, ready=True, balances=held) for venue in self.venues]

    async def place(self, ticket: Ticket) -> list[OrderEvent]:
        """What would have come of it."""
        now, quote, terms = self.clock(), self.latest().get(ticket.market), self.terms(ticket.market)
        buys = ticket.side is Side.BUY
        price, size = _standing(quote, buys=buys)
        if terms is None or price is None:
            return [OrderRefused(now, now, ticket.id, "dry run: nobody stands there")]
        opened = OrderOpened(now, now, ticket.id, f"paper-{ticket.id}")
        within = price <= ticket.limit if buys else price >= ticket.limit
        amount = min(ticket.amount, size) if within else Decimal(0)
        if amount <= 0:
            return [opened, OrderEnded(now, now, ticket.id, Decimal(0), "dry run: nobody stands there")]
        fee = amount * price * terms.taker
        fill = OrderFilled(now, now, ticket.id, f"{ticket.id}-1", amount, price, fee, ticket.market.quote)
        return [opened, fill, OrderEnded(now, now, ticket.id, amount, "dry run")]

    async def pull(self, order_id: str, why: str) -> list[OrderEvent]:
        """Nothing stands."""
        del order_id, why
        return []

    async def events(self) -> AsyncIterator[OrderEvent]:
        """Nothing is ever heard."""
        nothing: tuple[OrderEvent, ...] = ()
        for event in nothing:
            yield event

    def terms(self, market: Market) -> Terms | None:
        """By the exchange's public schedule."""
        return listed(market) if market.venue in self.venues else None


def _standing(quote: Quote | None, *, buys: bool) -> tuple[Decimal | None, Decimal]:
    price = None if quote is None else quote.ask if buys else quote.bid
    if quote is None or price is None:
        return None, Decimal(0)
    return Decimal(repr(price)), Decimal(repr(quote.ask_size if buys else quote.bid_size))
