"""What becomes of a wallet's orders when blocks are thrown out, processes end, and others use its nonces."""

from dataclasses import replace

import pytest

from bot.model.orders import OrderFilled, Pulled, VenueSeen

from .slow_wallet import MADE, approved, heard, mined, ordered, swapped, swaps_back, until, waiting
from .till import SIGNER
from .wallets import POLICY, THREE, allowed, lies, trading

pytestmark = pytest.mark.chain


async def test_a_fill_is_told_when_it_is_as_deep_as_asked(still, tmp_path):
    """Three confirmations: the block it is in, and two on top."""
    async with trading(still, tmp_path, policy=replace(POLICY, confirmations=3)) as desk:
        await ordered(desk)
        await mined(desk, lambda: swapped(still))
        assert not desk.fill(MADE)
        at = desk.trader._heads.number
        await mined(desk, lambda: desk.fill(MADE))

    assert desk.trader._heads.number == at + 2


async def test_a_fill_that_a_reorg_throws_out_is_swapped_once(still, tmp_path):
    """It is sent again under its nonce; meanwhile nothing new is, and the wallet is told as it is then."""
    async with trading(still, tmp_path) as desk:
        await approved(desk)
        still.mine()
        await desk.done(MADE)
        still.rpc("anvil_reorg", 1, [])
        still.mine()
        await desk.until(lambda: isinstance(desk.journal[-1], VenueSeen) and not desk.journal[-1].ready)
        assert "reorg" in desk.journal[-1].reason
        await until(lambda: waiting(still))
        still.mine()
        await desk.until(lambda: desk.ready)

    assert len([each for each in desk.of(MADE) if isinstance(each, OrderFilled)]) == 1
    assert desk.told()["USDC"] == lies(still, "USDC")
    assert int(still.rpc("eth_getTransactionCount", SIGNER.address, "latest"), 16) == 2


async def test_a_reorg_before_the_fill_is_told_costs_nothing(still, tmp_path):
    """Approval and swap are thrown out and forgotten by the node: both are sent again, and mined once."""
    async with trading(still, tmp_path, policy=replace(POLICY, confirmations=2)) as desk:
        await ordered(desk)
        await mined(desk, lambda: swapped(still))
        still.rpc("anvil_reorg", 3, [])
        still.rpc("anvil_dropAllTransactions")
        assert not swapped(still)
        await mined(desk, lambda: desk.fill(MADE))

    assert swapped(still)
    assert len([each for each in desk.of(MADE) if isinstance(each, OrderFilled)]) == 1


async def test_a_fill_that_a_reorg_throws_out_over_a_restart_is_swapped_once(still, tmp_path):
    """The books have it, so it goes again; nothing is told twice."""
    async with trading(still, tmp_path) as desk:
        await approved(desk)
        still.mine()
        await desk.done(MADE)
    still.rpc("anvil_reorg", 1, [])
    async with trading(still, tmp_path, desk.known()) as again:
        assert not again.ready
        await mined(again, lambda: again.ready)

    assert swapped(still)
    assert len([each for each in again.of(MADE) if isinstance(each, OrderFilled)]) == 1
    assert again.told()["USDC"] == lies(still, "USDC")


@pytest.mark.parametrize("pulled", [False, True])
async def test_what_waits_over_a_restart_is_followed_or_taken_back(still, tmp_path, pulled):
    """As the journal has it: an order that was pulled is taken back by whoever comes next."""
    had = lies(still, "USDC")
    async with trading(still, tmp_path) as desk:
        await approved(desk)
        heard(desk)
    more = [Pulled(1, 1, "rp1", "the chance has passed")] if pulled else []
    async with trading(still, tmp_path, [*desk.known(), *more]) as again:
        assert not again.ready
        await until(lambda: swaps_back(still) == pulled)
        await mined(again, lambda: again.ended(MADE) and again.ready)

    assert again.of(MADE)[-1].filled == had - lies(still, "USDC") == (0 if pulled else 1000)
    assert allowed(still, THREE, "USDC") == 0


async def test_a_nonce_that_somebody_else_used_ends_the_order(still, tmp_path):
    """The key was used elsewhere: after some blocks ours is given up."""
    async with trading(still, tmp_path) as desk:
        await ordered(desk)
        still.rpc("anvil_dropAllTransactions")
        still.send(SIGNER.address, "0x", sender=SIGNER.address)
        await mined(desk, lambda: desk.ended(MADE))

    assert "used by another transaction" in desk.of(MADE)[-1].reason
