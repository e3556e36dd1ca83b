"""A wallet's process that is killed between two of its steps. Started by test_chain_kills.py; forks a child a run.

A line of JSON in is a run: url, folder, and after how many steps to die (none: not at all).
A line out is how the child ended. A step is a signed transaction on disk, one at the node, or an event in the journal:
before it and after it.
"""

import asyncio
import json
import sys
import time
from contextlib import suppress
from pathlib import Path

from bot.model.coins import shipped
from bot.model.orders import Ordered, OrderEnded, OrderEvent, VenueSeen
from bot.records.journal import Journal
from bot.venues.chain_trader import ChainTrader
from bot.venues.rpc import Rpc
from bot.venues.swap_log import SwapLog

sys.path.insert(0, str(Path(__file__).parents[1]))
from venues.crash_driver import Death, forked
from venues.till import SIGNER
from venues.wallets import POLICY, SANDBOX, SELL, ticket

COINS = shipped()  # read once, before any fork
ORDER = ticket("rp1", SELL, "1000", "0.99")


class MortalRpc(Rpc):
    """An Rpc whose every broadcast is a step."""

    def __init__(self, url: str, death: Death) -> None:
        super().__init__([url], poll=0.005)
        self._death = death

    async def call(self, method, *params):
        broadcast = method == "eth_sendRawTransaction"
        if broadcast:
            self._death.step()
        answer = await super().call(method, *params)
        if broadcast:
            self._death.step()
        return answer


def mortal(death: Death) -> None:
    """From here on each line in a log is a step."""
    keep = SwapLog.keep

    def dying(self, attempt):
        death.step()
        keep(self, attempt)
        death.step()

    SwapLog.keep = dying  # type: ignore[method-assign]


class Process:
    """What the shell does, without strategy: writes orders and events down around a trader."""

    def __init__(self, journal: Path, death: Death) -> None:
        self._journal = Journal.open(journal)
        self._death = death
        self.known = [each for each in self._journal.but_the_world() if isinstance(each, OrderEvent)]

    def keep(self, event: OrderEvent) -> None:
        self._death.step()
        self._journal.append(event)
        self._journal.flush()
        self.known.append(event)
        self._death.step()

    @property
    def settled(self) -> bool:
        """Whether the order has ended, and the wallet was told since."""
        return any(isinstance(each, OrderEnded) for each in self.known) and (
            isinstance(self.known[-1], VenueSeen) and self.known[-1].ready
        )

    async def live(self, trader: ChainTrader) -> None:
        new = not any(isinstance(each, Ordered) for each in self.known)
        for event in await trader.start([each for each in self.known if not isinstance(each, VenueSeen)]):
            self.keep(event)
        if new:
            self.keep(Ordered(1, 1, ORDER))
            for event in await trader.place(ORDER):
                self.keep(event)
        while not self.settled:
            self.keep(await trader._heard.get())
        self._journal.close()


async def mine(url: str) -> None:
    """A block whenever something waits."""
    rpc = Rpc([url])
    while True:
        await asyncio.sleep(0.005)
        status = await rpc.call("txpool_status")
        if int(status["pending"], 16):
            await rpc.call("evm_mine")


async def run(told: dict) -> None:
    """Until the order is over and told, if there is no death on the way."""
    folder, death = Path(told["folder"]), Death(told["die_after"])
    mortal(death)
    rpc = MortalRpc(told["url"], death)
    mining = asyncio.create_task(mine(told["url"]))
    trader = ChainTrader(rpc, SIGNER, SANDBOX, COINS, folder, lambda: 2e3, POLICY, clock=time.time_ns)
    async with trader, asyncio.timeout(20):
        await Process(folder / "journal.sqlite", death).live(trader)
    mining.cancel()
    with suppress(asyncio.CancelledError):
        await mining
    await rpc.close()


if __name__ == "__main__":
    for line in sys.stdin:
        told = json.loads(line)
        print(forked(lambda: asyncio.run(run(told))), flush=True)  # noqa: B023 - run at once
