"""An exchange that only pretends, fed by bars: orders fill from the next bar on, at prices that traded.

A bar is known at its end, so an order decided then meets the bar that begins then, or a later one. Of what trades in a
bar only a share is ours, all our orders together; of bars that overlap only the first that is told counts. Who takes
pays the worse of the bar's opening and its typical price, and half of the spread, and the taker's fee. Who waits is
last in the queue: an order is filled only where the price went through it, at the order's price and the maker's fee.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from math import isfinite

from bot.model.markets import Market
from bot.model.orders import (
    OrderEnded,
    OrderEvent,
    OrderFilled,
    OrderOpened,
    OrderRefused,
    Side,
    Style,
    Terms,
    Ticket,
)

Span = tuple[int, int]
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of one market, known at `end`. Prices in the quote; `volume` in base units, NaN where unknown."""

    opened: int  # ns UTC
    end: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    spread: float = 0.0  # relative, an estimate


@dataclass(frozen=True, slots=True)
class Conditions:
    """How the pretended exchanges behave."""

    latency: int = 0  # ns until an order stands
    share: float = 0.10  # of what trades in a bar that may be ours
    outages: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)  # by venue: nothing is taken, pulled or told
    refuse_every: int = 0  # every so many orders one is refused; 0: none is


@dataclass(slots=True)
class Paper:
    """All pretended exchanges. Every order ends in exactly one final report."""

    terms: Mapping[Market, Terms]
    conditions: Conditions = field(default_factory=Conditions)
    _open: dict[str, "_Standing"] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)  # every order there ever was
    _told: dict[Market, int] = field(default_factory=dict)  # the end of the last bar of each market

    def place(self, ticket: Ticket, now: int) -> list[OrderEvent]:
        """What an exchange answers to an order; nothing to one that it has had already."""
        if ticket.id in self._asked:
            return []
        self._asked.add(ticket.id)
        if why := self._refusal(ticket, now):
            return [OrderRefused(now, now, ticket.id, why)]
        self._open[ticket.id] = _Standing(ticket, now + self.conditions.latency)
        return [OrderOpened(now, now, ticket.id, f"paper-{len(self._asked)}")]

    def pull(self, order_id: str, now: int) -> list[OrderEvent]:
        """What it answers to a cancellation; nothing in an outage, after which the order ends."""
        standing = self._open.get(order_id)
        if standing is None:
            return []
        if self._out(standing.ticket.market.venue, now, now + 1):
            self._open[order_id] = replace(standing, pulled=True)
            return []
        return self._ended(standing, now, "cancelled")

    def bar(self, market: Market, bar: Bar) -> list[OrderEvent]:
        """What a bar did to the orders that stood before it began."""
        if self._out(market.venue, bar.opened, bar.end):
            return []
        overlaps = bar.opened < self._told.get(market, bar.opened)
        if overlaps or not all(map(isfinite, (bar.open, bar.high, bar.low, bar.close))):
            return []
        self._told[market] = bar.end
        left = bar.volume * self.conditions.share if isfinite(bar.volume) else 0.0
        told: list[OrderEvent] = []
        for standing in [each for each in self._open.values() if each.ticket.market == market]:
            if standing.since <= bar.opened:
                reports, traded = self._met(standing, bar, left)
                told, left = told + reports, left - traded
        return told

    def end(self, now: int) -> list[OrderEvent]:
        """History is over: what stands is cancelled."""
        return [report for each in tuple(self._open.values()) for report in self._ended(each, now, "history is over")]

    def __len__(self) -> int:
        return len(self._open)

    def _refusal(self, ticket: Ticket, now: int) -> str | None:
        terms, every = self.terms.get(ticket.market), self.conditions.refuse_every
        if terms is None:
            return f"no market {ticket.market}"
        if self._out(ticket.market.venue, now, now + 1):
            return f"{ticket.market.venue} does not answer"
        if every and len(self._asked) % every == 0:
            return "refused, for once"
        least = NOTHING if ticket.market.perpetual and ticket.side is Side.BUY else terms.min_cost  # to buy back: any
        if ticket.amount <= 0 or ticket.amount < terms.min_amount or ticket.amount * ticket.limit < least:
            return "below the market's minimum"
        if ticket.amount % terms.amount_step or ticket.limit % terms.price_step:
            return "not on the market's steps"
        return None

    def _out(self, venue: str, since: int, until: int) -> bool:
        """Whether there is an outage in [since, until)."""
        return any(first < until and since < last for first, last in self.conditions.outages.get(venue, ()))

    def _met(self, standing: "_Standing", bar: Bar, left: float) -> tuple[list[OrderEvent], float]:
        """One order and one bar: reports, and base units traded."""
        ticket, terms = standing.ticket, self.terms[standing.ticket.market]
        if standing.pulled:
            return self._ended(standing, bar.end, "cancelled"), 0.0
        price, rate = _met_at(standing, bar, terms)
        if ticket.style is Style.MAKE and not standing.met and _crosses(ticket, bar):
            return self._ended(standing, bar.end, "it would have taken"), 0.0
        amount = min(ticket.amount - standing.filled, _lots(left, terms)) if price is not None else NOTHING
        standing, reports = replace(standing, met=True), list[OrderEvent]()
        if price is not None and amount > 0:
            standing = replace(standing, filled=standing.filled + amount, fills=standing.fills + 1)
            name, fee = f"{ticket.id}-{standing.fills}", amount * price * rate
            reports.append(OrderFilled(bar.end, bar.end, ticket.id, name, amount, price, fee, ticket.market.quote))
        self._open[ticket.id] = standing
        if ticket.style is Style.TAKE or standing.filled == ticket.amount:
            reports += self._ended(standing, bar.end, "" if standing.filled else "nobody stood there")
        return reports, float(amount)

    def _ended(self, standing: "_Standing", now: int, reason: str) -> list[OrderEvent]:
        del self._open[standing.ticket.id]
        return [OrderEnded(now, now, standing.ticket.id, standing.filled, reason)]


@dataclass(frozen=True, slots=True)
class _Standing:
    ticket: Ticket
    since: int  # ns, from when it may fill
    filled: Decimal = NOTHING
    fills: int = 0
    met: bool = False  # whether it saw a bar
    pulled: bool = False  # in an outage: it ends when that does


def _met_at(standing: _Standing, bar: Bar, terms: Terms) -> tuple[Decimal | None, Decimal]:
    """What an order trades at in a bar, None where at nothing, and the fee's rate.

    What may take does so once, in the first bar that it meets; what may rest waits from then on.
    """
    ticket = standing.ticket
    if ticket.style is Style.MAKE or standing.met:
        return _passed_through(ticket, bar), terms.maker
    if ticket.style is Style.TAKE or _crosses(ticket, bar):
        return _taken(ticket, bar, terms), terms.taker
    return _passed_through(ticket, bar), terms.maker


def _crosses(ticket: Ticket, bar: Bar) -> bool:
    """Whether somebody stood there for it when the bar opened."""
    return bar.open <= float(ticket.limit) if ticket.side is Side.BUY else bar.open >= float(ticket.limit)


def _taken(ticket: Ticket, bar: Bar, terms: Terms) -> Decimal | None:
    """What taking costs in this bar, on the market's steps, rounded against us; None where the limit forbids it."""
    typical, buys = (bar.high + bar.low + bar.close) / 3, ticket.side is Side.BUY
    if buys:
        price = min(max(bar.open, typical) * (1 + bar.spread / 2), max(bar.high, bar.open))
    else:
        price = max(min(bar.open, typical) * (1 - bar.spread / 2), min(bar.low, bar.open))
    steps = Decimal(repr(price)) / terms.price_step
    exact = steps.to_integral_value(ROUND_UP if buys else ROUND_DOWN) * terms.price_step
    within = exact <= ticket.limit if buys else exact >= ticket.limit
    return exact if within else None


def _passed_through(ticket: Ticket, bar: Bar) -> Decimal | None:
    through = bar.low < float(ticket.limit) if ticket.side is Side.BUY else bar.high > float(ticket.limit)
    return ticket.limit if through else None


def _lots(amount: float, terms: Terms) -> Decimal:
    """A volume on the market's steps, rounded down."""
    return (Decimal(repr(max(amount, 0.0))) / terms.amount_step).to_integral_value(ROUND_DOWN) * terms.amount_step
