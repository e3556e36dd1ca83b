"""Where episodes are kept: a SQLite file, or a PostgreSQL database by URL. Opening brings the tables up to date."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.model.errors import UserError
from bot.records.episode_tables import REVISION, VERSIONS

PATIENCE = 30.0  # seconds to wait for another process's transaction
FOLDER = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = 0x72657067  # PostgreSQL's advisory lock of those who migrate
_HOW = "PostgreSQL takes it from PGPASSWORD or ~/.pgpass, and repeg from nowhere else"


class EpisodesError(UserError):
    """The episode database cannot be used as asked. The message names it, never a password."""


class Database:
    """An open database."""

    def __init__(self, engine: AsyncEngine, name: str) -> None:
        self.engine = engine
        self.name = name

    @classmethod
    async def open(cls, where: str | Path, name: str | None = None) -> "Database":
        """Open a file, or what a URL names, making or upgrading the tables. `EpisodesError` when it cannot be used.

        `name`: what to call it, where that is not the file or URL.
        """
        url = url_of(where)
        name = name or (url.database if url.drivername.startswith("sqlite") else None) or url.render_as_string()
        database = cls(_engine(url, name), name)
        try:
            await database._up_to_date()
        except BaseException:
            await database.close()
            raise
        return database

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees one state of things, whoever writes meanwhile."""
        with self._explained():
            engine = self.engine.execution_options(isolation_level="REPEATABLE READ") if self.served else self.engine
            async with engine.connect() as connection, connection.begin():
                yield connection

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[AsyncConnection]:
        """For one question, which is a transaction of its own."""
        with self._explained():
            async with self.engine.execution_options(asks=True).connect() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is committed whole or not at all."""
        with self._explained():
            async with self.engine.execution_options(writes=True).begin() as connection:
                yield connection

    @property
    def served(self) -> bool:
        """Whether a server keeps it, and not a file."""
        return self.engine.dialect.name == "postgresql"

    async def close(self) -> None:
        """Let go of it."""
        await self.engine.dispose()

    async def _up_to_date(self) -> None:
        async with self.reading() as connection:
            found = await connection.run_sync(self._revision)
        if found != REVISION:
            async with self.writing() as connection:
                if self.served:
                    await connection.execute(text(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})"))
                await connection.run_sync(self._upgrade)

    def _revision(self, connection: Connection) -> str | None:
        """The version of its tables; None where there are none yet. Refuses a file that is another program's."""
        tables = inspect(connection)
        if tables.has_table(VERSIONS):
            return connection.execute(text(f"SELECT version_num FROM {VERSIONS}")).scalar()  # noqa: S608 - our own name
        if not self.served and tables.get_table_names():
            raise EpisodesError(f"{self.name}: this is not an episode database of repeg")
        return None

    def _upgrade(self, connection: Connection) -> None:
        """Bring the tables up to date; somebody else may have done it since we looked."""
        from alembic import command
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
        found = self._revision(connection)
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if found is not None and found not in known:
            raise EpisodesError(f"{self.name}: written by a newer repeg (tables of version {found}): update repeg")
        command.upgrade(config, REVISION)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Name the database in what its driver complains about."""
        try:
            yield
        except SQLAlchemyError as error:
            line = _line(getattr(error, "orig", None) or error)
            held = f"another program has been writing to it for {PATIENCE:.0f} seconds: try again when it is done"
            raise EpisodesError(f"{self.name}: {held if line == 'database is locked' else line}") from None
        except OSError as error:
            raise EpisodesError(f"{self.name}: cannot be reached: {_line(error)}") from None


def url_of(where: str | Path) -> URL:
    """A path or URL as SQLAlchemy has it. `EpisodesError` for what is neither, or has a password in it."""
    if isinstance(where, Path) or "://" not in where:
        return URL.create("sqlite+aiosqlite", database=str(Path(where).expanduser()))
    try:
        url = make_url(where)
    except (ArgumentError, ValueError):
        raise EpisodesError("the database's URL is not one; like postgresql://user@host:5432/name") from None
    if url.password is not None or "password" in url.query:
        raise EpisodesError(f"a password in a database's URL is seen by others: leave it out; {_HOW}")
    driver = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
    kind = url.drivername.partition("+")[0]
    if kind not in driver:
        raise EpisodesError(f"{kind} is no database repeg can use: give a file, or postgresql://user@host:5432/name")
    return url.set(drivername=driver[kind])


def _engine(url: URL, name: str) -> AsyncEngine:
    if url.drivername.startswith("sqlite"):
        try:
            Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EpisodesError(f"{name}: its folder cannot be made: {error.strerror}") from None
        return _own_transactions(create_async_engine(url, connect_args={"timeout": PATIENCE}))
    try:
        return create_async_engine(url, connect_args={"timeout": PATIENCE})
    except ModuleNotFoundError:
        raise EpisodesError(f"{name}: PostgreSQL needs asyncpg: pip install 'repeg[postgres]'") from None


def _own_transactions(engine: AsyncEngine) -> AsyncEngine:
    """Begin SQLite's transactions ourselves: its driver would leave reads and table changes outside of them."""

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("SELECT count(*) FROM sqlite_master")
        if cursor.fetchone() == (0,):  # ours to make; it stays so for good
            cursor.execute("PRAGMA journal_mode = WAL")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begun(connection: Connection) -> None:
        match connection.get_execution_options():
            case {"writes": True}:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            case {"asks": True}:
                pass
            case _:
                connection.exec_driver_sql("BEGIN")

    return engine


def _line(error: BaseException) -> str:
    """The first line of a complaint; drivers add the query and their own class names."""
    told = (str(error).strip() or type(error).__name__).splitlines()[0]
    return told.rpartition(">: ")[2]
