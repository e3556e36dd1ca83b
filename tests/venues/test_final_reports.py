"""Whatever happens to node, chain and process, every plan ends in exactly one final report, and the books agree."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.model.events import Decided, Event, Expired, Mined, Rejected, Report, Reverted, Unmined
from bot.sandbox import anvil
from bot.venues.executor import SendingPolicy, TransactionExecutor
from bot.venues.rpc import NodeDown, Rpc

from .till import CHAIN, REGISTRY, SIGNER, TILL, Till, approved

PLANS = range(3)
CALM = 6  # blocks in which everything that can end does

deeds = st.one_of(
    st.tuples(st.sampled_from(["send", "send", "replace", "cancel", "take", "drop", "drop"]), st.sampled_from(PLANS)),
    st.tuples(st.sampled_from(["mine", "mine", "reorg", "restart", "lose request", "lose answer"]), st.none()),
)
stories = st.lists(deeds, max_size=14).map(lambda told: [("send", 0), *told])


class FaultyRpc(Rpc):
    """A node whose line fails as told: the request is lost, or the answer is."""

    def __init__(self, url: str) -> None:
        super().__init__([url])
        self.faults: list[str] = []

    async def call(self, method, *params):
        fault = self._next_fault()
        answer = await super().call(method, *params)
        return self._delivered(fault, answer)

    async def batch(self, calls):
        fault = self._next_fault()
        answer = await super().batch(calls)
        return self._delivered(fault, answer)

    def _next_fault(self) -> str | None:
        fault = self.faults.pop(0) if self.faults else None
        if fault == "lose request":
            raise NodeDown("the line is broken")
        return fault

    def _delivered(self, fault, answer):
        if fault == "lose answer":
            raise NodeDown("the line broke")
        return answer


class World:
    """An executor, its caller's journal, and everything that can befall them."""

    def __init__(self, till: Till, rpc: FaultyRpc) -> None:
        self.till = till
        self.rpc = rpc
        self.journal: list[Event] = []

    async def befall(self, deed: str, plan: int | None) -> None:
        match deed:
            case "send" | "replace":
                await self._offered(deed, plan)
            case "cancel":
                self._keep(await self.executor.cancel(str(plan), "no longer wanted"))
            case "take":
                self.till.lay(amount(plan), 0)
            case "drop":
                self._drop(str(plan))
            case "mine":
                self._keep(await self.executor.on_block(self.till.mine()))
            case "reorg":
                self.till.node.rpc("anvil_reorg", 1, [])
                self._keep(await self.executor.on_block(self.till.head()))
            case "restart":
                self.rpc.faults.clear()
                await self.restart()
            case fault:
                self.rpc.faults.append(fault)

    async def restart(self) -> None:
        policy = SendingPolicy(chain_id=1, rebroadcasts=2)
        self.executor = TransactionExecutor(self.rpc, SIGNER, TILL, REGISTRY, self.journal.append, time.time_ns, policy)
        self._keep(await self.executor.start(list(self.journal)))

    async def _offered(self, deed: str, plan: int | None) -> None:
        offer = approved(str(plan), amount(plan), 50)
        begun = any(isinstance(event, Decided) and event.plan.id == str(plan) for event in self.journal)
        if deed == "send" and not begun:
            self.journal.append(Decided(0, 0, offer.plan))
            self._keep(await self.executor.send(offer))
        elif deed == "replace":
            self._keep(await self.executor.replace(str(plan), offer))

    def _drop(self, plan: str) -> None:
        for event in self.journal:
            if event.kind == "signed" and event.plan_id == plan:
                self.till.node.rpc("anvil_dropTransaction", event.hash)

    def _keep(self, reports: list[Report]) -> None:
        self.journal += reports


def amount(plan: int | None) -> int:
    return 1_000 + (plan or 0)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with anvil.running(*CHAIN) as chain:
        yield chain.url


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example([("send", 0), ("cancel", 0), ("mine", None), ("send", 1), ("reorg", None)])
@given(stories)
def test_every_plan_ends_once(url, story):
    """One final report a plan, one more for each reorg that reopened it; the chain holds what was reported mined."""
    till = Till.at(url)
    before = till.node.rpc("evm_snapshot")
    try:
        for plan in PLANS:
            till.lay(amount(plan), 50)
        till.mine()
        journal = asyncio.run(lived(till, url, story))
        assert_ended(journal, till)
    finally:
        till.node.rpc("anvil_dropAllTransactions")
        till.node.rpc("evm_revert", before)
        till.node.close()


async def lived(till: Till, url: str, story) -> list[Event]:
    rpc = FaultyRpc(url)
    world = World(till, rpc)
    try:
        await world.restart()
        for deed, plan in story:
            await world.befall(deed, plan)
        rpc.faults.clear()
        for _ in range(CALM):
            await world.befall("mine", None)
    finally:
        await rpc.close()
    return world.journal


def assert_ended(journal: list[Event], till: Till) -> None:
    begun = {event.plan.id for event in journal if isinstance(event, Decided)}
    finals = [event for event in journal if isinstance(event, Mined | Reverted | Rejected | Expired)]
    reopened = Counter(event.plan_id for event in journal if isinstance(event, Unmined))
    last = {event.plan_id: event for event in finals}

    assert Counter(event.plan_id for event in finals) == Counter(begun) + reopened
    assert sum(isinstance(event, Mined) for event in last.values()) == till.captures()
    assert till.waiting() == 0
