"""ccxt's own classes, pointed at exchanges on loopback."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import ccxt.pro

from bot.model.markets import PERPETUAL
from bot.sandbox.exchange import Exchanges
from bot.sandbox.wire.book import Listing
from bot.sandbox.wire.wires import FUTURES

PATIENCE = 10.0  # seconds that a client may take for what takes milliseconds
BEATS = {"kucoin": 6, "bitstamp": 7, "bitvavo": 1, "mexc": 26, "xt": 26}  # changes it waits for
OPTIONS = {  # what ccxt's class must be told to work with spot markets only, and with best bids and asks
    "htx": {
        "fetchMarkets": {"types": {"spot": True, "linear": False, "inverse": False}},
        "watchTicker": {"name": "market.{marketId}.bbo"},
    }
}
_URL = re.compile(r"(http|ws)s?://(.+)")


@asynccontextmanager
async def client(venue: str, url: str, **options: Any) -> AsyncIterator[Any]:
    """A client of one exchange whose every request goes to `url`."""
    made = getattr(ccxt.pro, venue)(
        {"enableRateLimit": False, "options": OPTIONS.get(venue, {}), "timeout_on_exit": 0, **options}
    )
    made.urls["api"] = _through(made.urls["api"], url)
    if venue == "binanceusdm":  # ccxt knows by the host what an error's number means
        made.get_exceptions_by_url = lambda _, kind: made.exceptions["linear"].get(kind, {})
    try:
        yield made
    finally:
        await made.close()


async def soon(awaited: Any) -> Any:
    """What is awaited, which is there at once or fails."""
    return await asyncio.wait_for(awaited, PATIENCE)


def symbol(listing: Listing) -> str:
    """A market as ccxt calls it."""
    name = f"{listing.base.removesuffix(PERPETUAL)}/{listing.quote}"
    return f"{name}:{listing.quote}" if listing.base.endswith(PERPETUAL) else name


def _through(urls: Any, url: str) -> Any:
    if isinstance(urls, dict):
        return {name: _through(each, url) for name, each in urls.items()}
    found = _URL.fullmatch(urls) if isinstance(urls, str) else None
    return f"{found[1]}{url.removeprefix('http')}/{found[2]}" if found else urls


class Floor:
    """One exchange of the sandbox, its first market, and a client of it."""

    def __init__(self, exchanges: Exchanges, ccxt: Any) -> None:
        self.exchanges, self.ccxt, (self.venue,) = exchanges, ccxt, exchanges.venues
        first = exchanges.listings(self.venue)[0]
        self.market = (self.venue, first.base, first.quote)
        self.symbol = symbol(first)

    def quote(self, *terms: float | None) -> None:
        """Sets the market's best prices and sizes: bid, ask, bid size, ask size."""
        self.exchanges.quote(*self.market, *terms)

    def watch(self) -> asyncio.Future[Any]:
        """Begins to wait for the next book."""
        return asyncio.ensure_future(soon(self.ccxt.watch_order_book(self.symbol)))


@asynccontextmanager
async def opened(venue: str, **options: Any) -> AsyncIterator[Floor]:
    """One exchange and a client of it."""
    async with Exchanges([venue]) as exchanges, client(venue, exchanges.url, **options) as ccxt:
        yield Floor(exchanges, ccxt)


KEYS = {"apiKey": "key", "secret": "c2VjcmV0", "password": "pass"}  # any would do
STREAMS = {"okx": 2, "bybit": 3}  # private topics of a client that watches orders and trades, with its login
ASKS = {"bybit": {"acknowledged": True}}  # what ccxt wants to hear before it asks for an order
BALANCES = {"coinbase": {"v3": True}}  # what it must be told to learn what orders use
MUTE = {"coinbase"}  # whose own trades ccxt cannot watch
OWN = {"coinbase": "client_order_id"}  # what it calls a client order id, where it takes no clientOrderId


class Trader(Floor):
    """A floor whose client has an account, and hears what becomes of its orders."""

    def __init__(self, exchanges: Exchanges, ccxt: Any) -> None:
        super().__init__(exchanges, ccxt)
        self.base, self.paid = self.market[1:]
        self.heard: list[Any] = []  # every message of every socket
        self.told: dict[str, list[Any]] = {"orders": [], "trades": []}  # what ccxt made of them
        self._understand = ccxt.handle_message
        self.listening: list[asyncio.Task[None]] = []
        ccxt.handle_message = self._hear

    def fund(self, **amounts: str) -> None:
        """Gives the account `base` and `quote`."""
        self.exchanges.fund(self.venue, self.base, amounts.get("base", "0"))
        self.exchanges.fund(self.venue, self.paid, amounts.get("quote", "0"))

    async def order(self, side: str, amount: float, price: float | None = None, **params: Any) -> str:
        """Places an order: at `price`, or at any."""
        kind = "market" if price is None else "limit"
        params = {OWN.get(self.venue, name) if name == "clientOrderId" else name: params[name] for name in params}
        return (await soon(self.ccxt.create_order(self.symbol, kind, side, amount, price, params)))["id"]

    async def asked(self, order: str) -> Any:
        """An order as the exchange tells it."""
        return await soon(self.ccxt.fetch_order(order, self.symbol, ASKS.get(self.venue, {})))

    async def balance(self) -> Any:
        """What the account holds as the exchange tells it."""
        return await soon(self.ccxt.fetch_balance(BALANCES.get(self.venue, {})))

    async def cancel(self, order: str) -> None:
        """Takes an order back."""
        await soon(self.ccxt.cancel_order(order, self.symbol))

    async def listen(self) -> None:
        """Watches own orders and trades from now on."""
        watched = {"orders": self.ccxt.watch_orders, "trades": self.ccxt.watch_my_trades}
        for what, watch in watched.items():
            if what == "trades" and self.venue in MUTE:
                continue
            self.listening.append(asyncio.ensure_future(self._follow(self.told[what], watch)))
        await soon(self.exchanges.attended(self.venue, STREAMS.get(self.venue, 1)))

    async def until(self, what: str, holds: Any) -> Any:
        """The first that ccxt tells of orders or trades and that is as it should be."""
        await soon(self._until(lambda: any(holds(each) for each in self.told[what])))
        return next(each for each in self.told[what] if holds(each))

    async def deaf(self) -> None:
        """Watches no more."""
        for each in self.listening:
            each.cancel()
        await asyncio.gather(*self.listening, return_exceptions=True)

    async def _until(self, holds: Any) -> None:
        while not holds():  # noqa: ASYNC110 - ccxt sets no event
            await asyncio.sleep(0.002)

    async def _follow(self, told: list[Any], watch: Any) -> None:
        while True:
            told.extend(await watch())

    def _hear(self, client: Any, message: Any) -> Any:
        self.heard.append(message)
        return self._understand(client, message)


@asynccontextmanager
async def trading(venue: str, **options: Any) -> AsyncIterator[Trader]:
    """One exchange, and a client that has an account there."""
    async with Exchanges([venue]) as exchanges, client(venue, exchanges.url, **KEYS, **options) as ccxt:
        ccxt.has["fetchCurrencies"] = False
        trader = Trader(exchanges, ccxt)
        try:
            yield trader
        finally:
            await trader.deaf()


@asynccontextmanager
async def ready(venue: str) -> AsyncIterator[Trader]:
    """The same with money, coins where there are some to have, and a book to trade with."""
    async with trading(venue) as trader:
        trader.quote(0.9991, 0.9993, 100.0, 100.0)
        trader.fund(base="0" if venue in FUTURES else "500", quote="1000")
        await trader.ccxt.load_markets()
        yield trader


async def first_book(floor: Floor) -> Any:
    """The first book a client shows. Some wait for changes to come before they ask for the book they change."""
    watching = floor.watch()
    await soon(floor.exchanges.listened_to(*floor.market))
    for _ in range(BEATS.get(floor.venue, 0)):
        floor.exchanges.beat(*floor.market)
    return await watching


def touch(book: Any) -> tuple[float, ...]:
    """The best bid and ask as (bid, ask, bid size, ask size)."""
    (bid, bid_size), (ask, ask_size) = book["bids"][0][:2], book["asks"][0][:2]
    return bid, ask, bid_size, ask_size


def told(ticker: Any) -> tuple[float, ...]:
    """The same of a ticker."""
    return ticker["bid"], ticker["ask"], ticker["bidVolume"], ticker["askVolume"]
