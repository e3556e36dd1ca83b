"""Feeds at the sandbox's exchanges, whose prices never rest."""

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from bot.model.coins import shipped
from bot.sandbox.exchange import Exchanges
from bot.venues.backoff import Waits
from bot.venues.exchange import Feeds
from bot.venues.patience import Patience

HURRY = Patience(
    stale_after=2.0,  # a busy machine pauses for a second
    silent_after=3.0,
    steady_after=0.3,
    repeat=0.2,
    look=0.05,
    clock=0.2,
    limited=0.2,
    maintenance=0.2,
    refused=0.2,
    waits=Waits(first=0.05, most=0.2, failures=4, rest=0.3, longest_rest=0.6),
)
MOVES_EVERY = 0.02  # seconds
WORTH = {"BTC": 20_000.0, "ETH": 1_600.0}
COINS = shipped()


@dataclass
class Watch:
    """What the feeds told so far."""

    feeds: Feeds
    exchanges: Exchanges
    quotes: dict = field(default_factory=dict)  # the last of each market
    gone: dict = field(default_factory=lambda: defaultdict(int))  # times a market stopped, by venue
    looked: asyncio.Event = field(default_factory=asyncio.Event)

    def health(self, venue):
        return next(each for each in self.feeds.health() if each.venue == venue)

    async def until(self, holds):
        """Waits for `holds()`, and gives what it gave."""
        async with asyncio.timeout(20):
            while not (held := holds()):  # noqa: ASYNC110 - health changes with time, not only with events
                await asyncio.sleep(0.01)
        return held

    async def state(self, venue, state):
        """Waits for a state, and gives the health that shows it."""
        return await self.until(lambda: (told := self.health(venue)).state == state and told)

    async def looked_again(self):
        """Waits for the next look."""
        self.looked.clear()
        await self.looked.wait()

    async def listen(self):
        async for seen in self.feeds.looks():
            for market in seen.gone:
                self.quotes.pop(market, None)
                self.gone[market.venue] += 1
            self.quotes |= {quote.market: quote for quote in seen.quotes}
            self.looked.set()


@asynccontextmanager
async def watching(*venues, markets=None, patience=HURRY, moving=True, before=None):
    """Exchanges of the sandbox and the feeds that watch them."""
    async with Exchanges(venues, markets=markets) as exchanges:
        if before is not None:
            before(exchanges)
        async with Feeds(venues, COINS, tuple(COINS.by_symbol), exchanges.url, patience=patience) as feeds:
            watch = Watch(feeds, exchanges)
            tasks = [asyncio.create_task(watch.listen())]
            tasks += [asyncio.create_task(move(exchanges))] if moving else []
            yield watch
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task


async def move(exchanges):
    """Every market moves by a hair, again and again."""
    step = 0
    while True:
        step += 1
        for venue in exchanges.venues:
            for listing in exchanges.listings(venue):
                worth = WORTH.get(listing.base, 1.0) / WORTH.get(listing.quote, 1.0)
                bid = worth * (0.999 - step % 7 * 0.0001)
                exchanges.quote(venue, listing.base, listing.quote, bid, worth * 1.001)
        await asyncio.sleep(MOVES_EVERY)
