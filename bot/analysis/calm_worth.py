"""What all was worth at looks that are passed over: nothing is decided there, but its highest is remembered."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from bot.analysis import bars, valuation
from bot.analysis.bars import Floats
from bot.analysis.history import STRETCH
from bot.analysis.scan import Scan
from bot.model.markets import DOLLAR, Asset
from bot.model.times import DAY
from bot.strategy.desk import Desk
from bot.strategy.risk import Worth


def after(desk: Desk, scan: Scan, first: int, last: int) -> Desk:
    """The desk as the looks [first, last) would have left it, at which no coin is off its peg and nothing is open."""
    coins: dict[Asset, float] = {}
    for (_, asset), amount in desk.account.balances.items():
        coins[asset] = coins.get(asset, 0.0) + float(amount)
    dollars = coins.pop(DOLLAR, 0.0)
    coins = {asset: held for asset, held in coins.items() if held and asset in scan.graph.assets}
    for begin in range(first, last, STRETCH) if coins else ():
        desk = _after(desk, scan, (begin, min(begin + STRETCH, last)), coins, dollars)
    return desk


def _after(desk: Desk, scan: Scan, looks: tuple[int, int], coins: Mapping[Asset, float], dollars: float) -> Desk:
    at = scan.at[slice(*looks)]
    solved = valuation.solved(scan.names, scan.graph, bars.grid(scan.markets, at))
    equity, usd = np.full(len(at), dollars), dict(desk.usd)
    for asset, held in coins.items():
        worth = _lasting(np.exp(solved.value[:, scan.graph.assets.index(asset)]), usd.get(asset, 1.0))
        equity += held * worth
        usd[asset] = float(worth[-1])
    day = int(at[-1]) // DAY
    began = int(np.searchsorted(at, day * DAY))
    morning = desk.worth.morning if day == desk.worth.day else float(equity[began])
    peak = max(desk.worth.peak, float(equity.max()))
    known = Worth(float(equity[-1]), peak, day, morning, desk.worth.marked, since=None)  # all that has a price has one
    return replace(desk, usd=usd, worth=known)


def _lasting(worth: Floats, before: float) -> Floats:
    """What nobody prices counts at what it was last worth."""
    known = np.maximum.accumulate(np.where(np.isfinite(worth), np.arange(len(worth)), -1))
    return np.where(known >= 0, worth[known], before)
