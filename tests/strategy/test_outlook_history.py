"""Outlooks of the depegs that taught everybody, from what was knowable then."""

import pytest

from bot.model.coins import shipped
from bot.model.decisions import Depeg
from bot.model.episodes import severity_of
from bot.model.outlooks import Stance
from bot.model.redeeming import access
from bot.model.times import moment
from bot.strategy.memory import settled
from bot.strategy.outlook import Evidence, assess
from strategy.pasts import everything

COINS = shipped().by_symbol
USDC = [
    ("2023-03-11T00:00Z", 0.98, 0.98),
    ("2023-03-11T02:00Z", 0.95, 0.95),
    ("2023-03-11T07:15Z", 0.874, 0.874),
    ("2023-03-11T09:00Z", 0.93, 0.874),
    ("2023-03-11T12:00Z", 0.97, 0.874),
]
UST = [
    ("2022-05-07T22:30Z", "2022-05-07T21:30Z", 0.9857),
    ("2022-05-09T01:00Z", "2022-05-09T00:00Z", 0.99),
    ("2022-05-09T18:00Z", "2022-05-09T00:00Z", 0.93),
    ("2022-05-09T23:30Z", "2022-05-09T00:00Z", 0.7),
]


def seen(coin, since, now, price, trough, memory, known=True):
    """What would have been said of it then."""
    bp = (1 - trough) * 1e4
    began, at = moment(since), moment(now)
    left = Depeg(coin, "coin", "below", began, began, severity_of(bp), at, trough, bp, True, ("a", "b", "c"))
    told = COINS[coin] if known else None
    return assess(left, told, access(COINS[coin], at), price, at, memory)


@pytest.mark.parametrize(("now", "price", "trough"), USDC)
def test_usdc_in_march_2023_could_be_held(now, price, trough):
    """Its banks were shut for a weekend; by what was known then it was worth more than it cost, up to 0.97."""
    told = seen("USDC", "2023-03-10T22:05Z", now, price, trough, everything().before(moment(now)))

    assert told.stance is Stance.HOLD
    assert told.recovery_low > 0.85
    assert told.worst < 0.87
    assert told.fair > min(price, 0.975)


@pytest.mark.parametrize(("now", "price", "trough"), USDC)
def test_no_single_episode_had_usdc_held(now, price, trough):
    """Whichever is taken out of what was known, it could be held."""
    known = everything().before(moment(now))
    stances = {
        seen("USDC", "2023-03-10T22:05Z", now, price, trough, known.without(each.id)).stance for each in known.episodes
    }

    assert stances == {Stance.HOLD}


@pytest.mark.parametrize(("now", "since", "price"), UST)
def test_ust_in_may_2022_was_not_to_be_touched(now, since, price):
    """From the first day, by what was known then, and whichever episode is taken out of that."""
    known = everything().before(moment(now))
    told = seen("UST", since, now, price, price, known)
    others = {seen("UST", since, now, price, price, known.without(each.id)).stance for each in known.episodes}

    assert others == {told.stance} == {Stance.NO_TOUCH}
    assert told.recovery_high < 0.5


@pytest.mark.parametrize(("now", "since", "price"), UST)
def test_ust_was_not_to_be_held_by_those_who_did_not_know_it(now, since, price):
    """What stands behind a coin is not known: it is not held."""
    told = seen("UST", since, now, price, price, everything().before(moment(now)), known=False)

    assert told.stance in (Stance.ATOMIC, Stance.NO_TOUCH)


def test_a_pool_full_of_a_coin_speaks_against_it():
    """Nine tenths of a pool in one coin make its return about half as likely."""
    now = moment("2023-03-11T02:00Z")
    left = Depeg("USDC", "coin", "below", now, now, severity_of(500), now, 0.95, 500.0, True, ())
    calm, leaning = (
        assess(left, COINS["USDC"], access(COINS["USDC"], now), 0.95, now, everything(), Evidence(pool_share=share))
        for share in (0.5, 0.9)
    )

    def odds(told):
        return told.recovery / (1 - told.recovery)

    assert odds(leaning) / odds(calm) == pytest.approx(0.45, abs=0.05)


def test_what_was_known_holds_nothing_of_what_came_later():
    """Of March 2023 nothing is known in it; UST is not known to be lost before it has stayed away for a month."""
    known = {each.id for each in everything().before(moment("2023-03-11")).episodes}
    early = {each.id for each in everything().before(moment("2022-05-20")).episodes}

    assert "ust-2022-05" in known
    assert "usdt-2022-05" in early
    assert not known & {"usdc-2023-03", "dai-2023-03", "usde-2025-10"}
    assert "ust-2022-05" not in early


def test_the_same_past_is_one_memory():
    """While nothing ends, looks at different times remember by the same one: it is reckoned with once."""
    end = settled(next(each for each in everything().episodes if each.id == "usdc-2023-03"))

    assert everything().before(end) is everything().before(end + 1)
    assert everything().before(end) is not everything().before(end - 1)
    assert everything().before(moment("2100-01-01")) is everything()
