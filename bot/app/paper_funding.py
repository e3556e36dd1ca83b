"""What pretended short positions pay: in a dry run as at exchanges every eight hours, at what is thought of funding."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal

from bot.model.events import Quote
from bot.model.fees import listed
from bot.model.markets import Market
from bot.model.orders import FundingPaid, Ordered, OrderEvent, OrderFilled, Side, Ticket
from bot.model.times import DAY, HOUR

EVERY = 8 * HOUR
CENT = Decimal("0.01")


@dataclass(slots=True)
class PaperFunding:
    """Positions, and when they last paid (ns UTC)."""

    paid_at: int
    _short: dict[Market, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def learn(self, known: Iterable[OrderEvent]) -> None:
        """The positions of an earlier run of the same books."""
        tickets: dict[str, Ticket] = {}
        for event in known:
            if isinstance(event, Ordered):
                tickets[event.ticket.id] = event.ticket
            elif isinstance(event, OrderFilled) and event.order_id in tickets:
                self.traded(tickets[event.order_id], event.amount)

    def traded(self, ticket: Ticket, amount: Decimal) -> None:
        """So much of an order was filled."""
        if ticket.market.perpetual:
            self._short[ticket.market] += amount if ticket.side is Side.SELL else -amount

    def due(self, now: int, latest: Mapping[Market, Quote]) -> list[FundingPaid]:
        """What is to be paid for the times that have passed since the last."""
        times, self.paid_at = now // EVERY - self.paid_at // EVERY, now
        shorts = ((market, short) for market, short in self._short.items() if times and short > 0)
        return [_payment(market, short, times, now, latest) for market, short in shorts]


def _payment(market: Market, short: Decimal, times: int, now: int, latest: Mapping[Market, Quote]) -> FundingPaid:
    quote = latest.get(market)
    price = (quote.ask or quote.bid or 1.0) if quote else 1.0
    paid = float(short) * price * listed(market).carry * times * EVERY / DAY
    amount = -Decimal(repr(paid)).quantize(CENT, ROUND_UP)
    return FundingPaid(now, now, market.venue, market.base, f"paper-{market.base}-{now}", amount, market.quote)
