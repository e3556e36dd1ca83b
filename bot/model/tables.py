"""Values that users and data files tell in TOML tables, read one by one; a ValueError says what was expected."""

import re
from collections.abc import Callable, Iterator, Mapping
from math import inf
from typing import Any

from bot.model.times import moment

Reader = Callable[[Any], Any]


def read(told: object, fields: Mapping[str, Reader], needed: tuple[str, ...]) -> dict[str, Any]:
    """A table's values, each by the reader of its name."""
    match told:
        case dict():
            for name in needed:
                if name not in told:
                    raise ValueError(f"{name!r} is missing")
            return {name: _value(name, value, fields) for name, value in told.items()}
    raise ValueError(f"expected a table, got {told!r}")


def _value(name: str, told: object, fields: Mapping[str, Reader]) -> Any:  # noqa: ANN401 - whatever its reader makes
    if name not in fields:
        raise ValueError(f"{name!r} is no field of it: {', '.join(fields)} are")
    try:
        return fields[name](told)
    except ValueError as error:
        raise ValueError(f"{error} ({name})") from None


def text(told: object) -> str:
    """Words on one line."""
    match told:
        case str() if told.isprintable():
            return told
    raise ValueError(f"expected text on one line, got {told!r}")


def texts(told: object) -> tuple[str, ...]:
    """A list of words."""
    return tuple(text(each) for each in items(told))


def items(told: object) -> Iterator[object]:
    """What a list holds."""
    match told:
        case list():
            return iter(told)
    raise ValueError(f"expected a list, got {told!r}")


def by_name(told: object) -> dict[str, str]:
    """Words, each under a name."""
    match told:
        case dict():
            return {name: text(value) for name, value in told.items()}
    raise ValueError(f"expected a table of texts, got {told!r}")


def flag(told: object) -> bool:
    """Yes or no."""
    match told:
        case bool():
            return told
    raise ValueError(f"expected true or false, got {told!r}")


def amount(told: object) -> float:
    """A number that is not negative."""
    match told:
        case bool():
            pass
        case int() | float() if 0 <= told < inf:
            return told
    raise ValueError(f"expected a number that is not negative, got {told!r}")


def instant(told: object) -> int:
    """A moment, ns UTC. TOML's own dates are taken, too."""
    return moment(str(told))


def day(told: object) -> str:
    """A date as finely as it is known: a year, a month or a day."""
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", written := str(told)):
        raise ValueError(f"expected a year, month or day like 2018-09-26, got {told!r}")
    moment((written + "-01-01")[:10])
    return written
