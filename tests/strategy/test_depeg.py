"""When a depeg begins, deepens and ends, look by look."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.coins import shipped
from bot.model.decisions import Depeg, FairValues, Severity, Value
from bot.model.events import Quote
from bot.model.markets import Market
from bot.model.times import DAY, HOUR, MINUTE, SECOND
from bot.strategy import depeg
from bot.strategy.depeg import Thresholds, Watching
from bot.strategy.deviation import Reading
from bot.strategy.track import advance

BEGAN = 1_700_000_000 * SECOND // MINUTE * MINUTE
KRAKEN = Market("kraken", "USDC", "USD")
THRESHOLDS = Thresholds()


class Watch:
    """A watch over USDC on Kraken, and all that was told."""

    def __init__(self, thresholds: Thresholds = THRESHOLDS) -> None:
        self.thresholds = thresholds
        self.watching = Watching()
        self.now = BEGAN
        self.told: list[Depeg] = []

    def look(self, bp: float, after: int = MINUTE, *, is_news: bool = True) -> None:
        """One look, so long after the last: USDC this far above its peg."""
        self.now += after
        values = FairValues(self.now, {"USDC": Value(1 + bp / 1e4, 1.0, 1.0, anchored=True)}, {KRAKEN: 0.0})
        quote = Quote(0, self.now if is_news else BEGAN, *KRAKEN, 1.0, 1.0)
        self.watching, told = depeg.detect(self.watching, values, [quote], self.thresholds, shipped())
        self.told += told

    def looks(self, bps: Iterable[float], after: int = MINUTE) -> "Watch":
        """Several."""
        for bp in bps:
            self.look(bp, after)
        return self


def test_a_single_print_is_nothing_however_far_away() -> None:
    """One look far off between two at par tells of nothing."""
    assert Watch().looks([0, -5000, 0, 9000, 0, -60, 0]).told == []


def test_what_the_next_bar_shows_too_is_told_at_its_end() -> None:
    """Two looks in a row, a minute apart: it started with the first and is told at the second."""
    (told,) = Watch().looks([0, 0, -80, -120]).told

    assert (told.coin, told.scope, told.direction, told.severity) == ("USDC", "coin", "below", Severity.MINOR)
    assert (told.start, told.alert) == (BEGAN + 3 * MINUTE, BEGAN + 4 * MINUTE)
    assert (told.peak_bp, told.trough, told.trough_at) == (pytest.approx(120), pytest.approx(1 - 120e-4), told.alert)
    assert told.venues == ("kraken",)
    assert told.end is None
    assert any("kraken" in line for line in told.evidence)


def test_a_price_of_0_9950_is_50_bp_away() -> None:
    """Prices that lie on the threshold count, whatever their logarithms say."""
    assert Watch().looks([0, (0.995 - 1) * 1e4, (0.995 - 1) * 1e4]).told


def test_many_looks_a_second_prove_no_more_than_one() -> None:
    """Confirmation takes its time, however often one looks."""
    watch = Watch().looks([-80] * 590, after=SECOND // 10)
    assert watch.told == []
    watch.looks([-80] * 11, after=SECOND // 10)

    assert [one.alert - one.start for one in watch.told] == [THRESHOLDS.hold]


def test_silence_confirms_nothing() -> None:
    """A stale quote that stands far away for hours is one sight of it, not many."""
    watch = Watch().looks([0, -80])
    for _ in range(120):
        watch.look(-80, is_news=False)

    assert watch.told == []


def test_where_venues_differ_the_value_must_be_sure() -> None:
    """One of two venues that stands aside moves the coin only if the value is farther off than it is unsure."""

    def told(sigma_bp: float) -> tuple[Depeg, ...]:
        values = {"USDC": Value(1 - 80e-4, sigma_bp, 1.0, anchored=True)}
        residuals = {KRAKEN: 0.0, Market("bitstamp", "USDC", "USD"): 70.0}
        watching, told = Watching(), tuple[Depeg, ...]()
        for now in (BEGAN, BEGAN + MINUTE):
            quotes = [Quote(0, now, *market, 1.0, 1.0) for market in residuals]
            look = FairValues(now, values, residuals)
            watching, told = depeg.detect(watching, look, quotes, THRESHOLDS, shipped())
        return told

    assert told(sigma_bp=100) == ()
    assert [one.venues for one in told(sigma_bp=20)] == [("kraken",)]


def test_a_coin_that_always_jumps_about_must_stand_off_for_longer() -> None:
    """What confirms the depeg of a calm coin at once takes more looks of a restless one."""
    restless = [60 * (-1) ** n - 30 * (n % 3) for n in range(60)]
    calm = Watch().looks([0] * 60).looks([-80] * 10)
    noisy = Watch().looks(restless).looks([-80] * 50)

    (soon,), (late,) = calm.told, [one for one in noisy.told if one.start >= BEGAN + 60 * MINUTE]
    assert late.alert > soon.alert


def test_it_is_over_when_it_has_stayed_back() -> None:
    """The end is told once the coin was back for the time it takes to settle, and is when it came back."""
    watch = Watch().looks([-80, -80]).looks([-10] * 240)
    assert len(watch.told) == 1
    watch.looks([-10])

    assert watch.told[-1] == replace(watch.told[0], end=BEGAN + 3 * MINUTE)
    assert watch.watching.tracks == {}


def test_a_relapse_before_that_is_the_same_depeg() -> None:
    """What leaves again before it has settled never came back."""
    watch = Watch().looks([-80, -80, *[0] * 100, -90, *[0] * 241])

    began, ended = watch.told
    assert ended.start == began.start
    assert ended.end == BEGAN + 104 * MINUTE


def test_between_the_two_thresholds_nothing_changes() -> None:
    """A coin that lies just inside neither begins a depeg nor ends one."""
    assert Watch().looks([-45] * 500).told == []
    assert len(Watch().looks([-80, -80]).looks([-45] * 500).told) == 1


def test_each_class_it_falls_through_is_told() -> None:
    """It worsens class by class, and recovers without a word."""
    watch = Watch().looks([-60, -60, -230, -230, -230, -1500, -1500, -100, -600, -600])

    assert [one.severity for one in watch.told] == [Severity.MINOR, Severity.MAJOR, Severity.CRITICAL]
    assert {one.start for one in watch.told} == {BEGAN + MINUTE}
    assert watch.watching.depegs[0].severity is Severity.CRITICAL
    assert watch.watching.depegs[0].peak_bp == pytest.approx(1500)


def test_one_print_does_not_make_a_depeg_worse() -> None:
    """A class is what two looks in a row show; the trough is the farthest there was."""
    watch = Watch().looks([-60, -60, -5000, -60, -60])

    assert [one.severity for one in watch.told] == [Severity.MINOR]
    assert watch.watching.depegs[0].peak_bp == pytest.approx(5000)


def test_the_same_depth_is_worse_where_it_is_sudden_and_less_where_books_are_thin() -> None:
    """Severity counts how fast it came, at how many venues it shows, and how sure the value is."""

    def severity(depth: float, venues: str, sigma_bp: float, after: int) -> Severity:
        track, reading = None, Reading("USDC", "coin", BEGAN, 0, 1, 1, anchored=True, shows={}, news=frozenset(venues))
        for now, bp in ((BEGAN, -60.0), (BEGAN + after, -depth), (BEGAN + after + MINUTE, -depth)):
            shows = dict.fromkeys(venues, bp)
            reading = replace(reading, at=now, bp=bp, price=1 + bp / 1e4, sigma_bp=sigma_bp, shows=shows)
            track, _ = advance(track, reading, "below", lambda _: 0.0, THRESHOLDS)
        assert track
        assert track.depeg
        return track.depeg.severity

    assert severity(190, "a", 1, HOUR) is Severity.MINOR
    assert severity(190, "a", 1, MINUTE) is Severity.MAJOR
    assert severity(190, "abc", 1, HOUR) is Severity.MAJOR
    assert severity(210, "a", 1, HOUR) is Severity.MAJOR
    assert severity(210, "a", 100, HOUR) is Severity.MINOR


def test_a_premium_is_a_depeg_too() -> None:
    """Above is told like below, and turning over is another depeg."""
    watch = Watch().looks([80, 80, -80, -80])

    assert [one.direction for one in watch.told] == ["above", "below"]


def test_it_may_begin_in_the_middle_of_history() -> None:
    """Without a past the first looks count as they are."""
    assert Watch().looks([-900, -900]).told[0].severity is Severity.SEVERE


def test_a_lower_entry_tells_of_smaller_things() -> None:
    """Who wants to know of 20 bp is told, as something to watch."""
    watch = Watch(Thresholds(entry=20)).looks([-25, -25])

    assert [one.severity for one in watch.told] == [Severity.WATCH]


def test_two_sights_far_apart_are_two_first_sights() -> None:
    """A market that comes back after weeks starts anew."""
    watch = Watch().looks([-80]).looks([-80], after=30 * DAY)
    assert watch.told == []
    watch.looks([-80])

    assert watch.told[0].start == BEGAN + MINUTE + 30 * DAY


def test_memory_is_bounded() -> None:
    """After a week of looks what is kept is what is kept after two hours."""
    watch = Watch().looks([n % 7 for n in range(120)])
    before = {key: len(samples) for key, samples in watch.watching.noise.items()}
    watch.looks([n % 7 for n in range(5000)])

    assert {key: len(samples) for key, samples in watch.watching.noise.items()} == before


@given(st.lists(st.floats(-300, 300), max_size=150), st.lists(st.floats(-300, 300), min_size=1, max_size=50))
def test_what_was_long_ago_is_forgotten(past: list[float], bps: list[float]) -> None:
    """Two pasts end in the same judgement once a day has gone by at par."""

    def after(past: list[float]) -> list[Depeg]:
        watch = Watch().looks(past)
        watch.looks([0] * 100, after=(BEGAN + 200 * HOUR - watch.now) // 100)
        before = len(watch.told)
        return watch.looks(bps).told[before:]

    assert after(past) == after([])
