"""How liquid markets are now: the feeds are watched for a while, and books asked for."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.app import coins as coin_names
from bot.app import market_lines, watch_source
from bot.app.market_lines import Line
from bot.app.settings import Settings
from bot.app.watching import Watch
from bot.model.events import Quote
from bot.model.markets import CHAIN, DOLLAR, Asset, Market, underlying
from bot.model.orders import Side
from bot.strategy import liquidity, pool_depth, stress
from bot.strategy.liquidity import Levels
from bot.strategy.pool_depth import Pools
from bot.venues import depths
from bot.venues.depths import Depths
from bot.venues.health import FeedHealth

ASKING = 15.0  # seconds at most in which all books come
LOOK = 1.0  # seconds between two looks


@dataclass(frozen=True, slots=True)
class Seen:
    """What was heard."""

    watch: Watch
    books: Depths
    feeds: tuple[FeedHealth, ...]
    scores: Sequence[Mapping[Market, float]]  # look by look

    @property
    def silent(self) -> dict[str, str]:
        """Exchanges whose feed said nothing, and why."""
        return {each.venue: each.last_error or "said nothing" for each in self.feeds if not each.fresh}


async def listen(settings: Settings, seconds: float, *, chain: bool, advance: Callable[[float], None]) -> Seen:
    """Feeds for so long, and books towards the end of it. Less long where the chain ends; what ended it is raised."""
    async with watch_source.opened(settings, sandbox=False, chain=chain) as source:
        following = asyncio.create_task(source.watch.follow(source.events))
        asking = asyncio.create_task(_books(settings, seconds))
        try:
            scores = await _looks(source.watch, following, seconds, advance)
            return Seen(source.watch, await asking, source.feeds.health(), scores)
        finally:
            for task in (following, asking):
                task.cancel()
            await asyncio.gather(following, asking, return_exceptions=True)


async def _looks(
    watch: Watch, following: "asyncio.Task[None]", seconds: float, advance: Callable[[float], None]
) -> list[dict[Market, float]]:
    """What every market scores, look by look."""
    scores: list[dict[Market, float]] = []
    looks = max(round(seconds / LOOK), 1)
    while len(scores) < looks and not following.done():
        await asyncio.wait([following], timeout=seconds / looks)
        scores.append(_scores(watch))
        advance(len(scores) / looks)
    if following.done():
        await following
    return scores


async def _books(settings: Settings, seconds: float) -> Depths:
    from bot.venues.exchange import EXCHANGES

    within = min(seconds, ASKING)
    await asyncio.sleep(seconds - within)
    coins, told = coin_names.known(settings.coins), settings.exchanges
    watched = coin_names.chosen(told.coins, coins)
    return await depths.ask(
        told.venues or EXCHANGES,
        coins,
        watched,
        lambda market: market_lines.asked(market, coins, watched),
        through=told.through,
        seconds=within,
    )


def _scores(watch: Watch) -> dict[Market, float]:
    now = watch.clock()
    return {market: liquidity.score(liquidity.quoted(quote), now) for market, quote in watch.state.book.latest.items()}


def lines(seen: Seen, named: Collection[Asset], size_usd: float) -> Iterator[Line]:
    """Every market that was heard of a coin against money; of those named, if any are."""
    coins = seen.watch.policy.pricing.coins
    for market, quote in seen.watch.state.book.latest.items():
        if market_lines.asked(market, coins, named):
            yield _line(seen, quote, size_usd)


def _line(seen: Seen, quote: Quote, size_usd: float) -> Line:
    watch, market = seen.watch, quote.market
    told_by, bids, asks = _levels(seen, quote)
    value = watch.state.values.values.get(market.quote)
    return market_lines.of_levels(
        market,
        told_by,
        (bids, asks),
        liquidity.read(bids, asks, quote.seen_at),
        1.0 if market.quote == DOLLAR else value.usd if value else None,
        size_usd,
        market_lines.trend(seen.scores, market),
        watch.clock(),
        stress.severity(watch.off_peg(underlying(market.base)) or 0.0),
    )


def _levels(seen: Seen, quote: Quote) -> tuple[str, Levels, Levels]:
    """By the whole book or the pool where there is one, else by the best prices."""
    market, watch = quote.market, seen.watch
    if market.holder == CHAIN:
        pools = Pools(watch.policy.places, watch.state.pools)
        sides = (pool_depth.levels(pools, market, side, liquidity.DISTANCES) for side in (Side.SELL, Side.BUY))
        bids, asks = sides
        return "pool", bids, asks
    if market in seen.books.ladders:
        ladders = seen.books.ladders[market]
        return "book", *market_lines.sides_of((ladders.bids, ladders.asks))
    return "quote", liquidity.of_quote(quote, Side.SELL), liquidity.of_quote(quote, Side.BUY)
