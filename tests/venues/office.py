"""An executor at work on a real chain, and what is done to it."""

import time
from dataclasses import dataclass

import pytest

from bot.model.events import Decided, Event, Report, Signed
from bot.venues.executor import SendingPolicy, TransactionExecutor
from bot.venues.rpc import Rpc, RpcError

from .till import REGISTRY, SIGNER, TILL, Till

POLICY = SendingPolicy(chain_id=1, rebroadcasts=2)


@dataclass
class Office:
    """An executor and the journal its caller keeps, in memory."""

    executor: TransactionExecutor
    journal: list[Event]

    async def send(self, sent) -> list[Report]:
        self.journal.append(Decided(0, 0, sent.plan))
        return self._kept(await self.executor.send(sent))

    async def replace(self, plan_id, sent) -> list[Report]:
        self.journal.append(Decided(0, 0, sent.plan))
        return self._kept(await self.executor.replace(plan_id, sent))

    async def cancel(self, plan_id, reason="the chance has passed") -> list[Report]:
        return self._kept(await self.executor.cancel(plan_id, reason))

    async def on_block(self, block) -> list[Report]:
        return self._kept(await self.executor.on_block(block))

    @property
    def signed(self) -> list[Signed]:
        return [event for event in self.journal if isinstance(event, Signed)]

    def _kept(self, reports: list[Report]) -> list[Report]:
        self.journal += reports
        return reports


async def opened(rpc: Rpc, history: list[Event] | None = None, policy: SendingPolicy = POLICY, signer=SIGNER) -> Office:
    """An executor started on a journal, as after a restart."""
    journal = list(history or [])
    executor = TransactionExecutor(rpc, signer, TILL, REGISTRY, journal.append, time.time_ns, policy)
    journal += await executor.start(list(journal))
    return Office(executor, journal)


def kinds(events) -> list[str]:
    return [event.kind for event in events]


def held_back(till: Till, office: Office) -> None:
    """One block without the waiting transaction, which comes back afterwards."""
    till.node.rpc("anvil_dropAllTransactions")
    till.mine()
    till.node.rpc("eth_sendRawTransaction", office.signed[-1].raw)


def without_traces(monkeypatch: pytest.MonkeyPatch, rpc: Rpc) -> None:
    refuse(monkeypatch, rpc, "debug_traceTransaction", RpcError(-32601, "the method does not exist"))


def refuse(monkeypatch: pytest.MonkeyPatch, rpc: Rpc, refused: str, error: RpcError) -> None:
    """A node that will not do one thing."""
    call = rpc.call

    async def refusing(method, *params):
        if method == refused:
            raise error
        return await call(method, *params)

    monkeypatch.setattr(rpc, "call", refusing)


async def eventually(office: Office, till: Till) -> list[Report]:
    """The first reports after the node has come back."""
    for _ in range(100):
        if reports := await office.on_block(till.mine()):
            return reports
    raise AssertionError("nothing was reported")
