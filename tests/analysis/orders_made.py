"""Orders, bars and whole lives of a pretended exchange, made up."""

from dataclasses import dataclass, replace
from decimal import Decimal

from hypothesis import strategies as st

from bot.analysis.paper import Bar, Conditions, Paper
from bot.model.markets import Market
from bot.model.orders import OrderEvent, Purpose, Side, Style, Terms, Ticket
from bot.model.times import MINUTE, SECOND

A, B = Market("a", "USDC", "USDT"), Market("b", "USDC", "USD")
TERMS = Terms(taker=Decimal("0.002"), maker=Decimal("0.001"), price_step=Decimal("0.0001"), min_cost=Decimal(5))
STEP = float(TERMS.price_step)
NAN = float("nan")


def ticket(name: str = "o", **facts: object) -> Ticket:
    """A hundred coins bought at 0.95 or better, unless told otherwise."""
    usual = Ticket(
        id=name,
        trade=name,
        kind="hold",
        coin="USDC",
        market=A,
        side=Side.BUY,
        amount=Decimal(100),
        limit=Decimal("0.95"),
        style=Style.TAKE,
        purpose=Purpose.ENTER,
        quote_usd=1.0,
        made_at=0,
        seen_price=0.949,
    )
    return replace(usual, **facts)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Told:
    """What one exchange was told and said, in a life of its own."""

    conditions: Conditions
    tickets: dict[str, Ticket]
    placed: dict[str, int]
    said: list[OrderEvent]
    bars: list[tuple[Market, Bar, list[OrderEvent]]]


PRICES = st.integers(min_value=9_000, max_value=11_000).map(lambda ticks: ticks / 10_000)
WILD = st.sampled_from([0.2, 0.51, 3.99, 999.0, 0.0, NAN, float("inf")])
VOLUMES = st.one_of(st.floats(0, 1e5), st.just(NAN), st.just(0.0))


@st.composite
def tickets(draw: st.DrawFn, name: str) -> Ticket:
    """Any order, good or bad."""
    return ticket(
        name,
        market=draw(st.sampled_from([A, A, B, Market("c", "USDC", "USD")])),
        side=draw(st.sampled_from(Side)),
        style=draw(st.sampled_from(Style)),
        amount=draw(st.integers(0, 500_000)) * Decimal("0.01"),
        limit=Decimal(draw(st.integers(8_900, 11_100))) * TERMS.price_step,
    )


@st.composite
def bars(draw: st.DrawFn, opened: int, length: int) -> Bar:
    """Any bar, with wicks and holes now and then."""
    first, last = draw(PRICES), draw(PRICES)
    some = draw(st.lists(st.one_of(PRICES, PRICES, WILD), min_size=1, max_size=2))
    prices = [first, last, *some]
    spread = draw(st.sampled_from([0.0, 0.002]))
    return Bar(opened, opened + length, first, max(prices), min(prices), last, draw(VOLUMES), spread)


@st.composite
def lives(draw: st.DrawFn) -> Told:
    """Orders, cancellations, bars of one and of five minutes, outages and refusals, in any order; then the end."""
    outages = {draw(st.sampled_from("ab")): ((draw(st.integers(0, 20)) * MINUTE, draw(st.integers(0, 25)) * MINUTE),)}
    conditions = Conditions(
        latency=draw(st.sampled_from([0, SECOND, 2 * MINUTE])),
        share=draw(st.sampled_from([0.1, 1.0])),
        outages=outages,
        refuse_every=draw(st.sampled_from([0, 0, 3])),
    )
    told, exchange = Told(conditions, {}, {}, [], []), Paper({A: TERMS, B: TERMS}, conditions)
    for minute in range(draw(st.integers(1, 20))):
        now = minute * MINUTE
        for market in (A, B) if minute else ():
            for length in (MINUTE, 5 * MINUTE) if minute % 5 == 0 else (MINUTE,):
                if draw(st.booleans()):
                    one = draw(bars(now - length, length))
                    heard = exchange.bar(market, one)
                    told.bars.append((market, one, heard))
                    told.said.extend(heard)
        for _ in range(draw(st.integers(0, 2))):
            name = f"o{len(told.tickets)}" if draw(st.integers(0, 5)) else "o0"
            asked = told.tickets.setdefault(name, draw(tickets(name)))
            told.placed.setdefault(name, now)
            told.said.extend(exchange.place(asked, now))
        if draw(st.booleans()) and told.tickets:
            told.said.extend(exchange.pull(draw(st.sampled_from(sorted(told.tickets))), now))
    told.said.extend(exchange.end(20 * MINUTE))
    assert len(exchange) == 0
    return told
