"""The database is made and brought up to date by opening it; what cannot be opened is one line, without a secret."""

import asyncio
import sqlite3
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import column, table

from bot.records import episode_database
from bot.records.episode_database import FOLDER, Database, EpisodesError
from bot.records.episode_tables import METADATA, REVISION, VERSIONS
from bot.records.episodes import Episodes

from .chronicle import SVB

OPENS = """
import asyncio, pathlib, sys
from bot.records.episodes import Episodes

async def main(where):
    await (await Episodes.open(where, where.parent)).close()

asyncio.run(main(pathlib.Path(sys.argv[1])))
"""


async def test_migrations_make_the_tables_that_we_use(where):
    """From nothing, on either database, there is no difference between them and the tables in the code."""
    database = await Database.open(where)
    options = {"version_table": VERSIONS, "compare_type": True}
    async with database.reading() as connection:
        difference = await connection.run_sync(
            lambda plain: compare_metadata(MigrationContext.configure(plain, opts=options), METADATA)
        )
    await database.close()

    assert difference == []


def test_the_newest_migration_is_the_version_we_ask_for():
    """Whoever adds a migration changes the number that spares us looking for it at each start."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))

    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


async def test_opening_again_finds_what_was_kept(where, tmp_path):
    """With nothing made anew."""
    first = await Episodes.open(where, tmp_path, edition=b"")
    await first.put([(SVB, None)])
    await first.close()
    second = await Episodes.open(where, tmp_path, edition=b"")

    assert await second.get(SVB.id) == SVB
    await second.close()


async def test_a_newer_database_is_refused(where):
    """Its version is named, and what to do."""
    database = await Database.open(where)
    async with database.writing() as connection:
        await connection.execute(table(VERSIONS, column("version_num")).update().values(version_num="9999"))
    await database.close()

    with pytest.raises(EpisodesError, match=r"9999.*update repeg"):
        await Database.open(where)


async def test_many_may_open_it_first(where):
    """One of them makes it, the others wait."""
    opened = await asyncio.gather(*(Database.open(where) for _ in range(4)))

    for each in opened:
        await each.close()


def test_many_processes_may_open_it_first(tmp_path):
    """So may processes that know nothing of each other."""
    command = (sys.executable, "-c", OPENS, str(tmp_path / "episodes.sqlite"))
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]

    assert [(each.communicate()[1], each.returncode) for each in running] == [("", 0)] * 3


async def test_another_programs_file_is_left_as_it_is(tmp_path):
    """To the byte."""
    path = tmp_path / "theirs.sqlite"
    theirs = sqlite3.connect(path)
    theirs.execute("CREATE TABLE recipes (name TEXT)")
    theirs.commit()
    theirs.close()
    before = path.read_bytes()

    with pytest.raises(EpisodesError, match="not an episode database"):
        await Database.open(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("postgresql://me:s3cr3t@127.0.0.1/x", "PGPASSWORD"),
        ("postgresql://me@127.0.0.1/x?password=s3cr3t", "PGPASSWORD"),
        ("postgresql://me:s3cr3t@127.0.0.1:port/x", "URL"),
        ("mysql://me@127.0.0.1/x", "mysql"),
        ("postgresql://me@127.0.0.1:1/x", "127.0.0.1"),
        ("/dev/null/episodes.sqlite", "/dev/null"),
    ],
)
async def test_what_cannot_be_opened_is_one_line(where, said):
    """That names it, and no secret."""
    with pytest.raises(EpisodesError) as refused:
        await Database.open(where)

    assert said in str(refused.value)
    assert "s3cr3t" not in str(refused.value)
    assert "\n" not in str(refused.value)


async def test_no_such_database_on_the_server_is_said(fresh_url):
    """As the server says it."""
    with pytest.raises(EpisodesError, match=r"nowhere.*does not exist"):
        await Database.open(fresh_url.replace("/episodes_", "/nowhere_"))


async def test_a_file_that_is_no_database_is_said(tmp_path):
    """With its name."""
    path = tmp_path / "notes.txt"
    path.write_text("these are notes, and long enough for a header " * 10)

    with pytest.raises(EpisodesError, match=r"notes\.txt: file is not a database"):
        await Database.open(path)


async def test_a_writer_that_never_ends_is_said(tmp_path, monkeypatch):
    """After some patience; reading goes on meanwhile."""
    monkeypatch.setattr(episode_database, "PATIENCE", 0.1)
    episodes = await Episodes.open(tmp_path / "episodes.sqlite", tmp_path, edition=b"")
    other = sqlite3.connect(tmp_path / "episodes.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    assert await episodes.count() == 0
    with pytest.raises(EpisodesError, match=r"episodes\.sqlite: another program has been writing"):
        await episodes.put([(SVB, None)])
    other.close()
    await episodes.close()
