"""A chain's pools as markets among others: what each pays at the margin, as a bid and an ask."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

from bot.amm.side import PoolState, Side
from bot.model.coins import Coins
from bot.model.events import BlockSeen, Quote, QuotesSeen
from bot.model.markets import REFERENCES, Asset, Market
from bot.model.registry import Address, Pool, Registry
from bot.strategy.quotes import Book

SMALL: Mapping[Asset, float] = {"BTC": 0.003, "ETH": 0.05}  # whole coins, about a hundred dollars
HUNDRED = 100.0
MOVE = 1e-3  # a size is what makes the price worse by about this much
RELIABILITY = 0.2  # of a pool among venues: its price is as old as its last trade, and its neighbours' are no younger
PROBE = 100.0  # times the small trade
STRIDE = 1_000.0  # at most so much more or less than the probe before


class Pair(NamedTuple):
    """Two assets of a pool: its coin `i` is the base, its coin `j` the quote."""

    market: Market
    i: int
    j: int
    base_unit: float  # base units in a whole coin
    quote_unit: float


Listing = Mapping[Address, Sequence[Pair]]


def listing(registry: Registry, coins: Coins) -> Listing:
    """The markets of every pool. What is no asset has none: LP tokens, shares, coins that nobody named."""
    return {pool.address: tuple(_pairs(pool, registry, coins)) for pool in registry.pools.values()}


def reliability(registry: Registry) -> dict[str, float]:
    """How far each pool is believed, as a venue: see bot.strategy.fair_value.Pricing."""
    return {_venue(pool): RELIABILITY for pool in registry.pools.values()}


def _venue(pool: Pool) -> str:
    return f"chain:{pool.name}"


def _pairs(pool: Pool, registry: Registry, coins: Coins) -> Iterator[Pair]:
    held = [registry.coins[address] for address in pool.coins if address in registry.coins]
    assets = {coin.address: coins.asset(coin.symbol) for coin in held}
    for one, other in combinations(held, 2):
        base, quote = (other, one) if assets[other.address] in REFERENCES else (one, other)
        name, against = assets[base.address], assets[quote.address]
        if name and against and name != against:
            market = Market(_venue(pool), name, against)
            i, j = pool.coins.index(base.address), pool.coins.index(quote.address)
            yield Pair(market, i, j, 10.0**base.decimals, 10.0**quote.decimals)


def look(
    listed: Listing, book: Book, pools: Mapping[Address, PoolState], changed: Collection[Address], block: BlockSeen
) -> QuotesSeen:
    """All markets of `pools` as of `block`: asked anew where the pool changed, else what `book` holds, said again."""
    told: list[Quote] = []
    gone: list[Market] = []
    for address, pairs in listed.items():
        held = [book.latest.get(pair.market) for pair in pairs]
        known = [replace(quote, made_at=block.made_at, seen_at=block.seen_at) for quote in held if quote]
        if address not in pools:
            gone += [quote.market for quote in known]
        elif address in changed or len(known) < len(pairs):
            told += quotes(pairs, pools[address], block)
        else:
            told += known
    return QuotesSeen(block.made_at, block.seen_at, tuple(told), tuple(gone))


def quotes(pairs: Sequence[Pair], state: PoolState, block: BlockSeen) -> tuple[Quote, ...]:
    """The pool's markets as of `block`. A way that is halted, drained or unknown is a side nobody stands on."""
    return tuple(_quote(pair, state, block) for pair in pairs)


def _quote(pair: Pair, state: PoolState, block: BlockSeen) -> Quote:
    market, i, j, base_unit, quote_unit = pair
    sold, base_in = _paid(state.side(i, j), SMALL.get(market.base, HUNDRED) * base_unit)
    bought, quote_in = _paid(state.side(j, i), SMALL.get(market.quote, HUNDRED) * quote_unit)
    unit = base_unit / quote_unit
    return Quote(
        made_at=block.made_at,
        seen_at=block.seen_at,
        venue=market.venue,
        base=market.base,
        quote=market.quote,
        bid=sold * unit if sold else None,
        ask=unit / bought if bought else None,
        bid_size=base_in / base_unit,
        ask_size=quote_in * bought / base_unit,
    )


def _paid(side: Side, small: float) -> tuple[float, float]:
    """What comes out for each unit of a small trade, after the fee, and how much may go in for about that; base units.

    The trade is small and not nothing: a concentrated pool may stand at the very end of its liquidity. (0, 0) where
    even a hundredth of it cannot be had.
    """
    cap = float(side.cap)
    if cap < small / 100.0:
        return 0.0, 0.0
    small = min(small, cap)
    price = side.rate(small)[0] / small
    if price <= 0.0:
        return 0.0, 0.0
    size = min(small * PROBE, cap)
    for _ in range(2):
        worse = 1.0 - side.rate(size)[1] / price
        size = min(size * min(max(MOVE / max(worse, 1e-12), 1 / STRIDE), STRIDE), cap)
    holds = side.rate(size)[0] >= (1.0 - MOVE) * price * size
    return price, size if holds else small
