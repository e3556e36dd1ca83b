"""Episodes in files: JSON lines with their paths, or CSV without."""

import csv
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path as File
from typing import Any, TextIO

import orjson

from bot.model.episodes import Episode, Path
from bot.records import episode_rows
from bot.records.episode_database import EpisodesError
from bot.records.episode_rows import BadRow
from bot.records.episodes import Episodes, Query

PAGE = 500  # rows entered at a time
BOM = b"\xef\xbb\xbf"  # as some editors begin a file
Row = tuple[int, dict[str, Any]]


@dataclass(slots=True)
class Imported:
    """How many rows were new, how many changed an episode, and a line about each that was neither."""

    added: int = 0
    changed: int = 0
    refused: list[str] = field(default_factory=list)


async def enter(episodes: Episodes, file: File, progress: Callable[[int], None] = lambda _: None) -> Imported:
    """Enter every row of a file that is an episode. `progress` hears how many lines are done."""
    done = Imported()
    rows = _rows(file, done.refused)
    while page := list(islice(rows, PAGE)):
        await _enter(episodes, file, page, done)
        progress(page[-1][0])
    return done


async def write(episodes: Episodes, query: Query, file: File) -> int:
    """Write what fits into a file, in place of one that is there; how many."""
    found = await episodes.search(query)
    with _written(file) as put:
        for first in range(0, len(found), PAGE):
            page = found[first : first + PAGE]
            paths = await episodes.paths([episode.id for episode in page])
            for episode in page:
                put(episode, paths.get(episode.id))
    return len(found)


def length(file: File) -> int:
    """How many lines there are. `EpisodesError` for a file that cannot be read, or is of another kind."""
    _is_csv(file)
    with _explained(file, "read"), file.open("rb") as lines:
        return sum(1 for _ in lines)


async def _enter(episodes: Episodes, file: File, page: list[Row], done: Imported) -> None:
    lines, rows = {}, []
    for line, told in page:
        try:
            episode, path = episode_rows.read(told), episode_rows.read_path(told.get("path"))
        except BadRow as fault:
            done.refused.append(f"{file}: line {line}: {fault}")
        else:
            lines[episode.id] = line
            rows.append((episode, path))
    kept = await episodes.put(rows)
    done.added += kept.added
    done.changed += kept.changed
    done.refused += [f"{file}: line {lines[name]}: {why}" for name, why in kept.refused.items()]


def _rows(file: File, refused: list[str]) -> Iterator[Row]:
    with _explained(file, "read"):
        yield from _table_rows(file) if _is_csv(file) else _json_rows(file, refused)


def _table_rows(file: File) -> Iterator[Row]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines, restkey="a cell beyond the last column")
        if strange := sorted(set(reader.fieldnames or ["an empty file"]) - set(episode_rows.FIELDS)):
            raise EpisodesError(f"{file}: line 1: {strange[0]}: no such column; export writes a file that has them all")
        yield from ((reader.line_num, row) for row in reader)


def _json_rows(file: File, refused: list[str]) -> Iterator[Row]:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                told = orjson.loads(line.removeprefix(BOM)) if line.strip() else None
            except orjson.JSONDecodeError as error:
                refused.append(f"{file}: line {number}: is not JSON: {error.msg}, at character {error.pos + 1}")
                continue
            if isinstance(told, dict):
                yield number, told
            elif line.strip():
                refused.append(f"{file}: line {number}: expected a JSON object")


@contextmanager
def _written(file: File) -> Iterator[Callable[[Episode, Path | None], None]]:
    """Something that writes one episode after the other; the file is there when all of them are in it."""
    flat = _is_csv(file)
    draft = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        with _explained(file, "written"):
            with draft.open("w", encoding="utf-8", newline="") as lines:
                yield _flat_writer(lines) if flat else _line_writer(lines)
            draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def _flat_writer(lines: TextIO) -> Callable[[Episode, Path | None], None]:
    table = csv.DictWriter(lines, list(episode_rows.FIELDS))
    table.writeheader()
    return lambda episode, _: table.writerow(episode_rows.flat(episode))


def _line_writer(lines: TextIO) -> Callable[[Episode, Path | None], None]:
    def put(episode: Episode, path: Path | None) -> None:
        told = episode_rows.written(episode) | ({"path": episode_rows.written_path(path)} if path else {})
        lines.write(orjson.dumps(told).decode() + "\n")

    return put


def _is_csv(file: File) -> bool:
    if file.suffix not in (".csv", ".jsonl"):
        raise EpisodesError(f"{file}: episodes are in files that end in .jsonl, with paths, or .csv")
    return file.suffix == ".csv"


@contextmanager
def _explained(file: File, done: str) -> Iterator[None]:
    """Name the file in what the system complains about."""
    try:
        yield
    except OSError as error:
        raise EpisodesError(f"{file}: cannot be {done}: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise EpisodesError(f"{file}: cannot be {done}: {error}") from None
