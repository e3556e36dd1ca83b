"""How much a market bears: what stands in it, what walking it costs, and how good it is to trade in.

Estimates, in floats. A price is quote for base, a size is base units, a slippage is basis points away from the best
price, and never below zero.
"""

from collections.abc import Iterable
from math import inf, sqrt
from statistics import fmean
from typing import NamedTuple

from bot.amm.side import Side as Way
from bot.model.events import Quote
from bot.model.orders import Side
from bot.model.times import MINUTE

BP = 1e4
DISTANCES = (1.0, 5.0, 10.0, 25.0, 50.0, 100.0)  # bp from the best price at which depth is told

Levels = tuple[tuple[float, float], ...]
"""One side of a market: (price, size), the best first."""

IMPACT = 1.0
"""Volatilities that trading a whole period's volume moves the price by. Measured between 0.5 and 1 in shares, futures
and bitcoin alike (Toth et al. 2011, Donier and Bonart 2015, Sato and Kanazawa 2024): the upper end, against us."""

WIDE = 10.0  # bp of spread at which a market is half as good
DEEP = 50_000.0  # units of the quote at which it is half as good as one without bounds
STALE = 5 * MINUTE  # a market unheard of for so long is half as good


class Reading(NamedTuple):
    """One market at one moment. `depth`: on its thinner side, mean over `DISTANCES`, units of the quote."""

    at: int  # ns UTC
    spread_bp: float  # inf where one side is empty
    depth: float


def of_quote(quote: Quote, side: Side, levels: int = 1, thinning: float = 0.5, gap_bp: float = 1.0) -> Levels:
    """What a buyer (asks) or a seller (bids) meets; () where nobody stands.

    Beyond the touch `levels` are assumed, `gap_bp` apart, each `thinning` times as large as the one before.
    """
    price, size = (quote.ask, quote.ask_size) if side is Side.BUY else (quote.bid, quote.bid_size)
    if price is None or not (0 < price < inf and size > 0):
        return ()
    if levels == 1:
        return ((price, size),)
    away = gap_bp / BP if side is Side.BUY else -gap_bp / BP
    return tuple((price * (1 + n * away), size * thinning**n) for n in range(levels))


def of_book(standing: Iterable[tuple[float, float]], side: Side) -> Levels:
    """A ladder as an exchange tells it: the best first, what is no price or no size left out, equal prices together."""
    sizes: dict[float, float] = {}
    for price, size in standing:
        if 0 < price < inf and 0 < size < inf:
            sizes[price] = sizes.get(price, 0.0) + size
    return tuple(sorted(sizes.items(), reverse=side is Side.SELL))


def of_pool(way: Way, side: Side, amounts: Iterable[int], base_unit: float, quote_unit: float) -> Levels:
    """A pool as if it were a book: each step from one of the ascending `amounts` to the next is a level.

    `way` takes what we give: the base where we sell it, the quote where we buy. `amounts` are in base units of the coin
    in, the units are base units in a whole coin. After the pool's fee. Part of a level costs no more than is said.
    """
    given, got, worst, found = 0, 0, 0.0, list[tuple[float, float]]()
    for amount in amounts:
        out = way.out(amount)
        if out is None:
            break
        if out <= got:
            continue
        rate = (amount - given) / (out - got)  # rounding in the pool may let it fall a little: never below the last
        worst = max(worst, rate)
        if side is Side.BUY:
            found.append((worst * base_unit / quote_unit, (out - got) / base_unit))
        else:
            found.append((base_unit / quote_unit / worst, (amount - given) / base_unit))
        given, got = amount, out
    return tuple(found)


def rungs(first: int, most: int, grows: float = 1.5) -> Iterable[int]:
    """Amounts to walk a pool by, each `grows` times the last, up to `most`."""
    amount = first
    while 0 < amount < most:
        yield amount
        amount = max(int(amount * grows), amount + 1)
    if most > 0:
        yield most


def depth_within(levels: Levels, bp: float) -> float:
    """Base units that stand within `bp` of the best price."""
    if not levels:
        return 0.0
    best = levels[0][0]
    reach = best * bp / BP * (1 + 1e-9)  # a level that stands at the distance named counts
    return sum(size for price, size in levels if abs(price - best) <= reach)


def profile(levels: Levels) -> tuple[float, ...]:
    """Base units within each of `DISTANCES`."""
    return tuple(depth_within(levels, bp) for bp in DISTANCES)


def slippage_bp(levels: Levels, size: float) -> float | None:
    """How much worse than the best price `size` base units are taken on average; None when too little stands."""
    if not levels or size <= 0:
        return None if size > 0 else 0.0
    best, left, cost = levels[0][0], size, 0.0
    for price, standing in levels:
        taken = min(left, standing)
        cost += taken * abs(price - best)
        left -= taken
        if left <= 0:
            return cost / size / best * BP
    return None


def impact_bp(size: float, volume: float, volatility: float) -> float | None:
    """How far trading `size` moves a price of which only candles are known, bp; None where nothing is traded.

    `volume` and `volatility` (a standard deviation of log prices) are of the same period, a day or so.
    """
    if not (volume > 0 and volatility >= 0):
        return None
    return IMPACT * volatility * sqrt(max(size, 0.0) / volume) * BP


def read(bids: Levels, asks: Levels, at: int) -> Reading:
    """A market as it stands. A book that is crossed is as wide as one that is not there: somebody is wrong."""
    if not bids or not asks:
        return Reading(at, inf, 0.0)
    if len(bids) == len(asks) == 1:
        return _touch(bids[0][0], bids[0][1], asks[0][0], asks[0][1], at)
    thinner = min(fmean(profile(each)) * each[0][0] for each in (bids, asks))
    return Reading(at, _spread_bp(bids[0][0], asks[0][0]), thinner)


def quoted(quote: Quote) -> Reading:
    """The same by its best prices alone."""
    bid, ask = quote.bid, quote.ask
    if bid is None or ask is None or not (0 < bid < inf and 0 < ask < inf):
        return Reading(quote.seen_at, inf, 0.0)
    return _touch(bid, quote.bid_size, ask, quote.ask_size, quote.seen_at)


def quality(reading: Reading) -> float:
    """How good a market is to trade in, 0 to 1: narrow and deep.

    The geometric mean of what spread and depth say: being good at one does not make up for the other.
    """
    deep = reading.depth / (DEEP + reading.depth) if reading.depth < inf else 1.0
    return sqrt(WIDE / (WIDE + reading.spread_bp) * deep)


def score(reading: Reading, now: int) -> float:
    """The same of one that was read a while ago: less by half for each `STALE` that nothing was heard of it."""
    age = now - reading.at
    return quality(reading) * (0.5 ** (age / STALE) if age > 0 else 1.0)


def _touch(bid: float, bid_size: float, ask: float, ask_size: float, at: int) -> Reading:
    depth = min(bid * bid_size, ask * ask_size)
    return Reading(at, _spread_bp(bid, ask), depth if depth > 0 else 0.0)


def _spread_bp(bid: float, ask: float) -> float:
    return (ask - bid) / (ask + bid) * 2 * BP if ask >= bid else inf
