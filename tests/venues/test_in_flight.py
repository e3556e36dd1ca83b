"""What becomes of a transaction on its way: dropped, refused, reorganised, and found again after a restart."""

import pytest

from bot.model.events import Decided, Mined, Rejected, Unmined
from bot.sandbox import anvil
from bot.venues.rpc import Rpc, RpcError

from .office import eventually, kinds, opened, refuse
from .till import CHAIN, SIGNER, Till, approved


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
