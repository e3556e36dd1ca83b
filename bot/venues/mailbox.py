"""The newest quote of each market that changed since we last looked. It cannot grow beyond the number of markets."""

import asyncio

from bot.model.events import Quote, QuotesSeen
from bot.model.markets import Market


class Mailbox:
    """Latest wins: a slow reader sees the newest quotes and never a backlog."""

    def __init__(self) -> None:
        self._quotes: dict[Market, Quote] = {}
        self._gone: dict[Market, None] = {}  # in order
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        return len(self._quotes) + len(self._gone)

    def put(self, quote: Quote) -> None:
        """A market's newest quote."""
        market = quote.market
        self._quotes[market] = quote
        self._gone.pop(market, None)
        self._arrived.set()

    def drop(self, market: Market) -> None:
        """A market whose last quote no longer counts."""
        self._quotes.pop(market, None)
        self._gone[market] = None
        self._arrived.set()

    async def take(self) -> tuple[tuple[Quote, ...], tuple[Market, ...]]:
        """Waits until there is something, and takes all of it: quotes and markets that stopped."""
        await self._arrived.wait()
        return self.take_now()

    def take_now(self) -> tuple[tuple[Quote, ...], tuple[Market, ...]]:
        """What there is, perhaps nothing."""
        taken = tuple(self._quotes.values()), tuple(self._gone)
        self._quotes.clear()
        self._gone.clear()
        self._arrived.clear()
        return taken


def look(taken: tuple[tuple[Quote, ...], tuple[Market, ...]], now: int) -> QuotesSeen:
    """What was taken as one event. Venues' clocks differ, so its time is ours."""
    quotes, gone = taken
    return QuotesSeen(made_at=now, seen_at=now, quotes=quotes, gone=gone)
