"""kill -9 at any instant: a fresh process on the same journal finds what is in flight and sends nothing twice."""

import itertools
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bot.model.events import Expired, Mined, Rejected, Reverted, Signed
from bot.records.journal import Journal
from bot.sandbox import anvil

from .till import CHAIN, Till

KILLED = -signal.SIGKILL


class Driver:
    """Processes that live through some deeds and die when told to; see crash_driver.py."""

    def __init__(self, url: str) -> None:
        self._url = url
        command = [sys.executable, str(Path(__file__).with_name("crash_driver.py"))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, journal: Path, deeds: Sequence[str], die_after: int | None = None) -> int:
        run = {"url": self._url, "journal": str(journal), "deeds": deeds, "die_after": die_after}
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(run) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with anvil.running(*CHAIN) as chain:
        yield chain.url


@pytest.fixture(scope="module")
def driver(url: str) -> Iterator[Driver]:
    driver = Driver(url)
    yield driver
    driver.close()


@pytest.fixture
def till(url: str) -> Iterator[Till]:
    till = Till.at(url)
    yield till
    till.node.close()


def fresh(till: Till) -> str:
    """A chain without us, with one chance laid out; the name to come back to it by."""
    till.node.rpc("anvil_dropAllTransactions")
    till.lay(1_000, 50)
    return str(till.node.rpc("evm_snapshot"))


@pytest.mark.parametrize(
    "deeds",
    [["send", "block"], ["send", "replace", "block"], ["send", "cancel", "block"], ["send", "block", "reorg", "block"]],
    ids=" ".join,
)
def test_killed_between_any_two_steps_nothing_is_sent_twice(driver, till, tmp_path, deeds):
    """However far a process came, and its successors, the plan ends once and captures at most once."""
    for die_after in itertools.count():
        before = fresh(till)
        journal = tmp_path / f"{die_after}.sqlite"

        ended = driver.run(journal, deeds, die_after)
        assert ended in (0, KILLED)
        recovered(driver, journal)

        assert_ended_once(journal, till)
        till.node.rpc("evm_revert", before)
        if ended == 0:
            assert die_after > 10
            return


def recovered(driver: Driver, journal: Path) -> None:
    """Restart until a process lives; each dies one step later than the one before it."""
    for die_after in itertools.count():
        if driver.run(journal, ["block", "block", "block"], die_after) == 0:
            return


def assert_ended_once(journal: Path, till: Till) -> None:
    """One final report for the plan, and on the chain what it says: at most one capture, one nonce, nothing waiting."""
    opened = Journal.read_only(journal)
    events = list(opened.sendings())
    opened.close()
    signed = [event for event in events if isinstance(event, Signed)]
    reopened = sum(event.kind == "unmined" for event in events)
    finals = [event for event in events if isinstance(event, Mined | Reverted | Rejected | Expired)]
    mined = bool(finals) and isinstance(finals[-1], Mined)

    assert len(finals) == (1 + reopened if events else 0)
    assert till.captures() == mined
    assert {attempt.nonce for attempt in signed} <= {0}
    assert till.used() == bool(signed)
    assert till.waiting() == 0
