"""Moments and bar lengths are written one way and read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import times


@given(st.integers(0, 4_000_000_000_000_000).map(lambda microseconds: microseconds * 1_000))
def test_a_moment_is_read_back(moment):
    """Whatever is written is read as the same nanosecond."""
    assert times.moment(times.iso(moment)) == moment


def test_moments_look_as_operators_expect():
    """Seconds, a Z, and nothing that is not there."""
    assert times.iso(1_678_518_900 * times.SECOND) == "2023-03-11T07:15:00Z"


def test_a_date_is_its_midnight_and_no_zone_is_utc():
    """Three ways to say the same."""
    assert times.moment("2023-03-11") == times.moment("2023-03-11T00:00:00") == times.moment("2023-03-11T01:00+01:00")


@pytest.mark.parametrize("text", ["", "yesterday", "2023-13-01", "1678518900"])
def test_what_is_no_moment_is_refused(text):
    """A ValueError, for the border to explain."""
    with pytest.raises(ValueError, match=r"isoformat|month"):
        times.moment(text)


@pytest.mark.parametrize("name", ["1s", "1m", "5m", "15m", "90m", "1h", "4h", "1d"])
def test_a_timeframe_is_read_back(name):
    """Its name is the shortest for its length."""
    length = times.timeframe(name)

    assert length is not None
    assert times.timeframe_name(length) == name


@pytest.mark.parametrize("name", ["", "m", "0m", "7m", "2d", "1w", "1M", "1.5h", "٣m", "99999d"])
def test_a_bar_that_does_not_divide_the_day_has_no_name(name):
    """Bars must begin at multiples of their length, the same every day."""
    assert times.timeframe(name) is None
