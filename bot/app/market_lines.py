"""How liquid markets are, line by line: what stands in each, what a size costs, and what a bad time would leave."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile
from math import isfinite
from typing import Any

from bot.app.screen import plain
from bot.model.coins import Coins
from bot.model.markets import REFERENCES, Asset, Market, underlying
from bot.model.orders import Side
from bot.model.times import iso
from bot.strategy import liquidity, stress
from bot.strategy.drying import Trend
from bot.strategy.liquidity import DISTANCES, Levels, Reading
from bot.strategy.stress import MARCH_2023, Decay
from bot.strategy.tradable import POOR

BEFORE = ("market", "spread bp>")
DEPTHS = tuple(f"{bp:.0f} bp $>" for bp in DISTANCES)
AFTER = ("slip bp>", "score>", "trend", "left $>")
UNKNOWN = "–"
HURRY_BP = 100.0  # off the best price: what could be sold within so much is what is left
GOOD = 0.5  # score of a market 10 bp wide in which very much stands, or 3 bp wide with 25,000 dollars
LEVEL = 0.1  # of the score: a rise or fall of less is none


@dataclass(frozen=True, slots=True)
class Line:
    """One market. Dollars; None where nobody can say."""

    market: Market
    at: int  # ns UTC, of what it was told by
    told_by: str  # "book", "quote", "pool" or "candles"
    spread_bp: float | None  # None: nobody stands on one side, or the book is crossed
    depth_usd: tuple[float, ...] | None  # within `DISTANCES`, on the thinner side
    slippage_bp: float | None  # of the size asked for, on the worse side; of candles what it would move the price by
    score: float
    trend: Trend
    left_usd: float | None  # could be sold in a time as bad as March 2023; of candles in a minute of one


def asked(market: Market, coins: Coins, named: Collection[Asset]) -> bool:
    """Whether it is one of a coin or its perpetual against money, and of those named, if any are."""
    coin = underlying(market.base)
    if coin not in coins.by_symbol or market.quote in REFERENCES:
        return False
    return not named or coin in named or market.quote in named


def of_levels(
    market: Market,
    told_by: str,
    sides: tuple[Levels, Levels],
    reading: Reading,
    quote_usd: float | None,
    size_usd: float,
    trend: Trend,
    now: int,
    already: float,
) -> Line:
    """A market of which bids and asks are known. `already`: how bad the time is now, 0 to 1."""
    bids, asks = sides
    usd = quote_usd if quote_usd and bids and asks else None
    return Line(
        market,
        reading.at,
        told_by,
        reading.spread_bp if isfinite(reading.spread_bp) else None,
        depths(bids, asks, usd) if usd else None,
        slippage(bids, asks, size_usd / usd) if usd else None,
        score(reading, quote_usd, now),
        trend,
        left(bids, already) * bids[0][0] * usd if usd else None,
    )


def score(reading: Reading, quote_usd: float | None, now: int) -> float:
    """Of a market in any money: its depth counts in dollars."""
    return liquidity.score(reading._replace(depth=reading.depth * (quote_usd or 1.0)), now)


def depths(bids: Levels, asks: Levels, quote_usd: float) -> tuple[float, ...]:
    """Dollars within each distance of the best price, on the thinner side."""
    sides = [[size * side[0][0] * quote_usd for size in liquidity.profile(side)] for side in (bids, asks)]
    return tuple(min(both) for both in zip(*sides, strict=True))


def slippage(bids: Levels, asks: Levels, money: float) -> float | None:
    """What taking so much of the quote costs on the worse side, bp; None where one does not bear it."""
    sides = [liquidity.slippage_bp(side, money / side[0][0]) for side in (bids, asks)]
    known = [each for each in sides if each is not None]
    return max(known) if len(known) == len(sides) else None


def left(bids: Levels, already: float, decay: Decay = MARCH_2023) -> float:
    """Base units that could still be sold within `HURRY_BP` in a time as bad as March 2023."""
    return stress.sellable(bids, 1.0, bids[0][0] * (1 - HURRY_BP / liquidity.BP), decay, already)


def trend(scores: Sequence[Mapping[Market, float]], market: Market) -> Trend:
    """Of a market over what was looked at since it was heard first: the last third beside all. Silent, it scores 0."""
    told = [each.get(market, 0.0) for each in dropwhile(lambda each: market not in each, scores)]
    late = told[-max(len(told) // 3, 1) :]
    return Trend(sum(late) / len(late), sum(told) / len(told)) if told else Trend(0.0, 0.0)


def best_first(lines: Iterable[Line]) -> list[Line]:
    """In the order of the table."""
    return sorted(lines, key=lambda line: (-line.score, line.market))


def told(line: Line) -> dict[str, Any]:
    """As programs read it."""
    steps = (f"{bp:.0f}" for bp in DISTANCES)
    return {
        "venue": line.market.venue,
        "base": line.market.base,
        "quote": line.market.quote,
        "time": iso(line.at),
        "told_by": line.told_by,
        "spread_bp": _rounded(line.spread_bp, 3),
        "depth_usd": dict(zip(steps, (round(each, 2) for each in line.depth_usd), strict=True))
        if line.depth_usd
        else None,
        "slippage_bp": _rounded(line.slippage_bp, 3),
        "score": round(line.score, 4),
        "rise": round(line.trend.rise, 4),
        "dries_up": line.trend.dries,
        "left_usd": _rounded(line.left_usd, 2),
    }


def columns(lines: Iterable[Line]) -> tuple[str, ...]:
    """Of the table; without depths where none is known, as of candles."""
    known = any(line.depth_usd for line in lines)
    return (*BEFORE, *(DEPTHS if known else ()), *AFTER)


def row(line: Line, columns: Collection[str]) -> tuple[str, ...]:
    """As people read it."""
    colour = "red" if line.score < POOR or line.trend.dries else "green" if line.score > GOOD else ""
    scored = f"{line.score:.2f}"
    return (
        plain(str(line.market)),
        _number(line.spread_bp, ".1f"),
        *(_number(each, ",.0f") for each in line.depth_usd or [None] * len(set(DEPTHS) & set(columns))),
        _number(line.slippage_bp, ".1f"),
        f"[{colour}]{scored}[/]" if colour else scored,
        arrow(line.trend),
        _number(line.left_usd, ",.0f"),
    )


def arrow(its: Trend) -> str:
    """Where it goes, and by how much."""
    sign = "→" if abs(its.rise) < LEVEL else "↑" if its.rise > 0 else "↓"
    return sign if sign == "→" else f"{sign} {its.rise:+.0%}"


def _number(value: float | None, form: str) -> str:
    return UNKNOWN if value is None else f"{value:{form}}"


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def sides_of(levels: tuple[Iterable[tuple[float, float]], Iterable[tuple[float, float]]]) -> tuple[Levels, Levels]:
    """Bids and asks as books have them."""
    bids, asks = levels
    return liquidity.of_book(bids, Side.SELL), liquidity.of_book(asks, Side.BUY)
