"""Moments and lengths of time as people write them. Inside they are nanoseconds, UTC."""

import re
from datetime import UTC, datetime, timedelta

SECOND = 1_000_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND

_UNITS = {"d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso(moment: int) -> str:
    """ISO 8601 with a Z, to the second, or to the microsecond where there is a fraction."""
    told = _EPOCH + timedelta(microseconds=moment // 1_000)
    return told.isoformat().replace("+00:00", "Z")


def moment(text: str) -> int:
    """The moment an ISO 8601 date or time names, UTC where it names no zone. ValueError where it is neither."""
    told = datetime.fromisoformat(text)
    since = (told if told.tzinfo else told.replace(tzinfo=UTC)) - _EPOCH
    return (since // timedelta(microseconds=1)) * 1_000


def timeframe(name: str) -> int | None:
    """How long a bar called "1m", "15m", "1h" or "1d" is, ns; None for what is no such name.

    Bars begin at multiples of their length, so that only lengths which divide a day have a name here.
    """
    match = re.fullmatch(r"([1-9][0-9]{0,4})([smhd])", name, flags=re.ASCII)
    if not match:
        return None
    length = int(match[1]) * _UNITS[match[2]]
    return length if DAY % length == 0 else None


def timeframe_name(length: int) -> str:
    """What a bar of that length is called: `timeframe` of it is `length` again."""
    unit = next(unit for unit, size in _UNITS.items() if length % size == 0)
    return f"{length // _UNITS[unit]}{unit}"
