"""Exchanges on loopback that speak their real wire formats, REST and websocket, so that ccxt's own classes are tested.

The original host is the first segment of the path: https://api.binance.com/api/v3/time is at
http://127.0.0.1:PORT/api.binance.com/api/v3/time, and sockets likewise. ccxt recognises its own urls by parts of
them, and those parts stay.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.model.markets import Asset, Candles
from bot.model.orders import MARGIN
from bot.sandbox import exchange_http
from bot.sandbox.errors import SandboxError
from bot.sandbox.exchange_account import Teller
from bot.sandbox.exchange_faults import CLOSES, REFUSES, Fault, Faults
from bot.sandbox.exchange_socket import Socket
from bot.sandbox.wire import margin, wires
from bot.sandbox.wire.account import Account
from bot.sandbox.wire.book import Book, Level, Levels, Listing, ladder, listings
from bot.sandbox.wire.exchange import MILLISECOND, Exchange, Transit
from bot.sandbox.wire.margin import Position
from bot.sandbox.wire.orders import Fill, Order
from bot.sandbox.wire.wire import Wire

HOST = "127.0.0.1"
STEP = 0.0005  # how far the levels of a book stand apart, a share of the price


class Exchanges:
    """Many exchanges at one port. Given the same calls and the same clock it says the same bytes."""

    def __init__(
        self,
        venues: Iterable[str] | None = None,
        *,
        markets: Mapping[str, str] | None = None,
        port: int = 0,
        clock: Callable[[], int] = time.time_ns,
        depth: int = 5,
    ) -> None:
        """`markets` replaces what a venue lists: {"kraken": "USDC/USD DAI/USD"}. `depth` is the levels of a book."""
        self._port = port
        self._depth = depth
        self._exchanges: dict[str, Exchange] = {}
        self._faults: dict[str, Faults] = defaultdict(Faults)
        self._tellers: dict[str, Teller] = {}
        self._sockets: dict[str, list[Socket]] = defaultdict(list)
        self._closing: set[asyncio.Task[None]] = set()
        self._joined = asyncio.Event()  # set once, at the next subscription
        self._runner: web.AppRunner | None = None
        for venue in wires.WIRES if venues is None else venues:
            self._open(venue, clock, (markets or {}).get(venue))

    async def __aenter__(self) -> Self:
        """Listens. Raises SandboxError where something else does already."""
        app = web.Application()
        app.router.add_route("*", "/{host}{path:/.*|}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, self._port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise SandboxError(f"port {self._port} cannot be listened on, try another: {error.strerror}") from None
        self._port = self._runner.addresses[0][1]
        for exchange in self._exchanges.values():
            exchange.address = self.url
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes every socket and listens no more."""
        await asyncio.gather(*(socket.close() for sockets in self._sockets.values() for socket in list(sockets)))
        await asyncio.gather(*self._closing)
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where they answer."""
        return f"http://{HOST}:{self._port}"

    @property
    def venues(self) -> tuple[str, ...]:
        """The exchanges played, by ccxt's ids."""
        return tuple(self._exchanges)

    def listings(self, venue: str) -> tuple[Listing, ...]:
        """The markets of an exchange."""
        return self._exchange(venue).listings

    def quote(
        self,
        venue: str,
        base: Asset,
        quote: Asset,
        bid: float | None,
        ask: float | None,
        bid_size: float = 10_000.0,
        ask_size: float = 10_000.0,
    ) -> None:
        """Sets the best of a market's book, worse levels behind it, and tells who listens. None: nobody is there.

        Prices and sizes go to the market's nearest step. Raises SandboxError where there is no such market.
        """
        listing = self._listing(venue, base, quote)
        bids = ladder(listing, bid, bid_size, -STEP, self._depth)
        self.book(venue, base, quote, bids, ladder(listing, ask, ask_size, STEP, self._depth))

    def book(self, venue: str, base: Asset, quote: Asset, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Sets everything that stands in a market, best first, and tells who listens."""
        listing = self._listing(venue, base, quote)
        self._exchange(venue).move(listing, _levels(bids), _levels(asks))
        if venue in self._tellers:
            self._tellers[venue].account.meet(listing)
        for socket in self._sockets[venue]:
            socket.moved(listing)
        if venue in self._tellers:
            self._tellers[venue].tell()

    def book_of(self, venue: str, base: Asset, quote: Asset) -> Book:
        """What stands in a market."""
        return self._exchange(venue).books[self._listing(venue, base, quote)]

    def beat(self, venue: str, base: Asset, quote: Asset) -> None:
        """Tells who listens to a market how it stands once more, as a change that changes nothing."""
        book = self.book_of(venue, base, quote)
        self.book(venue, base, quote, book.bids, book.asks)

    async def listened_to(self, venue: str, base: Asset, quote: Asset) -> None:
        """Waits until some client listens to a market."""
        listing = self._listing(venue, base, quote)
        while not any(socket.listens(listing) for socket in self._sockets[venue]):
            await self._joined.wait()

    def history(self, candles: Candles) -> None:
        """Sets the price history of a market at one timeframe."""
        market = candles.market
        listing = self._listing(market.venue, market.base, market.quote)
        self._exchange(market.venue).candles[listing, candles.timeframe // MILLISECOND] = candles

    def funding(self, venue: str, base: Asset, rate: Decimal | str) -> None:
        """Sets what a perpetual future's buyers pay its sellers every eight hours, a share; below 0 they are paid."""
        self._exchange(venue).funding[self._perpetual(venue, base)] = Decimal(rate)

    def settle_funding(self, venue: str) -> None:
        """Lets every position at an exchange pay or be paid now, and tells who listens."""
        margin.of(self.account(venue)).settle()
        self._tellers[venue].tell()

    def fund(self, venue: str, asset: Asset, amount: Decimal | int | str) -> None:
        """Adds to what the account at an exchange holds, or takes from it where `amount` is below 0."""
        self.account(venue).held[asset] += Decimal(amount)

    def balance(self, venue: str) -> dict[Asset, Decimal]:
        """All that the account holds of each asset, in whole coins, whether orders use it or not.

        Where positions are held, the wallet: money as if each were worth what it was entered at.
        """
        return self.account(venue).balances()

    def position(self, venue: str, base: Asset) -> Position:
        """What the account holds of a perpetual future, and its entry price. Raises SandboxError where it cannot."""
        return margin.of(self.account(venue)).position(self._perpetual(venue, base))

    def orders(self, venue: str) -> tuple[Order, ...]:
        """Every order that the account ever had, oldest first."""
        return tuple(self.account(venue).orders.values())

    def fills(self, venue: str) -> tuple[Fill, ...]:
        """Everything that the account traded, oldest first."""
        return tuple(self.account(venue).fills)

    def fees(self, venue: str, *, taker: Decimal | str, maker: Decimal | str) -> None:
        """Sets what trading costs from now on: shares of what is traded."""
        exchange = self._exchange(venue)
        exchange.taker, exchange.maker = Decimal(taker), Decimal(maker)

    def transit(self, venue: str, asset: Asset, transit: Transit) -> None:
        """Sets whether an asset comes in and goes out, and what going out costs."""
        self._exchange(venue).transit[asset] = transit

    def account(self, venue: str) -> Account:
        """The account at an exchange. Raises SandboxError where the sandbox speaks market data only."""
        if self._exchange(venue).venue not in self._tellers:
            raise SandboxError(
                f"{venue} has no accounts in the sandbox; there are some at {', '.join(wires.ALL_DESKS)}"
            )
        return self._tellers[venue].account

    async def attended(self, venue: str, topics: int = 1) -> None:
        """Waits until private streams run, as many `topics` on one socket: a login counts as one."""
        while not any(len(socket.private) >= topics for socket in self._sockets[venue]):
            await self._joined.wait()

    def fault(self, venue: str, fault: Fault, seconds: float | None = None, *, times: int | None = None) -> None:
        """Makes an exchange fail until it is mended, or until it failed so many times, where faults strike one by one.

        `seconds`: how late, or how far off its clock, or the share of orders, as the fault has it.
        """
        self._faults[self._exchange(venue).venue].begin(fault, seconds, times)
        self._set_clock(venue)
        if fault in CLOSES:
            self._drop(venue)

    def mend(self, venue: str, *faults: Fault) -> None:
        """Ends those faults, or all of them where none is named."""
        for fault in faults or tuple(Fault):
            self._faults[venue].pop(fault, None)
        self._set_clock(venue)

    def _open(self, venue: str, clock: Callable[[], int], markets: str | None) -> None:
        if venue not in wires.ALL:
            raise SandboxError(f"no exchange {venue} in the sandbox; there are {', '.join(wires.ALL)}")
        exchange = Exchange(venue, clock)
        exchange.open(wires.ALL[venue].listed if markets is None else listings(markets))
        self._exchanges[venue] = exchange
        if venue in wires.ALL_DESKS:
            wire, desk = wires.ALL[venue], wires.ALL_DESKS[venue]
            self._tellers[venue] = Teller(wire, desk, exchange, self._faults[venue], self._sockets[venue])

    def _exchange(self, venue: str) -> Exchange:
        if venue not in self._exchanges:
            raise SandboxError(f"no exchange {venue} is played; there are {', '.join(self._exchanges)}")
        return self._exchanges[venue]

    def _listing(self, venue: str, base: Asset, quote: Asset) -> Listing:
        listing = self._exchange(venue).listing(base, quote)
        if listing is None:
            raise SandboxError(f"{venue} has no market {base}/{quote} in the sandbox")
        return listing

    def _perpetual(self, venue: str, base: Asset) -> Listing:
        return self._listing(venue, base, MARGIN)

    def _set_clock(self, venue: str) -> None:
        self._exchange(venue).skew = round(self._faults[venue].get(Fault.SKEW, 0.0) * 1e9)

    def _announce(self) -> None:
        self._joined.set()
        self._joined = asyncio.Event()

    def _drop(self, venue: str) -> None:
        for socket in self._sockets[venue]:
            task = asyncio.get_running_loop().create_task(socket.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        host = request.match_info["host"]
        wire = wires.at(host, self._exchanges)
        if wire is None:
            return web.Response(status=404, text=f"no exchange at {host} in the sandbox")
        faults = self._faults[wire.venue]
        for fault, refusal in REFUSES.items():
            if fault in faults:
                return exchange_http.response(wire.refusals[refusal], faults)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._serve_socket(request, wire)
        await asyncio.sleep(faults.get(Fault.SLOW, 0.0))
        try:
            asked, teller = await exchange_http.asked(request), self._tellers.get(wire.venue)
        except ConnectionResetError:  # who asked has hung up
            return web.Response(status=400)
        if teller is not None and teller.desk.asked(asked):
            return await teller.serve(request, asked)
        exchange = self._exchanges[wire.venue]
        return exchange_http.response(
            exchange_http.answered(lambda: wire.answer(asked, exchange), wire.refusals), faults
        )

    async def _serve_socket(self, request: web.Request, wire: Wire) -> web.StreamResponse:
        exchange, faults, teller = self._exchanges[wire.venue], self._faults[wire.venue], self._tellers.get(wire.venue)
        desk = None if teller is None else (teller.desk, teller.account)
        socket = Socket(wire, exchange, request.path_qs, faults, self._announce, desk)
        self._sockets[wire.venue].append(socket)
        try:
            return await socket.serve(request)
        finally:
            self._sockets[wire.venue].remove(socket)


def _levels(side: Iterable[Level]) -> Levels:
    return tuple(Level(*level) for level in side)


if __name__ == "__main__":
    from bot.sandbox.exchange_process import main

    main()
