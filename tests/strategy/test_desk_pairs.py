"""Pairs fill both legs or are made even, at no price but a fair one."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.model.decisions import Warn
from bot.model.orders import Purpose, Side
from bot.model.times import MINUTE, SECOND
from bot.strategy.mandate import Mandate
from strategy.desks import (
    ALPHA,
    BETA,
    USDC,
    World,
    both,
    ended,
    placed,
    policy,
    seen,
    world,
)

pytestmark = pytest.mark.usefixtures("thought")


def test_a_pair_fills_both_legs_or_is_made_even() -> None:
    """Bought here and sold there for the same amount; what one leg left over is traded away within the mandate."""
    made = world(USDC=50_000)
    made.look({(ALPHA, USDC): 0.9990, (BETA, USDC): 0.9990})
    buy, sell = placed(made.look({(ALPHA, USDC): 0.9950, (BETA, USDC): 1.0}))
    assert (buy.side, buy.market.venue, sell.side, sell.market.venue) == (Side.BUY, ALPHA, Side.SELL, BETA)
    assert (buy.amount, buy.trade) == (sell.amount, sell.trade)
    assert buy.id != sell.id

    made.fill(buy)
    assert placed(made.look({(ALPHA, USDC): 0.9950, (BETA, USDC): 1.0})) == []
    came = made.fill(sell, Decimal(0))
    came += made.look({(ALPHA, USDC): 0.9950, (BETA, USDC): 0.9950})
    unwinding = placed(came, Purpose.UNWIND)
    assert {each.side for each in unwinding} == {Side.SELL}
    assert buy.amount - sum(each.amount for each in unwinding) < Decimal("0.05")
    for each in unwinding:
        assert "one-sided" in each.why
        assert float(each.limit) >= each.seen_price * (1 - 4 * Mandate().unwind_bp / 1e4) - 1e-9
        made.fill(each)
    assert made.account.trades == {}


def test_a_pair_is_not_made_even_at_any_price() -> None:
    """A bid far below what all others pay waits until it is one of theirs again; when all fall it is sold there."""
    made = world(USDC=50_000)
    made.look(both(0.9990))
    buy, sell = placed(made.look({(ALPHA, USDC): 0.9950, (BETA, USDC): 1.0}))
    made.fill(buy)
    made.fill(sell, Decimal(0))
    elsewhere = {(venue, USDC): 0.9950 for venue in ("gamma", "delta", "epsilon")}
    alone = dict.fromkeys(both(1.0), 0.5)

    assert placed(made.look(elsewhere | alone)) == []
    assert placed(made.look(dict.fromkeys([*elsewhere, *alone], 0.5)), Purpose.UNWIND)


def test_no_pair_is_made_at_once_where_the_last_found_nobody() -> None:
    """A book that stands only in the feed would leave one leg after another to be made even at a loss."""
    made, apart = world(USDC=50_000), {(ALPHA, USDC): 0.9950, (BETA, USDC): 1.0}
    made.look(both(0.9990))
    for each in placed(made.look(apart)):
        made.tell(replace(ended(each, Decimal(0)), seen_at=made.now))

    assert placed(made.look(apart)) == []
    assert len(placed(made.look(apart, 6 * SECOND))) == 2


def test_a_pair_is_as_large_as_the_purse() -> None:
    """Where money for the one leg is short, both are smaller: the chance is not missed."""
    made = World(policy())
    made.tell(seen(ALPHA, USD=5_000), seen(BETA, USDC=50_000))
    made.look({(ALPHA, USDC): 0.9990, (BETA, USDC): 0.9990})
    legs = placed(made.look({(ALPHA, USDC): 0.9950, (BETA, USDC): 1.0}))

    assert len({each.amount for each in legs}) == 1
    assert len(legs) == 2
    assert legs[0].amount > 4_900


def test_a_pair_that_nobody_makes_even_is_told_once() -> None:
    """What may cost no more, and is worth more than anybody gives, waits; a person hears of it one time."""
    made = world(USDC=50_000)
    made.look({(ALPHA, USDC): 0.9990, (BETA, USDC): 0.9990})
    buy, sell = placed(made.look({(ALPHA, USDC): 0.9950, (BETA, USDC): 1.0}))
    made.fill(buy)
    made.fill(sell, Decimal(0))
    prices = {(venue, USDC): 0.9950 for venue in ("gamma", "delta", "epsilon")} | dict.fromkeys(both(1.0), 0.5)
    came = [each for _ in range(20) for each in made.look(prices, MINUTE)]

    assert not placed(came, Purpose.UNWIND)
    (said,) = [each.text for each in came if isinstance(each, Warn) and "nobody trades it" in each.text]
    assert buy.trade in said
