"""An order of a wallet on a chain that mines when it is told to, and what is seen of it there."""

import asyncio

from bot.sandbox.actor import Actor
from bot.units import GWEI

from .till import SIGNER
from .wallets import POOLS, SELL, ticket

MADE = ticket("rp1", SELL, "1000", "0.9995")
POOL = POOLS["Curve 3pool"]


def waiting(actor: Actor) -> list[dict]:
    """What waits of the wallet's, by the node's pool."""
    pool = actor.rpc("txpool_content")
    return [
        each
        for part in ("pending", "queued")
        for sender, transactions in pool[part].items()
        if sender.lower() == SIGNER.address.lower()
        for each in transactions.values()
    ]


async def until(holds) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - it changes by many ways
            await asyncio.sleep(0.005)


async def ordered(desk, made=MADE) -> None:
    """An order whose first transaction waits."""
    desk.order(made)
    desk.journal += await desk.trader.place(made)
    await until(lambda: waiting(desk.actor))


async def approved(desk, made=MADE) -> None:
    """An order that is approved, and whose swap waits."""
    await ordered(desk, made)
    (approval,) = waiting(desk.actor)
    desk.actor.mine()
    await until(lambda: [each for each in waiting(desk.actor) if each["hash"] != approval["hash"]])


async def mined(desk, holds, block=Actor.mine) -> None:
    """Block after block until it holds, each heard of before the next."""
    async with asyncio.timeout(10):
        while not holds():
            block(desk.actor)
            await until(lambda: desk.trader._heads.number == int(desk.actor.rpc("eth_blockNumber"), 16))
            await asyncio.sleep(0.01)
            heard(desk)


def heard(desk):
    """What was told so far."""
    while not desk.trader._heard.empty():
        desk.journal.append(desk.trader._heard.get_nowait())
    return desk.journal


def swapped(actor: Actor) -> bool:
    """Whether the chain holds approval and swap."""
    return int(actor.rpc("eth_getTransactionCount", SIGNER.address, "latest"), 16) == 2


def swaps_back(actor: Actor) -> bool:
    """Whether an empty transaction waits."""
    return any(each["to"].lower() == SIGNER.address.lower() for each in waiting(actor))


def dear_block(actor: Actor, gwei: float) -> None:
    """A block at a base fee."""
    actor.rpc("anvil_setNextBlockBaseFeePerGas", hex(int(gwei * GWEI)))
    actor.mine()


def bids(actor: Actor) -> list[int]:
    return [int(each["maxFeePerGas"], 16) for each in waiting(actor)]
