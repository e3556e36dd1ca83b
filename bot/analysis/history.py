"""Depegs in price history: the whole of it, as the live bot would have seen it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.model.coins import Coins
from bot.model.decisions import Depeg
from bot.model.events import Quote
from bot.model.markets import Candles, Market
from bot.strategy import depeg, fair_value
from bot.strategy.depeg import Thresholds, Watching
from bot.strategy.fair_value import Pricing


@dataclass(frozen=True, slots=True)
class Found:
    """What a history holds."""

    episodes: tuple[Depeg, ...]  # in order of start
    markets: int
    quotes: int  # bars
    span: tuple[int, int]  # ns UTC, from the first bar's beginning to the last one's end; (0, 0) of nothing


def find(
    histories: Sequence[Candles],
    coins: Coins,
    thresholds: Thresholds,
    progress: Callable[[float], None] | None = None,
    *,
    skip: bool = True,
) -> Found:
    """Every depeg in these histories, taken as one market: ordered by time, each at its own resolution.

    The same market may come in several pieces and resolutions. A bar is known at its end and not before. `progress` is
    told the part done, 0 to 1. Without `skip` calm stretches are looked at too, which changes nothing but the time.
    """
    del skip
    bars = sorted(
        (int(candles.opened[i]) + candles.timeframe, -candles.timeframe, number, i)
        for number, candles in enumerate(histories)
        for i in range(len(candles))
    )
    latest: dict[Market, Quote] = {}
    watching, told, pricing = Watching(), dict[tuple[str, str, str, int], Depeg](), Pricing(coins)
    for done, (end, _, number, i) in enumerate(bars):
        candles = histories[number]
        latest[candles.market] = Quote(end, end, *candles.market, candles.close[i], candles.close[i], 1.0, 1.0)
        if done + 1 == len(bars) or bars[done + 1][0] > end:
            values = fair_value.solve(latest.values(), end, pricing)
            watching, new = depeg.detect(watching, values, latest.values(), thresholds, coins)
            told |= {(one.coin, one.scope, one.direction, one.start): one for one in (*new, *watching.depegs)}
            if progress:
                progress((done + 1) / len(bars))
    span = (min(int(c.opened[0]) for c in histories), bars[-1][0]) if bars else (0, 0)
    episodes = sorted(told.values(), key=lambda one: one.start)
    return Found(tuple(episodes), len({candles.market for candles in histories}), len(bars), span)
