"""What is sent was simulated and recorded before, and is told from its own event."""

import time

import pytest

from bot.model.events import Accepted, Event, Mined, Rejected, Reverted, Signed
from bot.venues.executor import TransactionExecutor

from .office import POLICY, held_back, kinds, opened, without_traces
from .till import REGISTRY, RIVAL, SIGNER, TILL, USDC, approved


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
