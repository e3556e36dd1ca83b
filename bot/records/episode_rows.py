"""Episodes as people and programs write them: times in ISO 8601, words for choices, what follows left out."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import MISSING, fields
from enum import StrEnum
from math import inf, isfinite
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bot.model.coins import Mechanism, shipped
from bot.model.decisions import Severity
from bot.model.episodes import Episode, Path, Precision, faults, severity_of
from bot.model.times import iso, moment

LIVED = ("start", "alert", "trough_at", "recovered_at", "end")
TIMES = (*LIVED, "reopened")
NUMBERS = ("trough", "peak_bp", "depth_usd")
LISTS = ("caught_from", "spread_to", "venues", "sources")
FIELDS = {field.name: field for field in fields(Episode)}
NAMES = (*FIELDS, "path")
LATEST = 2**63 - 1  # ns: what a database holds, the year 2262
_ROUGH = {4: Precision.MONTH, 7: Precision.MONTH, 10: Precision.DAY, 13: Precision.HOUR}  # by the length of its writing
_EPISODE, _PATH = TypeAdapter(Episode), TypeAdapter(Path)
_SEPARATOR = " | "  # between the members of a list, where a row is flat


class BadRow(ValueError):  # noqa: N818 - a state of the world, as an operator would say it
    """A row that is no episode: the field, and what was expected of it."""


def written(episode: Episode) -> dict[str, Any]:
    """An episode as JSON or a table has it; what is unknown or as usual is left out."""
    told = {name: getattr(episode, name) for name, field in FIELDS.items() if getattr(episode, name) != field.default}
    told |= {name: iso(told[name]) for name in TIMES if name in told}
    told |= {name: list(told[name]) for name in LISTS if name in told}
    if episode.severity is not None:
        told["severity"] = episode.severity.name.lower()
    return {name: value.value if isinstance(value, StrEnum) else value for name, value in told.items()}


def flat(episode: Episode) -> dict[str, Any]:
    """The same for a table without lists in it."""
    return {key: _SEPARATOR.join(value) if key in LISTS else value for key, value in written(episode).items()}


def read(told: Mapping[str, Any]) -> Episode:
    """The episode that a row tells. `BadRow` names the field and what was expected.

    Times may be as rough as they are known ("2022-05"): the roughest is the row's precision unless it says another.
    Depth follows from the trough, severity from the depth, the id from coin and start.
    """
    given = {name: value for name, value in told.items() if value not in (None, "") and name != "path"}
    _known(given)
    parsed = {**given, **_times(given), **_numbers(given), **_lists(given), **_severity(given)}
    return _sound(_completed(given, parsed))


def written_path(path: Path) -> dict[str, Any]:
    """A path as JSON has it: [time in ns, price] a point."""
    return {"against": path.against, "source": path.source, "points": [list(point) for point in path.points]}


def read_path(told: object) -> Path | None:
    """The path that a row tells, None where it tells none. `BadRow` where it is no path."""
    if told in (None, ""):
        return None
    try:
        path = _PATH.validate_python(told)
    except ValidationError as error:
        raise BadRow(f"path: {_first(error)}") from None
    at = [moment for moment, _ in path.points]
    if at != sorted(set(at)):
        raise BadRow("path: expected points in the order of time")
    if not all(0 <= price < inf for _, price in path.points):
        raise BadRow("path: expected prices, zero or more")
    if at and not 0 <= at[0] <= at[-1] <= LATEST:
        raise BadRow("path: expected times in ns since 1970, before 2262")
    return path


def rough_moment(name: str, text: str) -> int:
    """The moment a text names, or the first of the day, month or year it names. `BadRow` names the field."""
    with suppress(ValueError, OverflowError):
        if 0 <= (named := moment({4: f"{text}-01-01", 7: f"{text}-01"}.get(len(text), text))) <= LATEST:
            return named
    raise BadRow(f"{name}: expected a time like 2023-03-11T07:15Z, 2023-03-11 or 2023-03, got {text}")


def _known(given: Mapping[str, Any]) -> None:
    if strange := sorted(map(str, given.keys() - FIELDS)):
        raise BadRow(f"{strange[0]}: no such field; there are {', '.join(NAMES)}")
    needed = [name for name, field in FIELDS.items() if field.default is MISSING and name != "id"]
    if missing := [name for name in needed if name not in given]:
        raise BadRow(f"{missing[0]}: expected, and is missing")


def _times(given: Mapping[str, Any]) -> dict[str, int]:
    return {name: rough_moment(name, str(given[name])) for name in TIMES if name in given}


def _lists(given: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: given[name] for name in LISTS if name in given}
    return {name: value.split(_SEPARATOR) if isinstance(value, str) else value for name, value in told.items()}


def _severity(given: Mapping[str, Any]) -> dict[str, Severity]:
    if "severity" not in given:
        return {}
    names = {each.name.lower(): each for each in Severity}
    if (word := str(given["severity"])) not in names:
        raise BadRow(f"severity: expected one of {', '.join(names)}, got {word}")
    return {"severity": names[word]}


def _numbers(given: Mapping[str, Any]) -> dict[str, float]:
    return {name: _number(name, given[name]) for name in NUMBERS if name in given}


def _number(name: str, value: object) -> float:
    with suppress(ValueError, OverflowError):
        if isinstance(value, int | float | str) and not isinstance(value, bool) and isfinite(number := float(value)):
            return number
    raise BadRow(f"{name}: expected a number, got {value}")


def _completed(given: Mapping[str, Any], parsed: dict[str, Any]) -> dict[str, Any]:
    """With what follows from the rest."""
    coin = shipped().asset(str(parsed["coin"])) or str(parsed["coin"]).upper()
    parsed["coin"] = coin if isinstance(parsed["coin"], str) else parsed["coin"]
    parsed.setdefault("id", f"{coin}-{iso(parsed['start'])[:10]}-{parsed.get('direction', 'below')}")
    parsed["id"] = str(parsed["id"]).lower()  # as it is asked for
    parsed.setdefault("precision", _roughest(str(given[name]) for name in LIVED if name in given))
    parsed.setdefault("mechanism", _mechanism(coin))
    if "trough" in parsed:
        parsed.setdefault("peak_bp", round(abs(parsed["trough"] - 1.0) * 1e4, 2))
    if "peak_bp" in parsed:
        parsed.setdefault("severity", severity_of(parsed["peak_bp"]))
    return parsed


def _mechanism(coin: str) -> Mechanism | None:
    known = shipped().by_symbol.get(coin)
    return known.mechanism if known else None


def _roughest(texts: Iterable[str]) -> Precision:
    found = {_ROUGH.get(len(text), Precision.MINUTE) for text in texts}
    return max(found, key=list(Precision).index)


def _sound(told: dict[str, Any]) -> Episode:
    try:
        episode = _EPISODE.validate_python(told)
    except ValidationError as error:
        raise BadRow(_first(error)) from None
    for fault in faults(episode):
        raise BadRow(fault)
    return episode


def _first(error: ValidationError) -> str:
    """The first thing wrong, by its field."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    got = f", got {first['input']}" if isinstance(first["input"], str | int | float) else ""
    return f"{field}: {first['msg'].replace('Input should be', 'expected')}{got}"
