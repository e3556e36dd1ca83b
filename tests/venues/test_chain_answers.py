"""What nodes say to a wallet that is not so, or says nothing: no fill is lost by it, and no order."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.sandbox.actor import Actor
from bot.venues import refusals
from bot.venues.rpc import Rpc, RpcError
from bot.venues.transport import Json

from .slow_wallet import approved, mined, ordered
from .till import SIGNER
from .wallets import SELL, THREE, allowed, lies, ticket, trading

pytestmark = pytest.mark.chain

MADE = ticket("rp1", SELL, "1000", "0.9")
LOST = RpcError(-32000, "internal error: context deadline exceeded")
Answering = Callable[[Rpc, str, tuple[Json, ...]], Awaitable[Json]]


class Odd(Rpc):
    """A real node whose answers pass through another's hands."""

    def __init__(self, actor: Actor, answering: Answering) -> None:
        super().__init__([actor.node.url], poll=0.01)
        self._answering = answering

    async def call(self, method: str, *params: Json) -> Json:
        return await self._answering(super(), method, params)


def used(actor: Actor) -> int:
    """How many transactions of the wallet the chain holds."""
    return int(actor.rpc("eth_getTransactionCount", SIGNER.address, "latest"), 16)


@pytest.mark.parametrize("taken", [True, False])
async def test_an_error_that_proves_nothing_loses_no_fill(still, tmp_path, taken):
    """Who took it is not who answers: it is found mined, or taken back under its nonce; both end the order truly."""
    sent = []

    async def answering(node, method, params):
        if method == "eth_sendRawTransaction":
            sent.append(params)
            if len(sent) == 2:
                if taken:
                    await node.call(method, *params)
                    still.mine()
                raise LOST
        if method == "eth_getTransactionByHash":
            return None
        return await node.call(method, *params)

    had = lies(still, "USDC")
    async with trading(still, tmp_path, rpc=Odd(still, answering)) as desk:
        await ordered(desk, MADE)
        await mined(desk, lambda: desk.ended(MADE) and desk.ready)

    assert desk.of(MADE)[-1].filled == had - lies(still, "USDC") == (1000 if taken else 0)
    assert taken or "context deadline" in desk.of(MADE)[-1].reason
    assert allowed(still, THREE, "USDC") == 0


async def test_what_was_proven_not_to_be_taken_ends_the_order_at_once(still, tmp_path):
    """Nothing waits for a transaction that no node has."""

    async def answering(node, method, params):
        if method == "eth_sendRawTransaction":
            raise RpcError(-32000, "insufficient funds for gas * price + value")
        return await node.call(method, *params)

    async with trading(still, tmp_path, rpc=Odd(still, answering)) as desk:
        await desk.place(MADE)

    assert [each.filled for each in desk.of(MADE)] == [0]
    assert used(still) == 0


@pytest.mark.parametrize("asked", ["eth_call", "eth_estimateGas"])
async def test_a_node_that_does_not_know_is_asked_again(still, tmp_path, asked):
    """Between approval and swap, and while the swap waits: only a revert takes a good swap back."""
    failed = []

    async def answering(node, method, params):
        if method == asked and used(still) == 1 and len(failed) < 2 and "from" in params[0]:
            failed.append(method)
            raise RpcError(-32000, "header not found")
        return await node.call(method, *params)

    async with trading(still, tmp_path, rpc=Odd(still, answering)) as desk:
        await ordered(desk, MADE)
        await mined(desk, lambda: desk.ended(MADE) and desk.ready)

    assert len(failed) == 2
    assert desk.fill(MADE).amount == 1000
    assert used(still) == 2


async def test_while_a_swap_waits_no_error_but_a_revert_takes_it_back(still, tmp_path):
    """It is filled though no node could say whether it is good still."""
    waits = asyncio.Event()

    async def answering(node, method, params):
        if method == "eth_call" and waits.is_set() and "from" in params[0]:
            raise RpcError(-32000, "missing trie node")
        return await node.call(method, *params)

    async with trading(still, tmp_path, rpc=Odd(still, answering)) as desk:
        await approved(desk, MADE)
        waits.set()
        await asyncio.sleep(0.05)
        await mined(desk, lambda: desk.ended(MADE) and desk.ready)

    assert desk.fill(MADE).amount == 1000


async def test_what_was_pulled_while_it_was_quoted_sends_nothing(still, tmp_path):
    """Not even the approval: nothing was signed, and no gas is lost."""
    asked, go = asyncio.Event(), asyncio.Event()

    async def answering(node, method, params):
        if method == "eth_call" and len(params) == 3 and "data" in params[0]:
            asked.set()
            await go.wait()
        return await node.call(method, *params)

    async with trading(still, tmp_path, rpc=Odd(still, answering)) as desk:
        desk.order(MADE)
        desk.journal += await desk.trader.place(MADE)
        await asked.wait()
        await desk.trader.pull("rp1", "halted")
        go.set()
        await desk.done(MADE)

    assert [each.reason for each in desk.of(MADE)] == ["halted"]
    assert not list(tmp_path.glob("*.jsonl"))


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (RpcError(3, "execution reverted: too few", None), "execution reverted: too few"),
        (RpcError(-32015, "VM execution error.", "Reverted 0x08c379a0"), "VM execution error."),
        (RpcError(-32000, "out of gas"), "out of gas"),
        (RpcError(-32000, "header not found"), None),
        (RpcError(-32603, "the batch came back without an answer to this request"), None),
    ],
)
def test_only_a_revert_says_something_of_a_call(error, why):
    """As geth, Nethermind and hosted nodes tell them."""
    assert refusals.revert(error) == why
