"""A hedge ends with both legs, whatever its exchange refuses, its money is worth, or a market takes at least."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.model.events import QuotesSeen
from bot.model.orders import Purpose
from bot.model.times import HOUR, SECOND
from bot.strategy import engine
from strategy.desks import (
    ALPHA,
    BETA,
    USDT,
    World,
    placed,
    quote,
    refused,
    seen,
)
from strategy.futures import CARRIED, DEAR, FUTURE, GAMMA, LOW, SHORT, fallen, futures, hedged, look

pytestmark = pytest.mark.usefixtures("hedgeable")


def paid_in(made: World, spot: float, future: float, usdt: float) -> list[object]:
    """What comes of a look at which USDT is worth so much."""
    made.now += 15 * SECOND
    coins = (quote(venue, made.now, spot) for venue in (ALPHA, BETA))
    money = (quote(venue, made.now, usdt, USDT) for venue in (ALPHA, BETA))
    perpetual = quote(GAMMA, made.now, future, FUTURE, 1e6, USDT)
    return list(made.tell(QuotesSeen(made.now, made.now, (*coins, *money, perpetual))))


@pytest.mark.parametrize("margin", [2_000, 100_000])
def test_what_the_margin_bears_is_sold_short_again_and_the_rest_sold(margin: float) -> None:
    """Of a coin left alone no more is sold short than is covered; none of it stays."""
    made = hedged(futures())
    (trade,) = made.account.trades.values()
    made.tell(seen(GAMMA, **{USDT: margin}))
    orders = placed(look(made, LOW, DEAR))

    short = sum(each.amount for each in orders if each.purpose is Purpose.HEDGE)
    assert 0 < float(short) * (1.25 - DEAR) <= margin
    assert sum(each.amount for each in orders) >= trade.net * Decimal("0.998")
    assert (short == trade.net) == (margin == 100_000)


@pytest.mark.parametrize("usdt", [0.97, 1.03])
def test_a_usdt_that_left_its_peg_ends_it_and_the_debt_is_paid(usdt: float) -> None:
    """What the perpetual is settled in moves: both legs go, at whatever that money is worth."""
    made = hedged(futures())
    for _ in range(8):
        for each in placed(paid_in(made, 0.92, 0.96, usdt)):
            made.fill(each)
    assert {each.kind for each in made.account.trades.values()} <= {"hold"}  # of USDT itself, which fell


def test_a_premium_of_usdt_is_no_gain() -> None:
    """A perpetual that costs more USDT only where a USDT costs more is as dear as its coin."""
    made = futures()
    assert not [each for _ in range(8) for each in placed(paid_in(made, 0.9, 0.905, 1.015))]


def test_one_leg_refused_takes_no_other_along() -> None:
    """Closing is both or neither: where the perpetual's exchange refuses nothing of the coin goes."""
    made = hedged(futures())
    cover, sell = placed(look(made, 0.95, 0.95))
    made.fill(sell, Decimal(0))
    made.tell(refused(cover, made.now))
    assert not placed(look(made, 0.95, 0.95))


def test_a_restart_leaves_a_gap_that_lasts() -> None:
    """Until the depeg is known again, a coin near its peg whose perpetual is dearer than ever is no end of a hedge."""
    made = hedged(futures())
    made.state = engine.resume(made.journal, made.policy)
    assert not placed(look(made, 0.9956, 1.03))


def test_a_remainder_below_every_minimum_is_closed() -> None:
    """A few coins short are bought back, whatever the least order is: nothing of a hedge is forgotten."""
    made = hedged(futures())
    for part in (Decimal("0.9999"), Decimal(1), Decimal(1)):
        for each in placed(look(made, 0.95, 0.95, HOUR)):
            made.fill(each, part)
    assert not made.account.trades
    (over,) = made.account.closed.values()
    assert over.short.open == 0


def test_a_crumb_where_it_sells_best_keeps_the_rest_nowhere() -> None:
    """Some lies where too little of it does for a contract, and more is bid there than where all else lies."""
    made = hedged(futures(terms=replace(CARRIED, amount_step=Decimal(1), min_cost=Decimal(0))))
    rules = made.policy.rules
    assert rules
    small = {each: replace(its, min_cost=Decimal(0)) for each, its in rules.terms.items()}
    made.policy = replace(made.policy, rules=replace(rules, terms=small))
    (trade,) = made.account.trades.values()
    (where,), crumb = trade.held, Decimal("0.6")
    best = BETA if where == ALPHA else ALPHA
    held = {where: trade.net - crumb, best: crumb}
    lying = {(venue, trade.coin): amount for venue, amount in held.items()}
    account = replace(
        made.account,
        trades={trade.id: replace(trade, held=held)},
        balances={**made.account.balances, **lying},
    )
    made.state = replace(made.state, desk=replace(made.state.desk, account=account))
    for _ in range(4):
        made.now += HOUR
        coins = (quote(venue, made.now, 0.951 if venue == best else 0.95) for venue in (ALPHA, BETA))
        both = (*coins, quote(ALPHA, made.now, 1.0002, USDT), quote(GAMMA, made.now, 0.95, FUTURE, 1e6, USDT))
        for each in placed(made.tell(QuotesSeen(made.now, made.now, both))):
            made.fill(each)
    assert not made.account.trades


def test_an_exchange_that_refuses_to_be_sold_to_does_not_keep_a_coin_alone() -> None:
    """Refused again and again, the leg that was bought is sold, not held without its hedge."""
    made = futures()
    buy, short = fallen(made)
    made.fill(buy)
    made.tell(refused(short, made.now))
    orders = placed(look(made, LOW, DEAR))
    assert {each.purpose for each in orders} == {Purpose.UNWIND}
    assert sum(each.amount for each in orders) == buy.amount


def test_coarse_lots_are_hedged_in_equal_amounts() -> None:
    """Where one market takes whole coins and the other hundredths, both legs are whole coins."""
    made = futures(margin=12_345.67)
    rules = made.policy.rules
    assert rules
    whole = replace(rules.terms[SHORT], amount_step=Decimal(1))
    made.policy = replace(made.policy, rules=replace(rules, terms={**rules.terms, SHORT: whole}))
    buy, short = fallen(made)
    assert buy.amount == short.amount == buy.amount.to_integral_value()


def test_margin_is_eased_though_the_coin_cannot_be_sold() -> None:
    """With the coin's exchange away a part of the short is bought back alone, and it is told."""
    made = hedged(futures())
    (trade,) = made.account.trades.values()
    made.tell(seen(GAMMA, **{USDT: float(made.account.cover(GAMMA)) * 0.8, FUTURE: -float(trade.short.open)}))
    made.tell(*(seen(venue, ready=False) for venue in trade.held))
    orders = placed(look(made, LOW, DEAR))
    assert [(each.market, each.purpose) for each in orders] == [(SHORT, Purpose.UNWIND)]


def test_money_elsewhere_does_not_hide_where_it_lies() -> None:
    """The cheapest exchange without our money is passed over for one where it lies."""
    made = futures()
    made.tell(seen(ALPHA, USD=0))
    for _ in range(8):
        made.now += 15 * SECOND
        coins = quote(ALPHA, made.now, 0.8999), quote(BETA, made.now, 0.9), quote(ALPHA, made.now, 1.0, USDT)
        looked = QuotesSeen(made.now, made.now, (*coins, quote(GAMMA, made.now, DEAR, FUTURE, 1e6, USDT)))
        if orders := placed(made.tell(looked)):
            break
    assert orders[0].market.venue == BETA
