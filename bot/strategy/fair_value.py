"""Every asset's dollar value from all quotes at once.

Whole histories are valued by the same kernel, bot.strategy.consensus.solve_many, with the same weights.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import inf, nan
from operator import attrgetter

import numpy as np

from bot.model.coins import Coins, shipped
from bot.model.decisions import FairValues, Value
from bot.model.events import Quote
from bot.model.markets import DOLLAR, FIAT, REFERENCES, Asset, Market
from bot.strategy import consensus, market_graph
from bot.strategy.consensus import Solved
from bot.strategy.market_graph import Bools, Floats, Indices, Markets
from bot.strategy.weights import scale_of

Pegs = tuple[tuple[Asset, Asset], ...]

WANDERING = (REFERENCES | FIAT) - {DOLLAR}  # what promises no dollar, and moves against it all the time
ONE_SIDED = 0.1  # log spread taken for a book with one side: a bid alone says no more than "not much less"


@dataclass(frozen=True, slots=True)
class Pricing:
    """How quotes are weighed."""

    coins: Coins = field(default_factory=shipped)
    reliability: Mapping[str, float] = field(default_factory=dict)  # by venue, above 0; 1 where not named
    pegs: Pegs = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pegs = tuple((coin.symbol, coin.peg) for coin in self.coins.by_symbol.values())
        object.__setattr__(self, "pegs", pegs)


def solve(quotes: Iterable[Quote], now: int, pricing: Pricing) -> FairValues:
    """What each quoted asset is worth at `now` (ns UTC), and how far each market is from that.

    Of two quotes of one market the newer counts. Crossed books count for nothing. An asset is left out where nothing
    says what it is worth in dollars.
    """
    newest = _newest(tuple(quotes))
    graph = _graph(tuple(newest), pricing.pegs)
    if graph is None:
        return FairValues(now)
    books = np.array([*zip(*map(_BOOK, newest.values()), strict=True)], dtype=np.float64)[:, graph.order]
    price, scale = _weighed(graph, books, now, pricing)
    solved = consensus.solve_many(graph.markets, price[None], scale[None])
    return FairValues(now, _values(graph.markets, solved), _residuals(graph, solved))


_Key = tuple[str, Asset, Asset]  # a Market as a plain tuple: this is done for every quote of every look
_MARKET = attrgetter("venue", "base", "quote")
_BOOK = attrgetter("bid", "ask", "bid_size", "ask_size", "seen_at")  # None becomes NaN


@dataclass(frozen=True, slots=True, eq=False)
class _Graph:
    """Markets in an order of their own, so that the order of the quotes changes nothing."""

    names: tuple[Market, ...]
    order: Indices  # where each stands among the quotes
    markets: Markets
    wandering: Bools  # (m,) one of the two assets does
    at_par: Bools  # (n,) the dollar and what promises it
    measures: tuple[int, ...]  # the other assets that something is priced in


@lru_cache(maxsize=64)
def _graph(quoted: tuple[_Key, ...], pegs: Pegs) -> _Graph | None:
    """None where nothing is quoted. An asset against itself says nothing."""
    order = sorted((i for i, (_, base, quote) in enumerate(quoted) if base != quote), key=quoted.__getitem__)
    if not order:
        return None
    names = tuple(Market(*quoted[i]) for i in order)
    wandering = np.array([bool(WANDERING & {market.base, market.quote}) for market in names])
    markets = market_graph.described(names, dict(pegs))
    at_par = markets.peg == markets.dollar
    at_par[markets.dollar] = True
    measures = tuple(asset for asset in np.unique(markets.quote).tolist() if not at_par[asset])
    return _Graph(names, np.array(order), markets, wandering, at_par, measures)


def _newest(quotes: Sequence[Quote]) -> dict[_Key, Quote]:
    keys = [*map(_MARKET, quotes)]
    newest = dict(zip(keys, quotes, strict=True))
    if len(newest) < len(quotes):
        newest = dict(sorted(zip(keys, quotes, strict=True), key=lambda told: _recency(told[1])))
    return newest


def _recency(quote: Quote) -> tuple[float, ...]:
    return quote.seen_at, quote.made_at, quote.bid or 0.0, quote.ask or 0.0, quote.bid_size, quote.ask_size


def _weighed(graph: _Graph, books: Floats, now: int, pricing: Pricing) -> tuple[Floats, Floats]:
    """Log price and scale of each market, NaN where its book says nothing."""
    bid, ask, bid_size, ask_size, seen_at = books
    bid, ask = _standing(bid, bid_size, ask_size), _standing(ask, ask_size, bid_size)
    both = np.isfinite(bid + ask)
    spread = np.where(both, ask - bid, ONE_SIDED)
    price = np.where(both, (bid + ask) / 2, np.where(np.isfinite(bid), bid, ask))
    price[spread < 0] = nan
    size = np.where(both, np.minimum(bid_size, ask_size), np.maximum(bid_size, ask_size))
    dollars = np.where(size > 0, size, nan) * np.exp(price + _roughly(graph, price)[graph.markets.quote])
    scale = scale_of(spread, dollars, now - seen_at, graph.wandering)
    if pricing.reliability:
        scale /= np.array([pricing.reliability.get(market.venue, 1.0) for market in graph.names])
    return price, scale


def _standing(price: Floats, size: Floats, other: Floats) -> Floats:
    """Log price of one side of the books; NaN where nobody stands there."""
    empty = (size <= 0) & (other > 0)  # no size on either side: the venue tells none
    standing: Floats = np.log(np.where((price > 0) & (price < inf) & ~empty, price, nan))
    return standing


def _roughly(graph: _Graph, price: Floats) -> Floats:
    """Log dollars of what things are priced in, to say how deep books are: coins at par, the rest by their median."""
    rough = np.where(graph.at_par, 0.0, nan)
    for asset in graph.measures:
        told = np.sort(price[graph.at_par[graph.markets.quote] & (graph.markets.base == asset)])  # NaN last
        some = np.count_nonzero(told == told)
        rough[asset] = told[some // 2] if some else nan
    return rough


def _values(markets: Markets, solved: Solved) -> dict[Asset, Value]:
    usd, sigma_bp = np.exp(solved.value[0]).tolist(), (solved.sigma[0] * 1e4).tolist()
    rows = zip(markets.assets, usd, sigma_bp, solved.anchor[0].tolist(), solved.anchored[0].tolist(), strict=True)
    return {asset: Value(*known) for asset, *known in rows if known[0] == known[0]}


def _residuals(graph: _Graph, solved: Solved) -> dict[Market, float]:
    rows = zip(graph.names, (solved.residual[0] * 1e4).tolist(), strict=True)
    return {market: residual for market, residual in rows if residual == residual}
