"""ccxt's own classes, pointed at exchanges on loopback."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import ccxt.pro

PATIENCE = 10.0  # seconds that a client may take for what takes milliseconds
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
