"""What the registry alone can tell of whether par is paid."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.coins import Mechanism, Opens, Redeemer, Stablecoin, Terms, shipped
from bot.model.episodes import Redemption
from bot.model.redeeming import access
from bot.model.times import DAY, moment

COINS = shipped().by_symbol
MOMENTS = st.integers(moment("2014-01-01"), moment("2040-01-01"))
AMOUNTS = st.none() | st.floats(0, 1e9)


def terms(**known):
    """Terms of any kind, but for what is `known` of them."""
    fields = {
        "who": st.sampled_from(Redeemer),
        "opens": st.none() | st.sampled_from(Opens),
        "pays": st.sampled_from(["", "USDC", "LUNA"]),
        "hindrance": st.sampled_from(["", "only on Tuesdays"]),
        **dict.fromkeys(("hours", "fee_bp", "least", "most"), AMOUNTS),
        "since": st.none() | MOMENTS,
        "until": st.none() | MOMENTS,
    }
    return st.builds(Terms, **fields | {name: st.just(value) for name, value in known.items()})


def coin(*redemption, **facts):
    """A coin that is taken back on these terms."""
    return Stablecoin("ZUSD", "Zed", Mechanism.FIAT, redemption=redemption, **facts)


DATES = st.sampled_from(["", "2019", "2022-05", "2023-03-10"])
ANY = st.one_of(
    st.builds(coin, terms(), terms(), born=DATES, died=DATES),
    st.sampled_from(list(COINS.values())),
)


def test_usdc_is_closed_over_the_weekend_of_march_2023():
    """From Friday evening in New York to Monday at nine, one hour early by UTC: clocks were changed that Sunday."""
    found = access(COINS["USDC"], moment("2023-03-10T22:44"))

    assert (found.state, found.until) == (Redemption.CLOSED, moment("2023-03-13T13:00"))
    assert access(COINS["USDC"], moment("2023-03-10T21:59")).state is Redemption.OPEN
    assert access(COINS["USDC"], found.until).state is Redemption.OPEN


def test_ust_is_limited_until_it_breaks_and_broken_from_then_on():
    """Into LUNA, and not into dollars; and from 10 May 2022 into nothing."""
    before, after = (access(COINS["UST"], moment("2022-05-10") + shift) for shift in (-1, 0))

    assert before.state is Redemption.LIMITED
    assert "LUNA" in before.why
    assert after.state is Redemption.BROKEN


@pytest.mark.parametrize(
    ("name", "at", "state"),
    [
        ("DAI", "2023-03-11T07:00", Redemption.OPEN),
        ("LUSD", "2023-03-11T07:00", Redemption.LIMITED),
        ("GHO", "2023-08-08", Redemption.LIMITED),
        ("GHO", "2025-08-08", Redemption.OPEN),
        ("BUSD", "2023-12-15T15:00", Redemption.OPEN),
        ("USDE", "2025-10-10T21:30", Redemption.OPEN),
        ("SUSD", "2025-04-18", Redemption.BROKEN),
        ("USDR", "2023-10-11T11:29", Redemption.OPEN),
        ("USDR", "2023-10-11T11:30", Redemption.BROKEN),
        ("PYUSD", "2023-03-10T15:00", Redemption.UNKNOWN),
        ("FLEXUSD", "2022-06-23", Redemption.UNKNOWN),
        ("FLEXUSD", "2022-06-24", Redemption.BROKEN),
        ("USDX-KAVA", "2022-05-31", Redemption.UNKNOWN),
        ("USDX-KAVA", "2022-06-01", Redemption.BROKEN),
    ],
)
def test_coins_as_they_were(name, at, state):
    """Peg modules pay on Saturdays, a pooled debt does not, and no coin is judged by what happened later."""
    assert access(COINS[name], moment(at)).state is state


@given(ANY, MOMENTS)
def test_what_is_closed_says_when_it_opens(told, now):
    """`until` is there for the closed and nobody else, lies ahead, and every answer has a reason."""
    found = access(told, now)

    assert (found.state is Redemption.CLOSED) == (found.until is not None)
    assert found.until is None or found.until > now
    assert found.why


@given(terms(since=None, until=None), MOMENTS)
def test_what_is_closed_is_open_when_it_said(told, now):
    """Unless its terms change meanwhile, somebody is paid at `until`."""
    found = access(coin(told), now)
    if found.until is not None:
        assert access(coin(told), found.until).state in (Redemption.OPEN, Redemption.LIMITED)


@given(ANY, MOMENTS, terms())
def test_what_comes_later_is_not_known_now(told, now, later):
    """Terms that begin after now change nothing now."""
    later = replace(later, since=now + DAY, until=None)

    assert access(replace(told, redemption=(*told.redemption, later)), now) == access(told, now)


@given(MOMENTS, MOMENTS)
def test_a_coin_breaks_on_its_day(now, broken):
    """Before it, it is paid as ever; from then on never again."""
    told = coin(
        Terms(who=Redeemer.ANYONE, opens=Opens.ALWAYS, until=broken),
        Terms(who=Redeemer.NOBODY, opens=Opens.NEVER, since=broken),
    )

    assert access(told, now).state is (Redemption.OPEN if now < broken else Redemption.BROKEN)


@given(MOMENTS)
def test_of_a_coin_without_terms_nothing_is_known_until_it_is_dead(now):
    """Its table says nothing, and one does not guess."""
    assert access(coin(), now).state is Redemption.UNKNOWN
    assert access(coin(died="2013"), now).state is Redemption.BROKEN


@pytest.mark.parametrize(
    ("hindered", "why"),
    [
        ({"fee_bp": 50.0}, "50 bp"),
        ({"most": 5e6}, "5,000,000"),
        ({"hours": 24.0 * 60}, "60 days"),
        ({"who": Redeemer.BORROWERS}, "borrowers"),
        ({"hindrance": "by lot"}, "by lot"),
    ],
)
def test_less_than_par_for_everybody_is_limited(hindered, why):
    """A fee as wide as the peg's own band, a ceiling, a long wait, or only for some."""
    found = access(coin(Terms(**{"who": Redeemer.ANYONE, "opens": Opens.ALWAYS} | hindered)), moment("2024-05-01"))

    assert found.state is Redemption.LIMITED
    assert why in found.why


def test_a_small_fee_and_a_least_amount_limit_nobody_who_arbitrages():
    """Tether takes 10 bp and a hundred thousand dollars at least."""
    assert access(COINS["USDT"], moment("2022-05-12T15:00")).state is Redemption.OPEN
