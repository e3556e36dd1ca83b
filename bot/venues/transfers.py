"""What an exchange tells of the ways in and out of it: asked again and again, said when it is news."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress

from bot.model.markets import Asset
from bot.model.orders import WaysSeen
from bot.model.ways import Way
from bot.venues.dialects import PERPETUALS
from bot.venues.order_calls import Calls
from bot.venues.order_parsing import Told, exact

SILENT = Way(None, None, None)
STATUS = {
    "enabled": Way(True, True, None),
    "deposit_only": Way(True, False, None),
    "withdrawal_only": Way(False, True, None),
    "funding_temporarily_disabled": Way(False, False, None),
}
"""What Kraken says of an asset (its "Get Asset Info"), which ccxt passes on unread."""


class Transfers:
    """Of `assets` at one venue."""

    def __init__(self, venue: str, calls: Calls, assets: Collection[Asset], now: Callable[[], int]) -> None:
        self._venue, self._calls, self._assets, self._now = venue, calls, assets, now
        self._told: Mapping[Asset, Mapping[str, Way]] = {}

    async def ask(self) -> Mapping[Asset, Mapping[str, Way]]:
        """Of each asset, by network. Empty where the exchange does not tell."""
        if self._venue in PERPETUALS:
            return {}  # what comes and goes does so by way of the same exchange's account for coins
        with suppress(Exception):  # there are exchanges, and keys, that are told nothing of it
            told = await self._calls.currencies()
            return dict(sorted(self._named(told)))
        return {}

    def _named(self, told: Mapping[str, Told]) -> Iterator[tuple[Asset, Mapping[str, Way]]]:
        """By our names. What has another name there may be another coin, as one that was bridged: ours counts first."""
        for code, each in told.items():
            asset = self._calls.asset(code)
            ours = code == asset or asset not in told
            if asset in self._assets and ours and (networks := _networks(each)):
                yield asset, networks

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
    told = {name: _way(each) for name, each in sorted(networks.items())} or {"": _whole(currency)}
    return {name: each for name, each in told.items() if each != SILENT}


def _whole(currency: Told) -> Way:
    status = (currency.get("info") or {}).get("status")
    return STATUS.get(str(status)) or _way(currency)


def _way(told: Told) -> Way:
    """A share of the amount besides the fee, as Bybit may take, is a fee not known."""
    share = exact((told.get("info") or {}).get("withdrawPercentageFee"))
    return Way(told.get("deposit"), told.get("withdraw"), None if share else exact(told.get("fee")))
