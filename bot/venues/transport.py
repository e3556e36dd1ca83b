"""One connection to one node: HTTP, WebSocket or IPC. Bytes out, parsed JSON in, and every failure is `Unreachable`.

A node's URL may hold an API key, so nothing here shows more of it than the host.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol, TypeAlias

import aiohttp
import orjson
from yarl import URL

Json: TypeAlias = Any
"""Whatever JSON can hold: what it is depends on the method asked."""

TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500
FAREWELL = 0.5  # seconds a node may take to say goodbye
LINE_LIMIT = 1 << 28  # bytes of one IPC message
ANSWERS = frozenset({"result", "error", "method"})
FAILURES = (aiohttp.ClientError, asyncio.IncompleteReadError, TimeoutError, OSError)


class Unreachable(Exception):  # noqa: N818 - a state of the node, as an operator would say it
    """The node gave no answer that can be used."""


class Transport(Protocol):
    """How requests travel to a node.

    `pushes` says whether it delivers subscriptions, by calling `on_push` with the parameters of each notification, and
    with None when the connection is lost.
    """

    host: str
    pushes: bool
    on_push: Callable[[dict[str, Json] | None], None]

    async def exchange(self, body: bytes, key: int) -> Json:
        """The node's answer to a request with id `key`, or to a batch whose lowest id that is."""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...


class Http:
    """A pool of kept-alive connections; each exchange is one POST."""

    pushes = False

    def __init__(self, url: str, timeout: float) -> None:
        self.host = _host(url)
        self.on_push: Callable[[dict[str, Json] | None], None] = _ignore
        self._url = URL(url)
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    async def exchange(self, body: bytes, key: int) -> Json:  # noqa: ARG002 - HTTP itself pairs answers with requests
        """See `Transport`. When the server has closed the kept-alive connection meanwhile, it is tried once more."""
        try:
            async with asyncio.timeout(self._timeout):
                try:
                    return await self._post(body)
                except aiohttp.ServerDisconnectedError:
                    return await self._post(body)
        except FAILURES as error:
            raise Unreachable(f"{self.host}: {_reason(error)}") from None

    async def close(self) -> None:
        """See `Transport`."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, body: bytes) -> Json:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=75)
            self._session = aiohttp.ClientSession(connector=connector, headers={"Content-Type": "application/json"})
        async with self._session.post(self._url, data=body) as response:
            if response.status == TOO_MANY_REQUESTS or response.status >= SERVER_ERROR:
                raise Unreachable(f"{self.host}: HTTP {response.status}")
            return _parsed(await response.read(), self.host)


class Wire(Protocol):
    """An open connection that carries whole messages."""

    async def send(self, body: bytes) -> None:
        """One message out."""
        ...

    async def receive(self) -> bytes | None:
        """The next message in; None at the end."""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...


class Socket:
    """A connection that many exchanges share and that pushes subscriptions; dialled again when it is lost."""

    pushes = True

    def __init__(self, host: str, dial: Callable[[], Awaitable[Wire]], timeout: float) -> None:
        self.host = host
        self.on_push: Callable[[dict[str, Json] | None], None] = _ignore
        self._dial = dial
        self._timeout = timeout
        self._wire: Wire | None = None
        self._dialling = asyncio.Lock()
        self._reader: asyncio.Task[None] | None = None
        self._pending: dict[int, asyncio.Future[Json]] = {}

    async def exchange(self, body: bytes, key: int) -> Json:
        """See `Transport`."""
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._timeout):
                wire = self._wire or await self._open()
                self._pending[key] = answer
                await wire.send(body)
                return await answer
        except FAILURES as error:
            raise Unreachable(f"{self.host}: {_reason(error)}") from None
        finally:
            self._pending.pop(key, None)

    async def close(self) -> None:
        """See `Transport`."""
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader

    async def _open(self) -> Wire:
        async with self._dialling:
            if self._wire is None:
                self._wire = await self._dial()
                self._reader = asyncio.create_task(self._read(self._wire))
            return self._wire

    async def _read(self, wire: Wire) -> None:
        try:
            while (raw := await wire.receive()) is not None:
                self._deliver(_parsed(raw, self.host))
        except (Unreachable, ValueError, *FAILURES):
            pass  # a message that cannot be understood ends the connection as a broken one does
        finally:
            self._lose()
            await wire.close()

    def _deliver(self, message: Json) -> None:
        if isinstance(message, dict) and "method" in message:
            self.on_push(message.get("params") or {})
            return
        key = _key(message)
        # an error that names no request, as for a batch that is too large, answers all of them
        waiting = list(self._pending.values()) if key is None else [self._pending.get(key)]
        for future in waiting:
            if future is not None and not future.done():
                future.set_result(message)

    def _lose(self) -> None:
        self._wire = None
        for future in self._pending.values():
            if not future.done():
                future.set_exception(ConnectionResetError())
        self.on_push(None)


class WebSocketWire:
    """A WebSocket as a `Wire`."""

    def __init__(self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._session = session
        self._socket = socket

    async def send(self, body: bytes) -> None:
        """See `Wire`."""
        await self._socket.send_str(body.decode())

    async def receive(self) -> bytes | None:
        """See `Wire`."""
        message = await self._socket.receive()
        match message.type:
            case aiohttp.WSMsgType.TEXT:
                return str(message.data).encode()
            case aiohttp.WSMsgType.BINARY:
                return bytes(message.data)
            case _:
                return None

    async def close(self) -> None:
        """See `Wire`."""
        await self._socket.close()
        await self._session.close()


class StreamWire:
    """A Unix socket as a `Wire`: one message a line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, body: bytes) -> None:
        """See `Wire`."""
        self._writer.write(body + b"\n")
        await self._writer.drain()

    async def receive(self) -> bytes | None:
        """See `Wire`."""
        return await self._reader.readline() or None

    async def close(self) -> None:
        """See `Wire`."""
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


def connect(url: str, timeout: float) -> Transport:
    """The transport that `url` calls for: http(s)://, ws(s)://, or else the path of an IPC socket. Dials lazily."""
    match URL(url).scheme:
        case "http" | "https":
            return Http(url, timeout)
        case "ws" | "wss":
            return Socket(_host(url), lambda: _dial_websocket(url, timeout), timeout)
        case "":
            return Socket("ipc", lambda: _dial_ipc(url), timeout)
        case scheme:
            raise ValueError(f"a node is http(s)://, ws(s):// or the path of an IPC socket, not {scheme}://")


async def _dial_websocket(url: str, timeout: float) -> Wire:  # noqa: ASYNC109 - the heartbeat's, not this call's
    session = aiohttp.ClientSession()
    try:
        patience = aiohttp.ClientWSTimeout(ws_close=FAREWELL)
        socket = await session.ws_connect(url, heartbeat=timeout, max_msg_size=0, timeout=patience)
    except BaseException:
        await session.close()
        raise
    return WebSocketWire(session, socket)


async def _dial_ipc(path: str) -> Wire:
    return StreamWire(*await asyncio.open_unix_connection(path, limit=LINE_LIMIT))


def _key(message: Json) -> int | None:
    entries = message if isinstance(message, list) else [message]
    return min((entry["id"] for entry in entries if isinstance(entry.get("id"), int)), default=None)


def _parsed(raw: bytes, host: str) -> Json:
    try:
        message = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Unreachable(f"{host}: the answer is not JSON") from None
    entries = message if isinstance(message, list) else [message]
    if not all(isinstance(entry, dict) and not entry.keys().isdisjoint(ANSWERS) for entry in entries):
        raise Unreachable(f"{host}: the answer is not JSON-RPC")
    return message


def _host(url: str) -> str:
    return URL(url).host or "?"


def _reason(error: BaseException) -> str:
    return "timed out" if isinstance(error, TimeoutError) else type(error).__name__


def _ignore(_: dict[str, Json] | None) -> None:
    pass
