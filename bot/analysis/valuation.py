"""Fair values of a stretch of history, all its looks at once."""

from collections.abc import Sequence

import numpy as np

from bot.analysis.bars import Grid
from bot.model.coins import Coins
from bot.model.markets import Market
from bot.strategy import consensus, market_graph
from bot.strategy.consensus import Solved
from bot.strategy.fair_value import WANDERING
from bot.strategy.market_graph import Markets
from bot.strategy.weights import depth_usd, scale_of


def described(markets: Sequence[Market], coins: Coins) -> Markets:
    """The graph of these markets."""
    return market_graph.described(markets, {coin.symbol: coin.peg for coin in coins.by_symbol.values()})


def solved(names: Sequence[Market], graph: Markets, grid: Grid) -> Solved:
    """What fair_value.solve says at each look of the quotes that stand there."""
    wandering = np.array([bool(WANDERING & {market.base, market.quote}) for market in names])
    dollars = depth_usd(graph, grid.price, grid.size)
    return consensus.solve_many(graph, grid.price, scale_of(grid.spread, dollars, grid.age, wandering))
