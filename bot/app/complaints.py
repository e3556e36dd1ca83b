"""What is wrong with settings, a line each: which one, and what is wanted. No value is repeated: it may be a key."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from bot.app.screen import one_line
from bot.model.errors import UserError

NEAR = 0.75  # of the letters, for a name to be a slip of another
WANTED = {
    "bool": "true or false is wanted",
    "int": "a whole number is wanted",
    "float": "a number is wanted",
    "string": "text is wanted",
    "path": "a path is wanted",
    "list": "a list is wanted",
    "dict": "a table is wanted",
    "model": "a table is wanted",
    "finite": "a finite number is wanted",
    "missing": "it is missing",
}
BOUNDS = {
    "greater_than": ("gt", "more than {:.15g} is wanted"),
    "greater_than_equal": ("ge", "{:.15g} or more is wanted"),
    "less_than": ("lt", "less than {:.15g} is wanted"),
    "less_than_equal": ("le", "{:.15g} or less is wanted"),
    "too_short": ("min_length", "at least {:.15g} is wanted"),
}


class WrongSettingsError(UserError):
    """Settings that will not do. It reads as the first complaint; `lines` has all of them."""

    def __init__(self, lines: tuple[str, ...], more: str) -> None:
        self.lines = lines
        super().__init__(lines[0] + (f" (and {len(lines) - 1} more: {more})" if lines[1:] else ""))


def complaints(error: ValidationError, settings: type[BaseModel]) -> tuple[str, ...]:
    """A line for each thing that is wrong, in the order of the settings."""
    known = tuple(names(settings))
    return tuple(_complaint(each, known) for each in error.errors(include_input=False, include_url=False))


def wanted(error: Mapping[str, Any]) -> str:
    """What one error of pydantic comes to."""
    kind, told = error["type"], error.get("ctx", {})
    if kind in BOUNDS:
        name, words = BOUNDS[kind]
        return words.format(told[name])
    if kind == "value_error":
        return str(told["error"])
    return WANTED.get(kind.partition("_")[0], str(error["msg"]))


def names(settings: type[BaseModel], table: str = "") -> Iterator[str]:
    """Every setting and table, as `node.urls`."""
    for name, field in settings.model_fields.items():
        yield f"{table}{name}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from names(field.annotation, f"{table}{name}.")


def _complaint(error: Mapping[str, Any], known: Iterable[str]) -> str:
    key = one_line(".".join(str(part) for part in error["loc"])) or "settings"
    return f"{key}: {_stranger(key, known) if error['type'] == 'extra_forbidden' else wanted(error)}"


def _stranger(key: str, known: Iterable[str]) -> str:
    """No such setting, and which is meant: one spelt nearly so, or one of that name in another table."""
    every, name = tuple(known), key.rpartition(".")[2]
    elsewhere = [each for each in every if each.rpartition(".")[2] == name]
    meant = get_close_matches(key, every, 1, NEAR) or elsewhere
    return "no such setting" + (f"; is {' or '.join(meant)} meant?" if meant else "")
