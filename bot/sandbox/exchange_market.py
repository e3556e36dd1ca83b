"""Prices at the sandbox's exchanges: every market follows what its assets are worth along the weekend of March 2023."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random

from bot.model.markets import Asset, underlying
from bot.sandbox import market
from bot.sandbox.exchange import Exchanges
from bot.sandbox.wire.book import Listing

SPAN = (market.WEEKEND[-1][0] - market.WEEKEND[0][0]).total_seconds()  # of the story
LOWEST = 1 - min(price for _, price in market.WEEKEND)  # what USDC lost at worst, dollars
USDT_PREMIUM = 0.01  # at worst
EURO = 1.0586  # dollars, about what it was on 10 March 2023
WON = 1 / 1_320  # dollars, likewise
FOLLOWERS = {"USDC": 1.0, "DAI": market.DAI_FOLLOWS, "FRAX": market.DAI_FOLLOWS, "USDT": -USDT_PREMIUM / LOWEST}
FUTURE_FOLLOWS = 0.5  # of a fall: who wants to be short finds few to be long
REFERENCES = {"BTC": 20_000.0, "ETH": 1_430.0}  # dollars at the beginning
WALK = 2_000  # steps of the wander of BTC and ETH
STEP = 0.0008  # of it, relative
DEEP = frozenset({"USDC", "USDT", "BTC", "ETH", "USD", "EUR"})
DEAR_FOR = 0.8  # of the time until the next market's turn
TURN = 0.01  # seconds between two looks at the clock


@dataclass(frozen=True, slots=True)
class Astray:
    """One market of one exchange that goes wrong on its own: a thin bid far below what the coin is worth, no ask."""

    venue: str
    base: Asset
    quote: Asset
    price: float = 0.51
    size: float = 40.0
    begins: float = 0.30  # of the story
    ends: float = 0.33


@dataclass(frozen=True, slots=True)
class Dear:
    """One market of one exchange where all is dearer than elsewhere for a while, in sizes as they are always."""

    venue: str
    base: Asset
    quote: Asset
    begins: float  # of the story
    ends: float
    premium: float = 0.01  # of the price

    def at(self, venue: str, listing: Listing, progress: float) -> float:
        """What it adds to the price of a market at a point of the story, a share."""
        here = (venue, listing.base, listing.quote) == (self.venue, self.base, self.quote)
        return self.premium if here and self.begins <= progress < self.ends else 0.0


@dataclass(frozen=True)
class Scenario:
    """What each asset is worth in dollars along the story, 0 its beginning and 1 its end. The same seed, the same."""

    seed: int = 0
    astray: Astray | None = None
    dear: Sequence[Dear] = ()
    walks: Mapping[Asset, Sequence[float]] = field(init=False)

    def __post_init__(self) -> None:
        chance = Random(self.seed)  # noqa: S311 - prices, not keys
        walks = {asset: _walk(price, chance) for asset, price in REFERENCES.items()}
        object.__setattr__(self, "walks", walks)

    def value(self, asset: Asset, progress: float) -> float:
        """Dollars for one of it. What is not told of stands at par; a perpetual falls less than its coin."""
        coin = underlying(asset)
        if coin != asset:
            return 1 - (1 - self.value(coin, progress)) * FUTURE_FOLLOWS
        if asset in self.walks:
            walk = self.walks[asset]
            return walk[min(int(max(progress, 0.0) * len(walk)), len(walk) - 1)]
        worth = WON if asset == "KRW" else EURO if asset.startswith("EUR") else 1.0
        return worth * (1 - FOLLOWERS.get(asset, 0.0) * (1 - market.usdc_at(progress)))

    def lost(self, venue: str, listing: Listing, progress: float) -> bool:
        """Whether that market has gone astray."""
        it = self.astray
        if it is None or (venue, listing.base, listing.quote) != (it.venue, it.base, it.quote):
            return False
        return it.begins <= progress < it.ends

    def premium(self, venue: str, listing: Listing, progress: float) -> float:
        """By how much that market is dearer than others, a share of the price."""
        return sum(each.at(venue, listing, progress) for each in self.dear)


class Traders:
    """They keep every market of every exchange near what its assets are worth, each with its own bias and noise."""

    def __init__(self, exchanges: Exchanges, scenario: Scenario) -> None:
        self._exchanges = exchanges
        self._scenario = scenario
        self._chance = Random(scenario.seed + 1)  # noqa: S311 - traders, not keys
        self._markets = [(venue, each) for venue in exchanges.venues for each in exchanges.listings(venue)]
        self._bias = {at: self._chance.gauss(0.0, 0.0001) for at in self._markets}

    def open(self, progress: float = 0.0) -> None:
        """Quotes every market."""
        for venue, listing in self._markets:
            self._quote(venue, listing, progress)

    def trade(self, progress: float) -> None:
        """Somebody moves one market."""
        venue, listing = self._chance.choice(self._markets)
        self._quote(venue, listing, progress)

    def _quote(self, venue: str, listing: Listing, progress: float) -> None:
        if self._scenario.lost(venue, listing, progress):
            self._quote_astray(venue, listing)
            return
        base, quote = (self._scenario.value(asset, progress) for asset in (listing.base, listing.quote))
        off = self._bias[venue, listing] + self._scenario.premium(venue, listing, progress)
        middle = base / quote * (1 + off + self._chance.gauss(0.0, 0.00005))
        half = self._half_spread(listing, progress)
        sizes = (self._size(listing, base) for _ in range(2))
        self._exchanges.quote(venue, listing.base, listing.quote, middle * (1 - half), middle * (1 + half), *sizes)

    def _quote_astray(self, venue: str, listing: Listing) -> None:
        astray = self._scenario.astray
        if astray is not None:
            self._exchanges.quote(venue, listing.base, listing.quote, astray.price, None, astray.size)

    def _half_spread(self, listing: Listing, progress: float) -> float:
        """Wider where little is traded, and in fear."""
        calm = 0.0001 if {underlying(listing.base), listing.quote} <= DEEP else 0.0004
        return calm * (1 + 40 * (1 - market.usdc_at(progress))) * self._chance.uniform(0.7, 1.3)

    def _size(self, listing: Listing, value: float) -> float:
        """Some tens of thousands of dollars, less where little is traded."""
        dollars = 40_000.0 if {underlying(listing.base), listing.quote} <= DEEP else 8_000.0
        return dollars / value * self._chance.lognormvariate(0.0, 0.5)


def dear_by(seed: int, markets: Iterable[tuple[str, Listing]], begins: float = 0.2) -> tuple[Dear, ...]:
    """One after another each coin is dear at one of its markets, which the seed chooses, from `begins` to the end."""
    chance, by_coin = Random(seed), defaultdict[Asset, list[tuple[str, Listing]]](list)  # noqa: S311 - prices, not keys
    for venue, listing in markets:
        by_coin[listing.base].append((venue, listing))
    coins = chance.sample(sorted(by_coin), len(by_coin))
    part = (1.0 - begins) / max(len(coins), 1)
    chosen = (chance.choice(by_coin[coin]) for coin in coins)
    return tuple(
        Dear(venue, at.base, at.quote, begins + k * part, begins + (k + DEAR_FOR) * part)
        for k, (venue, at) in enumerate(chosen)
    )


def at_speed(speed: float) -> Callable[[float], float]:
    """Where the story is after so many seconds, if it runs `speed` times as fast as it did; at its end it stays."""
    return lambda seconds: min(seconds * speed / SPAN, 1.0)


async def drive(
    exchanges: Exchanges,
    scenario: Scenario,
    *,
    rate: float,
    progress: Callable[[float], float],
    seconds: float | None = None,
) -> None:
    """Moves markets `rate` times a second. `progress` tells where the story is after so many seconds, from 0 to 1.

    Ends after `seconds`, or never.
    """
    loop = asyncio.get_running_loop()
    traders = Traders(exchanges, scenario)
    traders.open(progress(0.0))
    began, made = loop.time(), 0
    while seconds is None or loop.time() - began < seconds:
        elapsed = loop.time() - began
        due = int(elapsed * rate)
        for _ in range(due - made):
            traders.trade(progress(elapsed))
        made = due
        await asyncio.sleep(TURN)


def _walk(price: float, chance: Random) -> tuple[float, ...]:
    steps = (chance.gauss(0.0, STEP) for _ in range(WALK - 1))
    return tuple(accumulate(steps, lambda at, step: at * (1 + step), initial=price))
