"""Markets that are left are told from those that are only thin, and from those that always were."""

from hypothesis import given
from hypothesis import strategies as st

from bot.model.events import Quote
from bot.model.markets import Market
from bot.model.times import HOUR, MINUTE, SECOND
from bot.strategy import drying, liquidity
from bot.strategy.drying import Liquidity, Trend

from .test_liquidity import MARKET, ROUNDING, quote

OTHER = Market("elsewhere", "USDC", "USD")
T0 = 28_333_333 * MINUTE

LOOKS = st.lists(st.tuples(st.integers(1, 10 * MINUTE), st.floats(1.0, 1e7), st.booleans()), min_size=1, max_size=150)


def seen(*sizes: float, since: int = T0, every: int = MINUTE) -> Liquidity:
    """What is remembered of one market in which so much stood, look by look; nothing where it did not stand."""
    known = Liquidity()
    for n, size in enumerate(sizes):
        now = since + n * every
        known = drying.fold(known, {MARKET: quote(now, size=size)} if size else {}, (MARKET,), now)
    return known


def trend(known: Liquidity, since: int = 0) -> Trend:
    """At the last look."""
    return drying.trend(known, MARKET, since, known.samples[-1].at)


@given(LOOKS)
def test_a_trend_stays_within_what_was(looks: list[tuple[int, float, bool]]) -> None:
    """Means are between the least and the most, and nothing falls by more than all."""
    known, now = Liquidity(), T0
    for later, size, stands in looks:
        now += later
        known = drying.fold(known, {MARKET: quote(now, size=size)} if stands else {}, (MARKET,), now)
    scores = [each.scores.get(MARKET, 0.0) for each in known.samples]
    its = drying.trend(known, MARKET, 0, now)

    for mean in (its.short, its.long):
        assert min(scores) - ROUNDING <= mean <= max(scores) + ROUNDING
    assert its.rise >= -1
    assert not (its.dries and its.short > its.long)


@given(LOOKS, st.integers(1, 59))
def test_a_minute_is_remembered_once_and_an_hour_long(looks: list[tuple[int, float, bool]], second: int) -> None:
    """However often one looks, and nothing older than that."""
    known, now = Liquidity(), T0
    for later, size, _ in looks:
        now += later
        known = drying.fold(known, {MARKET: quote(now, size=size)}, (MARKET,), now)
        same = now - now % MINUTE + second * SECOND
        if same >= now:
            assert drying.fold(known, {MARKET: quote(same, size=1.0)}, (MARKET,), same) is known
    minutes = [each.at // MINUTE for each in known.samples]

    assert len(set(minutes)) == len(minutes) <= 61
    assert all(now - each.at < HOUR for each in known.samples)


@given(LOOKS, LOOKS)
def test_what_was_before_a_moment_says_nothing_of_what_came_after(
    before: list[tuple[int, float, bool]], after: list[tuple[int, float, bool]]
) -> None:
    """Since a moment the same looks give the same trend and the same history, whatever was looked at before it."""
    lived, began, now = Liquidity(), Liquidity(), T0
    for later, size, _ in before:
        now += later
        lived = drying.fold(lived, {MARKET: quote(now, size=size)}, (MARKET,), now)
    now = since = now - now % MINUTE + MINUTE
    for later, size, stands in after:
        now += later
        latest = {MARKET: quote(now, size=size)} if stands else {}
        lived, began = (drying.fold(each, latest, (MARKET,), now) for each in (lived, began))

    assert drying.trend(lived, MARKET, since, now) == drying.trend(began, MARKET, since, now)
    assert drying.history(lived, MARKET, since, now) == drying.history(began, MARKET, since, now)


def test_a_market_that_is_left_dries_up() -> None:
    """After half an hour of depth ten minutes of a thousandth are a fall; a third is none, and neither is calm."""
    calm, dry, thin = [1e6] * 30, [1e3] * 10, [3e5] * 10

    assert trend(seen(*calm, *dry)).dries
    assert not trend(seen(*calm, *thin)).dries
    assert abs(trend(seen(*calm)).rise) < ROUNDING


def test_what_has_dried_up_is_thin_and_no_longer_drying() -> None:
    """An hour later it is as it is: whether that is enough is another question."""
    known = seen(*[1e6] * 30, *[1e3] * 60)

    assert abs(trend(known).rise) < ROUNDING
    assert not trend(known).dries


def test_a_market_that_is_not_there_scores_nothing() -> None:
    """Silence and an empty book are the same; who comes back is not held to have dried up for long."""
    assert trend(seen(*[1e6] * 30, *[0.0] * 11)).short == 0
    assert trend(seen(*[1e6] * 30, *[0.0] * 11)).dries
    assert trend(seen(*[0.0] * 11, *[1e6] * 30)).rise > 0


def test_nothing_known_is_level() -> None:
    """At the first look, and of a market that nobody follows."""
    assert drying.trend(Liquidity(), MARKET, 0, T0) == Trend(0.0, 0.0)
    assert not drying.trend(seen(1e6), OTHER, 0, T0).dries


def test_only_markets_where_orders_may_go_are_followed() -> None:
    """Whatever else stands in the book."""
    elsewhere = Quote(T0, T0, *OTHER, 0.99, 1.01, 1.0, 1.0)
    known = drying.fold(Liquidity(), {MARKET: quote(T0), OTHER: elsewhere}, (MARKET,), T0)

    assert known.samples[0].readings == {MARKET: liquidity.quoted(quote(T0))}
