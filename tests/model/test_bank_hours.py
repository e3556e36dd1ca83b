"""American banks keep New York's hours and the Federal Reserve's holidays."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import bank_hours
from bot.model.times import DAY, HOUR, MINUTE, moment

MOMENTS = st.integers(moment("2014-01-01"), moment("2040-01-01"))
HOLIDAYS = {  # as the Federal Reserve announced them
    2022: ["01-17", "02-21", "05-30", "06-20", "07-04", "09-05", "10-10", "11-11", "11-24", "12-26"],
    2023: ["01-02", "01-16", "02-20", "05-29", "06-19", "07-04", "09-04", "10-09", "11-23", "12-25"],
    2024: ["01-01", "01-15", "02-19", "05-27", "06-19", "07-04", "09-02", "10-14", "11-11", "11-28", "12-25"],
}


@pytest.mark.parametrize("year", HOLIDAYS)
def test_banks_are_shut_on_the_announced_days_and_no_others(year):
    """Every weekday of the year but the holidays has open banks at noon."""
    days = [date(year, 1, 1) + timedelta(days=count) for count in range(365 + (year % 4 == 0))]
    shut = [day for day in days if day.weekday() < 5 and not bank_hours.is_open(moment(f"{day}T17:00"))]

    assert [f"{day:%m-%d}" for day in shut] == HOLIDAYS[year]


def test_juneteenth_is_younger_than_most_stablecoins():
    """It is kept since 2021: on 19 June 2020, a Friday, banks were open."""
    assert bank_hours.is_open(moment("2020-06-19T15:00"))
    assert not bank_hours.is_open(moment("2024-06-19T15:00"))


@pytest.mark.parametrize(
    ("opening", "closing"),
    [("2023-03-10T14:00", "2023-03-10T22:00"), ("2023-03-13T13:00", "2023-03-13T21:00")],
    ids=["winter", "summer"],
)
def test_nine_to_five_in_new_york(opening, closing):
    """An hour earlier by UTC once clocks were changed, on 12 March 2023."""
    assert not bank_hours.is_open(moment(opening) - 1)
    assert bank_hours.is_open(moment(opening))
    assert bank_hours.is_open(moment(closing) - 1)
    assert not bank_hours.is_open(moment(closing))


@given(MOMENTS)
def test_the_clock_is_new_yorks(now):
    """Daylight saving by our rule is daylight saving by the time zone database."""
    try:
        zone = ZoneInfo("America/New_York")
    except ZoneInfoNotFoundError:
        pytest.skip("no time zone database here")
    told = datetime.fromtimestamp(now // 10**9, UTC).astimezone(zone)

    assert bank_hours._behind(now) == -told.utcoffset() / timedelta(hours=1) * HOUR


@given(MOMENTS)
def test_banks_open_at_the_next_opening_and_not_before(now):
    """It lies ahead, within four days and an hour, and the moment before it is shut."""
    opening = bank_hours.next_opening(now)

    assert now < opening <= now + 4 * DAY + HOUR
    assert bank_hours.is_open(opening)
    assert not bank_hours.is_open(opening - 1)


@given(MOMENTS, st.floats(0, 1, exclude_max=True))
def test_who_waits_for_an_opening_misses_none(now, part):
    """While banks are shut they stay so until the next opening."""
    if not bank_hours.is_open(now):
        opening = bank_hours.next_opening(now)
        between = min(now + int((opening - now) * part), opening - 1)

        assert not bank_hours.is_open(between)
        assert bank_hours.next_opening(between) == opening


def test_a_holiday_makes_the_weekend_longer():
    """From Friday's closing before Labor Day to Tuesday."""
    assert bank_hours.next_opening(moment("2023-09-01T21:00")) == moment("2023-09-05T13:00")
    assert bank_hours.next_opening(moment("2023-09-05T13:00") - MINUTE) == moment("2023-09-05T13:00")
