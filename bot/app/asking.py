"""What the user looks for among the episodes, in words, as a query."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from bot.model.coins import Mechanism, shipped
from bot.model.episodes import Grade, Outcome
from bot.model.errors import UserError
from bot.records.episodes import Query

CHOICES: dict[str, type[StrEnum]] = {"outcomes": Outcome, "grades": Grade, "mechanism": Mechanism}
DIRECTIONS = ("below", "above")


def query(told: Mapping[str, Any], *, limit: int, traps: bool, deepest: bool = False) -> Query:
    """The query of what was told by its fields; what is None is not asked. A UserError names a word that is none."""
    asked = {name: _read(name, value) for name, value in told.items() if value is not None}
    return Query(**asked, limit=limit, traps=traps, by="depth" if deepest else "time")


def _read(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever the field is
    match name:
        case "coin":
            return shipped().asset(value) or value.upper()
        case "since" | "until":
            return _moment(name, value)
        case "outcomes" | "grades":
            return tuple(_choice(name.removesuffix("s"), CHOICES[name], each) for each in value)
        case "mechanism":
            return _choice(name, Mechanism, value)
        case "direction" if value not in DIRECTIONS:
            raise UserError(f"--direction: expected below or above, got {value}")
        case _:
            return value


def _moment(name: str, text: str) -> int:
    from bot.records.episode_rows import BadRow, rough_moment

    try:
        return rough_moment(f"--{name}", text)
    except BadRow as fault:
        raise UserError(str(fault)) from None


def _choice(name: str, kind: type[StrEnum], text: str) -> StrEnum:
    try:
        return kind(text)
    except ValueError:
        raise UserError(f"--{name}: expected one of {', '.join(kind)}, got {text}") from None
