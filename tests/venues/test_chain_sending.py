"""A wallet's transactions on a chain that does not hurry: raised, taken back, refused."""

from dataclasses import replace

import pytest

from bot.model.orders import OrderEnded, OrderOpened, OrderRefused
from bot.sandbox import abi
from bot.sandbox.addresses import TRADER
from bot.units import GWEI

from .slow_wallet import MADE, POOL, approved, bids, dear_block, mined, ordered, swaps_back, until, waiting
from .till import SIGNER
from .wallets import POLICY, SELL, THREE, allowed, ether, lies, ticket, trading

pytestmark = pytest.mark.chain


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
