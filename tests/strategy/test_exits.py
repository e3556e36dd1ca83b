"""When a hold is left, and how much of it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.outlooks import Outlook, Stance
from bot.model.times import DAY
from bot.model.trade import Trade
from bot.strategy import exits
from bot.strategy.exits import Exit
from strategy.desks import T0, USDC, outlook

prices = st.floats(0.01, 1.2)
amounts = st.integers(1, 10**9).map(lambda n: Decimal(n) / 100)


@st.composite
def trades(draw: st.DrawFn) -> Trade:
    """A hold of which something may have been sold."""
    bought, cost = draw(amounts), draw(st.floats(0.3, 0.99))
    sold = bought * draw(st.integers(0, 100)) / 100
    return Trade("t", "hold", USDC, T0, bought, sold, float(bought) * cost, float(sold) * cost)


@st.composite
def outlooks(draw: st.DrawFn) -> Outlook | None:
    """Any that may be held on, or none."""
    worst, stance = draw(st.floats(0.01, 0.98)), draw(st.sampled_from(Stance))
    view = outlook(worst=worst, stance=stance, recovery=draw(st.floats(0, 1)), late_time=draw(st.none() | st.just(DAY)))
    return draw(st.sampled_from((None, view)))


def due(trade: Trade, price: float, view: Outlook | None, *, closing: bool = False, age: int = 0) -> Exit | None:
    """What is to be sold, of a coin pegged to the dollar."""
    return exits.due(trade, price, 1.0, view, worth=price, closing=closing, age=age)


def test_a_low_bid_where_it_lies_is_no_stop() -> None:
    """USDe fetched 0.65 at one exchange while it was worth 0.99: whoever sold there for that reason gave it away."""
    assert exits.due(held(), 0.65, 1.0, outlook(worst=0.80), worth=0.93, closing=False, age=0) is None


def held(bought: int = 1000, sold: int = 0, cost: float = 0.9) -> Trade:
    """A hold of a thousand coins at 0.90."""
    return Trade("t", "hold", USDC, T0, Decimal(bought), Decimal(sold), bought * cost)


@given(trades(), prices, outlooks(), st.booleans(), st.integers(0, 5 * DAY))
def test_never_is_more_sold_than_is_held(
    trade: Trade, price: float, view: Outlook | None, closing: bool, age: int
) -> None:
    """Whatever is thought: something is sold or nothing, and never what is not there."""
    way_out = due(trade, price, view, closing=closing, age=age)

    assert way_out is None or 0 < way_out.amount <= trade.net


@given(
    trades().filter(lambda each: each.net > 0), prices, st.floats(0.01, 0.98), st.booleans(), st.integers(0, 5 * DAY)
)
def test_a_stop_sells_all_whatever_else_is_true(
    trade: Trade, price: float, worst: float, closing: bool, age: int
) -> None:
    """At or below the stop, or in a coin not to be touched, all of it goes, at once."""
    stopped = due(trade, min(price, worst), outlook(worst=worst), closing=closing, age=age)
    untouchable = due(trade, price, outlook(worst=worst, stance=Stance.NO_TOUCH), closing=closing, age=age)

    for way_out in (stopped, untouchable):
        assert way_out
        assert (way_out.amount, way_out.urgent) == (trade.net, True)


@given(trades(), prices, prices, outlooks().filter(bool), st.integers(0, 5 * DAY))
def test_the_nearer_to_its_peg_the_more_is_sold(
    trade: Trade, price: float, other: float, view: Outlook, age: int
) -> None:
    """Above the stop a higher price never sells less."""
    low, high = sorted((max(price, view.worst + 1e-9), max(other, view.worst + 1e-9)))
    less, more = (due(trade, each, view, age=age) for each in (low, high))

    assert (less.amount if less else 0) <= (more.amount if more else 0)


@given(trades(), st.floats(0.85, 1.1))
def test_a_step_is_taken_once(trade: Trade, price: float) -> None:
    """After what was due is sold, nothing is due at the same price."""
    way_out = due(trade, price, outlook())
    if way_out:
        sold = Trade("t", "hold", USDC, T0, trade.bought, trade.sold + way_out.amount, trade.spent_usd)
        assert due(sold, price, outlook()) is None


@pytest.mark.parametrize(
    ("price", "kept"), [(0.95, 1000), (0.9749, 1000), (0.9751, 750), (0.9899, 750), (0.9901, 400), (0.9991, 0)]
)
def test_each_step_keeps_what_it_says(price: float, kept: int) -> None:
    """Bought at 0.90: three quarters of the way back a quarter is sold, at nine tenths more, at par the rest."""
    way_out = due(held(), price, outlook())

    assert 1000 - (way_out.amount if way_out else 0) == kept


def test_before_redemption_closes_a_losing_hold_is_halved() -> None:
    """Half of what was bought is kept over the weekend, if it is worth less than it cost; and only then."""
    halved = due(held(), 0.88, outlook(), closing=True)
    assert halved
    assert (halved.amount, halved.urgent) == (500, False)

    assert due(held(sold=500), 0.88, outlook(), closing=True) is None
    assert due(held(), 0.92, outlook(), closing=True) is None
    assert due(held(), 0.88, outlook()) is None


def test_what_is_over_is_sold_and_what_is_not_known_waits() -> None:
    """No depeg known: at its peg it is over; far from it, it was not seen again yet, and nothing is thrown away."""
    over = due(held(), 0.997, None)
    assert over
    assert (over.amount, over.urgent) == (1000, False)
    assert due(held(), 0.9, None) is None


def test_who_is_more_likely_gone_or_away_for_too_long_is_left() -> None:
    """A doubtful coin, and one that stays away longer than those that come back, go at once."""
    for view, age in ((outlook(recovery=0.49), 0), (outlook(late_time=DAY), 2 * DAY + 1)):
        way_out = due(held(), 0.9, view, age=age)
        assert way_out
        assert (way_out.amount, way_out.urgent) == (1000, True)
    assert due(held(), 0.9, outlook(late_time=None), age=100 * DAY) is None


def test_a_coin_above_its_peg_is_sold_in_peace() -> None:
    """A premium has no stop: what is held of it is sold at par or better, without haste."""
    way_out = due(held(), 1.02, outlook(worst=float("inf")))

    assert way_out
    assert (way_out.amount, way_out.urgent) == (1000, False)
