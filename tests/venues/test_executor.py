"""Every transaction sent ends in one final report, on a real chain that reverts, drops, reorganises and dies."""

import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace

import pytest

from bot.model.events import Accepted, Decided, Event, Expired, Mined, Rejected, Report, Reverted, Signed, Unmined
from bot.sandbox import anvil
from bot.units import GWEI
from bot.venues.executor import SendingPolicy, TransactionExecutor
from bot.venues.rpc import Rpc, RpcError

from .till import CHAIN, REGISTRY, RIVAL, SIGNER, TILL, USDC, Till, approved

POLICY = SendingPolicy(chain_id=1, rebroadcasts=2)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with anvil.running(*CHAIN) as chain:
        yield chain.url


@pytest.fixture
def till(url: str) -> Iterator[Till]:
    till = Till.at(url)
    before = till.node.rpc("evm_snapshot")
    yield till
    till.node.rpc("anvil_dropAllTransactions")
    till.node.rpc("evm_revert", before)
    till.node.close()


@pytest.fixture
async def rpc(url: str) -> AsyncIterator[Rpc]:
    rpc = Rpc([url])
    yield rpc
    await rpc.close()


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


@pytest.fixture
async def office(rpc: Rpc, till: Till) -> Office:
    till.lay(1_000, 50)
    return await opened(rpc)


def kinds(events) -> list[str]:
    return [event.kind for event in events]


async def test_a_capture_is_mined_and_told_from_its_own_event(office, till):
    """Sent, accepted, mined: profit, gas and block are the chain's."""
    (accepted,) = await office.send(approved("1", parent=till.head().hash))
    block = till.mine()
    (mined,) = await office.on_block(block)

    assert isinstance(accepted, Accepted)
    assert isinstance(mined, Mined)
    assert (mined.profit, mined.token, mined.block, mined.block_hash) == (50, USDC, block.number, block.hash)
    receipt = till.node.rpc("eth_getTransactionReceipt", mined.hash)
    assert (mined.gas_used, mined.gas_price) == (int(receipt["gasUsed"], 16), int(receipt["effectiveGasPrice"], 16))
    assert mined.made_at == block.timestamp * 10**9
    assert till.captures() == 1


async def test_a_transaction_is_recorded_before_a_node_sees_it(till, rpc):
    """When it is recorded the pool does not hold it yet; its raw form is what is then broadcast."""
    till.lay(1_000, 50)
    seen = []

    def record(event: Event) -> None:
        seen.append((event, till.waiting()))

    executor = TransactionExecutor(rpc, SIGNER, TILL, REGISTRY, record, time.time_ns, POLICY)
    await executor.start([])
    await executor.send(approved("1"))

    ((signed, waiting_then),) = seen
    assert isinstance(signed, Signed)
    assert (waiting_then, till.waiting()) == (0, 1)
    assert till.node.rpc("eth_getTransactionByHash", signed.hash)["nonce"] == hex(signed.nonce)


@pytest.mark.parametrize(
    ("laid", "reason"),
    [
        (40, "simulation: ProfitTooSmall(profit=40, minProfit=45)"),
        (47, "simulation: profit 47 is not the plan's 50"),
        (53, "simulation: profit 53 is not the plan's 50"),
    ],
)
async def test_a_plan_the_chain_disagrees_with_is_not_signed(office, till, laid, reason):
    """A revert, and any profit other than the plan's, is refused before there is a transaction."""
    till.lay(1_000, laid)

    (rejected,) = await office.send(approved("1"))

    assert isinstance(rejected, Rejected)
    assert rejected.reason == reason
    assert office.signed == []


async def test_a_unit_of_rounding_is_no_disagreement(office, till):
    """The contract's rounding of tip and fee may differ from ours by one."""
    till.lay(1_000, 49)

    assert kinds(await office.send(approved("1"))) == ["accepted"]


async def test_what_others_are_about_to_do_is_simulated_too(office, rpc):
    """A chance that a waiting transaction takes first is refused."""
    rival = await opened(rpc, signer=RIVAL)
    await rival.send(approved("rival"))

    (rejected,) = await office.send(approved("1"))

    assert rejected.reason == "simulation: ProfitTooSmall(profit=0, minProfit=45)"


async def test_without_a_contract_nothing_is_sent(office, till):
    """An address without code pays nothing and reverts nothing: it is refused all the same."""
    till.node.rpc("anvil_setCode", TILL, "0x")

    (rejected,) = await office.send(approved("1"))

    assert rejected.reason == "simulation: there is no executor at this address"


async def test_an_empty_purse_is_told_before_signing(office, till):
    """Without ether for the gas there is no transaction."""
    till.node.rpc("anvil_setBalance", SIGNER.address, "0x1")

    (rejected,) = await office.send(approved("1"))

    assert "funds" in rejected.reason.lower()
    assert office.signed == []


async def test_a_plan_is_sent_once(office, till):
    """The same plan again does nothing, before and after its end."""
    await office.send(approved("1"))
    again = await office.executor.send(approved("1"))
    await office.on_block(till.mine())

    assert again == await office.executor.send(approved("1")) == []
    assert len(office.signed) == 1


async def test_transactions_in_flight_take_nonces_in_turn(office, till):
    """Several plans wait together and are mined together."""
    till.lay(2_000, 70)
    await office.send(approved("1"))
    await office.send(approved("2", 2_000, 70))
    reports = await office.on_block(till.mine())

    assert [signed.nonce for signed in office.signed] == [0, 1]
    assert [report.profit for report in reports] == [50, 70]


@pytest.mark.parametrize("traced", [True, False])
async def test_a_revert_is_explained(office, till, rpc, monkeypatch, traced):
    """The executor's error is decoded, by the node's trace or by a replay where nodes do not trace."""
    if not traced:
        without_traces(monkeypatch, rpc)
    await office.send(approved("1"))
    till.lay(1_000, 3)
    till.mine()  # nothing has changed for the replay: the state before the block is the state it failed on
    (reverted,) = await office.on_block(till.head())

    assert isinstance(reverted, Reverted)
    assert reverted.reason == "ProfitTooSmall(profit=3, minProfit=45)"
    assert reverted.gas_used > 21_000


@pytest.mark.parametrize("traced", [True, False])
async def test_a_late_transaction_names_its_parent(office, till, rpc, monkeypatch, traced):
    """Mined on another block than the one it was made for, it reverts, and says which."""
    if not traced:
        without_traces(monkeypatch, rpc)
    parent = till.head().hash
    await office.send(approved("1", parent=parent))
    held_back(till, office)
    block = till.mine()

    (reverted,) = await office.on_block(block)

    assert reverted.reason == f"WrongParent(parentHash={block.parent_hash}, expected={parent})"


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


async def test_a_replacement_outbids_under_the_same_nonce(office, till):
    """The second attempt bids at least an eighth and a wei more, and alone is mined."""
    await office.send(approved("1"))
    (accepted,) = await office.replace("1", approved("1"))
    (mined,) = await office.on_block(till.mine())
    first, second = office.signed

    assert (first.nonce, first.hash) != (second.nonce, second.hash)
    assert first.nonce == second.nonce
    assert second.max_fee_per_gas == 3 * GWEI * 9 // 8 + 1
    assert second.priority_fee == GWEI * 9 // 8 + 1
    assert (accepted.hash, mined.hash) == (second.hash, second.hash)
    assert till.captures() == 1


async def test_higher_fees_of_the_plan_are_bid_as_they_are(office):
    """Where the new plan bids more than nodes ask for, it is not raised again."""
    await office.send(approved("1"))
    await office.replace("1", approved("1", gwei=30))

    assert office.signed[-1].max_fee_per_gas == 30 * GWEI


async def test_a_replacement_that_no_longer_pays_is_not_sent(office, till):
    """It is simulated again; the first attempt stays."""
    await office.send(approved("1"))
    till.lay(1_000, 44)

    assert await office.replace("1", approved("1")) == []
    assert len(office.signed) == 1


async def test_the_first_attempt_may_win_after_all(office, till):
    """Whichever attempt is mined ends the plan, once."""
    await office.send(approved("1"))
    await office.replace("1", approved("1"))
    first, second = office.signed
    till.node.rpc("anvil_dropTransaction", second.hash)
    till.node.rpc("eth_sendRawTransaction", first.raw)
    (mined,) = await office.on_block(till.mine())

    assert mined.hash == first.hash
    assert await office.on_block(till.mine()) == []


async def test_a_bid_has_a_ceiling(rpc, till):
    """Neither replacement nor cancellation bids more than the policy allows."""
    till.lay(1_000, 50)
    office = await opened(rpc, policy=replace(POLICY, max_fee_per_gas=3 * GWEI))
    await office.send(approved("1"))

    assert await office.replace("1", approved("1")) == await office.cancel("1") == []
    assert len(office.signed) == 1


async def test_a_cancelled_transaction_expires(office, till):
    """An empty transaction takes its nonce, and the plan ends as expired with the reason."""
    await office.send(approved("1"))
    (accepted,) = await office.cancel("1")
    (expired,) = await office.on_block(till.mine())

    assert accepted.hash == office.signed[-1].hash
    assert office.signed[-1].purpose == "cancel"
    assert isinstance(expired, Expired)
    assert expired.reason == "cancelled: the chance has passed"
    assert (till.captures(), till.used()) == (0, 1)


async def test_what_is_being_cancelled_is_not_replaced(office):
    """A cancellation stands; asked for again it bids more."""
    await office.send(approved("1"))
    await office.cancel("1")

    assert await office.replace("1", approved("1")) == []
    assert kinds(await office.cancel("1")) == ["accepted"]
    fees = [signed.max_fee_per_gas for signed in office.signed]
    assert fees == sorted(set(fees))


async def test_there_is_nothing_to_take_back_once_it_has_ended(office, till):
    """Replacing or cancelling a plan that ended, or was never sent, does nothing."""
    await office.send(approved("1"))
    await office.on_block(till.mine())

    assert await office.cancel("1") == await office.cancel("never") == []
    assert await office.replace("1", approved("1")) == await office.replace("never", approved("never")) == []


async def test_a_dropped_transaction_is_sent_again(office, till):
    """Gone from the pool with its nonce unused, it goes out again as it was, and is mined."""
    await office.send(approved("1"))
    till.node.rpc("anvil_dropTransaction", office.signed[0].hash)
    again = await office.on_block(till.mine())
    (mined,) = await office.on_block(till.mine())

    assert kinds(again) == ["accepted"]
    assert mined.hash == office.signed[0].hash
    assert len(office.signed) == 1


async def test_a_transaction_dropped_too_often_expires(office, till):
    """After as many broadcasts as the policy grants it is given up, and its nonce is free."""
    till.lay(2_000, 70)
    await office.send(approved("1"))
    reports = []
    for _ in range(4):
        till.node.rpc("anvil_dropAllTransactions")
        reports += await office.on_block(till.mine())
    await office.send(approved("2", 2_000, 70))

    assert kinds(reports) == ["accepted", "accepted", "expired"]
    assert reports[-1].reason == "dropped 3 times"
    assert office.signed[-1].nonce == 0


async def test_a_dropped_transaction_past_its_deadline_is_let_go(office, till):
    """It could only revert."""
    await office.send(approved("1", deadline=till.head().timestamp - 1))
    till.node.rpc("anvil_dropAllTransactions")
    (expired,) = await office.on_block(till.mine())

    assert expired.reason == "dropped, and its deadline has passed"


async def test_a_nonce_used_by_somebody_else_ends_the_plan(office, till):
    """When the chain counts the nonce and knows none of ours for two blocks, ours can never be mined."""
    await office.send(approved("1"))
    till.node.rpc("anvil_dropAllTransactions")
    till.node.rpc("anvil_setNonce", SIGNER.address, "0x1")
    first = till.mine()
    early = [*await office.on_block(first), *await office.on_block(first), *await office.on_block(till.mine())]
    (expired,) = await office.on_block(till.mine())

    assert early == []
    assert expired.reason == "nonce 0 was used by another transaction"


async def test_a_refusal_by_the_node_rejects_and_counts_anew(office, till):
    """A nonce already used is refused, and the next transaction takes the right one."""
    till.lay(2_000, 70)
    till.node.rpc("anvil_setNonce", SIGNER.address, "0x5")
    (rejected,) = await office.send(approved("1"))
    await office.send(approved("2", 2_000, 70))

    assert isinstance(rejected, Rejected)
    assert "nonce too low" in rejected.reason
    assert [signed.nonce for signed in office.signed] == [0, 5]


@pytest.mark.parametrize(
    "words", ["already known", "AlreadyKnown", "Known transaction", "transaction already imported"]
)
async def test_a_transaction_the_node_has_already_is_accepted(office, rpc, monkeypatch, words):
    """However a client says it, and even if it does not show its pool, "known already" is no refusal."""
    refuse(monkeypatch, rpc, "eth_sendRawTransaction", RpcError(-32000, words))

    assert kinds(await office.send(approved("1"))) == ["accepted"]


async def test_a_refused_transaction_that_is_in_the_pool_is_accepted(office, till, rpc, monkeypatch):
    """What counts is whether the node has it, not what it says."""
    call = rpc.call

    async def grumbling(method, *params):
        answer = await call(method, *params)
        if method == "eth_sendRawTransaction":
            raise RpcError(-32000, "internal error")
        return answer

    monkeypatch.setattr(rpc, "call", grumbling)

    assert kinds(await office.send(approved("1"))) == ["accepted"]
    assert till.waiting() == 1


async def test_a_reorg_reopens_and_the_transaction_is_mined_again(office, till):
    """Thrown out of the chain it is in flight again, goes out again, and ends once more."""
    await office.send(approved("1"))
    (mined,) = await office.on_block(till.mine())
    till.node.rpc("anvil_reorg", 1, [])
    reorganised = await office.on_block(till.head())
    (again,) = await office.on_block(till.mine())

    assert kinds(reorganised) == ["unmined", "accepted"]
    assert (again.kind, again.hash) == ("mined", mined.hash)
    assert again.block_hash != mined.block_hash
    assert till.captures() == 1


async def test_a_transaction_moved_by_a_reorg_is_told_anew(office, till):
    """Mined again in another block by the reorg itself, it is unmined and mined in one look."""
    await office.send(approved("1"))
    (mined,) = await office.on_block(till.mine())
    till.node.rpc("anvil_reorg", 1, [[office.signed[0].raw, 0]])
    unmined, again = await office.on_block(till.head())

    assert isinstance(unmined, Unmined)
    assert isinstance(again, Mined)
    assert (unmined.hash, again.hash, again.block) == (mined.hash, mined.hash, mined.block)


async def test_a_reorg_while_we_were_away_is_noticed(office, till, rpc):
    """A restart looks again at what was mined lately."""
    await office.send(approved("1"))
    await office.on_block(till.mine())
    till.node.rpc("anvil_reorg", 1, [])

    restarted = await opened(rpc, office.journal)

    assert kinds(restarted.journal[-2:]) == ["unmined", "accepted"]


async def test_a_restart_adopts_what_waits(office, till, rpc):
    """What waits in the pool is followed to its end and not sent again."""
    await office.send(approved("1"))

    restarted = await opened(rpc, office.journal)
    (mined,) = await restarted.on_block(till.mine())

    assert isinstance(mined, Mined)
    assert len(restarted.signed) == 1
    assert await restarted.executor.send(approved("1")) == []


async def test_a_restart_learns_what_was_mined_meanwhile(office, till, rpc):
    """Mined or cancelled while nobody looked, it ends on starting."""
    await office.send(approved("1"))
    till.mine()

    restarted = await opened(rpc, office.journal)

    assert kinds(restarted.journal[-1:]) == ["mined"]


@pytest.mark.usefixtures("till")
async def test_what_was_decided_and_never_signed_is_rejected_on_starting(rpc):
    """A plan that was on its way to the executor when we were stopped ends too."""
    restarted = await opened(rpc, [Decided(0, 0, approved("1").plan)])

    (rejected,) = restarted.journal[1:]
    assert isinstance(rejected, Rejected)
    assert rejected.reason == "stopped before it was signed"
    assert await restarted.executor.send(approved("1")) == []


async def test_an_unreachable_node_is_no_end():
    """Plans are rejected while no node answers; nothing raises."""
    chain = anvil.launch(*CHAIN)
    till = Till.at(chain.url)
    till.lay(1_000, 50)
    rpc = Rpc([chain.url])
    try:
        office = await opened(rpc)
        await office.send(approved("1"))
        head = till.mine()
        chain.stop()
        silent = await office.on_block(head)
        (rejected,) = await office.send(approved("2"))
    finally:
        await rpc.close()
        chain.stop()

    assert silent == []
    assert rejected.reason.startswith("simulation: ")


async def test_a_chain_that_died_with_its_pool_gets_its_transactions_again(tmp_path):
    """Anvil killed with a transaction waiting and started again from its state: it is sent again and mined, once."""
    chain = anvil.launch(*CHAIN)
    till = Till.at(chain.url)
    till.lay(1_000, 50)
    state = tmp_path / "state.json"
    state.write_bytes(bytes.fromhex(till.node.rpc("anvil_dumpState")[2:]))
    rpc = Rpc([chain.url])
    try:
        office = await opened(rpc)
        await office.send(approved("1"))
        chain.stop()
        reborn = anvil.launch(*CHAIN, port=chain.port)
        try:
            till.node.rpc("anvil_loadState", "0x" + state.read_bytes().hex())
            again = await eventually(office, till)
            (mined,) = await office.on_block(till.mine())
            assert till.captures() == 1
        finally:
            reborn.stop()
    finally:
        await rpc.close()

    assert kinds(again) == ["accepted"]
    assert mined.hash == office.signed[0].hash


async def eventually(office: Office, till: Till) -> list[Report]:
    """The first reports after the node has come back."""
    for _ in range(100):
        if reports := await office.on_block(till.mine()):
            return reports
    raise AssertionError("nothing was reported")
