"""Every event in order, on disk before it is acted on. One process writes, any number may read meanwhile.

SQLite in WAL mode, group commits: `append` costs microseconds and stays in memory, `flush` makes everything appended
so far survive a power cut. A journal ended in mid-write opens at its last flush.
"""

import fcntl
import os
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from bot.model.errors import UserError
from bot.model.events import (
    Accepted,
    BlockSeen,
    Decided,
    Event,
    Expired,
    Mined,
    QuotesSeen,
    Rejected,
    Reverted,
    Signed,
    Tick,
    Unmined,
)
from bot.records.transactions import Sending, Transaction, gathered

APPLICATION_ID = 0x72657067  # "repg", in SQLite's header: this file is ours
FORMAT = 6  # since 3 quotes are compressed, since 4 orders at exchanges, since 5 funding and marks, since 6 ways out
READABLE = range(2, FORMAT + 1)
PAGE = 512  # rows read at a time

SCHEMA = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT};
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY, world INTEGER NOT NULL, plan TEXT, hash TEXT, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_by_plan ON events (plan, seq) WHERE plan IS NOT NULL;
CREATE INDEX IF NOT EXISTS events_but_the_world ON events (seq) WHERE NOT world;
CREATE INDEX IF NOT EXISTS events_by_hash ON events (hash) WHERE hash IS NOT NULL;
"""

# Infinities are written as such: JSON has no word for them, and what is written must read back equal.
EVENT: TypeAdapter[Event] = TypeAdapter(
    Annotated[Event, Field(discriminator="kind")], config=ConfigDict(ser_json_inf_nan="constants")
)


Body = str | bytes  # as it lies in the table: JSON, or that compressed


class JournalError(UserError):
    """The journal cannot be used: taken by another process, damaged, or not a journal. The message names the file."""


class Journal:
    """An open journal. Not for use by several threads."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: int | None) -> None:
        self.path = path
        self._connection = connection
        self._lock = lock

    @classmethod
    def open(cls, path: Path) -> "Journal":
        """Open for writing, making the file where there is none. `JournalError` when another process is writing it."""
        lock = _locked(path)
        try:
            with _explained(path):
                connection = sqlite3.connect(path, isolation_level=None)
                _checked(path, connection, fresh=True)
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.executescript(SCHEMA)
        except JournalError:
            os.close(lock)
            raise
        return cls(path, connection, lock)

    @classmethod
    def read_only(cls, path: Path) -> "Journal":
        """Open for reading what has been flushed, also while another process writes. `JournalError` when missing."""
        if not path.exists():
            raise JournalError(f"{path}: there is no journal")
        with _explained(path):
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
            _checked(path, connection, fresh=False)
        return cls(path, connection, lock=None)

    def append(self, event: Event) -> int:
        """Number and keep an event. It is safe on disk after the next `flush`."""
        body = _body(event)
        with _explained(self.path):
            if not self._connection.in_transaction:
                self._connection.execute("BEGIN IMMEDIATE")
            row = self._connection.execute(
                "INSERT INTO events (world, plan, hash, body) VALUES (?, ?, ?, ?)",
                (isinstance(event, BlockSeen | QuotesSeen | Tick), _plan_id(event), _hash(event), body),
            )
        return int(row.lastrowid or 0)

    def flush(self) -> None:
        """Put everything appended on disk for good."""
        if self._connection.in_transaction:
            with _explained(self.path):
                self._connection.execute("COMMIT")

    def forget(self, before: int, most: int) -> int:
        """Drop up to `most` blocks, quotes and ticks, the oldest first, of those seen before `before` (ns UTC).

        How many were dropped. All else is kept for good; a replay then begins later. The room is used again.
        """
        cut = self._first_since(before)
        with _explained(self.path):
            return self._connection.execute(
                "DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE world AND seq < ? ORDER BY seq LIMIT ?)",
                (cut, most),
            ).rowcount

    def replay(self, after: int = 0) -> Iterator[tuple[int, Event]]:
        """Events after number `after`, in order and with their numbers, to the last one appended by then."""
        return self._paged("seq > ?", after)

    def but_the_world(self) -> Iterator[Event]:
        """Every event but blocks, quotes and ticks, in order: what a restart remembers, found without the rest."""
        return (event for _, event in self._paged("NOT world AND seq > ?", 0))

    def tail(self, count: int) -> list[tuple[int, Event]]:
        """The last `count` events in order, with their numbers."""
        rows = self._rows("ORDER BY seq DESC LIMIT ?", count)
        return [(seq, self._event(seq, body)) for seq, body in reversed(rows)]

    def sendings(self) -> Iterator[Sending]:
        """Everything that was decided and reported about transactions, in order: what an executor starts from."""
        return (_sending(self.path, seq, event) for seq, event in self._paged("plan IS NOT NULL AND seq > ?", 0))

    def transactions(self, limit: int) -> list[Transaction]:
        """The `limit` plans decided last, newest first, each with its attempts and what came of them."""
        with _explained(self.path):
            rows = self._connection.execute(
                "SELECT plan FROM events WHERE plan IS NOT NULL GROUP BY plan ORDER BY min(seq) DESC LIMIT ?", (limit,)
            ).fetchall()
        return [self._transaction(plan) for (plan,) in rows]

    def by_hash(self, hash: str) -> Transaction | None:  # noqa: A002 - the field's name for it
        """The plan that a transaction hash (0x-hex) belongs to; None if it is not ours."""
        with _explained(self.path):
            row = self._connection.execute("SELECT plan FROM events WHERE hash = ?", (hash.lower(),)).fetchone()
        return self._transaction(row[0]) if row else None

    def by_plan(self, plan_id: str) -> Transaction | None:
        """What became of a plan; None if the journal has none of that name."""
        found = self._transaction(plan_id)
        return found if found.events else None

    def close(self) -> None:
        """Flush, and let others write."""
        self.flush()
        self._connection.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _transaction(self, plan_id: str) -> Transaction:
        rows = self._rows("WHERE plan = ? ORDER BY seq", plan_id)
        return gathered(plan_id, [_sending(self.path, seq, self._event(seq, body)) for seq, body in rows])

    def _paged(self, where: str, after: int) -> Iterator[tuple[int, Event]]:
        while rows := self._rows(f"WHERE {where} ORDER BY seq LIMIT ?", after, PAGE):
            for seq, body in rows:
                yield seq, self._event(seq, body)
            after = rows[-1][0]

    def _first_since(self, moment: int) -> int:
        """The number of the first event seen at `moment` or later, found by halving."""
        with _explained(self.path):
            low, high = self._connection.execute(
                "SELECT ifnull(min(seq), 0), ifnull(max(seq), -1) + 1 FROM events"
            ).fetchone()
        while low < high:
            middle = (low + high) // 2
            ((seq, body),) = self._rows("WHERE seq >= ? ORDER BY seq LIMIT 1", middle)
            low, high = (low, middle) if self._event(seq, body).seen_at >= moment else (seq + 1, high)
        return int(low)

    def _rows(self, where: str, *values: object) -> Sequence[tuple[int, Body]]:
        with _explained(self.path):
            return self._connection.execute(f"SELECT seq, body FROM events {where}", values).fetchall()  # noqa: S608 - our own clauses

    def _event(self, seq: int, body: Body) -> Event:
        try:
            return EVENT.validate_json(body if isinstance(body, str) else zlib.decompress(body))
        except ValidationError as error:
            raise JournalError(f"{self.path}: event {seq} cannot be read: {error.errors()[0]['msg']}") from None
        except zlib.error as error:
            raise JournalError(f"{self.path}: event {seq} cannot be read: {error}") from None


def _body(event: Event) -> Body:
    """JSON; of quotes, which are many and alike, a fifth of its length."""
    text = EVENT.dump_json(event)
    return zlib.compress(text, 1) if isinstance(event, QuotesSeen) else text.decode()


def _sending(path: Path, seq: int, event: Event) -> Sending:
    if not isinstance(event, Sending):
        raise JournalError(f"{path}: event {seq} is filed under a plan but is a {event.kind}")
    return event


def _plan_id(event: Event) -> str | None:
    match event:
        case Decided():
            return event.plan.id
        case Signed() | Accepted() | Mined() | Reverted() | Rejected() | Expired() | Unmined():
            return event.plan_id
        case _:
            return None


def _hash(event: Event) -> str | None:
    return event.hash.lower() if isinstance(event, Signed) else None


def _locked(path: Path) -> int:
    """Hold the journal's lock file. The system lets go of it when the process ends, however it ends."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise JournalError(f"{path}: the journal cannot be written: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise JournalError(f"{path}: another process is writing this journal") from None
    return lock


def _checked(path: Path, connection: sqlite3.Connection, *, fresh: bool) -> None:
    """Refuse files that are not ours, or of a later format. An empty one is welcome where it may be made."""
    (ours,) = connection.execute("PRAGMA application_id").fetchone()
    (form,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if fresh and tables == 0:
        return
    if ours != APPLICATION_ID:
        raise JournalError(f"{path}: this is not a journal of repeg")
    if form not in READABLE:
        raise JournalError(f"{path}: format {form}, this version reads formats {READABLE[0]} to {FORMAT}")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Name the file in SQLite's complaints."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise JournalError(f"{path}: the disk is full, and nothing is done that cannot be written down") from None
        raise JournalError(f"{path}: the journal cannot be used, it may be damaged: {error}") from None
