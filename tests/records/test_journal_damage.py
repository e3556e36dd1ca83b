"""A journal that is none, is damaged, or cannot be written says so in one line."""

import sqlite3
from pathlib import Path

import pytest

from bot.model.events import (
    Tick,
)
from bot.records.journal import Journal, JournalError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path):
    journal = Journal.open(path)
    yield journal
    journal.close()


def test_another_file_is_not_taken_for_a_journal(path):
    """Text, and databases of somebody else, are refused by name and left as they are."""
    path.write_text("not a database, though long enough to be looked at as one " * 20)
    with pytest.raises(JournalError, match=path.name):
        Journal.open(path)
    path.unlink()

    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    with pytest.raises(JournalError, match="not a journal of repeg"):
        Journal.open(path)


def overwritten(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 8_192)


def torn(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


@pytest.mark.parametrize("damage", [overwritten, torn])
def test_a_damaged_journal_says_so(path, damage):
    """Overwritten in the middle or cut short, it gives one clear error and not half a history."""
    journal = Journal.open(path)
    for moment in range(3_000):
        journal.append(Tick(moment, moment))
    journal.close()
    damage(path)

    with pytest.raises(JournalError, match=f"{path.name}.*may be damaged"):
        replayed(path)


def replayed(path: Path) -> None:
    journal = Journal.open(path)
    try:
        list(journal.replay())
    finally:
        journal.close()


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    """A folder that cannot be made is an error of one line."""
    (tmp_path / "file").touch()

    with pytest.raises(JournalError, match="cannot be written: "):
        Journal.open(tmp_path / "file" / "journal.sqlite")


def test_an_event_of_no_known_kind_is_named(path, journal):
    """An entry this version cannot read is an error that gives its number."""
    journal.append(Tick(1, 1))
    journal.flush()
    with sqlite3.connect(path) as other:
        other.execute("""UPDATE events SET body = '{"kind": "prophecy"}'""")
    other.close()

    with pytest.raises(JournalError, match="event 1 cannot be read"):
        list(journal.replay())


def test_a_failed_opening_frees_the_journal(path):
    """Once the cause is removed, the same process can open it."""
    path.write_text("x" * 2_000)
    with pytest.raises(JournalError):
        Journal.open(path)
    path.unlink()

    Journal.open(path).close()


def test_a_later_format_is_refused(path):
    """A journal written by a newer version is not guessed at."""
    Journal.open(path).close()
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()

    with pytest.raises(JournalError, match="format 99"):
        Journal.open(path)
