"""The historical depeg database: every episode that repeg knows, and what later decisions learn from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import eq, ge, le, ne
from pathlib import Path as Folder
from typing import Any, Literal

from sqlalchemy import ColumnElement, RowMapping, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.coins import Mechanism, shipped
from bot.model.decisions import Depeg
from bot.model.episodes import Episode, Grade, Origin, Outcome, Path, detected, merged, same
from bot.model.times import DAY
from bot.records import archive, catalogue, episode_writes
from bot.records import episode_tables as tables
from bot.records.episode_database import Database, EpisodesError
from bot.records.episode_tables import EPISODES, PATHS
from bot.records.episode_writes import Kept

NAMES = 10_000  # in one question: no database takes many more than 32,000
NEIGHBOURS = 32  # episodes looked at when one is seen that may be known


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to look for. Depths in basis points, times ns UTC, ranges with both ends; None: all."""

    coin: str | None = None
    at_least_bp: float | None = None
    at_most_bp: float | None = None
    since: int | None = None
    until: int | None = None
    outcomes: tuple[Outcome, ...] = ()
    grades: tuple[Grade, ...] = ()
    mechanism: Mechanism | None = None
    direction: Literal["below", "above"] | None = None
    scope: str | None = None
    traps: bool = False  # prints that were no depegs, too
    by: Literal["time", "depth"] = "time"  # newest first, or deepest first
    limit: int | None = None


class Episodes:
    """An open episode database."""

    def __init__(self, database: Database, folder: Folder) -> None:
        self.database = database
        self.folder = folder  # of archived paths

    @classmethod
    async def open(cls, where: str | Folder, folder: Folder, *, edition: bytes | None = None) -> "Episodes":
        """Open a SQLite file or a PostgreSQL URL, made where there is none; archived paths lie in `folder`.

        The catalogue of this release, or the one given, is loaded into it once. `EpisodesError` when it cannot be used.
        """
        database = await Database.open(where)
        try:
            await catalogue.load(database, catalogue.shipped() if edition is None else edition)
        except BaseException:
            await database.close()
            raise
        return cls(database, folder)

    async def search(self, query: Query) -> list[Episode]:
        """Every episode that fits."""
        async with self.database.asking() as connection:
            return await _episodes(connection, _select(query))

    async def get(self, name: str) -> Episode:
        """The episode of that id. `EpisodesError` when there is none."""
        async with self.database.asking() as connection:
            found = await _episodes(connection, select(EPISODES).where(EPISODES.c.id == name.lower()))
        if not found:
            raise EpisodesError(f"there is no episode {name}: `repeg episodes list` names them all")
        return found[0]

    async def count(self) -> int:
        """How many there are, traps included."""
        async with self.database.asking() as connection:
            return int(await connection.scalar(select(func.count()).select_from(EPISODES)) or 0)

    async def put(self, rows: Sequence[tuple[Episode, Path | None]], *, all_or_none: bool = False) -> Kept:
        """Enter episodes with their paths; those whose id is known are changed, and keep a path they have.

        `all_or_none`: an `EpisodesError` instead of `Kept.refused`.
        """
        async with self.database.writing() as connection:
            kept = await episode_writes.put(connection, rows)
            if all_or_none and kept.refused:
                raise EpisodesError(next(iter(kept.refused.values())))
        return kept

    async def record(self, depeg: Depeg, path: Path | None = None) -> Episode:
        """Keep a depeg that was seen, live or in recorded history, and give its episode as it now stands.

        One that is known is not doubled: what repeg saw of it before is brought up to date, what the catalogue or the
        user says of it stays, and gets the path if it had none.
        """
        seen = detected(depeg, shipped().by_symbol.get(depeg.coin))
        async with self.database.writing() as connection:
            known = next((each for each in await _near(connection, seen) if same(each, seen)), None)
            episode = seen if known is None else merged(known, seen) if known.origin is Origin.DETECTED else known
            if episode is not known:
                await episode_writes.put(connection, [(episode, None)])
            if path and (episode is not known or not await _has_path(connection, episode.id)):
                await episode_writes.put_paths(connection, [(episode.id, path)])
        return episode

    async def keep_path(self, name: str, path: Path) -> None:
        """Give an episode its path, in place of the one it had. `EpisodesError` when there is no such episode."""
        episode = await self.get(name)
        async with self.database.writing() as connection:
            await episode_writes.put_paths(connection, [(episode.id, path)])

    async def path(self, name: str) -> Path | None:
        """How an episode's price went, from the archive where it lies there; None when nobody has kept it."""
        return (await self.paths([name.lower()])).get(name.lower())

    async def paths(self, names: Sequence[str]) -> dict[str, Path]:
        """The paths of those episodes that have one, by id. `EpisodesError` when one is lost or damaged."""
        rows: list[RowMapping] = []
        async with self.database.asking() as connection:
            for first in range(0, len(names), NAMES):
                query = select(PATHS).where(PATHS.c.episode.in_(names[first : first + NAMES]))
                rows += (await connection.execute(query)).mappings()
        points = archive.whole(rows, self.folder)
        return {
            row["episode"]: Path(tables.points(points[row["episode"]]), row["against"], row["source"]) for row in rows
        }

    async def close(self) -> None:
        """Let go of the database."""
        await self.database.close()


async def _episodes(connection: AsyncConnection, query: Select[Any]) -> list[Episode]:
    return [tables.episode(row) for row in (await connection.execute(query)).mappings()]


async def _near(connection: AsyncConnection, seen: Episode) -> list[Episode]:
    """Those that may be the same, the one of the same start first, then the newest."""
    theirs = EPISODES.c
    key = (theirs.coin == seen.coin, theirs.scope == seen.scope, theirs.direction == seen.direction)
    query = select(EPISODES).where(*key, theirs.start <= seen.last + 31 * DAY)
    newest = query.order_by((theirs.start == seen.start).desc(), theirs.start.desc())
    return await _episodes(connection, newest.limit(NEIGHBOURS))


async def _has_path(connection: AsyncConnection, name: str) -> bool:
    return await connection.scalar(select(PATHS.c.episode).where(PATHS.c.episode == name)) is not None


def _select(query: Query) -> Select[Any]:
    theirs = EPISODES.c
    order = theirs.start.desc() if query.by == "time" else theirs.peak_bp.desc().nulls_last()
    return select(EPISODES).where(*_conditions(query)).order_by(order, theirs.id).limit(query.limit)


def _conditions(query: Query) -> list[ColumnElement[bool]]:
    theirs = EPISODES.c
    wanted: list[tuple[Any, Callable[[Any, Any], ColumnElement[bool]], Any]] = [
        (theirs.coin, eq, query.coin),
        (theirs.peak_bp, ge, query.at_least_bp),
        (theirs.peak_bp, le, query.at_most_bp),
        (theirs.start, ge, query.since),
        (theirs.start, le, query.until),
        (theirs.mechanism, eq, query.mechanism),
        (theirs.direction, eq, query.direction),
        (theirs.scope, eq, query.scope),
        (theirs.outcome, ColumnElement.in_, query.outcomes or None),
        (theirs.grade, ColumnElement.in_, query.grades or None),
        (theirs.outcome, ne, None if query.traps or query.outcomes else Outcome.TRAP),
    ]
    return [compare(column, value) for column, compare, value in wanted if value is not None]
