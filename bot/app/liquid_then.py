"""How liquid markets were by their price history, of which no book is known: by what was traded, and how it moved."""

from collections.abc import Collection, Iterator, Sequence
from math import inf, isfinite

import numpy as np

from bot.analysis import bars
from bot.analysis.bars import Strip
from bot.app import market_lines
from bot.app.market_lines import Line
from bot.model.coins import Coins
from bot.model.decisions import FairValues
from bot.model.events import Quote
from bot.model.markets import DOLLAR, Asset, Candles
from bot.model.times import DAY
from bot.strategy import fair_value, liquidity, stress
from bot.strategy.deviation import in_peg
from bot.strategy.drying import Trend
from bot.strategy.fair_value import Pricing
from bot.strategy.liquidity import Reading

LOOKED_AT = 1_000  # bars of a history, to tell how it was


def lines(histories: Sequence[Candles], coins: Coins, named: Collection[Asset], size_usd: float) -> Iterator[Line]:
    """Every market of a coin against money, at its last bar; of those named, if any are.

    Of a market a spread is estimated and turnover known: its depth is what is traded in a minute, and a size moves the
    price by the square root of its part of a day.
    """
    strips = bars.strips(histories)
    for strip in strips:
        if market_lines.asked(strip.market, coins, named):
            end = int(strip.end[-1])
            values = fair_value.solve(bars.quotes(strips, end), end, Pricing(coins))
            traded = max(_traded(each, end) for each in histories if each.market == strip.market)
            yield _line(strip, values, coins, size_usd, traded)


def _traded(candles: Candles, end: int) -> float:
    """Base units in the day up to `end`, ns UTC: in all its bars, of those whose volume is known."""
    over = candles.opened + candles.timeframe
    return float(np.nansum(candles.volume[(over > end - DAY) & (over <= end)]))


def _line(strip: Strip, values: FairValues, coins: Coins, size_usd: float, traded: float) -> Line:
    quote = _quote(strip, len(strip) - 1)
    market, history = strip.market, _history(strip)
    reading = history[-1]
    value = values.values.get(market.quote)
    usd = 1.0 if market.quote == DOLLAR else value.usd if value else None
    price = in_peg(values.values, market.base, coins)
    return Line(
        market,
        quote.seen_at,
        "candles",
        reading.spread_bp if isfinite(reading.spread_bp) else None,
        None,
        _impact_bp(strip, size_usd / usd / (quote.bid or inf), traded) if usd else None,
        market_lines.score(reading, usd, reading.at),
        _trend(history),
        _left(history, stress.severity(((price or 1.0) - 1) * liquidity.BP)) * usd if usd else None,
    )


def _impact_bp(strip: Strip, size: float, traded: float) -> float | None:
    """By what was traded on its last day, and the volatility of that."""
    first = int(np.searchsorted(strip.end, strip.end[-1] - DAY, side="right"))
    volatility = float(np.sqrt(np.sum(np.diff(strip.price[first:]) ** 2)))
    return liquidity.impact_bp(size, traded, volatility)


def _trend(history: Sequence[Reading]) -> Trend:
    """Its last day beside all of it."""
    scored = [(reading.at, liquidity.quality(reading)) for reading in history]
    late = [score for at, score in scored if at > scored[-1][0] - DAY]
    return Trend(sum(late) / len(late), sum(score for _, score in scored) / len(scored))


def _left(history: Sequence[Reading], already: float) -> float:
    """Of what is traded in a minute, in the quote, by the worst of its own history or of March 2023."""
    own = stress.decay(history)
    decay = stress.worse(own, stress.MARCH_2023) if own else stress.MARCH_2023
    return stress.stressed(history[-1].depth, 0.0, 1.0, decay, already)[0]


def _history(strip: Strip) -> list[Reading]:
    """What was read of it from its first bar to its last, some of them."""
    rows = np.unique(np.linspace(0, len(strip) - 1, LOOKED_AT).astype(int)).tolist()
    return [liquidity.quoted(_quote(strip, row)) for row in rows]


def _quote(strip: Strip, row: int) -> Quote:
    facts = (float(column[row]) for column in (strip.price, strip.spread, strip.size))
    return bars.quote(strip.market, int(strip.end[row]), *facts)
