"""ccxt's own classes, pointed at exchanges on loopback."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import ccxt.pro

from bot.sandbox.exchange import Exchanges

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
    try:
        yield made
    finally:
        await made.close()


async def soon(awaited: Any) -> Any:
    """What is awaited, which is there at once or fails."""
    return await asyncio.wait_for(awaited, PATIENCE)


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
        self.symbol = f"{first.base}/{first.quote}"

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
