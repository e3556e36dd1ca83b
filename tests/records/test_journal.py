"""What is appended comes back equal, in order, also to others, and after a bad end up to the last flush."""

import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model.decisions import Hop, Loop, Plan
from bot.model.events import (
    Accepted,
    BlockSeen,
    Command,
    Decided,
    Event,
    Expired,
    Quote,
    QuotesSeen,
    ReservesSeen,
    Signed,
    Tick,
    Unmined,
)
from bot.model.registry import LenderKind
from bot.records.journal import Journal, JournalError
from bot.records.transactions import State

st.register_type_strategy(Decimal, st.decimals(allow_nan=False, allow_infinity=False))  # exchanges name no others

numbers = st.floats(allow_nan=False)
st.register_type_strategy(float, numbers)
loops = st.builds(Loop, profit_usd=numbers, net_usd=numbers)
plans = st.builds(Plan, loop=loops)
quotes = st.builds(Quote, bid=numbers, ask=numbers, bid_size=numbers, ask_size=numbers)
events = st.one_of(
    *(st.from_type(kind) for kind in get_args(Event) if kind not in (QuotesSeen, Decided)),
    st.builds(
        QuotesSeen, quotes=st.tuples(st.builds(Quote, bid=numbers, ask=numbers, bid_size=numbers, ask_size=numbers))
    ),
    st.builds(Decided, plan=plans),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path):
    journal = Journal.open(path)
    yield journal
    journal.close()


def a_plan(name: str) -> Plan:
    hop = Hop("0xPool", 0, 1, "0xA", "0xA")
    loop = Loop((hop,), "0xA", "0xL", LenderKind.MORPHO_BLUE, 2**200, (2**200, 2**200 + 7), 0, 7, 10**5, 7.0, 6.5)
    return Plan(name, loop, 1, "0x" + "00" * 32, 6, 10, 2, 1, 10**5)


def signed(name: str, digest: str) -> Signed:
    return Signed(1, 2, name, 0, digest, "0x02", 2, 1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(events, max_size=8))
def test_every_event_comes_back_equal(journal, batch):
    """Whatever is appended is read back equal, to the last unit, and under its number."""
    numbered = [(journal.append(event), event) for event in batch]
    first = numbered[0][0] if numbered else 1

    assert list(journal.replay(after=first - 1))[: len(batch)] == numbered
    assert journal.tail(len(batch)) == numbered


def test_numbers_go_on_after_reopening(path):
    """A journal opened again continues where it ended."""
    first = Journal.open(path)
    assert [first.append(Tick(1, 1)), first.append(Tick(2, 2))] == [1, 2]
    first.close()

    second = Journal.open(path)
    assert second.append(Tick(3, 3)) == 3
    assert [event for _, event in second.replay()] == [Tick(1, 1), Tick(2, 2), Tick(3, 3)]
    second.close()


def test_replay_is_longer_than_a_page(journal):
    """Thousands of events come back in order."""
    for moment in range(1_500):
        journal.append(Tick(moment, moment))

    assert [event.made_at for _, event in journal.replay(after=100)] == list(range(100, 1_500))


@pytest.mark.usefixtures("journal")
def test_a_journal_has_one_writer(path):
    """A second writer is turned away with the reason, in the same process or another."""
    with pytest.raises(JournalError, match="another process is writing"):
        Journal.open(path)

    script = f"from pathlib import Path; from bot.records.journal import Journal; Journal.open(Path({str(path)!r}))"
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert other.stderr.strip().endswith("another process is writing this journal")


def test_readers_see_what_was_flushed(path, journal):
    """A reader works while the journal is written, and does not see what may still be lost."""
    journal.append(Tick(1, 1))
    journal.flush()
    journal.append(Tick(2, 2))
    reader = Journal.read_only(path)

    assert [event for _, event in reader.replay()] == [Tick(1, 1)]
    journal.flush()
    assert [event for _, event in reader.replay()] == [Tick(1, 1), Tick(2, 2)]
    with pytest.raises(JournalError, match="readonly"):
        reader.append(Tick(3, 3))
    reader.close()


def test_there_is_nothing_to_read_before_it_is_written(path):
    """Reading makes no journal."""
    with pytest.raises(JournalError, match="there is no journal"):
        Journal.read_only(path)
    assert not path.exists()


def test_a_killed_writer_loses_nothing_flushed(path):
    """After kill -9 the journal opens with every flushed event and none of the others."""
    script = (
        "import os, sys, signal\n"
        "from pathlib import Path\n"
        "from bot.model.events import Tick\n"
        "from bot.records.journal import Journal\n"
        "journal = Journal.open(Path(sys.argv[1]))\n"
        "for moment in range(100):\n"
        "    journal.append(Tick(moment, moment))\n"
        "journal.flush()\n"
        "journal.append(Tick(100, 100))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(path)])
    assert ended.returncode == -signal.SIGKILL

    journal = Journal.open(path)
    assert [event.made_at for _, event in journal.replay()] == list(range(100))
    journal.close()


def test_a_transaction_is_gathered_from_its_events(journal):
    """Plan, attempts, state and outcome of one plan are found by the hash of any attempt."""
    journal.append(Decided(1, 1, a_plan("1")))
    journal.append(signed("1", "0xaa"))
    journal.append(Accepted(1, 1, "1", "0xaa"))
    journal.append(Decided(2, 2, a_plan("2")))
    journal.append(signed("1", "0xbb"))
    pending = journal.by_hash("0xAA")
    journal.append(Expired(3, 3, "1", "dropped"))

    assert pending is not None
    assert (pending.state, pending.outcome) == (State.SIGNED, None)
    assert journal.by_hash("0xcc") is None
    newest, oldest = journal.transactions(10)
    assert (newest.plan_id, newest.state, newest.plan) == ("2", State.DECIDED, a_plan("2"))
    assert [attempt.hash for attempt in oldest.attempts] == ["0xaa", "0xbb"]
    assert (oldest.state, oldest.outcome) == (State.EXPIRED, Expired(3, 3, "1", "dropped"))
    assert journal.transactions(1) == [newest]
    assert journal.by_plan("2") == newest
    assert journal.by_plan("3") is None


def test_a_reorg_opens_a_transaction_again(journal):
    """Unmined takes the outcome back."""
    journal.append(signed("1", "0xaa"))
    journal.append(Expired(1, 1, "1", "dropped"))
    journal.append(Unmined(2, 2, "1", "0xaa"))

    reopened = journal.by_hash("0xaa")

    assert reopened is not None
    assert (reopened.state, reopened.outcome) == (State.PENDING, None)


def test_an_executor_starts_from_what_was_sent(journal):
    """Blocks, quotes and ticks are left out of the history of sending."""
    block = BlockSeen(1, 1, 1, "0x", "0x", 1, 1, 1, (ReservesSeen("0xP", 1, 2),), ())
    decided = Decided(1, 1, a_plan("1"))
    for event in (block, decided, Tick(1, 1), signed("1", "0xaa")):
        journal.append(event)

    assert list(journal.sendings()) == [decided, signed("1", "0xaa")]


def test_a_restart_does_not_read_the_world_again(journal):
    """Books are resumed from all but blocks and ticks, which an index finds without passing over the blocks."""
    block = BlockSeen(1, 1, 1, "0x", "0x", 1, 1, 1, (ReservesSeen("0xP", 1, 2),), ())
    quotes = QuotesSeen(1, 1, (Quote(1, 1, "kraken", "USDC", "USD", 0.99, 1.0),))
    kept = [Command(1, 1, "pause", "tea"), Decided(1, 1, a_plan("1")), Command(1, 1, "kill", "lunch")]
    for event in (block, kept[0], Tick(1, 1), kept[1], block, quotes, kept[2]):
        journal.append(event)
    asked: list[str] = []
    journal._connection.set_trace_callback(asked.append)

    assert list(journal.but_the_world()) == kept
    journal._connection.set_trace_callback(None)
    for query in asked:
        ((*_, how),) = journal._connection.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()
        assert "events_but_the_world" in how
