"""The exchanges' books, all at once: ccxt.pro's streams, each supervised on its own, as one flow of events."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Self

from bot.model.coins import Coins
from bot.model.errors import UserError
from bot.model.events import QuotesSeen
from bot.model.markets import Asset
from bot.venues.ccxt_client import is_gate
from bot.venues.dialects import DIALECTS, PERPETUALS
from bot.venues.feed import Feed
from bot.venues.health import FeedHealth
from bot.venues.mailbox import Mailbox, look
from bot.venues.patience import Patience

EXCHANGES: tuple[str, ...] = tuple(venue for venue in DIALECTS if venue not in PERPETUALS)
"""All that tell what coins cost, by ccxt's ids. Those for perpetual futures are watched where they are named."""


class Feeds:
    """Quotes of the watched coins from many exchanges.

    `venues` are ccxt's ids. `watched` are the coins; every pair among them, USD, EUR, USDT, USDC, BTC and ETH is
    followed. `through` is a URL behind which every exchange's host is found as the first part of the path (a gateway,
    or the sandbox). `clock` tells ns UTC. UserError for a venue that is not in `DIALECTS`, or no URL.
    """

    def __init__(
        self,
        venues: Sequence[str],
        coins: Coins,
        watched: Sequence[Asset],
        through: str | None = None,
        *,
        clock: Callable[[], int] = time.time_ns,
        patience: Patience | None = None,
    ) -> None:
        unknown = [venue for venue in venues if venue not in DIALECTS]
        if unknown:
            raise UserError(f"no exchange {', '.join(unknown)} is known; known are {', '.join(DIALECTS)}")
        if through is not None and not is_gate(through):
            raise UserError(f"{through} is no gateway: what is wanted is like http://127.0.0.1:8590")
        self._coins, self._watched, self._clock = coins, frozenset(watched), clock
        self._patience = patience or Patience()
        self._mailbox = Mailbox()
        self._feeds = [Feed(venue, self._mailbox, self._patience, through, clock) for venue in dict.fromkeys(venues)]
        self._running: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Starts every feed; none is waited for."""
        self._running = [
            asyncio.create_task(feed.run(self._coins, self._watched), name=f"feed of {feed.venue}")
            for feed in self._feeds
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hangs up on every exchange."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def looks(self) -> AsyncIterator[QuotesSeen]:
        """What changed since the last look, as soon as something did. Never ends by itself.

        A reader that takes its time finds the newest quote of each market, however many there were. As much time as it
        took is left to the sockets, so that a slow one does not starve them.
        """
        while True:
            taken = await self._mailbox.take()
            given = time.monotonic()
            yield look(taken, self._clock())
            await asyncio.sleep(max(self._patience.pace, time.monotonic() - given))

    def health(self) -> tuple[FeedHealth, ...]:
        """How each exchange's feed stands, in the order they were named."""
        return tuple(feed.health() for feed in self._feeds)

    @property
    def backlog(self) -> int:
        """Markets that wait to be looked at."""
        return len(self._mailbox)
