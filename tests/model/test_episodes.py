"""Episodes: what follows from what is known of them, which are the same, and how a path is made from bars."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import episodes
from bot.model.coins import shipped
from bot.model.decisions import Depeg, Severity
from bot.model.episodes import Episode, Grade, Outcome, Precision
from bot.model.markets import Candles, Market
from bot.model.times import DAY, HOUR, MINUTE, moment

START = moment("2023-03-10T22:00Z")
KNOWN = Episode(id="usdc", coin="USDC", start=START, outcome=Outcome.RECOVERED, grade=Grade.MEASURED)
DEPEG = Depeg("USDC", "coin", "below", START, START + MINUTE, Severity.MINOR, START, 0.99, 100.0, True, ("kraken",))


def bars(closes, base="USDC", quote="USD"):
    """One-minute bars that begin an hour before the start."""
    prices = np.asarray(closes, dtype=np.float64)
    opened = START - HOUR + np.arange(len(prices), dtype=np.int64) * MINUTE
    return Candles(Market("kraken", base, quote), MINUTE, opened, prices, prices, prices, prices, prices)


@pytest.mark.parametrize(
    ("bp", "severity"),
    [(0, "WATCH"), (20, "WATCH"), (50, "MINOR"), (200, "MAJOR"), (999, "SEVERE"), (5000, "CRITICAL")],
)
def test_depth_alone_says_how_severe(bp, severity):
    """The bounds belong to the worse class."""
    assert episodes.severity_of(bp) is Severity[severity]


def test_speed_is_basis_points_an_hour():
    """From start to trough; not known where the times are not."""
    fell = replace(KNOWN, trough_at=START + 2 * HOUR, peak_bp=500.0)

    assert fell.speed == 250.0
    assert replace(fell, precision=Precision.DAY).speed is None
    assert replace(fell, peak_bp=None).speed is None
    assert replace(fell, trough_at=START).speed == 500.0 * 60  # within the minute


def test_a_depeg_that_lasts_is_an_open_episode():
    """One that ended has recovered; one that nobody can anchor is doubtful."""
    ended = replace(DEPEG, end=START + DAY, anchored=False, scope="venue:kraken")

    assert episodes.detected(DEPEG).outcome is Outcome.OPEN
    assert episodes.detected(DEPEG).id == "usdc-20230310t220000z-below"
    assert episodes.detected(ended).outcome is Outcome.RECOVERED
    assert episodes.detected(ended).id == "usdc-20230310t220000z-below-kraken"
    assert episodes.detected(ended).doubtful


def test_a_coin_is_priced_in_what_it_promises():
    """A euro coin's prices are euros, and its mechanism is its own."""
    euro = shipped().by_symbol["EURC"]
    seen = episodes.detected(replace(DEPEG, coin="EURC"), euro)

    assert (seen.against, seen.mechanism) == ("EUR", euro.mechanism)
    assert (episodes.detected(DEPEG).against, episodes.detected(DEPEG).mechanism) == ("USD", None)


@pytest.mark.parametrize(
    ("seen", "same"),
    [
        ({"start": START + HOUR}, True),
        ({"start": START + 3 * HOUR}, False),
        ({"start": START - HOUR}, False),
        ({"start": START - HOUR, "end": START + MINUTE}, True),
        ({"coin": "DAI"}, False),
        ({"direction": "above"}, False),
        ({"scope": "venue:kraken"}, False),
    ],
)
def test_those_that_overlap_are_the_same(seen, same):
    """Of one coin, one scope, one direction."""
    known = replace(KNOWN, end=START + 2 * HOUR)

    assert episodes.same(known, replace(KNOWN, **seen)) is same


def test_an_open_one_overlaps_with_what_comes_soon():
    """It may have lasted while nobody looked, but not for years."""
    later = replace(KNOWN, start=START + 9 * DAY)
    opened = replace(KNOWN, outcome=Outcome.OPEN)

    assert episodes.same(opened, later)
    assert not episodes.same(opened, replace(KNOWN, start=START + 400 * DAY))
    assert not episodes.same(KNOWN, later)


def test_who_saw_less_does_not_open_it_again():
    """History that breaks off before the end knows no better; a new fall after the end does."""
    ended = replace(episodes.detected(DEPEG), outcome=Outcome.RECOVERED, end=START + DAY, recovered_at=START + DAY)
    less, more = episodes.detected(DEPEG), replace(episodes.detected(DEPEG), trough_at=START + 2 * DAY)

    assert episodes.merged(ended, less) == ended
    assert episodes.merged(ended, more).outcome is Outcome.OPEN
    assert episodes.merged(less, ended).end == START + DAY


@pytest.mark.parametrize(
    "wrong",
    [
        {"trough_at": START - HOUR},
        {"alert": START - HOUR},
        {"alert": START + DAY, "end": START + HOUR},
        {"recovered_at": START, "trough_at": START + HOUR},
        {"scope": "binance"},
        {"scope": "venue:"},
        {"peak_bp": -1.0},
        {"outcome": Outcome.OPEN, "end": START + HOUR},
    ],
)
def test_what_cannot_be_is_said(wrong):
    """One fault, one line, the field first."""
    assert not list(episodes.faults(KNOWN))
    assert len(list(episodes.faults(replace(KNOWN, **wrong)))) == 1


def test_a_rough_time_is_not_out_of_order():
    """A trough on the day of the start may stand at its midnight."""
    rough = replace(KNOWN, precision=Precision.DAY, trough_at=moment("2023-03-10"))

    assert not list(episodes.faults(rough))


@given(st.lists(st.floats(0.5, 0.999), min_size=1, max_size=400), st.integers(1, 50))
def test_a_path_is_bounded_and_keeps_the_trough(closes, points):
    """However many bars there are, in order of time, within the window."""
    last = replace(KNOWN, end=START + 400 * MINUTE)
    path = episodes.path_of(bars(closes), last, points)
    since, until = episodes.window(last)

    assert 0 < len(path.points) <= points
    assert min(point.price for point in path.points) == min(closes)
    assert [point.at for point in path.points] == sorted({point.at for point in path.points})
    assert all(since <= point.at <= until for point in path.points)


def test_few_bars_are_all_kept():
    """Each at its end, when its close was known."""
    path = episodes.path_of(bars([1.0, 0.9, 0.95]), KNOWN)

    assert [point.price for point in path.points] == [1.0, 0.9, 0.95]
    assert path.points[0].at == START - HOUR + MINUTE
    assert (path.against, path.source) == ("USD", "kraken USDC/USD")


def test_a_coin_that_others_are_priced_in_has_a_path_too():
    """One over their price, against them; what is not there has none."""
    usdt = replace(KNOWN, coin="USDT")

    assert episodes.path_of(bars([1.25], quote="USDT"), usdt).points[0].price == 0.8
    assert episodes.path_of(bars([1.25], quote="USDT"), usdt).against == "USDC"
    assert episodes.path_of(bars([1.0]), replace(KNOWN, start=START + 9 * DAY)).points == ()
