"""A wallet that only pretends: what it reads, what it would pay, and what it leaves in the pools."""

import asyncio
from decimal import Decimal

import pytest
from venues.wallets import (
    BUY,
    COINS,
    POLICY,
    SELL,
    THREE,
    allowed,
    ether,
    funded,
    lies,
    ticket,
)

from bot.model.markets import Market
from bot.model.orders import Ordered, OrderEnded, OrderFilled, OrderRefused
from bot.venues.chain import next_base_fee

from .pretending import WALLET, pretending

pytestmark = pytest.mark.chain


async def test_a_dry_run_reads_the_wallet_and_signs_nothing(actor):
    """What is pretended is in its books alone: the wallet, its nonce and its allowances stay as they were."""
    funded(actor, WALLET.address)
    had = lies(actor, "USDT", WALLET.address), ether(actor, WALLET.address)
    async with pretending(actor) as (paper, (seen,)):
        made = ticket("rp1", BUY, "10", "1.01")
        opened, fill, end = await paper.place(made)
        missed = await paper.place(ticket("rp2", BUY, "10", "0.9"))
        known = [Ordered(1, 1, made), opened, fill, end]
    async with pretending(actor, known) as (_, (again,)):
        pass

    assert dict(seen.balances)["USDT"] == had[0]
    assert dict(seen.balances)["ETH"] == had[1]
    assert 10 - Decimal("0.000001") <= fill.amount <= 10
    assert fill.amount * fill.price <= fill.amount * made.limit
    assert isinstance(missed[0], OrderEnded)
    assert again.ready
    assert again.balances is None
    assert (lies(actor, "USDT", WALLET.address), ether(actor, WALLET.address)) == had
    assert allowed(actor, THREE, "USDT", WALLET.address) == 0


async def test_what_is_only_pretended_can_be_sold(actor):
    """The pool says what it would give for coins that do not lie in the wallet."""
    actor.deal(COINS["USDC"].address, WALLET.address, 0)
    async with pretending(actor) as (paper, _):
        _, fill, _ = await paper.place(ticket("rp1", SELL, "1000", "0.99"))

    assert Decimal("0.999") < fill.price < 1


def is_fill(event) -> bool:
    """Whether something was traded."""
    return isinstance(event, OrderFilled)


async def test_what_was_pretended_in_a_block_is_gone_from_the_pool(actor):
    """Two halves bring what the whole brings, to the rounding; a new block has the pool as it really is."""
    actor.deal(COINS["USDC"].address, WALLET.address, 10**14)
    fills = []
    async with pretending(actor) as (paper, _):
        for name, amount in (("rp1", "2000000"), ("rp2", "2000000")):
            fills += filter(is_fill, await paper.place(ticket(name, SELL, amount, "0.5")))
        for name, amount in (("rp3", "4000000"), ("rp4", "2000000")):
            actor.mine()
            fills += filter(is_fill, await paper.place(ticket(name, SELL, amount, "0.5")))
    first, second, whole, again = (fill.amount * fill.price for fill in fills)

    assert second < first == again
    assert abs(first + second - whole) <= Decimal("0.000002")


@pytest.mark.parametrize(("side", "held"), [(SELL, 0), (SELL, 10**14), (BUY, 0), (BUY, 10**14)])
async def test_no_pool_state_is_filled_again_and_again(actor, side, held):
    """Whether the coins lie in the wallet or are only pretended, each order finds a worse price than the one before."""
    for coin in ("USDC", "USDT"):
        actor.deal(COINS[coin].address, WALLET.address, held)
    limit = "0.5" if side is SELL else "2"
    async with pretending(actor) as (paper, _):
        told = [await paper.place(ticket(f"rp{n}", side, "500000", limit)) for n in range(3)]
    prices = [each.price for events in told for each in events if is_fill(each)]

    assert len(set(prices)) == 3
    assert prices == sorted(prices, reverse=side is SELL)


async def test_a_dry_run_pays_its_gas(actor):
    """Where a wallet that signs would be refused, it is: at its start, once its ether is used up, over restarts."""
    sold = ticket("rp1", SELL, "10", "0.9")
    bid = 2 * next_base_fee(actor.rpc("eth_getBlockByNumber", "latest", False)) + POLICY.priority_fee
    actor.rpc("anvil_setBalance", WALLET.address, hex(4 * 250_000 * bid))
    async with pretending(actor) as (paper, (seen,)):
        events = await paper.place(sold)
        heard = paper.events()
        told = await asyncio.wait_for(anext(heard), 5)
        await heard.aclose()
    async with pretending(actor, [Ordered(1, 1, sold), *events]) as (_, (again,)):
        pass
    actor.rpc("anvil_setBalance", WALLET.address, "0x0")
    async with pretending(actor) as (paper, (poor,)):
        (refused,) = await paper.place(sold)

    assert seen.ready
    assert any(map(is_fill, events))
    for each in (told, again, poor):
        assert not each.ready
        assert "no ether for gas" in each.reason
    assert isinstance(refused, OrderRefused)
    assert "no ether for gas" in refused.reason


async def test_a_dry_run_says_what_would_not_work(actor):
    """As the chain says it."""
    async with pretending(actor) as (paper, _):
        (refused,) = await paper.place(ticket("rp1", SELL, "1", "0.9", Market("chain:sDAI", "DAI", "USDC")))

    assert isinstance(refused, OrderRefused)
    assert refused.reason == "dry run: a wallet trades in Curve's pools only, and sDAI is of erc4626"
