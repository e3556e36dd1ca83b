"""What an operator is told of a hold on its way back: each step once, and times that became others."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.coins import Coins, Mechanism, Stablecoin
from bot.model.decisions import Value
from bot.model.outlooks import Outlook
from bot.model.times import DAY, HOUR, MINUTE, SECOND
from bot.model.trade import Trade
from bot.strategy import progress
from strategy.desks import COINS, PYUSD, T0, USDC, outlook

HOLD = Trade("rp12", "hold", USDC, T0, bought=Decimal(1000), spent_usd=930.0, held={"kraken": Decimal(1000)})
PRICES = st.floats(0.5, 1.05)
TIMES = st.one_of(st.none(), st.integers(1, 100 * DAY))


def values(price: float) -> dict[str, Value]:
    """USDC at this price."""
    return {USDC: Value(price, 1.0, 1.0, anchored=True)}


def views(time: int | None) -> dict[str, Outlook]:
    """It is back after so long."""
    return {USDC: outlook(median_time=time)}


def course(*steps: tuple[float, int | None]) -> list[str]:
    """All lines, while price and time go like this."""
    lines: list[str] = []
    before: progress.Progress = {}
    for price, time in steps:
        more, before = progress.told([HOLD], views(time), values(price), COINS, before)
        lines += more
    return lines


def test_a_step_is_told_with_its_price_and_time() -> None:
    """As people read it."""
    assert course((0.93, 2 * HOUR), (0.965, 80 * MINUTE)) == [
        "USDC hold rp12: 50% of the way back at 0.9650, 1 h 20 min expected"
    ]


def test_every_step_is_told_once_however_often_it_is_passed() -> None:
    """And where two are passed at once, the farther one."""
    there_and_back = [(price, HOUR) for price in (0.93, 0.95, 0.94, 0.95, 0.96, 0.99, 0.95, 0.99)]

    assert [line.split()[3] for line in course(*there_and_back)] == ["25%", "75%"]


def test_a_time_that_doubled_or_halved_is_told() -> None:
    """Measured from the time that was told last; and whether it is to come back at all."""
    lines = course(
        *((0.93, time) for time in (8 * HOUR, 5 * HOUR, 4 * HOUR, 7 * HOUR, 8 * HOUR, None, None, 30 * HOUR))
    )

    assert lines == [
        "USDC hold rp12: 4 h expected at 0.9300, before: 8 h expected",
        "USDC hold rp12: 8 h expected at 0.9300, before: 4 h expected",
        "USDC hold rp12: more likely never back at 0.9300, before: 8 h expected",
        "USDC hold rp12: 1 d 6 h expected at 0.9300, before: more likely never back",
    ]


def test_minutes_are_no_news() -> None:
    """At the end of the way every look halves the time."""
    assert course(*((0.931, time) for time in (10 * MINUTE, 4 * MINUTE, MINUTE, SECOND))) == []


def test_without_an_outlook_steps_are_told_without_a_time() -> None:
    """And when it is there again it is held against the time that was known."""
    lines, before = progress.told([HOLD], {}, values(0.95), COINS, {})
    more, before = progress.told([HOLD], views(HOUR), values(0.95), COINS, before)
    last, _ = progress.told([HOLD], {}, values(0.95), COINS, before)

    assert lines == ("USDC hold rp12: 25% of the way back at 0.9500",)
    assert (more, last) == ((), ())
    assert before["rp12"].time == HOUR


def test_what_has_no_way_back_is_not_told() -> None:
    """Pairs, hedges, what was bought above its peg or sold, and what nobody prices."""
    others = [
        replace(HOLD, kind="pair"),
        replace(HOLD, kind="hedged"),
        replace(HOLD, spent_usd=1_010.0),
        replace(HOLD, sold=HOLD.bought),
        replace(HOLD, coin=PYUSD),
    ]
    assert [progress.told([each], views(HOUR), values(0.999), COINS, {})[0] for each in others] == [()] * 5


def test_the_way_is_in_units_of_the_peg() -> None:
    """A coin of euros is back at a euro."""
    coins = Coins({"EURC": Stablecoin("EURC", "euro", Mechanism.FIAT, peg="EUR")})
    worth = {"EURC": Value(1.078, 1.0, 1.0, anchored=True), "EUR": Value(1.1, 1.0, 1.0, anchored=True)}
    trade = replace(HOLD, coin="EURC", spent_usd=1_056.0)

    assert progress.told([trade], {}, worth, coins, {})[0] == ("EURC hold rp12: 50% of the way back at 0.9800",)


def test_what_is_over_is_forgotten() -> None:
    """And one hold's way says nothing of another's."""
    _, before = progress.told([HOLD], views(HOUR), values(0.97), COINS, {})
    lines, now = progress.told([replace(HOLD, id="rp13")], views(HOUR), values(0.97), COINS, before)

    assert now.keys() == {"rp13"}
    assert len(lines) == 1


@given(st.lists(st.tuples(PRICES, TIMES), max_size=12))
def test_no_look_says_the_same_again(steps: list[tuple[float, int | None]]) -> None:
    """Whatever the course, a look that changes nothing tells nothing, and no more than a line is told at once."""
    before: progress.Progress = {}
    told: set[str] = set()
    for price, time in steps:
        lines, before = progress.told([HOLD], views(time), values(price), COINS, before)
        again, same = progress.told([HOLD], views(time), values(price), COINS, before)
        shares = {line.split()[3] for line in lines if "of the way" in line}
        assert (again, same) == ((), before)
        assert len(lines) <= 1
        assert not shares & told
        told |= shares


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (SECOND, "1 min"),
        (45 * MINUTE, "45 min"),
        (HOUR - SECOND, "1 h"),
        (80 * MINUTE, "1 h 20 min"),
        (DAY - SECOND, "1 d"),
        (76 * HOUR, "3 d 4 h"),
        (3 * DAY - MINUTE, "3 d"),
    ],
)
def test_times_are_said_in_two_units(time: int, said: str) -> None:
    """Rounded to the smaller of them, which is left out where it is none."""
    assert progress.lasting(time) == said
