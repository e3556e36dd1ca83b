"""A sending process that is killed between two of its steps. Started by test_crash.py; forks one child for each run.

A line of JSON in is a run: url, journal, what to do, and after how many steps to die (0: before the first; none: not
at all). A line out is how the child ended. A step is one call to the node or to the journal; the product knows nothing
of it.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from bot.model.events import Decided, Event, Report
from bot.records.journal import Journal
from bot.venues.executor import SendingPolicy, TransactionExecutor
from bot.venues.rpc import Rpc

sys.path.insert(0, str(Path(__file__).parents[1]))
from venues.till import REGISTRY, SIGNER, TILL, Till, approved

PROFIT = 50


class Death:
    """Kills the process once so many steps are done."""

    def __init__(self, after: int | None) -> None:
        self._left = after
        self.step()

    def step(self) -> None:
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._left is not None:
            self._left -= 1


class MortalRpc(Rpc):
    """An Rpc whose every request is a step."""

    def __init__(self, url: str, death: Death) -> None:
        super().__init__([url])
        self._death = death

    async def call(self, method, *params):
        answer = await super().call(method, *params)
        self._death.step()
        return answer

    async def batch(self, calls):
        answers = await super().batch(calls)
        self._death.step()
        return answers


class MortalJournal:
    """A journal whose every write is a step."""

    def __init__(self, journal: Journal, death: Death) -> None:
        self._journal = journal
        self._death = death

    def keep(self, events: Iterable[Event]) -> None:
        for event in events:
            self._journal.append(event)
            self._death.step()
        self._journal.flush()
        self._death.step()

    def record(self, event: Event) -> None:
        self.keep([event])


class Process:
    """What the shell does, without strategy: records plans and reports around an executor."""

    def __init__(self, url: str, journal: Path, death: Death) -> None:
        self.till = Till.at(url)
        self._opened = Journal.open(journal)
        self._journal = MortalJournal(self._opened, death)
        self._rpc = MortalRpc(url, death)
        policy = SendingPolicy(chain_id=1)
        self._executor = TransactionExecutor(
            self._rpc, SIGNER, TILL, REGISTRY, self._journal.record, time.time_ns, policy
        )

    async def start(self) -> None:
        self._keep(await self._executor.start(self._opened.sendings()))

    async def send(self) -> None:
        self._journal.record(Decided(0, 0, approved("1").plan))
        self._keep(await self._executor.send(approved("1")))

    async def replace(self) -> None:
        self._journal.record(Decided(0, 0, approved("1").plan))
        self._keep(await self._executor.replace("1", approved("1")))

    async def cancel(self) -> None:
        self._keep(await self._executor.cancel("1", "the chance has passed"))

    async def block(self) -> None:
        self._keep(await self._executor.on_block(self.till.mine()))

    async def reorg(self) -> None:
        self.till.node.rpc("anvil_reorg", 1, [])
        self._keep(await self._executor.on_block(self.till.head()))

    async def close(self) -> None:
        await self._rpc.close()
        self._opened.close()

    def _keep(self, reports: list[Report]) -> None:
        self._journal.keep(reports)


async def live(run: dict) -> None:
    """Start, do the steps named in `run`, and end in peace if there is no death on the way."""
    process = Process(run["url"], Path(run["journal"]), Death(run["die_after"]))
    await process.start()
    for deed in run["deeds"]:
        await getattr(process, deed)()
    await process.close()


def forked(child: Callable[[], None]) -> int:
    """Exit status of a child that does this; negative for the signal that killed it."""
    pid = os.fork()
    if pid == 0:
        try:
            child()
        except BaseException:  # noqa: BLE001 - a fork must not go on as its parent
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    for line in sys.stdin:
        run = json.loads(line)
        print(forked(lambda: asyncio.run(live(run))), flush=True)  # noqa: B023 - run at once
