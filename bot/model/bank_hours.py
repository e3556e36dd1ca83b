"""When the banks of the United States are open: Monday to Friday, nine to five in New York, but for their holidays.

The hours of people, not of Fedwire, which takes transfers longer: an issuer's staff pay by day. Daylight saving and
holidays by the rules since 2007; what was before has no stablecoins.
"""

from datetime import date
from functools import cache
from itertools import count

from bot.model.times import DAY, HOUR

OPENS, CLOSES = 9 * HOUR, 17 * HOUR  # New York's time of the day, ns
WINTER, SUMMER = 5 * HOUR, 4 * HOUR  # how far New York is behind UTC
JUNETEENTH = 2021  # its first year
EPOCH = date(1970, 1, 1).toordinal()
MONDAY, THURSDAY, SUNDAY = 0, 3, 6


def is_open(now: int) -> bool:
    """Whether the banks are open at `now`, ns UTC."""
    day, time = divmod(now - _behind(now), DAY)
    return _business(day) and OPENS <= time < CLOSES


def next_opening(now: int) -> int:
    """The first moment after `now` at which they open, ns UTC."""
    today = (now - _behind(now)) // DAY
    openings = (_opening(day) for day in count(today) if _business(day))
    return next(opening for opening in openings if opening > now)


def _opening(day: int) -> int:
    """Nine in the morning of a day of New York; the clocks are changed long before."""
    return day * DAY + OPENS + _behind(day * DAY + OPENS + SUMMER)


def _behind(now: int) -> int:
    """How far New York is behind UTC at `now`: clocks are changed at 2 in the morning."""
    begins, ends = _summer(date.fromordinal(EPOCH + now // DAY).year)
    return SUMMER if begins <= now < ends else WINTER


@cache
def _summer(year: int) -> tuple[int, int]:
    """Daylight saving from the second Sunday of March to the first of November, ns UTC."""
    begins, ends = _nth(year, 3, SUNDAY, 2), _nth(year, 11, SUNDAY, 1)
    return begins * DAY + 2 * HOUR + WINTER, ends * DAY + 2 * HOUR + SUMMER


def _business(day: int) -> bool:
    """Whether banks open on a day, counted from 1970."""
    told = date.fromordinal(EPOCH + day)
    return told.weekday() < 5 and day not in _holidays(told.year)


@cache
def _holidays(year: int) -> frozenset[int]:
    """The Federal Reserve's holidays. One on a Sunday is kept on Monday; one on a Saturday is not kept."""
    fixed = [(1, 1), (7, 4), (11, 11), (12, 25), *([(6, 19)] if year >= JUNETEENTH else [])]
    days = {_day(year, month, day) for month, day in fixed}
    moved = {day + 1 if date.fromordinal(EPOCH + day).weekday() == SUNDAY else day for day in days}
    memorial = _nth(year, 6, MONDAY, 1) - 7  # the last Monday of May
    third = {_nth(year, 1, MONDAY, 3), _nth(year, 2, MONDAY, 3)}  # Martin Luther King, Washington
    return frozenset(
        {*moved, *third, memorial, _nth(year, 9, MONDAY, 1), _nth(year, 10, MONDAY, 2), _nth(year, 11, THURSDAY, 4)}
    )


def _nth(year: int, month: int, weekday: int, nth: int) -> int:
    """The nth such weekday of a month, in days from 1970."""
    first = _day(year, month, 1)
    return first + (weekday - date.fromordinal(EPOCH + first).weekday()) % 7 + 7 * (nth - 1)


def _day(year: int, month: int, day: int) -> int:
    return date(year, month, day).toordinal() - EPOCH
