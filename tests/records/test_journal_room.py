"""Quotes are many: they take little room, and are forgotten in time."""

import sqlite3
from collections import deque
from contextlib import closing

import pytest

from bot.model.events import Command, Quote, QuotesSeen, Tick
from bot.records.journal import EVENT, Journal, JournalError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path):
    journal = Journal.open(path)
    yield journal
    journal.close()


def seen(at: int) -> QuotesSeen:
    return QuotesSeen(at, at, (Quote(at, at, "kraken", "USDC", "USD", 1.0, 1.0),))


def test_the_world_is_forgotten_by_age_and_nothing_else_is(journal):
    """The oldest quotes and ticks go first, as many as allowed; commands stay, and what came later."""
    events_told = [seen(1), Command(2, 2, "pause"), Tick(3, 3), seen(4), seen(5)]
    for event in events_told:
        journal.append(event)

    assert journal.forget(before=5, most=2) == 2
    assert [event for _, event in journal.replay()] == [events_told[1], *events_told[3:]]
    assert journal.forget(before=5, most=2) == 1
    assert journal.forget(before=5, most=2) == 0
    assert [event for _, event in journal.replay()] == [events_told[1], events_told[4]]


def test_an_empty_journal_forgets_nothing(journal):
    """There is nothing to halve."""
    assert journal.forget(before=2**63 - 1, most=10) == 0


def test_a_full_disk_is_called_that(tmp_path):
    """Who acts on nothing that is not written down ends there, and is told what to mend."""
    path = tmp_path / "full.sqlite"
    journal = Journal.open(path)
    with closing(journal):
        journal._connection.execute("PRAGMA max_page_count = 1")
        with pytest.raises(JournalError, match=r"full\.sqlite: the disk is full"):
            deque(map(journal.append, map(seen, range(1, 10_000))), maxlen=0)


def test_quotes_take_little_room(path, journal):
    """A look of many markets lies compressed, and other events as plain text."""
    journal.append(QuotesSeen(1, 1, tuple(Quote(1, 1, f"v{n}", "USDC", "USD", 1.0, 1.0) for n in range(20))))
    journal.append(Tick(1, 1))
    journal.flush()
    reader = sqlite3.connect(path)
    (quotes_body,), (tick_body,) = reader.execute("SELECT body FROM events ORDER BY seq").fetchall()
    reader.close()

    assert len(quotes_body) < 20 * 40
    assert isinstance(tick_body, str)


@pytest.mark.parametrize("form", [2, 3, 4])
def test_a_journal_of_a_format_before_is_read_and_written(path, form):
    """Quotes lay there uncompressed."""
    journal = Journal.open(path)
    journal.append(Tick(1, 1))
    journal.close()
    with sqlite3.connect(path) as before:
        before.execute("UPDATE events SET body = ?", (EVENT.dump_json(seen(1)).decode(),))
        before.execute(f"PRAGMA user_version = {form}")
    before.close()
    again = Journal.open(path)
    again.append(seen(2))

    assert [event for _, event in again.replay()] == [seen(1), seen(2)]
    again.close()


def test_a_damaged_look_is_one_line(path):
    """Its number is told."""
    journal = Journal.open(path)
    journal.append(seen(1))
    journal.close()
    with sqlite3.connect(path) as outside:
        outside.execute("UPDATE events SET body = x'00'")
    outside.close()
    again = Journal.read_only(path)
    with pytest.raises(JournalError, match="event 1"):
        list(again.replay())
    again.close()
