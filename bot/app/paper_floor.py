"""Who pretends to carry orders in a dry run: what stands in the books when an order comes is what it would have got."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, Decimal

from bot.app.paper_funding import PaperFunding
from bot.model.events import Quote
from bot.model.fees import listed
from bot.model.markets import DOLLAR, Asset, Market
from bot.model.orders import (
    MARGIN,
    Ordered,
    OrderEnded,
    OrderEvent,
    OrderFilled,
    OrderOpened,
    OrderRefused,
    Side,
    Style,
    Terms,
    Ticket,
    VenueSeen,
)
from bot.venues.dialects import PERPETUALS

LOOK = 0.25  # seconds between looks at what waits
NOTHING = Decimal(0)
NOBODY = "dry run: nobody stands there"


@dataclass(frozen=True, slots=True)
class Resting:
    """An order that waits in a book."""

    ticket: Ticket
    filled: Decimal = NOTHING
    fills: int = 0

    @property
    def left(self) -> Decimal:
        """Base units."""
        return self.ticket.amount - self.filled


@dataclass(slots=True)
class PaperFloor:
    """Orders are filled at the newest quote, as far as its size goes and once only; of one that may wait the rest does.

    Who waits is last in the queue: it is filled where the book has gone through its price. Nothing is sent.
    """

    venues: Sequence[str]
    dollars: float
    clock: Callable[[], int]  # ns UTC
    latest: Callable[[], Mapping[Market, Quote]]  # the newest quotes
    look: float = LOOK
    funding: PaperFunding = field(init=False)
    _resting: dict[str, Resting] = field(default_factory=dict)
    _taken: dict[tuple[Market, Side], tuple[Quote, Decimal]] = field(default_factory=dict)  # of the newest quote

    def __post_init__(self) -> None:
        self.funding = PaperFunding(self.clock())

    async def start(self, known: Sequence[OrderEvent]) -> list[OrderEvent]:
        """The dollars that are pretended, in equal parts, where no order ever went; else what the books made of them.

        What stood when an earlier run of the same books ended is over.
        """
        self.funding.learn(known)
        now, part = self.clock(), Decimal(repr(self.dollars)) / max(len(self.venues), 1)
        cents = part.quantize(Decimal("0.01"), ROUND_DOWN)
        used = {each.ticket.market.venue for each in known if isinstance(each, Ordered)}
        purses = {venue: None if venue in used else ((_money(venue), cents),) for venue in self.venues}
        seen = [VenueSeen(now, now, venue, ready=True, balances=purse) for venue, purse in purses.items()]
        return [*(OrderEnded(now, now, name, filled, "dry run: it ended") for name, filled in _left(known)), *seen]

    async def place(self, ticket: Ticket) -> list[OrderEvent]:
        """What would have come of it at once."""
        now, terms = self.clock(), self.terms(ticket.market)
        if terms is None:
            return [OrderRefused(now, now, ticket.id, f"dry run: {ticket.market} cannot be traded")]
        price, amount = self._standing(ticket, ticket.amount, terms)
        if ticket.style is Style.MAKE and amount:
            return [OrderRefused(now, now, ticket.id, "dry run: it would have taken")]
        opened = OrderOpened(now, now, ticket.id, f"paper-{ticket.id}")
        order, fills = self._filled(Resting(ticket), amount, price, terms.taker)
        if order.left and ticket.style is not Style.TAKE:
            self._resting[ticket.id] = order
            return [opened, *fills]
        return [opened, *fills, OrderEnded(now, now, ticket.id, order.filled, "dry run" if fills else NOBODY)]

    async def pull(self, order_id: str, why: str) -> list[OrderEvent]:
        """What waited is over."""
        now, order = self.clock(), self._resting.pop(order_id, None)
        return [] if order is None else [OrderEnded(now, now, order_id, order.filled, f"dry run: {why}")]

    async def events(self) -> AsyncIterator[OrderEvent]:
        """What becomes of orders that wait. Never ends by itself."""
        while True:
            await asyncio.sleep(self.look)
            for event in (*self._met(), *self.funding.due(self.clock(), self.latest())):
                yield event

    def terms(self, market: Market) -> Terms | None:
        """By the exchange's public schedule."""
        return listed(market) if market.venue in self.venues else None

    def _met(self) -> list[OrderEvent]:
        """What the newest quotes did to what waits."""
        told: list[OrderEvent] = []
        for name, order in tuple(self._resting.items()):
            terms, limit = listed(order.ticket.market), order.ticket.limit
            price, amount = self._standing(order.ticket, order.left, terms)
            if price == limit or not amount:
                continue
            more, fills = self._filled(order, amount, limit, terms.maker)
            told += fills
            self._resting[name] = more
            if not more.left:
                now = self.clock()
                told.append(OrderEnded(now, now, name, more.filled, "dry run"))
                del self._resting[name]
        return told

    def _standing(self, ticket: Ticket, wanted: Decimal, terms: Terms) -> tuple[Decimal, Decimal]:
        """At what price how much of it would be traded now: what others of ours took of the same quote is gone."""
        quote, buys = self.latest().get(ticket.market), ticket.side is Side.BUY
        told = None if quote is None else quote.ask if buys else quote.bid
        if quote is None or told is None:
            return NOTHING, NOTHING
        price, size = Decimal(repr(told)), Decimal(repr(quote.ask_size if buys else quote.bid_size))
        if price > ticket.limit if buys else price < ticket.limit:
            return price, NOTHING
        left = size - self._gone(ticket, quote)
        return price, max(min(wanted, left) // terms.amount_step * terms.amount_step, NOTHING)

    def _filled(
        self, order: Resting, amount: Decimal, price: Decimal, rate: Decimal
    ) -> tuple[Resting, list[OrderEvent]]:
        if not amount:
            return order, []
        now, ticket = self.clock(), order.ticket
        quote = self.latest()[ticket.market]
        self._taken[ticket.market, ticket.side] = quote, amount + self._gone(ticket, quote)
        self.funding.traded(ticket, amount)
        order = replace(order, filled=order.filled + amount, fills=order.fills + 1)
        fee = amount * price * rate
        name = f"{ticket.id}-{order.fills}"
        return order, [OrderFilled(now, now, ticket.id, name, amount, price, fee, ticket.market.quote)]

    def _gone(self, ticket: Ticket, quote: Quote) -> Decimal:
        """What was taken where this stands, as long as its prices are the same."""
        before, gone = self._taken.get((ticket.market, ticket.side), (quote, NOTHING))
        return gone if (before.ask, before.bid) == (quote.ask, quote.bid) else NOTHING


def _money(venue: str) -> Asset:
    """What lies there: margin where perpetuals are traded."""
    return MARGIN if venue in PERPETUALS else DOLLAR


def _left(known: Sequence[OrderEvent]) -> list[tuple[str, Decimal]]:
    """Orders without a final report, and what was traded of each."""
    over = {each.order_id for each in known if isinstance(each, OrderEnded | OrderRefused)}
    filled = {each.ticket.id: NOTHING for each in known if isinstance(each, Ordered) and each.ticket.id not in over}
    for each in known:
        if isinstance(each, OrderFilled) and each.order_id in filled:
            filled[each.order_id] += each.amount
    return list(filled.items())
