"""JSON-RPC over whichever node is healthy."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from bot.sandbox.chain import Sandbox
from bot.venues import rpc as rpc_module
from bot.venues.rpc import NodeDown, Rpc, RpcError, WrongChain

from .loopback import Loopback, header, listening

PATIENCE = 5.0


@asynccontextmanager
async def connected(urls: Sequence[str], **settings: float) -> AsyncIterator[Rpc]:
    rpc = Rpc(urls, **settings)
    try:
        yield rpc
    finally:
        await rpc.close()


@pytest.fixture(params=["http", "ws"])
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Loopback, Loopback, list[str]]]:
    """Two nodes, and their URLs over one transport."""
    async with listening(2) as (first, second):
        urls = [node.url if request.param == "http" else node.ws_url for node in (first, second)]
        yield first, second, urls


async def test_answers_come_from_the_first_node(pair):
    """A call is answered by the preferred node and leaves the others alone."""
    first, second, urls = pair
    async with connected(urls) as rpc:
        assert await rpc.call("echo", "0x1", {"deep": [None, True]}) == ["0x1", {"deep": [None, True]}]

    assert first.asked == ["echo"]
    assert second.asked == []


async def test_a_refusal_is_not_a_failure(pair):
    """A node's own error reaches the caller with code and revert data, and no other node is asked."""
    _, second, urls = pair
    async with connected(urls) as rpc:
        with pytest.raises(RpcError, match="execution reverted") as caught:
            await rpc.call("unheard_of")

    assert (caught.value.code, caught.value.data) == (3, "0x08c379a0")
    assert second.asked == []


async def test_batches_keep_their_order(pair):
    """Results stand in the order asked, whatever order the node answers in, and one error spoils no other entry."""
    _, _, urls = pair
    async with connected(urls) as rpc:
        results = await rpc.batch([("echo", ["0x1"]), ("unheard_of", []), ("echo", ["0x2"])])
        assert await rpc.batch([]) == []

    assert (results[0], results[2]) == (["0x1"], ["0x2"])
    assert isinstance(results[1], RpcError)


async def test_many_calls_share_a_connection(pair):
    """Calls made at once each get their own answer."""
    _, _, urls = pair
    async with connected(urls) as rpc:
        answers = await asyncio.gather(*(rpc.call("echo", hex(i)) for i in range(50)))

    assert answers == [[hex(i)] for i in range(50)]


async def test_a_dead_node_is_left_for_the_next(pair):
    """When the preferred node hangs up the same call is answered by the next."""
    first, second, urls = pair
    async with connected(urls) as rpc:
        await rpc.call("echo")
        await first.stop()
        assert await rpc.call("echo", "0x2") == ["0x2"]

    assert second.asked == ["echo"]


async def test_a_node_that_came_back_is_used_again(pair, monkeypatch):
    """A rested node is looked at in the background and preferred again once it answers."""
    monkeypatch.setattr(rpc_module, "PROBE_EVERY", 0.01)
    first, _, urls = pair
    async with connected(urls) as rpc:
        await first.stop()
        await rpc.call("echo")
        await first.start()
        await _until(lambda: "eth_blockNumber" in first.asked)
        await asyncio.sleep(0.01)
        first.asked.clear()
        await rpc.call("echo")

    assert first.asked == ["echo"]


@pytest.mark.parametrize(
    "response",
    [
        lambda: web.Response(status=429),
        lambda: web.Response(status=503, text="busy"),
        lambda: web.Response(body=b"<html>not a node</html>"),
        lambda: web.Response(body=b'{"message": "forbidden"}', status=403),
        lambda: web.Response(body=b'{"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"daily limit"}}'),
        lambda: web.Response(body=b"[1]"),
    ],
)
async def test_nonsense_is_no_answer(response):
    """A node that is overloaded, out of quota or no node at all is left for the next."""
    async with listening(2) as (first, second), connected([first.url, second.url]) as rpc:
        first.respond = response
        assert await rpc.call("echo", "0x1") == ["0x1"]
        assert await rpc.batch([("echo", ["0x2"])]) == [["0x2"]]


async def test_a_slow_node_is_no_node():
    """A node that does not answer in time is left for the next, and not waited for again."""
    async with listening(2) as (first, second), connected([first.url, second.url], timeout=0.5) as rpc:
        first.delay = 60
        assert await rpc.call("echo", "0x1") == ["0x1"]
        assert await rpc.call("echo", "0x2") == ["0x2"]
        assert (first.asked.count("echo"), second.asked.count("echo")) == (1, 2)


async def test_keys_in_urls_stay_secret(caplog):
    """Neither errors nor logs show more of a node's URL than its host."""
    caplog.set_level(logging.DEBUG, logger="bot")
    async with listening() as (node,):
        urls = [node.url, node.ws_url]
        await node.stop()
        async with connected(urls, timeout=0.5) as rpc:
            with pytest.raises(NodeDown) as caught:
                await rpc.call("echo")

    assert "127.0.0.1" in str(caught.value)
    assert "s3cret" not in str(caught.value) + repr(caught.value.__cause__) + caplog.text


async def test_no_nodes_at_all():
    """Without any node configured a call says so."""
    async with connected([]) as rpc:
        with pytest.raises(NodeDown, match="no node is configured"):
            await rpc.call("echo")


def test_only_node_urls_are_taken():
    """A URL of another scheme is refused by name of the scheme alone."""
    with pytest.raises(ValueError, match="not ftp://") as caught:
        Rpc(["ftp://host/s3cret"])

    assert "s3cret" not in str(caught.value)


async def test_the_wrong_chain_is_refused(pair):
    """A node of another chain stops the start, whichever of the nodes it is."""
    _, second, urls = pair
    second.chain_id = 5
    async with connected(urls) as rpc:
        with pytest.raises(WrongChain, match=r"127\.0\.0\.1 serves chain 5, not 1"):
            await rpc.check(1)


async def test_a_node_of_another_chain_that_comes_late_is_not_used(pair):
    """A node that was down at the check is asked for its chain before its first answer is used."""
    first, second, urls = pair
    second.chain_id = 5
    await second.stop()
    async with connected(urls) as rpc:
        await rpc.check(1)
        await second.start()
        await first.stop()
        with pytest.raises(NodeDown, match="serves chain 5, not 1"):
            await rpc.call("echo")

    assert "echo" not in second.asked


async def test_heads_come_once_each(pair):
    """Each new head is told once, in the order the node tells them, from its present one on."""
    first, _, urls = pair
    async with connected(urls, poll=0.01) as rpc:
        heads = rpc.heads()
        assert await _next(heads) == header(1)
        await first.push(header(2))
        assert await _next(heads) == header(2)
        await first.push(header(2))
        await first.push(header(3))
        assert await _next(heads) == header(3)
        await heads.aclose()


async def test_heads_outlive_their_connection():
    """When the WebSocket drops, heads go on, and the one that came meanwhile is not lost."""
    async with listening() as (node,), connected([node.ws_url], poll=0.01) as rpc:
        heads = rpc.heads()
        await _next(heads)
        await node.stop()
        node.head = header(2)
        await node.start()
        assert await _next(heads) == header(2)
        await node.push(header(3))
        assert await _next(heads) == header(3)
        await heads.aclose()


async def test_heads_move_to_the_next_node(pair):
    """When the preferred node dies, heads come from the next; those both told are told once."""
    first, second, urls = pair
    async with connected(urls, poll=0.01) as rpc:
        heads = rpc.heads()
        await _next(heads)
        await first.stop()
        await asyncio.sleep(0.05)
        await second.push(header(2))
        assert await _next(heads) == header(2)
        await heads.aclose()


async def test_a_node_stuck_behind_another_rests(pair):
    """A head that is old makes the nodes be compared, and the one that is ahead is listened to."""
    first, second, urls = pair
    first.head, second.head = header(10), header(20)
    async with connected(urls, poll=0.01, stale_after=0.05) as rpc:
        heads = rpc.heads()
        assert await _next(heads) == header(10)
        assert await _next(heads) == header(20)
        await heads.aclose()


async def test_an_old_chain_is_no_stale_node(pair):
    """A chain whose time stands still, as a sandbox's may, is read from the preferred node as long as none is ahead."""
    first, second, urls = pair
    async with connected(urls, poll=0.01, stale_after=0.01) as rpc:
        heads = rpc.heads()
        await _next(heads)
        await first.push(header(2))
        await _next(heads)
        await second.push(header(3))
        await first.push(header(3, fork="b"))
        assert await _next(heads) == header(3, fork="b")
        await heads.aclose()


async def test_every_transport_reaches_a_real_node(sandbox: Sandbox):
    """HTTP, WebSocket and IPC give the same answers of anvil, single and batched."""
    answers = []
    for url in (sandbox.url, sandbox.ws_url, str(sandbox.ipc)):
        async with connected([url]) as rpc:
            await rpc.check(sandbox.chain_id)
            answers.append(await rpc.batch([("eth_blockNumber", []), ("eth_getBlockByNumber", ["0x1", False])]))
            heads = rpc.heads()
            assert (await _next(heads))["number"] == answers[-1][0]
            await heads.aclose()

    assert answers[0] == answers[1] == answers[2]


async def test_a_missing_ipc_socket_is_a_dead_node(tmp_path: Path):
    """An IPC path where nobody listens is a node that does not answer."""
    async with connected([str(tmp_path / "geth.ipc")]) as rpc:
        with pytest.raises(NodeDown, match="ipc: FileNotFoundError"):
            await rpc.call("eth_chainId")


async def _next(heads):
    return await asyncio.wait_for(anext(heads), PATIENCE)


async def _until(true):
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - what is waited for is another task's doing, not an event
            await asyncio.sleep(0.01)
