"""kill -9 at any instant of an order on chain: whoever comes next finds what became of it, and swaps nothing twice."""

import itertools
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.model.orders import Ordered, OrderEnded, OrderFilled, OrderRefused, VenueSeen
from bot.records.journal import Journal
from bot.sandbox.actor import Actor

from .wallets import THREE, allowed, as_it_was, lies, still_chain

pytestmark = pytest.mark.chain

KILLED = -signal.SIGKILL


class Driver:
    """Processes that carry an order out and die when told to; see wallet_driver.py."""

    def __init__(self, url: str) -> None:
        self._url = url
        command = [sys.executable, str(Path(__file__).with_name("wallet_driver.py"))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, folder: Path, die_after: int | None) -> int:
        run = {"url": self._url, "folder": str(folder), "die_after": die_after}
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(run) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture(scope="module")
def still() -> Iterator[Actor]:
    with still_chain() as actor:
        yield actor


@pytest.fixture(scope="module")
def driver(still: Actor) -> Iterator[Driver]:
    driver = Driver(still.node.url)
    yield driver
    driver.close()


@pytest.mark.parametrize("mode", ["once", "again and again", "forgotten by the node"])
def test_killed_between_any_two_steps_a_fill_is_neither_lost_nor_doubled(still, driver, tmp_path, mode):
    """One end, and the fills are what left the wallet and came, to the unit; nothing waits or stays allowed."""
    filled = set()
    for die_after in itertools.count():
        with as_it_was(still):
            had = lies(still, "USDC"), lies(still, "USDT")
            folder = tmp_path / str(die_after)
            folder.mkdir()

            ended = driver.run(folder, die_after)
            assert ended in (0, KILLED)
            if mode == "forgotten by the node":
                still.rpc("anvil_dropAllTransactions")
            recovered(driver, folder, dying=mode == "again and again")

            filled.add(assert_true(still, folder, had))
        if ended == 0:
            break
    assert die_after > 15
    assert filled == {True, False}


def recovered(driver: Driver, folder: Path, *, dying: bool) -> None:
    """Another process takes it up; each dies a step later than the one before it, or none does."""
    for die_after in itertools.count() if dying else [None]:
        if driver.run(folder, die_after) == 0:
            return
    assert dying


def assert_true(actor: Actor, folder: Path, had) -> bool:
    """What the journal says is what the chain says. Whether that is a fill."""
    journal = Journal.read_only(folder / "journal.sqlite")
    known = list(journal.but_the_world())
    journal.close()
    fills = {each.fill_id: each for each in known if isinstance(each, OrderFilled)}.values()
    ends = [each for each in known if isinstance(each, OrderEnded | OrderRefused)]

    assert len(ends) == any(isinstance(each, Ordered) for each in known)
    assert lies(actor, "USDC") - had[0] == -sum(each.amount for each in fills)
    assert lies(actor, "USDT") - had[1] == sum(each.amount * each.price for each in fills)
    assert all(end.filled == sum(each.amount for each in fills) for end in ends)
    assert allowed(actor, THREE, "USDC") == 0
    assert isinstance(known[-1], VenueSeen)
    assert known[-1].ready
    assert int(actor.rpc("txpool_status")["pending"], 16) == 0
    return bool(fills)
