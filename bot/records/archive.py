"""Paths of old episodes, moved out of the database into Parquet files, and back. Their episodes stay where they are."""

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path as Folder
from typing import TYPE_CHECKING

from sqlalchemy import RowMapping, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.records import episode_tables as tables
from bot.records.episode_database import Database, EpisodesError
from bot.records.episode_tables import ARCHIVES, EPISODES, PATHS, POINT

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Archived:
    """How many paths were moved, and the files they are in now, or were in before."""

    paths: int
    files: tuple[str, ...] = ()


async def move(database: Database, folder: Folder, before: int) -> Archived:
    """Move the paths of episodes that began before `before` (ns UTC) into one new file of `folder`.

    The file is on disk, read back and compared before the database lets go of anything.
    """
    async with database.writing() as connection:
        rows = await _old(connection, before)
        if not rows:
            return Archived(0)
        name, digest = _write(folder, rows)
        _compare(folder, name, rows)
        await connection.execute(insert(ARCHIVES).values(name=name, digest=digest, paths=len(rows)))
        same = (PATHS.c.episode == bindparam("name"), PATHS.c.digest == bindparam("was"))
        moved = update(PATHS).where(*same).values(points=None, archive=name)
        await connection.execute(moved, [{"name": row["episode"], "was": row["digest"]} for row in rows])
    return Archived(len(rows), (name,))


async def bring_back(database: Database, folder: Folder) -> Archived:
    """Put every archived path back into the database, each compared with its digest. The files stay where they are."""
    async with database.writing() as connection:
        names = tuple(await connection.scalars(select(ARCHIVES.c.name).order_by(ARCHIVES.c.name)))
        brought = [await _brought_back(connection, folder, name) for name in names]
        await connection.execute(ARCHIVES.delete())
    return Archived(sum(brought), names)


def whole(rows: Sequence[RowMapping], folder: Folder) -> dict[str, bytes]:
    """The packed points of paths, by episode, wherever they lie. `EpisodesError` when one is not what was kept."""
    lie_in: dict[str, list[str]] = {}
    for row in rows:
        if row["archive"] is not None:
            lie_in.setdefault(row["archive"], []).append(row["episode"])
    found = {row["episode"]: row["points"] for row in rows if row["archive"] is None}
    for name, episodes in lie_in.items():
        found |= packed(folder, name, episodes)
    for row in rows:
        if tables.digest(found.get(row["episode"], b"")) != row["digest"]:
            raise EpisodesError(f"the path of {row['episode']} is damaged: `repeg episodes check` says more")
    return found


def packed(folder: Folder, name: str, episodes: Sequence[str] | None = None) -> dict[str, bytes]:
    """The packed points in a file of the archive, by episode: of those named, or of all. `EpisodesError` when gone."""
    import polars as pl

    try:
        frame = pl.scan_parquet(folder / name, glob=False)
        wanted = frame if episodes is None else frame.filter(pl.col("episode").is_in(list(episodes)))
        parts = wanted.collect().partition_by("episode", as_dict=True, maintain_order=True)
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        told = "is not there" if isinstance(error, FileNotFoundError) else "cannot be read"
        raise EpisodesError(f"{folder / name}: this file of archived paths {told}: put it back from a backup") from None
    return {str(episode): _packed(part) for (episode,), part in parts.items()}


async def _old(connection: AsyncConnection, before: int) -> Sequence[RowMapping]:
    old = select(EPISODES.c.id).where(EPISODES.c.start < before)
    query = select(PATHS).where(PATHS.c.points.is_not(None), PATHS.c.episode.in_(old)).order_by(PATHS.c.episode)
    return (await connection.execute(query)).mappings().all()


async def _brought_back(connection: AsyncConnection, folder: Folder, name: str) -> int:
    query = select(PATHS.c.episode, PATHS.c.digest).where(PATHS.c.archive == name)
    wanted = {row.episode: row.digest for row in await connection.execute(query)}
    if not wanted:  # each has another path by now
        return 0
    found = packed(folder, name)
    for episode, digest in wanted.items():
        if tables.digest(found.get(episode, b"")) != digest:
            raise EpisodesError(f"{folder / name}: the path of {episode} is damaged: put it back from a backup")
    back = update(PATHS).where(PATHS.c.episode == bindparam("name")).values(points=bindparam("packed"), archive=None)
    await connection.execute(back, [{"name": episode, "packed": found[episode]} for episode in wanted])
    return len(wanted)


def _write(folder: Folder, rows: Sequence[RowMapping]) -> tuple[str, str]:
    """Put paths into a file that is named by its content; its name and digest."""
    content = io.BytesIO()
    _frame(rows).write_parquet(content, compression="zstd")
    digest = tables.digest(content.getbuffer())
    name = f"paths-{digest[:16]}.parquet"
    draft = folder / f".{name}.{os.getpid()}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            file.write(content.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / name)
    except OSError as error:
        raise EpisodesError(f"{folder}: paths cannot be archived there: {error.strerror}") from None
    return name, digest


def _frame(rows: Sequence[RowMapping]) -> "pl.DataFrame":
    import numpy as np
    import polars as pl

    points = np.frombuffer(b"".join(row["points"] for row in rows), dtype=np.dtype(POINT))
    names = pl.Series([row["episode"] for row in rows], dtype=pl.String)
    counts = pl.Series([row["count"] for row in rows], dtype=pl.UInt32)
    return pl.DataFrame({"episode": names.repeat_by(counts).explode(), "at": points["at"], "price": points["price"]})


def _packed(part: "pl.DataFrame") -> bytes:
    import numpy as np

    points = np.empty(len(part), dtype=np.dtype(POINT))
    points["at"], points["price"] = part["at"].to_numpy(), part["price"].to_numpy()
    return points.tobytes()


def _compare(folder: Folder, name: str, rows: Sequence[RowMapping]) -> None:
    found = packed(folder, name)
    if any(tables.digest(found.get(row["episode"], b"")) != row["digest"] for row in rows):
        raise EpisodesError(f"{folder / name}: paths do not read back as they were written: nothing was moved")
