"""Every asset's dollar value from all quotes at once.

Whole histories are valued by the same kernel, bot.strategy.consensus.solve_many, with the same weights.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import inf, nan

import numpy as np

from bot.model.coins import Coins, shipped
from bot.model.decisions import FairValues, Value
from bot.model.events import Quote
from bot.model.markets import DOLLAR, FIAT, REFERENCES, Asset, Market
from bot.strategy import consensus, market_graph
from bot.strategy.consensus import Solved
from bot.strategy.market_graph import Bools, Floats, Indices, Markets
from bot.strategy.weights import depth_usd, scale_of

Pegs = tuple[tuple[Asset, Asset], ...]

WANDERING = (REFERENCES | FIAT) - {DOLLAR}  # what promises no dollar, and moves against it all the time
BELIEVABLE = 1e-18, 1e18  # beyond it is no price but a fault of the feed
ONE_SIDED = 0.1  # log spread taken for a book with one side: a bid alone says no more than "not much less"


@dataclass(frozen=True, slots=True)
class Pricing:
    """How quotes are weighed."""

    coins: Coins = field(default_factory=shipped)
    reliability: Mapping[str, float] = field(default_factory=dict)  # by venue, above 0; 1 where not named
    pegs: Pegs = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for venue, much in self.reliability.items():
            if not 0 < much < inf:
                raise ValueError(f"reliability of {venue}: {much} is not above 0")
        pegs = tuple((coin.symbol, coin.peg) for coin in self.coins.by_symbol.values())
        object.__setattr__(self, "pegs", pegs)


def solve(quotes: Iterable[Quote], now: int, pricing: Pricing) -> FairValues:
    """What each quoted asset is worth at `now` (ns UTC), and how far each market is from that.

    Of two quotes of one market the newer counts. Crossed books count for nothing. An asset is left out where nothing
    says what it is worth in dollars.
    """
    told, keys = _newest(tuple(quotes))
    graph = _graph(keys, pricing.pegs)
    if graph is None:
        return FairValues(now)
    price, scale = _weighed(graph, _books(told).take(graph.order, axis=1), now, pricing)
    solved = consensus.solve_many(graph.markets, price[None], scale[None])
    return told_at(0, now, graph.names, graph.markets, solved)


def told_at(moment: int, now: int, names: Sequence[Market], markets: Markets, solved: Solved) -> FairValues:
    """The values of one of the moments that were solved together; `names` are the markets', in their order."""
    return FairValues(now, _values(markets, solved, moment), _residuals(names, solved, moment))


_Key = tuple[str, Asset, Asset]  # a Market as a plain tuple: this is done for every quote of every look


@dataclass(frozen=True, slots=True, eq=False)
class _Graph:
    """Markets in an order of their own, so that the order of the quotes changes nothing."""

    names: tuple[Market, ...]
    order: Indices  # where each stands among the quotes
    markets: Markets
    wandering: Bools  # (m,) one of the two assets does


@lru_cache(maxsize=64)
def _graph(quoted: tuple[_Key, ...], pegs: Pegs) -> _Graph | None:
    """None where nothing is quoted. An asset against itself says nothing."""
    order = sorted((i for i, (_, base, quote) in enumerate(quoted) if base != quote), key=quoted.__getitem__)
    if not order:
        return None
    names = tuple(Market(*quoted[i]) for i in order)
    wandering = np.array([bool(WANDERING & {market.base, market.quote}) for market in names])
    return _Graph(names, np.array(order), market_graph.described(names, dict(pegs)), wandering)


def _newest(quotes: tuple[Quote, ...]) -> tuple[tuple[Quote, ...], tuple[_Key, ...]]:
    """One quote a market, and whose each is."""
    keys = tuple([(told.venue, told.base, told.quote) for told in quotes])
    if len(set(keys)) == len(keys):
        return quotes, keys
    return _newest(tuple({told.market: told for told in sorted(quotes, key=_recency)}.values()))


def _recency(quote: Quote) -> tuple[float, ...]:
    return quote.seen_at, quote.made_at, quote.bid or 0.0, quote.ask or 0.0, quote.bid_size, quote.ask_size


def _books(quotes: tuple[Quote, ...]) -> Floats:
    """Bids, asks, their sizes, and when they were seen, (5, m); NaN for no price."""
    packed = struct.pack(  # in half the time of np.array
        f"{5 * len(quotes)}d",
        *[told.bid or nan for told in quotes],
        *[told.ask or nan for told in quotes],
        *[told.bid_size for told in quotes],
        *[told.ask_size for told in quotes],
        *[told.seen_at for told in quotes],
    )
    return np.frombuffer(packed).reshape(5, -1)


def _weighed(graph: _Graph, books: Floats, now: int, pricing: Pricing) -> tuple[Floats, Floats]:
    """Log price and scale of each market, NaN where its book says nothing."""
    bid_size, ask_size, seen_at = books[2:]
    bid, ask = _standing(books[:2], books[2:4])
    mid = (bid + ask) / 2
    both = mid == mid  # not NaN
    spread = np.where(both, ask - bid, ONE_SIDED)
    price = np.where(both, mid, np.fmax(bid, ask))
    price[spread < 0] = nan
    size = np.where(both, np.minimum(bid_size, ask_size), np.maximum(bid_size, ask_size))
    dollars = depth_usd(graph.markets, price[None], size[None])[0]
    scale = scale_of(spread, dollars, now - seen_at, graph.wandering)
    if pricing.reliability:
        scale /= np.array([pricing.reliability.get(market.venue, 1.0) for market in graph.names])
    return price, scale


def _standing(price: Floats, size: Floats) -> Floats:
    """Log prices of both sides of the books, (2, m); NaN where nobody stands there."""
    least, most = BELIEVABLE
    empty = (size <= 0) & (size[::-1] > 0)  # no size on either side: the venue tells none
    standing: Floats = np.log(np.where((price > least) & (price < most) & ~empty, price, nan))
    return standing


def _values(markets: Markets, solved: Solved, row: int) -> dict[Asset, Value]:
    usd, sigma_bp = np.exp(solved.value[row]).tolist(), (solved.sigma[row] * 1e4).tolist()
    known = map(Value, usd, sigma_bp, solved.anchor[row].tolist(), solved.anchored[row].tolist())
    return {asset: value for asset, value in zip(markets.assets, known, strict=True) if value.usd == value.usd}


def _residuals(names: Sequence[Market], solved: Solved, row: int) -> dict[Market, float]:
    rows = zip(names, (solved.residual[row] * 1e4).tolist(), strict=True)
    return {market: residual for market, residual in rows if residual == residual}
