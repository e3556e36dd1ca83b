"""One client's websocket at a sandbox exchange."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import count

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from bot.sandbox.exchange_faults import CLOSES, Fault, broken
from bot.sandbox.wire.account import Account
from bot.sandbox.wire.book import Book, Listing
from bot.sandbox.wire.desk import Desk
from bot.sandbox.wire.exchange import Exchange
from bot.sandbox.wire.orders import AccountNews, Funded
from bot.sandbox.wire.wire import UNCLEAR, Json, Refusal, RefusedError, Subscription, Wire

BACKLOG = 20_000  # messages that wait for a slow reader before it is cut off


class Socket:
    """Its subscriptions, and what waits to be sent. The `Line` that a wire speaks on."""

    def __init__(
        self,
        wire: Wire,
        exchange: Exchange,
        path: str,
        faults: Mapping[Fault, float],
        joined: Callable[[], None],
        desk: tuple[Desk, Account] | None = None,
    ) -> None:
        """`joined` is called whenever a stream begins. `desk`: who speaks of an account, where there is one."""
        self.exchange = exchange
        self.private: set[str] = set()
        self._desk: Desk | None = None
        self._account: Account | None = None
        if desk is not None:
            self._desk, self._account = desk
        self.path = path
        self._joined = joined
        self._wire = wire
        self._faults = faults
        self._topics: dict[str, Subscription] = {}
        self._streams: dict[Listing, dict[str, Subscription]] = defaultdict(dict)  # the same, by market
        self._waiting: asyncio.Queue[tuple[float, str | bytes]] = asyncio.Queue(BACKLOG)
        self._numbers = count()
        self._socket = web.WebSocketResponse(timeout=1.0, compress=False)
        self._transport: asyncio.Transport | None = None

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Speaks with the client until one of them closes."""
        await self._socket.prepare(request)
        self._transport = request.transport
        writing = asyncio.create_task(self._write())
        try:
            if CLOSES & self._faults.keys():
                await self.close()
            self._say_all(self._wire.greeting())
            self._heed(self._dialled)
            async for message in self._socket:
                self._heed(partial(self._hear, _understood(message.data)))
        finally:
            writing.cancel()
        return self._socket

    async def close(self) -> None:
        """Ends it, as an exchange does that goes away."""
        if self._transport is not None:
            await self._socket.close(code=WSCloseCode.GOING_AWAY)

    def say(self, message: Json) -> None:
        """Sends a message: JSON, text as it is, or bytes as a binary frame."""
        told = message if isinstance(message, str | bytes) else orjson.dumps(message).decode()
        due = asyncio.get_running_loop().time() + self._faults.get(Fault.SLOW, 0.0)
        try:
            self._waiting.put_nowait((due, broken(told) if Fault.GARBAGE in self._faults else told))
        except asyncio.QueueFull:
            self._cut()

    def subscribe(self, topic: str, listing: Listing, depth: int = 0) -> None:
        """Begins a stream: what `Wire.opening` says at once, then every change."""
        stream = Subscription(topic, listing, self, self.exchange.books[listing], depth)
        self._topics[topic] = self._streams[listing][topic] = stream
        if Fault.STALL not in self._faults:
            self._say_all(self._open(stream, stream.told))
        self._joined()

    def unsubscribe(self, topic: str) -> None:
        """Ends a stream."""
        stream = self._topics.pop(topic, None)
        if stream is not None:
            del self._streams[stream.listing][topic]

    @property
    def account(self) -> Account:
        """Whose orders are told of."""
        if self._account is None:
            raise RefusedError(Refusal.UNKNOWN_PATH)
        return self._account

    def attend(self, topic: str) -> None:
        """Begins a private stream."""
        self.private.add(topic)
        self._joined()

    def happened(self, news: AccountNews) -> None:
        """Tells the private streams what became of an order, or of a position."""
        silent = Fault.STALL in self._faults or Fault.PRIVATE_SILENT in self._faults
        if self._desk is not None and self.private and not silent:
            told = self._desk.funded(news, self) if isinstance(news, Funded) else self._desk.news(news, self)
            self._say_all(told)

    def count(self) -> int:
        """0, 1, 2, ...: numbers of this socket's own."""
        return next(self._numbers)

    def topics(self) -> list[str]:
        """The streams that run, in the order in which they began."""
        return list(self._topics)

    def listens(self, listing: Listing) -> bool:
        """Whether a stream of that market runs."""
        return bool(self._streams.get(listing))

    def moved(self, listing: Listing) -> None:
        """Tells the streams of a market what stands there now."""
        if Fault.STALL in self._faults or listing not in self._streams:
            return
        book = self.exchange.books[listing]
        for stream in self._streams[listing].values():
            self._tell(stream, book)

    def _open(self, stream: Subscription, book: Book) -> list[Json]:
        stream.opened = True
        return list(self._wire.opening(stream, book))

    def _tell(self, stream: Subscription, book: Book) -> None:
        """One that began while the exchange was silent begins now, in so far as it has a beginning."""
        began = [] if stream.opened else self._open(stream, book)
        said = began or list(self._wire.update(stream, book))
        stream.told = book
        stream.lost = Fault.GAP in self._faults and not stream.lost
        if not stream.lost:
            self._say_all(said)

    def _dialled(self) -> None:
        self._wire.dialled(self)
        if self._desk is not None:
            self._desk.dialled(self)

    def _hear(self, message: Json) -> None:
        if self._desk is None or not self._desk.hear(message, self):
            self._wire.hear(message, self)

    def _cut(self) -> None:
        """Ends the connection without a word."""
        if self._transport is not None:
            self._transport.abort()

    def _say_all(self, messages: Iterable[Json]) -> None:
        for message in messages:
            self.say(message)

    def _heed(self, act: Callable[[], None]) -> None:
        try:
            act()
        except RefusedError as refused:
            self.say(self._wire.refusals[refused.why].body)
        except UNCLEAR:
            self.say(self._wire.refusals[Refusal.BAD_REQUEST].body)

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._socket.closed:
            due, message = await self._waiting.get()
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            kind = WSMsgType.TEXT if isinstance(message, str) else WSMsgType.BINARY
            try:
                await self._socket.send_frame(message.encode() if isinstance(message, str) else message, kind)
            except ConnectionResetError:
                return


def _understood(text: str | bytes) -> Json:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
