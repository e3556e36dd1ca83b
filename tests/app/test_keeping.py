"""Depegs that were told are in the database, and a database that fails stops nothing."""

import logging
import sqlite3
from contextlib import closing

import pytest

from bot.app import keeping
from bot.app.settings import Settings
from bot.model.decisions import Depeg, Severity
from bot.records.episode_database import EpisodesError
from bot.records.episodes import Episodes, Query

DEPEG = Depeg("USDC", "coin", "below", 10**18, 10**18, Severity.MAJOR, 10**18, 0.97, 300.0, True, ("kraken",))


async def kept(settings):
    """What repeg saw of USDC that year."""
    episodes = await Episodes.open(settings.folder / "episodes.sqlite", settings.folder / "episode-paths")
    found = await episodes.search(Query(coin="USDC", since=10**18, until=10**18))
    await episodes.close()
    return [episode.trough for episode in found]


async def test_what_was_told_is_kept(tmp_path):
    """All that was given is on disk when it ends, and the same depeg told again is no second one."""
    settings = Settings(state=tmp_path)
    async with keeping.depegs(settings) as remember:
        remember(DEPEG)
        remember(DEPEG)

    assert await kept(settings) == [0.97]


async def test_what_cannot_be_kept_is_said_and_stops_nothing(tmp_path, caplog):
    """The next is kept again."""
    settings = Settings(state=tmp_path)
    with caplog.at_level(logging.ERROR):
        async with keeping.depegs(settings) as remember:
            remember(None)
            remember(DEPEG)

    assert "not kept" in caplog.text
    assert await kept(settings) == [0.97]


async def test_a_database_that_fails_is_one_line(tmp_path, caplog):
    """The coin is named, and no traceback shown."""
    async with keeping.depegs(Settings(state=tmp_path)) as remember:
        with closing(sqlite3.connect(tmp_path / "episodes.sqlite")) as other:
            other.execute("DROP TABLE episodes")
        remember(DEPEG)

    (said,) = caplog.records
    assert said.getMessage().startswith("a depeg of USDC is not kept: ")
    assert said.exc_info is None


async def test_a_database_that_is_none_is_one_line(tmp_path):
    """Nothing starts."""
    (tmp_path / "episodes.sqlite").write_text("no database, but long enough to be taken for one" * 100)
    with pytest.raises(EpisodesError, match="database"):
        async with keeping.depegs(Settings(state=tmp_path)):
            pass
