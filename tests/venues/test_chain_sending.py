"""A wallet's transactions on a chain that does not hurry: raised, taken back, overtaken, thrown out."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.model.orders import OrderEnded, OrderFilled, OrderOpened, OrderRefused, Pulled, VenueSeen
from bot.sandbox import abi
from bot.sandbox.actor import Actor
from bot.sandbox.addresses import TRADER
from bot.units import GWEI

from .till import SIGNER
from .wallets import POLICY, POOLS, SELL, THREE, allowed, as_it_was, ether, lies, still_chain, ticket, trading

pytestmark = pytest.mark.chain

MADE = ticket("rp1", SELL, "1000", "0.9995")
POOL = POOLS["Curve 3pool"]


@pytest.fixture(scope="module")
def chain() -> Iterator[Actor]:
    with still_chain() as actor:
        yield actor


@pytest.fixture
def still(chain: Actor) -> Iterator[Actor]:
    with as_it_was(chain):
        yield chain


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


async def test_what_is_not_mined_is_sent_again_dearer_under_its_nonce(still, tmp_path):
    """Gas became dearer than what was bid: two blocks later it bids more, and is filled once."""
    async with trading(still, tmp_path) as desk:
        await approved(desk)
        (first,), nonce = bids(still), waiting(still)[0]["nonce"]
        await mined(desk, lambda: max(bids(still), default=0) > first, lambda actor: dear_block(actor, 6))
        (dearer,) = waiting(still)
        still.mine()
        await desk.done(MADE)

    assert dearer["nonce"] == nonce
    assert int(dearer["maxFeePerGas"], 16) * 8 >= first * 9
    assert desk.fill(MADE).fill_id == dearer["hash"]
    assert int(still.rpc("eth_getTransactionCount", SIGNER.address, "latest"), 16) == 2


async def test_no_bid_is_over_the_bound(still, tmp_path):
    """It waits for gas to be cheap again, as long as its price is there."""
    policy = replace(POLICY, max_fee_per_gas=4 * GWEI)
    async with trading(still, tmp_path, policy=policy) as desk:
        await approved(desk)
        asked = []
        await mined(desk, lambda: asked.append(bids(still)) or len(asked) > 6, lambda actor: dear_block(actor, 6))
        await mined(desk, lambda: desk.ended(MADE), lambda actor: dear_block(actor, 1))
        await desk.done(MADE)

    assert max(bid for each in asked for bid in each) <= policy.max_fee_per_gas
    assert desk.fill(MADE)


async def test_while_gas_is_dear_nothing_is_signed(still, tmp_path):
    """The order is refused and says why; nothing is left of it."""
    async with trading(still, tmp_path, policy=replace(POLICY, max_fee_per_gas=GWEI // 2)) as desk:
        await desk.place(MADE)

    (end,) = desk.of(MADE)
    assert isinstance(end, OrderRefused)
    assert "max_fee_gwei is 0.50" in end.reason
    assert not list(tmp_path.glob("*.jsonl"))


async def test_what_is_not_mined_for_long_is_taken_back(still, tmp_path):
    """After eight blocks an empty transaction takes its nonce, and what was allowed is taken back."""
    had = lies(still, "USDC")
    async with trading(still, tmp_path, policy=replace(POLICY, max_fee_per_gas=4 * GWEI)) as desk:
        await approved(desk)
        await mined(desk, lambda: desk.ended(MADE), lambda actor: dear_block(actor, 3.9))
        await mined(desk, lambda: allowed(still, THREE, "USDC") == 0)
        await desk.done(MADE)

    assert desk.of(MADE)[-1].filled == 0
    assert "not mined" in desk.of(MADE)[-1].reason
    assert lies(still, "USDC") == had
    assert allowed(still, THREE, "USDC") == 0


@pytest.mark.parametrize("begin", [ordered, approved])
async def test_a_pulled_order_is_taken_back(still, tmp_path, begin):
    """By an empty transaction that outbids it; it ends unfilled for the reason given."""
    had = lies(still, "USDC")
    async with trading(still, tmp_path) as desk:
        await begin(desk)
        assert await desk.trader.pull("rp1", "the chance has passed") == []
        await until(lambda: swaps_back(still))
        await mined(desk, lambda: desk.ended(MADE) and allowed(still, THREE, "USDC") == 0)
        await desk.done(MADE)

    assert [type(each) for each in desk.of(MADE)[-2:]] == [OrderOpened, OrderEnded]
    assert desk.of(MADE)[-1].filled == 0
    assert desk.of(MADE)[-1].reason == "the chance has passed"
    assert lies(still, "USDC") == had
    assert allowed(still, THREE, "USDC") == 0


async def test_an_order_that_waits_for_another_ends_at_once_when_it_is_pulled(still, tmp_path):
    """The wallet carries out one at a time, in their order."""
    second = ticket("rp2", SELL, "1", "0.9")
    async with trading(still, tmp_path) as desk:
        await ordered(desk)
        desk.order(second)
        assert await desk.trader.place(second) == []
        assert len(waiting(still)) == 1
        (end,) = await desk.trader.pull("rp2", "enough")

    assert (end.filled, end.reason) == (0, "enough")


async def test_what_was_filled_before_it_was_pulled_is_filled(still, tmp_path):
    """The block holds the swap: its empty rival comes too late."""
    async with trading(still, tmp_path) as desk:
        await approved(desk)
        still.mine()
        await desk.trader.pull("rp1", "the chance has passed")
        await desk.done(MADE)

    assert desk.fill(MADE).amount == 1000
    assert len(desk.of(MADE)) == 3


async def test_a_price_that_left_after_the_approval_swaps_nothing(still, tmp_path):
    """What was approved is taken back; the order's gas, which is all that is lost, is told with its end."""
    had = ether(still)
    async with trading(still, tmp_path) as desk:
        await ordered(desk)
        still.swap(POOL, 1, 2, 15_000_000 * 10**6)
        still.mine()
        approval = had - ether(still)
        await until(lambda: waiting(still))
        still.mine()
        await desk.done(MADE)

    assert desk.of(MADE)[-1].filled == 0
    assert "fewer coins" in desk.of(MADE)[-1].reason
    assert desk.of(MADE)[-1].fee == approval > 0
    assert desk.of(MADE)[-1].fee_asset == "ETH"
    assert allowed(still, THREE, "USDC") == 0


async def test_a_swap_that_reverts_in_its_block_ends_the_order(still, tmp_path):
    """Somebody was before us in the block: gas is lost, nothing else, and the reason is the pool's own."""
    had = lies(still, "USDC")
    async with trading(still, tmp_path) as desk:
        still.swap(POOL, 1, 2, 10**6)  # which approves, too
        await approved(desk)
        rival = abi.call("exchange(int128,int128,uint256,uint256)", 1, 2, 15_000_000 * 10**6, 0)
        bid = {"maxFeePerGas": hex(90 * GWEI), "maxPriorityFeePerGas": hex(90 * GWEI), "gas": hex(10**6)}
        still.deal(POOL.coins[1], TRADER, 10**14)
        still.rpc("eth_sendTransaction", {"from": TRADER, "to": POOL.address, "data": rival, **bid})
        still.mine()
        await until(lambda: waiting(still))
        still.mine()
        await desk.done(MADE)

    assert desk.of(MADE)[-1].filled == 0
    assert "reverted" in desk.of(MADE)[-1].reason
    assert lies(still, "USDC") == had
    assert allowed(still, THREE, "USDC") == 0


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
