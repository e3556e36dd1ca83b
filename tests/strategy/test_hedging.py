"""A coin bought cheap and sold short dear: both legs or none, the difference earned wherever the two meet."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.decisions import Warn
from bot.model.orders import COVER, MARGIN, FundingPaid, Purpose, Side, Terms
from bot.model.outlooks import Stance
from bot.model.times import HOUR
from strategy.desks import (
    TERMS,
    THOUGHTS,
    USDC,
    USDT,
    command,
    outlook,
    placed,
    seen,
)
from strategy.futures import CARRIED, DEAR, FUTURE, GAMMA, LOW, SHORT, fallen, futures, hedged, look

TEN_BP = 0.001


pytestmark = pytest.mark.usefixtures("hedgeable")


def test_both_legs_are_ordered_at_once_and_alike() -> None:
    """As many coins are bought as are sold short, of one trade, where each is best."""
    buy, short = fallen(futures())

    assert (buy.side, buy.purpose, buy.market.base) == (Side.BUY, Purpose.ENTER, USDC)
    assert (short.side, short.purpose, short.market) == (Side.SELL, Purpose.HEDGE, SHORT)
    assert buy.amount == short.amount > 0
    assert {buy.kind, short.kind} == {"hedged"}
    assert buy.trade == short.trade


@pytest.mark.parametrize("stance", [Stance.ATOMIC, Stance.NO_TOUCH])
def test_what_may_not_be_carried_is_not_hedged_either(stance: Stance) -> None:
    """Only what may be held, hedged or not, is bought."""
    THOUGHTS[USDC] = outlook(stance=stance)
    assert not fallen(futures())


def test_two_prices_too_near_are_left_alone_and_it_says_so() -> None:
    """What fees, funding and the time of money leave must be worth it; of what is not the reason is kept."""
    made = futures()
    assert not fallen(made, future=LOW + 0.005)
    assert any("hedged it promises" in each.reason for each in made.state.desk.passed)


def test_dear_funding_keeps_out() -> None:
    """A short that pays two parts in a hundred a day for two days leaves too little of four parts in a hundred."""
    dear = Terms(CARRIED.taker, CARRIED.maker, min_cost=Decimal(5), carry=0.02)
    assert not fallen(futures(terms=dear))


def test_no_more_is_sold_short_than_the_margin_covers() -> None:
    """Ten thousand dollars of margin cover a short of about thirty thousand coins up to a price of 1.25."""
    made = futures(margin=10_000)
    _, short = fallen(made)
    assert short.amount * (COVER - short.limit) <= 10_000
    assert short.amount > 25_000


@given(meets=st.floats(0.02, 1.05))
def test_it_earns_the_difference_wherever_the_two_meet(meets: float) -> None:
    """What the coin comes to is nothing to a hedged one: back at par or gone, the same dollars are earned."""
    THOUGHTS[USDC] = outlook(stance=Stance.HEDGED, recovery_low=0.5)
    made = hedged(futures())
    (trade,) = made.account.trades.values()
    for _ in range(20):
        for each in placed(look(made, meets, meets, HOUR)):
            made.fill(each)
    assert not made.account.trades
    (over,) = made.account.closed.values()
    costs = 4 * (3.5 * TEN_BP + 2e-4)  # a fee, a price that slipped and half of a spread, of each of four orders
    assert DEAR - LOW - costs <= over.earned_usd / float(trade.net) <= DEAR - LOW


def test_while_they_stay_apart_both_are_kept() -> None:
    """A coin that falls on, and its perpetual with it, is no reason to do anything."""
    made = hedged(futures())
    for price in (0.85, 0.7, 0.5, 0.7, 0.9, 0.97):
        orders = placed(look(made, price, price + 0.04, HOUR))
        assert not [each for each in orders if each.purpose is Purpose.EXIT]
        for each in orders:
            made.fill(each)


def test_what_may_be_touched_no_more_is_left_with_both_legs() -> None:
    """As much is sold as is bought back, at once, when the outlook turns."""
    made = hedged(futures())
    (trade,) = made.account.trades.values()
    THOUGHTS[USDC] = outlook(stance=Stance.NO_TOUCH, reasons=("its issuer is gone",))
    cover, sell = placed(look(made, 0.88, 0.92))

    assert (sell.side, cover.side) == (Side.SELL, Side.BUY)
    assert sell.amount == cover.amount <= trade.net
    assert "issuer is gone" in sell.why


def test_funding_that_eats_what_is_left_closes_it() -> None:
    """Carrying it on for the days it may still take must cost less than is left to earn."""
    made = hedged(futures())
    rules = made.policy.rules
    assert rules
    dear = Terms(CARRIED.taker, CARRIED.maker, min_cost=Decimal(5), carry=0.02)
    made.policy = replace(made.policy, rules=replace(rules, terms={**rules.terms, SHORT: dear}))
    orders = placed(look(made, 0.90, 0.93))
    assert {each.purpose for each in orders} == {Purpose.EXIT}
    assert "funding" in orders[0].why


def test_a_short_whose_coin_was_not_bought_is_bought_back() -> None:
    """Nothing is left one-sided: the perpetual is bought back, no more of it than is short, and it is told."""
    made = futures()
    buy, short = fallen(made)
    made.fill(short)
    made.fill(buy, Decimal(0))
    actions = look(made, LOW, DEAR)
    (back,) = [each for each in placed(actions) if each.purpose is Purpose.UNWIND]

    assert (back.side, back.market, back.amount) == (Side.BUY, SHORT, short.amount)
    assert any(isinstance(each, Warn) and "one-sided" in each.text for each in actions)
    made.fill(back)
    assert not made.account.trades


@pytest.mark.parametrize(("future", "purpose"), [(DEAR, Purpose.HEDGE), (0.80, Purpose.UNWIND)])
def test_a_coin_whose_perpetual_was_not_sold_is_sold_where_more_is_paid(future: float, purpose: Purpose) -> None:
    """Short again while its perpetual is the dearer of the two, else the coin itself goes."""
    made = futures()
    buy, short = fallen(made)
    made.fill(short, Decimal(0))
    made.fill(buy)
    orders = [each for each in placed(look(made, LOW, future)) if each.purpose is not Purpose.ENTER]

    assert {each.purpose for each in orders} == {purpose}
    assert {each.side for each in orders} == {Side.SELL}
    assert sum(each.amount for each in orders) == buy.amount


def test_a_halt_begins_nothing_and_lets_out() -> None:
    """Halted, no leg is ordered; what is hedged may be closed."""
    made = futures()
    made.tell(command(made, "kill"))
    assert not fallen(made)

    made = hedged(futures())
    made.tell(command(made, "kill"))
    assert {each.purpose for each in placed(look(made, 0.95, 0.95))} == {Purpose.EXIT}


def test_funding_counts_once() -> None:
    """The same payment heard twice is one: in what lies there, and in what the trade earned."""
    made = hedged(futures())
    before = made.account.balances[GAMMA, MARGIN]
    paid = FundingPaid(made.now, made.now, GAMMA, FUTURE, "7", Decimal("-12.5"), MARGIN)
    made.tell(paid, paid)

    assert made.account.balances[GAMMA, MARGIN] == before - Decimal("12.5")
    (trade,) = made.account.trades.values()
    assert trade.carry_usd == -12.5
    assert trade.earned_usd == trade.got_usd - trade.spent_usd + trade.short.earned_usd - 12.5


def test_a_margin_that_does_not_reach_is_eased() -> None:
    """Where money went that was to cover the short, a part of both legs goes, the perpetual first."""
    made = hedged(futures())
    (trade,) = made.account.trades.values()
    made.tell(seen(GAMMA, **{USDT: float(made.account.cover(GAMMA)) * 0.9, FUTURE: -float(trade.short.open)}))
    orders = placed(look(made, LOW, DEAR))

    assert orders[0].market == SHORT
    assert orders[0].side is Side.BUY
    assert 0 <= trade.short.open / 4 - sum(each.amount for each in orders if each.market == SHORT) < TERMS.amount_step


def test_a_short_that_the_exchange_closed_leaves_no_coin_alone() -> None:
    """Bought back without us, as when the margin was gone: at the worst price, and the coin left alone is sold."""
    made = hedged(futures())
    (trade,) = made.account.trades.values()
    made.tell(seen(GAMMA))
    (alone,) = made.account.trades.values()
    assert alone.bare == trade.net
    assert alone.short.spent == pytest.approx(float(trade.short.open * COVER))

    orders = placed(look(made, LOW, DEAR))
    assert {(each.side, each.purpose) for each in orders} == {(Side.SELL, Purpose.UNWIND)}
    assert sum(each.amount for each in orders) == trade.net
