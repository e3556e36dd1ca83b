"""ccxt's own classes, pointed at exchanges on loopback."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import ccxt.pro

PATIENCE = 10.0  # seconds that a client may take for what takes milliseconds
BEATS = {"kucoin": 6}  # changes it waits for
_URL = re.compile(r"(http|ws)s?://(.+)")


@asynccontextmanager
async def client(venue: str, url: str, **options: Any) -> AsyncIterator[Any]:
    """A client of one exchange whose every request goes to `url`."""
    made = getattr(ccxt.pro, venue)({"enableRateLimit": False, **options})
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


async def first_book(floor: Any) -> Any:
    """The first book a client shows. Some wait for changes to come before they ask for the book they change."""
    watching = asyncio.ensure_future(floor.ccxt.watch_order_book(floor.symbol))
    await soon(floor.exchanges.listened_to(*floor.market))
    for _ in range(BEATS.get(floor.venue, 0)):
        floor.exchanges.beat(*floor.market)
    return await soon(watching)
