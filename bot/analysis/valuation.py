"""Fair values of a stretch of history, all its looks at once."""

from collections.abc import Sequence

import numpy as np

from bot.analysis.bars import Grid
from bot.model.coins import Coins
from bot.model.markets import DOLLAR, Market
from bot.strategy import consensus, market_graph
from bot.strategy.consensus import Solved
from bot.strategy.fair_value import WANDERING
from bot.strategy.market_graph import Floats, Markets
from bot.strategy.weights import scale_of


def described(markets: Sequence[Market], coins: Coins) -> Markets:
    """The graph of these markets."""
    return market_graph.described(markets, {coin.symbol: coin.peg for coin in coins.by_symbol.values()})


def solved(names: Sequence[Market], graph: Markets, grid: Grid) -> Solved:
    """What fair_value.solve says at each look of the quotes that stand there."""
    wandering = np.array([bool(WANDERING & {market.base, market.quote}) for market in names])
    dollars = grid.size * np.exp(grid.price + _roughly(graph, grid.price)[:, graph.quote])
    return consensus.solve_many(graph, grid.price, scale_of(grid.spread, dollars, grid.age, wandering))


def _roughly(graph: Markets, price: Floats) -> Floats:
    """Log dollars of each asset at each look (T, n): par for dollar coins, the rest by its median market."""
    dollar = graph.assets.index(DOLLAR)
    at_par = (graph.peg == dollar) | (np.arange(len(graph.assets)) == dollar)
    rough = np.where(at_par, 0.0, np.nan)[None, :].repeat(len(price), axis=0)
    for asset in np.flatnonzero(~at_par & np.isin(np.arange(len(at_par)), graph.quote)):
        told = price[:, at_par[graph.quote] & (graph.base == asset)]
        some = np.isfinite(told).any(axis=1)
        rough[some, asset] = np.nanmedian(told[some], axis=1)
    return rough
