"""Backups of the episode database: one SQLite file, whichever database it is from or goes to, archived paths included.

Taken in one transaction while others write. A backup carries the digests of its contents, and is itself a database
that repeg can open.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path as Folder
from typing import Any

from sqlalchemy import Column, MetaData, RowMapping, Table, Text, insert, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.records import archive
from bot.records.episode_database import Database, EpisodesError
from bot.records.episode_tables import ARCHIVES, EDITIONS, EPISODES, METADATA, PATHS, digest

PAGE = 1_000  # rows copied at a time
COPIED = (EPISODES, EDITIONS, PATHS)
ELSEWHERE = ("points", "archive")  # of a path: they lie here or there, and the path's own digest stands for them
MANIFEST = Table("repeg_backup", MetaData(), Column("contents", Text, nullable=False))


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds: rows, and a digest of them."""

    episodes: int
    paths: int
    digest: str


async def backup(database: Database, folder: Folder, target: Folder) -> Contents:
    """Copy everything into the new file `target`, compared with what was read before it is given its name."""
    with tempfile.TemporaryDirectory(prefix=".repeg-", dir=_claimed(target)) as draft:
        copy = await Database.open(Folder(draft) / target.name)
        try:
            contents = await _copied(database, copy, folder)
            await _sealed(copy, contents)
        finally:
            await copy.close()
        (Folder(draft) / target.name).rename(target)
    return contents


async def restore(database: Database, folder: Folder, source: Folder, keep: Folder | None = None) -> Contents:
    """Put what a backup holds in place of everything in `database`, in one transaction, or leave all as it was.

    What was there is first backed up into the new file `keep`. `EpisodesError` when the backup is not whole. The backup
    itself is only read.
    """
    with tempfile.TemporaryDirectory(prefix="repeg-") as draft:
        copy = await Database.open(_lent(source, Folder(draft)), name=str(source))
        try:
            await _verified(copy)
            if keep:
                await backup(database, folder, keep)
            return await _copied(copy, database, Folder(draft))
        finally:
            await copy.close()


async def contents(connection: AsyncConnection) -> Contents:
    """What is there, the same for the same rows on either database and wherever paths lie."""
    counts, whole = {}, hashlib.sha256()
    for table in COPIED:
        columns = [column for column in table.c if column.name not in ELSEWHERE]
        query = select(*columns).order_by(*table.primary_key)
        counts[table] = 0
        async for row in await connection.stream(query):
            counts[table] += 1
            whole.update(json.dumps(list(row)).encode())
    return Contents(counts[EPISODES], counts[PATHS], whole.hexdigest())


async def _copied(source: Database, target: Database, folder: Folder) -> Contents:
    """Everything of one in place of everything in the other; `folder` has the archived paths of the former."""
    async with source.reading() as reading, target.writing() as writing:
        if target.served:
            names = ", ".join(table.name for table in METADATA.sorted_tables)
            await writing.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
        for table in (PATHS, ARCHIVES, EPISODES, EDITIONS):
            await writing.execute(table.delete())
        for table in COPIED:
            async for rows in _pages(reading, table, folder):
                await writing.execute(insert(table), rows)
        before, after = await contents(reading), await contents(writing)
        if before != after:
            raise EpisodesError(f"{target.name}: reads back other than it was written: nothing was changed")
    return after


async def _pages(connection: AsyncConnection, table: Table, folder: Folder) -> AsyncIterator[list[dict[str, Any]]]:
    result = await connection.stream(select(table).order_by(*table.primary_key))
    async for rows in result.mappings().partitions(PAGE):
        yield _with_points(rows, folder) if table is PATHS else [dict(row) for row in rows]


def _with_points(rows: Sequence[RowMapping], folder: Folder) -> list[dict[str, Any]]:
    points = archive.whole(rows, folder)
    return [{**row, "points": points[row["episode"]], "archive": None} for row in rows]


async def _sealed(copy: Database, what: Contents) -> None:
    """Write into a backup what it holds."""
    async with copy.writing() as connection:
        await connection.run_sync(MANIFEST.create)
        await connection.execute(insert(MANIFEST).values(contents=_seal(what)))


def _seal(what: Contents) -> str:
    return json.dumps([what.episodes, what.paths, what.digest])


async def _verified(copy: Database) -> None:
    """Refuse a backup that is not one, or does not hold what it says."""
    async with copy.reading() as connection:
        if not await connection.run_sync(lambda plain: inspect(plain).has_table(MANIFEST.name)):
            raise EpisodesError(f"{copy.name}: this is not a backup made by `repeg episodes backup`")
        whole = await connection.scalar(text("PRAGMA integrity_check")) == "ok"
        sealed = whole and await connection.scalar(select(MANIFEST.c.contents)) == _seal(await contents(connection))
        paths = (await connection.stream(select(PATHS.c.points, PATHS.c.digest))) if sealed else None
        if paths is None or not all([digest(points or b"") == known async for points, known in paths]):
            raise EpisodesError(f"{copy.name}: this backup is damaged, it is not as it was made: nothing was changed")


def _claimed(target: Folder) -> Folder:
    """The folder a backup is to lie in."""
    if target.exists():
        raise EpisodesError(f"{target} is there already: a backup replaces nothing")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EpisodesError(f"{target.parent}: backups cannot be written there: {error.strerror}") from None
    return target.parent


def _lent(source: Folder, draft: Folder) -> Folder:
    """A copy of a backup: opening it may bring its tables up to date."""
    try:
        return Folder(shutil.copyfile(source, draft / source.name))
    except OSError as error:
        raise EpisodesError(f"{source}: this backup cannot be read: {error.strerror}") from None
