"""The pretended exchange is never kinder than a real one, and no order is lost or doubled there."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given

from bot.analysis.paper import Bar, Conditions, Paper
from bot.model.markets import Market
from bot.model.orders import (
    OrderEnded,
    OrderEvent,
    OrderFilled,
    OrderOpened,
    OrderRefused,
    Side,
    Style,
    Ticket,
)
from bot.model.times import MINUTE

from .orders_made import STEP, TERMS, A, B, Told, lives, ticket


def bar(minute: int = 0, open: float = 0.94, high: float = 0.96, low: float = 0.93, **facts: float) -> Bar:  # noqa: A002
    """A minute in which ten thousand coins were traded about 0.94, unless told otherwise."""
    usual = Bar(minute * MINUTE, (minute + 1) * MINUTE, open, high, low, close=open, volume=10_000.0)
    return replace(usual, **facts)  # type: ignore[arg-type]


def paper(**conditions: object) -> Paper:
    """Two exchanges."""
    return Paper({A: TERMS, B: TERMS}, Conditions(**conditions))  # type: ignore[arg-type]


def fills(events: Iterable[OrderEvent]) -> list[OrderFilled]:
    """The fills among these."""
    return [event for event in events if isinstance(event, OrderFilled)]


def finals(events: Iterable[OrderEvent]) -> list[OrderEnded | OrderRefused]:
    """The final reports among these."""
    return [event for event in events if isinstance(event, OrderEnded | OrderRefused)]


@given(lives())
def test_every_order_ends_in_exactly_one_final_report(told: Told) -> None:
    """Whatever comes in whatever order, also an order sent twice; its fills add up to what the report says."""
    assert sorted(each.order_id for each in finals(told.said)) == sorted(told.tickets)
    for final in finals(told.said):
        its = [each for each in told.said if not isinstance(each, OrderOpened) and each.order_id == final.order_id]  # type: ignore[union-attr]
        filled = sum((each.amount for each in fills(its)), Decimal(0))
        assert its[-1] == final
        assert filled == (final.filled if isinstance(final, OrderEnded) else 0)
        assert filled <= told.tickets[final.order_id].amount


@given(lives())
def test_an_order_fills_only_in_bars_that_began_after_it_stood(told: Told) -> None:
    """A bar that began before the order was decided and had travelled there does nothing to it."""
    for _, one, heard in told.bars:
        for fill in fills(heard):
            assert one.opened >= told.placed[fill.order_id] + told.conditions.latency
            assert fill.made_at == one.end


@given(lives())
def test_fills_are_at_prices_that_traded_and_never_beyond_the_limit(told: Told) -> None:
    """Never better than anything that traded in the bar, its opening counted, and who takes pays no worse than that.

    Rounding is against us. Who waits pays his own price, also where the market has gone past it.
    """
    for _, one, heard in told.bars:
        for fill in fills(heard):
            asked, price = told.tickets[fill.order_id], float(fill.price)
            sign, low, high = 1 if asked.side is Side.BUY else -1, min(one.low, one.open), max(one.high, one.open)
            best, worst = (low, high + STEP) if sign > 0 else (high, low - STEP)
            took = fill.fee == fill.amount * fill.price * TERMS.taker
            assert sign * (asked.limit - fill.price) >= 0
            assert sign * (price - best) > -1e-9
            assert not took or sign * (worst - price) > -1e-9
            assert fill.price % TERMS.price_step == 0


@given(lives())
def test_all_fills_of_a_bar_are_a_share_of_what_traded(told: Told) -> None:
    """All our orders together get no more than the share, and nothing where nobody knows what traded."""
    for _, one, heard in told.bars:
        traded = float(sum(fill.amount for fill in fills(heard)))
        assert traded <= (told.conditions.share * one.volume if one.volume == one.volume else 0.0)


@given(lives())
def test_what_traded_at_one_time_is_given_once(told: Told) -> None:
    """Bars of one market that both had fills do not overlap."""
    for market in (A, B):
        spans = [(one.opened, one.end) for where, one, heard in told.bars if where == market and fills(heard)]
        assert all(end <= opened for (_, end), (opened, _) in pairwise(spans))


@given(lives())
def test_in_an_outage_nothing_trades(told: Told) -> None:
    """Bars that an outage touches fill nothing."""
    for market, one, heard in told.bars:
        for first, last in told.conditions.outages.get(market.venue, ()):
            assert heard == [] or one.end <= first or last <= one.opened or last <= first


@given(lives())
def test_who_takes_pays_as_taker_and_who_waits_as_maker_at_his_own_price(told: Told) -> None:
    """IOC orders pay the taker's fee, post-only ones the maker's at their limit, others one or the other; in quote."""
    for fill in fills(told.said):
        asked = told.tickets[fill.order_id]
        rates = {Style.TAKE: {TERMS.taker}, Style.MAKE: {TERMS.maker}, Style.REST: {TERMS.taker, TERMS.maker}}
        rate = fill.fee / (fill.amount * fill.price)
        assert rate in rates[asked.style]
        assert rate == TERMS.taker or fill.price == asked.limit
        assert fill.fee_asset == asked.market.quote


@given(lives())
def test_who_waits_is_filled_only_where_the_price_went_through(told: Told) -> None:
    """An order that rests is last in the queue: a bar that only touches its price leaves it unfilled."""
    for _, one, heard in told.bars:
        for fill in fills(heard):
            asked = told.tickets[fill.order_id]
            if fill.fee == fill.amount * fill.price * TERMS.maker:
                through = one.low < float(asked.limit) if asked.side is Side.BUY else one.high > float(asked.limit)
                assert through


def filled(asked: Ticket, *met: Bar, **conditions: object) -> list[tuple[float, float]]:
    """Amount and price of each fill of an order in these bars, placed at 0."""
    exchange = paper(**conditions)
    exchange.place(asked, 0)
    return [(float(fill.amount), float(fill.price)) for one in met for fill in fills(exchange.bar(asked.market, one))]


def test_taking_pays_the_worse_of_opening_and_typical_price() -> None:
    """The opening where the bar went our way, its typical price where it did not, and half of the spread."""
    assert filled(ticket(), bar(open=0.94, high=0.94, low=0.90)) == [(100, 0.94)]
    assert filled(ticket(), bar(open=0.94, high=0.97, low=0.94, close=0.9400)) == [(100, 0.95)]
    assert filled(ticket(), bar(open=0.94, high=0.95, low=0.93, spread=0.002)) == [(100, 0.941)]
    sold = ticket(side=Side.SELL, limit=Decimal("0.93"))
    assert filled(sold, bar(open=0.94, high=0.95, low=0.93, spread=0.002)) == [(100, 0.939)]


def test_a_wick_gives_takers_nothing() -> None:
    """A print at 999 or 0.2 within the bar puts its typical price beyond any limit."""
    assert filled(ticket(), bar(high=999.0)) == []
    assert filled(ticket(side=Side.SELL, limit=Decimal("0.93")), bar(low=0.2)) == []


def test_what_takes_meets_one_bar_and_what_rests_waits() -> None:
    """An IOC order ends with its first bar; a resting one is filled bar by bar until it is whole."""
    thin = [bar(minute, volume=400.0) for minute in range(4)]

    assert filled(ticket(), *thin) == [(40, 0.9434)]
    waiting = ticket(style=Style.MAKE, limit=Decimal("0.935"))
    assert filled(waiting, *thin) == [(40, 0.935), (40, 0.935), (20, 0.935)]


def test_post_only_never_takes() -> None:
    """Where the bar opens at its price or better the order would have taken, and ends."""
    exchange = paper()
    exchange.place(ticket(style=Style.MAKE), 0)

    assert finals(exchange.bar(A, bar()))[0].reason == "it would have taken"


def test_one_that_may_do_both_takes_first_and_rests_with_what_is_left() -> None:
    """A limit order takes what stands there when it comes, at the taker's fee, and waits for the rest at its own."""
    assert filled(ticket(style=Style.REST), bar(volume=400.0), bar(1)) == [
        (40, 0.9434),
        (60, 0.95),
    ]


def test_a_cancellation_in_an_outage_is_answered_when_it_is_over() -> None:
    """The order stands on, fills nothing, and ends with the first bar after the outage."""
    exchange = paper(outages={"a": ((MINUTE, 3 * MINUTE),)})
    exchange.place(ticket(style=Style.MAKE, limit=Decimal("0.935")), 0)

    assert exchange.pull("o", 2 * MINUTE) == []
    assert exchange.bar(A, bar(2)) == []
    assert exchange.bar(A, bar(3)) == [OrderEnded(4 * MINUTE, 4 * MINUTE, "o", Decimal(0), "cancelled")]


@pytest.mark.parametrize(
    "asked",
    [
        ticket(market=Market("c", "USDC", "USD")),
        ticket(amount=Decimal(0)),
        ticket(amount=Decimal(5)),
        ticket(amount=Decimal("100.001")),
        ticket(limit=Decimal("0.95001")),
    ],
)
def test_what_an_exchange_would_not_take_is_refused(asked: Ticket) -> None:
    """Unknown markets, amounts of nothing or too little, and what is not on the market's steps."""
    (answer,) = paper().place(asked, 0)

    assert isinstance(answer, OrderRefused)


def test_an_order_sent_twice_is_one_order() -> None:
    """The second is not answered, also after the first has ended."""
    exchange: Paper = paper()
    first: Sequence[OrderEvent] = exchange.place(ticket(), 0)

    assert [type(each) for each in first] == [OrderOpened]
    assert exchange.place(ticket(amount=Decimal(200)), 0) == []
    exchange.bar(A, bar())
    assert exchange.place(ticket(), MINUTE) == []
