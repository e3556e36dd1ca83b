"""A transaction is outbid, or taken back, under its own nonce."""

from dataclasses import replace

from bot.model.events import Expired
from bot.units import GWEI

from .office import POLICY, kinds, opened
from .till import approved


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
