"""The episodes that come with repeg, bot/records/data/episodes.toml, and how a newer edition of them is taken in."""

import tomllib
from dataclasses import replace
from importlib.resources import files

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.episodes import Episode, Origin
from bot.records import episode_tables as tables
from bot.records.episode_database import Database
from bot.records.episode_tables import EDITIONS, EPISODES
from bot.records.episode_writes import clashes, inserting


def shipped() -> bytes:
    """The catalogue of this release."""
    return files("bot.records").joinpath("data/episodes.toml").read_bytes()


def parse(edition: bytes) -> list[Episode]:
    """The episodes of an edition: TOML, a table an episode, by id."""
    from bot.records import episode_rows

    told = tomllib.loads(edition.decode())
    rows = [episode_rows.read({"id": name, **facts}) for name, facts in told.items()]
    return [replace(episode, origin=Origin.CATALOGUE) for episode in rows]


async def load(database: Database, edition: bytes) -> None:
    """Take an edition in, once: its new rows are added, those that changed are changed unless somebody edited them."""
    digest = tables.digest(edition)
    async with database.reading() as connection:
        if await connection.scalar(select(EDITIONS).where(EDITIONS.c.digest == digest)):
            return
    episodes = parse(edition)
    async with database.writing() as connection:
        await connection.execute(inserting(connection, EDITIONS).values(digest=digest).on_conflict_do_nothing())
        await _take_in(connection, episodes)


async def _take_in(connection: AsyncConnection, episodes: list[Episode]) -> None:
    """What the user, or a detection, has entered under the same id or key comes first."""
    found = (await connection.execute(select(EPISODES).where(EPISODES.c.shipped.is_not(None)))).mappings()
    untouched = {row["id"] for row in found if tables.episode_digest(tables.episode(row)) == row["shipped"]}
    theirs = await clashes(connection, episodes)
    ours = [each for each in episodes if each.id not in theirs]
    rows = [{**tables.row(each), "shipped": tables.episode_digest(each)} for each in ours]
    if new := [row for row in rows if row["id"] not in untouched]:
        await connection.execute(inserting(connection, EPISODES).on_conflict_do_nothing(), new)
    for row in rows:
        if row["id"] in untouched:
            await connection.execute(EPISODES.update().where(EPISODES.c.id == row["id"]).values(row))
