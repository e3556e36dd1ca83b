"""A node on loopback that can be told to misbehave."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson
from aiohttp import web

GENESIS = 1_700_000_000


def header(number: int, *, fork: str = "a", timestamp: int | None = None) -> dict[str, Any]:
    """A block's header, its hash made of its number and its fork."""
    return {
        "number": hex(number),
        "hash": f"0x{fork}{number:063x}",
        "parentHash": f"0x{fork}{number - 1:063x}",
        "timestamp": hex(GENESIS + 12 * number if timestamp is None else timestamp),
    }


class Loopback:
    """Answers JSON-RPC over HTTP and WebSocket at one port. `respond` may replace its answer to any HTTP request."""

    def __init__(self) -> None:
        self.chain_id = 1
        self.head = header(1)
        self.asked: list[str] = []
        self.respond: Callable[[], web.Response] | None = None
        self.delay = 0.0
        self.methods: dict[str, Callable[..., Any]] = {
            "eth_chainId": lambda: hex(self.chain_id),
            "eth_blockNumber": lambda: self.head["number"],
            "eth_getBlockByNumber": lambda *_: self.head,
            "eth_subscribe": lambda _: "0x1",
            "eth_unsubscribe": lambda _: True,
            "echo": lambda *given: list(given),
        }
        self.sockets: list[web.WebSocketResponse] = []
        self.port = 0
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where it answers, with a key that nobody may show."""
        return f"http://127.0.0.1:{self.port}/v3/s3cret"

    @property
    def ws_url(self) -> str:
        """The same, over WebSocket."""
        return f"ws://127.0.0.1:{self.port}/v3/s3cret"

    async def start(self) -> None:
        """Listens, on the port it had before if it had one."""
        app = web.Application()
        app.router.add_route("*", "/v3/s3cret", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Drops everybody and listens no more."""
        await self.drop()
        if self._runner is not None:
            await self._runner.cleanup()

    async def drop(self) -> None:
        """Ends every WebSocket."""
        for socket in self.sockets:
            await socket.close()
        self.sockets.clear()

    async def push(self, head: dict[str, Any]) -> None:
        """A new head, told to all who listen."""
        self.head = head
        note = {"jsonrpc": "2.0", "method": "eth_subscription", "params": {"subscription": "0x1", "result": head}}
        for socket in self.sockets:
            await socket.send_str(orjson.dumps(note).decode())

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._serve_socket(request)
        if self.respond is not None:
            return self.respond()
        answer = self._answer(await request.read())
        await asyncio.sleep(self.delay)
        return web.Response(body=answer)

    async def _serve_socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                await socket.send_str(self._answer(message.data.encode()).decode())
        return socket

    def _answer(self, body: bytes) -> bytes:
        asked = orjson.loads(body)
        if isinstance(asked, list):  # in any order, as the specification allows
            return orjson.dumps([self._one(each) for each in reversed(asked)])
        return orjson.dumps(self._one(asked))

    def _one(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(asked["method"])
        answer = {"jsonrpc": "2.0", "id": asked["id"]}
        if asked["method"] not in self.methods:
            return answer | {"error": {"code": 3, "message": "execution reverted", "data": "0x08c379a0"}}
        return answer | {"result": self.methods[asked["method"]](*asked["params"])}


@asynccontextmanager
async def listening(count: int = 1) -> AsyncIterator[list[Loopback]]:
    """That many nodes."""
    nodes = [Loopback() for _ in range(count)]
    for node in nodes:
        await node.start()
    try:
        yield nodes
    finally:
        for node in nodes:
            await node.stop()
