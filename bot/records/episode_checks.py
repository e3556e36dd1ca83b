"""Whether the episode database is whole: its file, its rows, its paths, its archive."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path as Folder

from sqlalchemy import RowMapping, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.episodes import faults
from bot.records import archive
from bot.records import episode_tables as tables
from bot.records.episode_database import Database, EpisodesError
from bot.records.episode_tables import ARCHIVES, EPISODES, PATHS, REVISION


@dataclass(frozen=True, slots=True)
class Health:
    """What was looked at, and what is wrong, a line each."""

    version: str
    episodes: int
    paths: int
    archived: int
    faults: tuple[str, ...]


async def check(database: Database, folder: Folder) -> Health:
    """Look at everything; archived paths lie in `folder`."""
    async with database.reading() as connection:
        found = [] if database.served else [line async for line in _file(connection)]
        rows = (await connection.execute(select(EPISODES))).mappings().all()
        found += [fault for row in rows for fault in _row(row)]
        archived, wrong = await _archives(connection, folder)
        found += wrong.values()
        paths = 0
        async for row in (await connection.stream(select(PATHS).order_by(PATHS.c.episode))).mappings():
            paths += 1
            if row["archive"] not in wrong or row["episode"] in archived:  # else its file has been named
                found += _path(row, archived)
    return Health(REVISION, len(rows), paths, len(archived), tuple(found))


async def _file(connection: AsyncConnection) -> AsyncIterator[str]:
    for line in await connection.scalars(text("PRAGMA integrity_check")):
        if line != "ok":
            yield f"file: {line}"
    for table, row, parent, _ in await connection.execute(text("PRAGMA foreign_key_check")):
        yield f"{table}: row {row} belongs to a row of {parent} that is not there"


def _row(row: RowMapping) -> Iterator[str]:
    try:
        episode = tables.episode(row)
    except ValueError as error:
        yield f"{row['id']}: {error}"
        return
    for fault in faults(episode):
        yield f"{episode.id}: {fault}"


async def _archives(connection: AsyncConnection, folder: Folder) -> tuple[dict[str, bytes], dict[str, str]]:
    """Every archived path, and what is wrong with the files they are in, by the file's name."""
    found: dict[str, bytes] = {}
    wrong = {}
    used = select(ARCHIVES).where(ARCHIVES.c.name.in_(select(PATHS.c.archive))).order_by(ARCHIVES.c.name)
    for name, digest, count in await connection.execute(used):
        try:
            found |= archive.packed(folder, name)
            if tables.digest((folder / name).read_bytes()) != digest:
                wrong[name] = f"{folder / name}: is not the file that was written"
        except EpisodesError as error:
            wrong[name] = f"{error} ({count} were in it)"
    return found, wrong


def _path(row: RowMapping, archived: dict[str, bytes]) -> Iterator[str]:
    packed = row["points"] if row["archive"] is None else archived.get(row["episode"])
    if packed is None:
        yield f"{row['episode']}: its path is not where it was put, {row['archive'] or 'the database'}"
    elif tables.digest(packed) != row["digest"]:
        yield f"{row['episode']}: its path is damaged"
    elif any(later.at <= earlier.at for earlier, later in pairwise(tables.points(packed))):
        yield f"{row['episode']}: its path is not in the order of time"
