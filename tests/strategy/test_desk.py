"""Trading at exchanges through `step`: what is ordered, once; what is left, always; and that a restart knows it all."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.model.decisions import Halt, Loop, Plan, Pull
from bot.model.events import Decided, Reverted, Tick
from bot.model.orders import Purpose, Side
from bot.model.outlooks import Outlook, Stance
from bot.model.registry import LenderKind
from bot.model.times import SECOND
from bot.strategy.mandate import Mandate
from bot.strategy.risk import Limits
from strategy.desks import (
    ALPHA,
    BETA,
    PYUSD,
    USDC,
    UST,
    World,
    at,
    both,
    command,
    ended,
    outlook,
    placed,
    policy,
    seen,
    world,
)

LOW = 0.9
SELL = Side.SELL


pytestmark = pytest.mark.usefixtures("thought")


def held(made: World, part: Decimal = Decimal(1)) -> World:
    """The same after USDC fell to 0.90, was bought, and that was filled."""
    for each in placed(made.fall(USDC, LOW)):
        made.fill(each, part)
    assert made.account.trades
    return made


def test_what_ticks_ten_times_is_ordered_once() -> None:
    """While orders of a coin are open it is not ordered again, however often its price comes by."""
    made = world()
    orders = placed(made.fall(USDC, LOW))
    assert orders
    assert {each.coin for each in orders} == {USDC}
    assert len({each.market for each in orders}) == len(orders)
    assert len({each.trade for each in orders}) == 1

    assert not any(placed(made.look(both(LOW), SECOND // 10)) for _ in range(10))
    assert not placed(made.tell(Tick(made.now, made.now)))


def test_what_found_nobody_is_ordered_again() -> None:
    """An order that ended unfilled leaves nothing behind, and the next look decides anew."""
    made = world()
    for each in placed(made.fall(USDC, LOW)):
        made.fill(each, Decimal(0))
    assert (made.account.orders, made.account.trades) == ({}, {})

    assert placed(made.look(both(LOW)))


def test_a_halt_pulls_what_would_begin_something_and_lets_the_rest_go_on() -> None:
    """Open entries are taken back at once, none is made any more, and the stop sells all."""
    made = held(world(), Decimal("0.5"))
    entries = placed(made.look(both(LOW)))
    assert {each.purpose for each in entries} == {Purpose.ENTER}

    pulls = made.tell(command(made, "kill"))
    assert {each.order_id for each in pulls if isinstance(each, Pull)} == {each.id for each in entries}
    assert made.tell(command(made, "kill")) == []
    made.tell(*(ended(each, Decimal(0)) for each in entries))

    net = next(iter(made.account.trades.values())).net
    exits = placed(made.look(both(0.79)))
    assert {(each.purpose, each.side) for each in exits} == {(Purpose.EXIT, Side.SELL)}
    assert net - sum(each.amount for each in exits) < Decimal("0.02")
    for each in exits:
        made.fill(each)
    assert made.account.trades == {}
    assert placed(made.look(both(LOW))) == []

    assert "halted" in made.state.desk.passed[-1].reason
    made.tell(command(made, "clear"))
    assert placed(made.look(both(LOW)), Purpose.ENTER)


def test_failures_on_chain_halt_the_desk_too() -> None:
    """Too many reverted transactions stop all trading: entries at exchanges are taken back with it."""
    made = world()
    entries = placed(made.fall(USDC, LOW))
    made.policy = replace(made.policy, limits=Limits(max_failures=1))
    loop = Loop((), "0x1", "0x2", LenderKind.MORPHO_BLUE, 1, (1, 1), 0, 1, 1, 1.0, 1.0)
    made.tell(Decided(made.now, made.now, Plan("1", loop, 5, "", 1, 1, 1, 1, 1)))
    came = made.tell(Reverted(made.now, made.now, "1", "0x", 5, "0x", 1, 1, "x"))

    assert any(isinstance(each, Halt) for each in came)
    assert {each.order_id for each in came if isinstance(each, Pull)} == {each.id for each in entries}


def test_a_pause_begins_nothing_and_leaves_what_is_to_be_left() -> None:
    """Paused, no coin is bought; what is held is sold at its stop."""
    made = held(world())
    made.tell(command(made, "pause"))

    assert placed(made.look(both(LOW)), Purpose.ENTER) == []
    assert placed(made.look(both(0.79)), Purpose.EXIT)


def test_resting_entries_are_taken_back_when_they_are_old_or_no_longer_wanted(thought: dict[str, Outlook]) -> None:
    """An order waits for so long, and never for a coin that may not be held any more."""
    made = world()
    entries = {each.id for each in placed(made.fall(USDC, LOW))}
    life = Mandate().order_life
    assert not any(isinstance(each, Pull) for each in made.look(both(LOW), SECOND))
    assert {each.order_id for each in made.look(both(LOW), life) if isinstance(each, Pull)} == entries

    made = world()
    entries = {each.id for each in placed(made.fall(USDC, LOW))}
    thought[USDC] = outlook(stance=Stance.NO_TOUCH)
    assert {each.order_id for each in made.look(both(LOW)) if isinstance(each, Pull)} == entries


def test_an_algorithmic_coin_is_never_held(thought: dict[str, Outlook]) -> None:
    """Whatever is thought of it, it is not bought, and it is said why not."""
    thought[UST] = outlook(UST, recovery_low=1.0, recovery=1.0, fair=1.0)
    made = world()

    assert placed(made.fall(UST, LOW)) == []
    assert made.state.desk.passed[-1].coin == UST


def test_an_exchange_that_is_not_ready_gets_nothing() -> None:
    """Not known, or not known any more: orders go elsewhere; exits too, until it is known again."""
    made = world()
    made.tell(seen(BETA, ready=False))
    assert {each.market.venue for each in placed(made.fall(USDC, LOW))} == {ALPHA}

    made = held(world())
    made.tell(seen(ALPHA, ready=False), seen(BETA, ready=False))
    assert placed(made.look(both(0.79))) == []


def test_a_desk_without_rules_trades_nothing() -> None:
    """Who set up no exchange to trade at sees depegs, and that is all."""
    made = World(replace(policy(), rules=None))
    made.tell(seen(ALPHA, USD=1e6))

    assert placed(made.fall(USDC, LOW)) == []
    assert made.state.watching.depegs


def test_limits_hold_over_both_coins_of_an_issuer() -> None:
    """However many orders it takes: a quarter of all in one issuer's coins, and no more than a fifth in one."""
    made, mandate = at(world(), risk=1.0, risk_per_bet=1.0, kelly=1.0, max_drawdown=1.0, share=1.0), Mandate()
    for coin in (USDC, PYUSD):
        for each in placed(made.fall(coin, LOW)):
            made.fill(each)
        for _ in range(20):
            for each in placed(made.look({(ALPHA, coin): LOW, (BETA, coin): LOW})):
                made.fill(each)

    cost = {trade.coin: trade.basis_usd for trade in made.account.trades.values()}
    assert 0.18 * 200_000 < cost[USDC] <= mandate.per_coin * 200_000
    assert sum(cost.values()) <= mandate.per_issuer * 200_000
