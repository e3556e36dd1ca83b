"""How episodes and paths are written, many at a time, on either database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import Table, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.episodes import Episode, Path
from bot.model.times import iso
from bot.records import episode_tables as tables
from bot.records.episode_tables import EPISODES, PATHS

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

Key = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of rows: how many were new, how many changed, and why some, by their ids, were not taken."""

    added: int = 0
    changed: int = 0
    refused: Mapping[str, str] = field(default_factory=dict)


async def put(connection: AsyncConnection, rows: Sequence[tuple[Episode, Path | None]]) -> Kept:
    """Add or change episodes by their ids. One whose coin, scope, direction and start are another's is refused."""
    refused = await clashes(connection, [episode for episode, _ in rows])
    taken = {episode.id: (episode, path) for episode, path in rows if episode.id not in refused}
    known = await _known(connection, list(taken))
    if taken:
        facts = [tables.row(episode) for episode, _ in taken.values()]
        await connection.execute(upsert(connection, EPISODES, "id", but=("shipped",)), facts)
    await put_paths(connection, [(episode.id, path) for episode, path in taken.values() if path])
    return Kept(len(taken) - len(known), len(known), refused)


async def put_paths(connection: AsyncConnection, paths: Sequence[tuple[str, Path]]) -> None:
    """Give each episode its path, in place of the one it had. A path without points is none."""
    if packed := [tables.path_row(name, path) for name, path in paths if path.points]:
        await connection.execute(upsert(connection, PATHS, "episode"), packed)


def inserting(connection: AsyncConnection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An insert in the database's own dialect, which alone knows what to do about rows that are there."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # heavy, and most have none

    return postgresql.insert(table)


def upsert(
    connection: AsyncConnection, table: Table, key: str, but: tuple[str, ...] = ()
) -> "sqlite.Insert | postgresql.Insert":
    """An insert that changes the row of the same key, all but the columns named."""
    insert = inserting(connection, table)
    news = {column.name: insert.excluded[column.name] for column in table.c if column.name not in (key, *but)}
    return insert.on_conflict_do_update(index_elements=[key], set_=news)


async def _known(connection: AsyncConnection, names: list[str]) -> set[str]:
    return set(await connection.scalars(select(EPISODES.c.id).where(EPISODES.c.id.in_(names))))


async def clashes(connection: AsyncConnection, episodes: Sequence[Episode]) -> dict[str, str]:
    """Ids of those that would be a second episode of one key, and what to say of it."""
    theirs = EPISODES.c
    keys = select(theirs.coin, theirs.scope, theirs.direction, theirs.start, theirs.id)
    found = await connection.execute(keys.where(theirs.start.in_({episode.start for episode in episodes})))
    owners: dict[Key, str] = {(coin, scope, direction, start): name for coin, scope, direction, start, name in found}
    refused = {}
    for episode in episodes:
        owner = owners.setdefault((episode.coin, episode.scope, episode.direction, episode.start), episode.id)
        if owner != episode.id:
            refused[episode.id] = f"start: {owner} is the episode of {episode.coin} that began {iso(episode.start)}"
    return refused
