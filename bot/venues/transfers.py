"""What an exchange tells of the ways in and out of it: asked again and again, said when it is news."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress

from bot.model.markets import Asset
from bot.model.orders import WaysSeen
from bot.model.ways import Way
from bot.venues.dialects import PERPETUALS
from bot.venues.order_calls import Calls
from bot.venues.order_parsing import Told, exact

SILENT = Way(None, None, None)


class Transfers:
    """Of `assets` at one venue. `every`: seconds between questions, whether they were answered or not."""

    def __init__(
        self,
        venue: str,
        calls: Calls,
        assets: Collection[Asset],
        every: float,
        now: Callable[[], int],
        tell: Callable[[Sequence[WaysSeen]], None],
    ) -> None:
        self._venue, self._calls, self._assets = venue, calls, assets
        self._every, self._now, self._tell = every, now, tell
        self._told: Mapping[Asset, Mapping[str, Way]] = {}

    async def ask(self) -> Mapping[Asset, Mapping[str, Way]]:
        """Of each asset, by network. Empty where the exchange does not tell."""
        if self._venue in PERPETUALS:
            return {}  # what comes and goes does so by way of the same exchange's account for coins
        with suppress(Exception):  # there are exchanges, and keys, that are told nothing of it
            told = await self._calls.currencies()
            named = {self._calls.asset(code): _networks(each) for code, each in told.items()}
            return {asset: each for asset, each in sorted(named.items()) if each and asset in self._assets}
        return {}

    async def follow(self) -> None:
        """For good."""
        while True:
            await asyncio.sleep(self._every)
            self._tell(await self.news())

    async def news(self) -> list[WaysSeen]:
        """What is other than it was told last. That counts on where an answer fails to come."""
        told, now = await self.ask(), self._now()
        if not told or told == self._told:
            return []
        self._told = told
        ways = tuple((asset, name, way) for asset, each in told.items() for name, way in each.items())
        return [WaysSeen(now, now, self._venue, ways)]


def _networks(currency: Told) -> dict[str, Way]:
    """Of ccxt's structure; what it says of the asset as a whole, where it names no networks."""
    networks = currency.get("networks") or {}
    told = {name: _way(each) for name, each in sorted(networks.items())} or {"": _way(currency)}
    return {name: each for name, each in told.items() if each != SILENT}


def _way(told: Told) -> Way:
    return Way(told.get("deposit"), told.get("withdraw"), exact(told.get("fee")))
