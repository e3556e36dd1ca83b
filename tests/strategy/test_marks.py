"""What breakers measure losses from is known over restarts, and is not moved by money that a person brings or takes."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model.account import Account
from bot.model.decisions import Mark
from bot.model.markets import perpetual
from bot.model.times import DAY, HOUR, MINUTE, SECOND
from bot.strategy import engine, marks
from bot.strategy.risk import Worth
from strategy.desks import ALPHA, BETA, PYUSD, T0, USDC, World, at, market, placed, policy, seen, told, world

LOW = 0.9
DOLLARS = 200_000
COINS = 100_000.0
ALL = DOLLARS + COINS
USD = st.floats(1.0, 1e9)
LOST = st.floats(0.0, 0.99)


pytestmark = pytest.mark.usefixtures("thought")


def invested() -> World:
    """A hundred thousand PYUSD lie at one exchange, worth a dollar each; only what is lost in a day stops anything."""
    made = at(world(PYUSD=COINS), max_drawdown=1.0, pairs=False)
    for _ in range(3):
        made.look({(BETA, PYUSD): 1.0, (ALPHA, USDC): 1.0}, 15 * SECOND)
    return made


def restarted(made: World, **lies: float) -> World:
    """The same after it was killed: it knows its journal, and what lies at the exchanges, as it was or as told."""
    again = World(made.policy, engine.resume(made.journal, made.policy), made.now, list(made.journal))
    known = {asset: float(held) for (venue, asset), held in made.account.balances.items() if venue == BETA}
    again.tell(seen(ALPHA, made.now, USD=DOLLARS / 2), seen(BETA, made.now, **(known | lies)))
    return again


def falls(made: World, coins_at: float) -> bool:
    """Whether anything is begun when USDC falls, while PYUSD stands where told."""
    prices = {(venue, USDC): LOW for venue in (ALPHA, BETA)} | {(BETA, PYUSD): coins_at}
    return any(placed(made.look(prices, 15 * SECOND)) for _ in range(8))


@given(st.floats(0.0, 0.05))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_loss_of_the_day_outlives_a_restart(share: float) -> None:
    """Killed after it, the bot begins nothing on the same day if it was two hundredths of the morning's worth."""
    made, price = invested(), round(1 - share * ALL / COINS, 3)
    made.look({(BETA, PYUSD): price, (ALPHA, USDC): 1.0}, MINUTE)
    again = restarted(made)
    begun, lost = falls(again, price), again.state.desk.worth.lost_today

    assert lost == pytest.approx((1 - price) * COINS / ALL, abs=2e-3)
    assert begun == (lost < 0.02)


def test_on_the_next_day_it_goes_on() -> None:
    """The morning after, what there is then is what may be lost of, also for a bot that was down meanwhile."""
    made = invested()
    made.look({(BETA, PYUSD): 0.9, (ALPHA, USDC): 1.0}, MINUTE)
    made.now += 2 * HOUR
    assert made.now // DAY == T0 // DAY + 1

    assert falls(restarted(made), 0.9)
    assert falls(made, 0.9)


def test_a_peak_that_was_never_sold_at_outlives_a_restart() -> None:
    """The drawdown is measured from it, to a tenth of a percent."""
    made = at(world(PYUSD=COINS), pairs=False, max_daily_loss=1.0)
    for price in (1.0, 1.0, 1.06, 1.06, 1.0):
        made.look({(BETA, PYUSD): price, (ALPHA, USDC): 1.0}, MINUTE)
    peak = made.state.desk.worth.peak
    forgetful = replace(made, journal=[each for each in made.journal if each.kind != "marked"])
    again = restarted(made)

    assert not falls(again, 0.95)
    assert peak > ALL * 1.015
    assert again.state.desk.worth.peak == pytest.approx(peak, rel=marks.RISE)
    assert falls(restarted(forgetful), 0.95)


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("lies", [0.0, DOLLARS * 5.0])
def test_what_a_person_takes_or_brings_is_no_loss_and_no_gain(lies: float, *, down: bool) -> None:
    """While the bot runs or is down: what was lost stays the same share of all."""
    made = at(invested(), max_drawdown=0.03)
    made.look({(BETA, PYUSD): 0.97, (ALPHA, USDC): 1.0}, MINUTE)
    before = made.state.desk.worth
    if down:
        made = restarted(made, USD=lies)
    else:
        made.tell(seen(BETA, made.now, USD=lies, PYUSD=COINS))
    made.look({(BETA, PYUSD): 0.97, (ALPHA, USDC): 1.0}, SECOND)
    after = made.state.desk.worth

    assert after.equity == pytest.approx(DOLLARS / 2 + COINS * 0.97 + lies, rel=5e-3)
    assert before.drawdown > 0.005
    assert after.drawdown == pytest.approx(before.drawdown, abs=2e-3)
    assert after.lost_today == pytest.approx(before.lost_today, abs=2e-3)


def test_a_position_that_was_closed_against_us_is_a_loss() -> None:
    """The books do not explain it either, but nobody took that money."""
    short = {perpetual(USDC): -1000.0}
    account = told(Account(), [seen(ALPHA, USDT=2_000.0, **short)])

    assert not marks.moved(Worth(), account, seen(ALPHA, USDT=900.0)).moved
    assert marks.moved(Worth(), account, seen(ALPHA, USDT=900.0, **short)).moved == {"USDT": Decimal(-1100)}


def test_a_fallen_coin_that_nobody_has_priced_yet_raises_no_peak() -> None:
    """A start in the midst of a fall counts it at par, and forgets that when it is priced."""
    made = World(policy(markets=[market(ALPHA), market(BETA, PYUSD)]))
    made.tell(seen(ALPHA, USD=DOLLARS), seen(BETA, PYUSD=COINS))
    assert made.look({(ALPHA, USDC): 1.0}) == []
    at_par = made.state.desk.worth.peak
    for _ in range(2):
        made.look({(ALPHA, USDC): 1.0, (BETA, PYUSD): 0.8})

    assert at_par == ALL
    assert made.state.desk.worth.peak == pytest.approx(DOLLARS + 0.8 * COINS, rel=1e-3)


def test_what_is_never_priced_is_not_waited_for() -> None:
    """After a minute marks are made all the same."""
    made = world(BUSD=1.0)
    assert not [each for each in made.look({(ALPHA, USDC): 1.0}) if isinstance(each, Mark)]
    assert [each for each in made.look({(ALPHA, USDC): 1.0}, MINUTE) if isinstance(each, Mark)]


def test_nothing_is_written_down_while_nothing_changes() -> None:
    """A mark a day, and one more where the peak rose by more than a thousandth."""
    made = invested()
    first = [each for each in made.journal if each.kind == "marked"]
    for price in (0.99, 1.0, 0.98, 1.0):
        assert not [each for each in made.look({(BETA, PYUSD): price}, MINUTE) if isinstance(each, Mark)]
    tomorrow = [each for each in made.look({(BETA, PYUSD): 1.0}, 2 * HOUR) if isinstance(each, Mark)]

    assert len(first) == 1
    assert len(tomorrow) == 1


@given(USD, LOST, st.floats(-0.9, 10.0))
def test_a_share_that_was_lost_stays_the_same_share(peak: float, lost: float, moved: float) -> None:
    """However much is brought or taken."""
    equity = peak * (1 - lost)
    before = replace(Worth(equity, peak, 1, peak), since=None)
    after = marks.valued(before, equity * (1 + moved), equity * moved, 0.0, DAY, priced=True)

    assert after.drawdown == pytest.approx(lost, abs=1e-6)
    assert after.lost_today == pytest.approx(lost, abs=1e-6)


@given(st.lists(USD, min_size=1, max_size=8))
def test_no_peak_is_lost_by_a_restart_but_a_thousandth(course: list[float]) -> None:
    """Whatever the course of things, a start that knows the marks knows the peak."""
    live, kept = Worth(), Worth()
    for number, equity in enumerate(course):
        live = marks.valued(live, equity, 0.0, 0.0, DAY + number, priced=True)
        if mark := marks.due(live):
            live, kept = marks.marked(live, mark), marks.marked(kept, mark)
    start = marks.valued(kept, course[-1], 0.0, 0.0, DAY + 9, priced=True)

    assert live.peak * (1 - marks.RISE) <= start.peak <= live.peak
    assert start.morning == live.morning == course[0]
