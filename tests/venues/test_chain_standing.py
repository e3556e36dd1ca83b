"""A wallet that cannot pay for its gas takes no orders, says so once, and is ready again when it can."""

import asyncio

import pytest

from bot.model.orders import VenueSeen
from bot.sandbox.actor import Actor
from bot.units import GWEI

from .till import SIGNER
from .wallets import MARKET, SELL, ticket, trading

pytestmark = pytest.mark.chain


def dear(actor: Actor, block: int) -> None:
    """Each block a little dearer than the one before it."""
    actor.rpc("anvil_setNextBlockBaseFeePerGas", hex((60 + block) * GWEI))


def poor(actor: Actor, block: int) -> None:
    """Each block a little less ether."""
    actor.rpc("anvil_setBalance", SIGNER.address, hex(10**13 - block))


def cheap(actor: Actor) -> None:
    actor.rpc("anvil_setNextBlockBaseFeePerGas", hex(GWEI))


def rich(actor: Actor) -> None:
    actor.rpc("anvil_setBalance", SIGNER.address, hex(10**20))


@pytest.mark.parametrize(("worse", "better", "why"), [(dear, cheap, "gas costs"), (poor, rich, "no ether for gas:")])
async def test_a_wallet_that_cannot_pay_its_gas_takes_no_orders(still, tmp_path, worse, better, why):
    """No terms, no orders; why is told, and that it is over."""
    async with trading(still, tmp_path) as desk:
        assert desk.ready
        for block in range(4):
            worse(still, block)
            still.mine()
            await desk.until(lambda: not desk.ready)
            await asyncio.sleep(0.03)
        assert desk.trader.terms(MARKET) is None
        (refused,) = await desk.trader.place(ticket("rp1", SELL, "1000", "0.9"))
        better(still)
        still.mine()
        await desk.until(lambda: desk.ready)
        assert desk.trader.terms(MARKET)

    assert why in refused.reason
    first, *reasons, last = [each.reason for each in desk.journal if isinstance(each, VenueSeen)]
    assert first == last == ""
    assert len(reasons) == 1 or worse is poor  # whose balances are news
