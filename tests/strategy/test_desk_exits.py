"""How what is held is left: on the way back in steps, at a stop at once, and never for nothing."""

from decimal import Decimal

import pytest

from bot.model.decisions import Pull, Warn
from bot.model.orders import Purpose, Style
from bot.model.outlooks import Outlook, Stance
from bot.model.times import SECOND
from bot.strategy import engine
from bot.strategy.mandate import Mandate
from strategy.desks import (
    ALPHA,
    BETA,
    USDC,
    World,
    both,
    ended,
    market,
    outlook,
    placed,
    policy,
    refused,
    seen,
    world,
)

from .test_desk import LOW, SELL, held

pytestmark = pytest.mark.usefixtures("thought")


def test_a_stop_and_a_coin_not_to_be_touched_sell_everything(thought: dict[str, Outlook]) -> None:
    """All of it, where it lies, at prices that may be much worse than the one seen, but not at any."""
    for price, view in ((0.79, outlook()), (LOW, outlook(stance=Stance.NO_TOUCH))):
        thought.clear()
        made = held(world())
        (trade,) = made.account.trades.values()
        thought[USDC] = view
        exits = placed(made.look(both(price)))

        assert trade.net - sum(each.amount for each in exits) < Decimal("0.02")
        for each in exits:
            assert each.amount <= trade.held[each.market.venue]
            assert float(each.limit) >= each.seen_price * (1 - Mandate().urgent_bp / 1e4) - 1e-9
            assert each.style is Style.TAKE


def test_a_low_bid_at_one_exchange_is_no_stop() -> None:
    """What all others still want is not given away where it lies; when all of them fall it is sold."""
    made = World(policy(markets=[market(ALPHA)]))
    made.tell(seen(ALPHA, USD=100_000))
    held(made)
    elsewhere = {(venue, USDC): LOW for venue in (BETA, "gamma", "delta")}
    assert placed(made.look({**elsewhere, (ALPHA, USDC): 0.7}), Purpose.EXIT) == []
    assert placed(made.look(dict.fromkeys([*elsewhere, (ALPHA, USDC)], 0.7)), Purpose.EXIT)


def test_what_was_refused_waits_before_it_is_asked_again() -> None:
    """Also at a stop: an exchange that refuses is not asked at every look."""
    made = held(world())
    exits = placed(made.look(both(0.79)), Purpose.EXIT)
    made.tell(*(refused(each, made.now) for each in exits))

    assert placed(made.look(both(0.79))) == []
    assert placed(made.look(both(0.79), 6 * SECOND), Purpose.EXIT)


def test_a_stop_waits_for_no_open_order() -> None:
    """What waits to be bought or sold is taken back, and all that it does not sell itself is sold at once."""
    for price in (LOW, 0.977):
        made = held(world(), Decimal("0.5"))
        (trade,) = made.account.trades.values()
        waiting = placed(made.look(both(price)))
        assert {each.style for each in waiting} == {Style.REST}
        came = made.look(both(0.79))
        assert {each.order_id for each in came if isinstance(each, Pull)} == {each.id for each in waiting}

        promised = sum(each.amount for each in waiting if each.side is SELL)
        sold = sum(each.amount for each in placed(came, Purpose.EXIT))
        assert 0 <= trade.net - promised - sold < Decimal("0.02")
        assert placed(made.look(both(0.79))) == []

        made.tell(*(ended(each, Decimal(0)) for each in waiting))
        rest = sum(each.amount for each in placed(made.look(both(0.79)), Purpose.EXIT))
        assert 0 <= trade.net - sold - rest < Decimal("0.02")


def test_a_restart_throws_nothing_away() -> None:
    """After it the depeg is not known yet: what is held waits until it is, and is then stopped or kept."""
    made = held(world())
    again = World(made.policy, engine.resume(made.journal, made.policy), made.now)
    assert again.account == made.account

    assert placed(again.look(both(LOW)), Purpose.EXIT) == []
    assert placed(again.fall(USDC, LOW), Purpose.EXIT) == []
    assert placed(again.look(both(0.79)), Purpose.EXIT)


def test_a_coin_is_sold_on_its_way_back_in_steps() -> None:
    """Some at three quarters of the way, more at nine tenths, the rest at par; and it is told what came of it."""
    made, left = held(world()), []
    for price in (0.93, 0.977, 0.992, 0.9995):
        for each in placed(made.look(both(price))):
            made.fill(each)
        left.append(sum(float(trade.net) for trade in made.account.trades.values()))

    assert left == sorted(left, reverse=True)
    assert left[0] > left[1] > left[2] > left[3] == 0
    assert made.account.realised_usd > 0


def test_a_hold_on_its_way_back_is_told_of() -> None:
    """At a quarter, half and three quarters of the way a person hears of it, each time once."""
    made = held(world())
    said = [
        each.text
        for price in (0.90, 0.93, 0.935, 0.95, 0.951, 0.98, 0.981)
        for each in made.look(both(price))
        if isinstance(each, Warn) and "of the way back" in each.text
    ]
    assert [text.split(": ")[1][:3] for text in said] == ["25%", "50%", "75%"]
