"""Trading at exchanges through `step`: what is ordered, once; what is left, always; and that a restart knows it all."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.model.decisions import Halt, Loop, Plan, Pull
from bot.model.events import Decided, Reverted, Tick
from bot.model.orders import Purpose, Side, Style
from bot.model.outlooks import Outlook, Stance
from bot.model.registry import LenderKind
from bot.model.times import SECOND
from bot.strategy import engine
from bot.strategy import outlook as outlooks
from bot.strategy.mandate import Mandate
from bot.strategy.risk import Limits
from strategy.desks import (
    ALPHA,
    BETA,
    PYUSD,
    THOUGHTS,
    USDC,
    UST,
    World,
    at,
    both,
    command,
    ended,
    market,
    outlook,
    placed,
    policy,
    refused,
    seen,
    thinks,
    world,
)

LOW = 0.9
SELL = Side.SELL


@pytest.fixture(autouse=True)
def thought(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Outlook]]:
    """What is thought of coins: the desk is tested here, not the outlook, and not even a reckless one may harm it."""
    THOUGHTS.clear()
    monkeypatch.setattr(outlooks, "assess", thinks)
    yield THOUGHTS
    THOUGHTS.clear()


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
