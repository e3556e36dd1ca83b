"""How much a market bears: what stands in it, what walking it costs, and how little of that is left in bad times.

Estimates, in floats. A price is quote for base, a size is base units, a slippage is basis points away from the best
price, and never below zero.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, sqrt
from statistics import fmean, median, quantiles

from bot.amm.side import Side as Way
from bot.model.events import Quote
from bot.model.markets import Market
from bot.model.orders import Side
from bot.model.times import HOUR, MINUTE

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
SHORT, LONG = 10 * MINUTE, 6 * HOUR  # half-lives of what is remembered of a score
FEW = 30  # looks in which a tail is none


@dataclass(frozen=True, slots=True)
class Decay:
    """What a bad time does: the spread grows by `widens` bp, and of the depth `kept` is left, a share."""

    widens: float
    kept: float


MARCH_2023 = Decay(widens=100.0, kept=0.016)
"""USDC/USD at Binance.US, minute by minute, 1 to 13 March 2023: 1 bp wide in calm, 526,000 at the touch. On the 11th
from 04:00 UTC on the medians were 61 bp and 14,500; 100 bp while it was 8 to 12 % below par, 8,700 while 2.5 to 5 %
below."""

WORST_BP = 800.0  # off the peg: from there on spreads were that wide
ONSET = 0.03  # of that: by 30 bp off the peg depth was as good as gone, spreads went on growing with the distance


@dataclass(frozen=True, slots=True)
class Reading:
    """One market at one moment. `depth`: on its thinner side, mean over `DISTANCES`, units of the quote."""

    at: int  # ns UTC
    spread_bp: float  # inf where one side is empty
    depth: float


@dataclass(frozen=True, slots=True)
class Trend:
    """A score through time, each moment counting half as much as one a half-life later."""

    at: int  # ns UTC
    last: float
    short: float
    long: float

    @property
    def rise(self) -> float:
        """Above zero where the market is better of late than it used to be, below where it dries up; -1 to 1."""
        return self.short - self.long


@dataclass(frozen=True, slots=True)
class Liquidity:
    """What is known of every market."""

    readings: Mapping[Market, Reading] = field(default_factory=dict)
    trends: Mapping[Market, Trend] = field(default_factory=dict)


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


def score(reading: Reading, now: int) -> float:
    """How good a market is to trade in, 0 to 1: narrow, deep and heard of lately.

    The geometric mean of what spread and depth say: being good at one does not make up for the other.
    """
    narrow = WIDE / (WIDE + reading.spread_bp)
    deep = reading.depth / (DEEP + reading.depth) if reading.depth < inf else 1.0
    age = now - reading.at
    return sqrt(narrow * deep) * (0.5 ** (age / STALE) if age > 0 else 1.0)


def follow(trend: Trend | None, value: float, at: int) -> Trend:
    """The trend after a score: each counts for as long as it held. What comes late changes nothing."""
    if trend is None:
        return Trend(at, value, value, value)
    held = at - trend.at
    if held < 0:
        return trend
    short, long = 0.5 ** (held / SHORT), 0.5 ** (held / LONG)
    last = trend.last
    return Trend(at, value, last + (trend.short - last) * short, last + (trend.long - last) * long)


def fold(liquidity: Liquidity, quotes: Iterable[Quote], now: int) -> Liquidity:
    """Take quotes in, as of `now` (ns UTC)."""
    readings, trends = dict(liquidity.readings), dict(liquidity.trends)
    for quote in quotes:
        market = quote.market
        held = readings.get(market)
        if held is not None and held.at > quote.seen_at:
            continue
        reading = _quoted(quote)
        readings[market] = reading
        trends[market] = follow(trends.get(market), score(reading, now), now)
    return Liquidity(readings, trends)


def aged(liquidity: Liquidity, now: int) -> Liquidity:
    """What is known as of `now` (ns UTC), the silence of every market counted in its trend."""
    known = liquidity.readings.items()
    trends = {each: follow(liquidity.trends.get(each), score(reading, now), now) for each, reading in known}
    return Liquidity(liquidity.readings, trends)


def scores(liquidity: Liquidity, now: int) -> dict[Market, float]:
    """Every market's score as of `now`, ns UTC."""
    return {market: score(reading, now) for market, reading in liquidity.readings.items()}


def _quoted(quote: Quote) -> Reading:
    bid, ask = quote.bid, quote.ask
    if bid is None or ask is None or not (0 < bid < inf and 0 < ask < inf):
        return Reading(quote.seen_at, inf, 0.0)
    return _touch(bid, quote.bid_size, ask, quote.ask_size, quote.seen_at)


def _touch(bid: float, bid_size: float, ask: float, ask_size: float, at: int) -> Reading:
    depth = min(bid * bid_size, ask * ask_size)
    return Reading(at, _spread_bp(bid, ask), depth if depth > 0 else 0.0)


def _spread_bp(bid: float, ask: float) -> float:
    return (ask - bid) / (ask + bid) * 2 * BP if ask >= bid else inf


def severity(off_bp: float) -> float:
    """How bad a time is, 0 to 1, by how far the coin is off its peg."""
    return min(abs(off_bp) / WORST_BP, 1.0)


def decay(history: Sequence[Reading]) -> Decay | None:
    """What bad times did to a market by its own history: its worst twentieth beside its median.

    None where too little is known. A history without a bad time in it says little: see `worse`.
    """
    spreads = [each.spread_bp for each in history if each.spread_bp < inf]
    if len(spreads) < FEW:
        return None
    depths = [each.depth for each in history if each.spread_bp < inf]
    usual = median(depths)
    kept = quantiles(depths, n=20)[0] / usual if usual > 0 else 0.0
    return Decay(max(quantiles(spreads, n=20)[-1] - median(spreads), 0.0), min(max(kept, 0.0), 1.0))


def worse(one: Decay, other: Decay) -> Decay:
    """As bad as either in each respect."""
    return Decay(max(one.widens, other.widens), min(one.kept, other.kept))


def stressed(depth: float, spread_bp: float, severity: float, decay: Decay = MARCH_2023) -> tuple[float, float]:
    """Depth and spread (bp) as they would be in a bad time, of those in calm. `severity` 0 to 1, 1 is March 2023.

    Depth goes at once, when the coin has hardly moved; the spread grows with how far it is gone.
    """
    bad = min(max(severity, 0.0), 1.0)
    return depth * decay.kept ** min(bad / ONSET, 1.0), spread_bp + decay.widens * bad


def in_stress(levels: Levels, side: Side, severity: float, decay: Decay = MARCH_2023) -> Levels:
    """Levels as they would stand in a bad time: thinner, and further away by half of what the spread grows by."""
    left, wider_bp = stressed(1.0, 0.0, severity, decay)
    away = 1 + wider_bp / 2 / BP if side is Side.BUY else 1 - wider_bp / 2 / BP
    return tuple((price * away, size * left) for price, size in levels)


def sellable(bids: Levels, severity: float, worst: float, decay: Decay = MARCH_2023) -> float:
    """Base units that could be sold in a bad time at `worst` or more, were the middle where it is."""
    return sum(size for price, size in in_stress(bids, Side.SELL, severity, decay) if price >= worst)
