"""A wallet that cannot trust its node, its folder or its books sends nothing, and says why."""

import asyncio
import json

import pytest

from bot.model.errors import UserError
from bot.sandbox.addresses import TRADER
from bot.venues import swap_log
from bot.venues.rpc import RpcError

from .slow_wallet import approved, heard, mined, ordered, until, waiting
from .test_chain_answers import Odd
from .till import SIGNER
from .wallets import COINS, POOLS, SELL, THREE, allowed, lies, ticket, trading

pytestmark = pytest.mark.chain

MADE = ticket("rp1", SELL, "1000", "0.9")


async def blocks(desk, count: int) -> None:
    """So many, each heard of."""
    seen: list[int] = []
    await mined(desk, lambda: seen.append(0) or len(seen) > count)


@pytest.mark.parametrize("at", ["start", "trade"])
async def test_a_node_without_state_overrides_makes_the_wallet_unready(still, tmp_path, at):
    """At the start, and where another node answers later: an order of which nothing was signed ends, others go on."""
    odd = [at == "start"]

    async def answering(node, method, params):
        return await node.call(method, *(params[:2] if odd[0] and method == "eth_call" else params))

    async with trading(still, tmp_path, rpc=Odd(still, answering)) as desk:
        if at == "trade":
            odd[0] = True
            desk.order(MADE)
            desk.journal += await desk.trader.place(MADE)
            await desk.until(lambda: desk.ended(MADE))
            await until(lambda: not desk.trader._standing.ready)
        assert "does not answer state overrides" in desk.trader._standing.reason
        odd[0] = False
        still.mine()
        await desk.until(lambda: desk.ready)

    assert not waiting(still)


async def test_an_error_of_ours_ends_what_was_not_signed(still, tmp_path):
    """Nothing stays open that nobody will carry out; nothing more is sent before a restart."""
    second = ticket("rp2", SELL, "1", "0.9")
    placed = asyncio.Event()

    async def answering(node, method, params):
        if method == "eth_call" and len(params) == 3 and "data" in params[0]:
            await placed.wait()
            return None
        return await node.call(method, *params)

    async with trading(still, tmp_path, rpc=Odd(still, answering)) as desk:
        for made in (MADE, second):
            desk.order(made)
            desk.journal += await desk.trader.place(made)
        placed.set()
        await desk.until(lambda: desk.ended(MADE) and desk.ended(second))
        assert "an error of ours" in desk.trader._standing.reason

    assert not waiting(still)


async def test_what_another_node_has_not_seen_yet_is_taken_back_all_the_same(still, tmp_path):
    """What is allowed is asked of the block in which it was allowed; "latest" is of whichever node answers."""

    async def answering(node, method, params):
        if method == "eth_call" and "from" in params[0]:
            raise RpcError(3, "execution reverted")
        if method == "eth_call" and params[0].get("data", "").startswith("0xdd62ed3e") and params[1] == "latest":
            return "0x" + "0" * 64
        return await node.call(method, *params)

    async with trading(still, tmp_path, rpc=Odd(still, answering)) as desk:
        await ordered(desk, MADE)
        await mined(desk, lambda: desk.ended(MADE) and desk.ready)

    assert allowed(still, THREE, "USDC") == 0


async def test_without_ether_nothing_is_signed_to_take_back_what_is_allowed(still, tmp_path):
    """Not a line is written block after block; with ether it is taken back."""

    async def answering(node, method, params):
        if method == "eth_call" and "from" in params[0]:
            still.rpc("anvil_setBalance", SIGNER.address, hex(10**10))
            raise RpcError(3, "execution reverted")
        return await node.call(method, *params)

    async with trading(still, tmp_path, rpc=Odd(still, answering)) as desk:
        await ordered(desk, MADE)
        await mined(desk, lambda: desk.ended(MADE))
        size = (tmp_path / "rp1.jsonl").stat().st_size
        await blocks(desk, 12)
        assert (tmp_path / "rp1.jsonl").stat().st_size == size
        assert "no ether for gas" in desk.trader._standing.reason
        still.rpc("anvil_setBalance", SIGNER.address, hex(10**20))
        await mined(desk, lambda: allowed(still, THREE, "USDC") == 0 and desk.ready)


async def test_a_folder_of_another_chain_is_refused(still, tmp_path):
    """By its name, and nothing of it is broadcast; so is one that does not say."""
    async with trading(still, tmp_path) as desk:
        await ordered(desk, MADE)
    still.rpc("anvil_dropAllTransactions")
    told = tmp_path / "chain.json"
    kept = json.loads(told.read_text())
    for text in (json.dumps(kept | {"hash": "0x" + "1" * 64}), json.dumps(kept | {"number": 10**9}), "{"):
        told.write_text(text)
        with pytest.raises(UserError, match=r"another chain|does not say of which chain"):
            async with trading(still, tmp_path, desk.known()):
                pass

    assert not waiting(still)


async def test_a_folder_of_another_chain_is_refused_as_soon_as_a_node_answers(still, tmp_path):
    """A start without a node waits for one: then the wallet trades no more, for that reason."""
    (tmp_path / "chain.json").write_text(json.dumps({"number": 0, "hash": "0x" + "1" * 64}))
    down = [True]

    async def answering(node, method, params):
        if down[0]:
            raise RpcError(-32000, "starting up")
        return await node.call(method, *params)

    async with trading(still, tmp_path, rpc=Odd(still, answering)) as desk:
        down[0] = False
        await desk.until(lambda: "another chain" in desk.trader._standing.reason)
        still.mine()
        await asyncio.sleep(0.05)
        assert not desk.trader._standing.ready


async def test_what_waits_for_nonces_that_nobody_knows_is_given_up(still, tmp_path):
    """It is not offered to a chain that never had what came before it, and the wallet is not stuck."""
    before = still.snapshot()
    still.rpc("anvil_setNonce", SIGNER.address, hex(5))
    async with trading(still, tmp_path) as desk:
        await ordered(desk, MADE)
        heard(desk)
    still.rpc("anvil_dropAllTransactions")
    still.revert(before)
    async with trading(still, tmp_path, desk.known()) as again:
        await mined(again, lambda: again.ended(MADE) and again.ready)
        assert not waiting(still)

    assert "not known here" in again.of(MADE)[-1].reason
    assert [len(each.attempts) for each in swap_log.kept(tmp_path)] == [1]


async def test_a_fill_that_a_reorg_undid_for_good_stops_the_wallet(still, tmp_path):
    """Books and chain differ: nothing more is sent before a restart, which reads anew what lies in the wallet."""
    made = ticket("rp1", SELL, "1000", "0.9995")
    had, before = lies(still, "USDC"), still.snapshot()
    async with trading(still, tmp_path) as desk:
        await approved(desk, made)
        still.mine()
        await desk.done(made)
        still.rpc("anvil_dropAllTransactions")
        still.revert(before)
        still.deal(COINS["USDC"].address, TRADER, 10**14)
        still.swap(POOLS["Curve 3pool"], 1, 2, 15_000_000 * 10**6)
        for _ in range(4):  # a branch that is longer than the one it takes the place of
            still.mine()
        await mined(desk, lambda: "books and chain differ" in desk.trader._standing.reason)
        await blocks(desk, 3)
        assert not desk.trader._standing.ready
        (refused,) = await desk.trader.place(ticket("rp2", SELL, "1", "0.9"))
    async with trading(still, tmp_path, desk.known()) as again:
        await mined(again, lambda: again.ready)

    assert "rp1 was told as filled, and a reorganisation undid it" in refused.reason
    assert again.told()["USDC"] == lies(still, "USDC") == had
