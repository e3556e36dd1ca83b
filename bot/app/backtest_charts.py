"""The charts of a backtest, as SVG: equity with drawdown and exposure, and prices with what was bought and sold."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from bot.analysis.outcome import Fill, Outcome
from bot.analysis.trades import Trade
from bot.app import depegs
from bot.app.axes import Axis, Point, area, line, moments, padded, thinned, ticks
from bot.app.markup import Markup, element, joined
from bot.model.decisions import Depeg
from bot.model.markets import Asset
from bot.model.orders import Side
from bot.model.times import HOUR

WIDE, HALF = 1_040, 510
LEFT, RIGHT, TOP, BOTTOM = 76, 14, 18, 24
MS = 1_000_000  # ns
COLUMNS = 400  # of a line: more cannot be told apart
MARKS = 300  # on one chart
BANDS = 300
ROOM = 3  # as much time before and after the trades as they took themselves, where their depeg took longer
LEAST = 6 * HOUR

Told = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Pane:
    """One line over time, with a scale of its own."""

    name: str
    style: str  # a class of the style sheet
    points: Sequence[Point]
    y: Axis
    told: Told
    unit: str  # how the page tells a value: usd, price, share
    base: float | None = None  # the surface down to this is filled
    steps: bool = True


@dataclass(frozen=True, slots=True)
class Stay:
    """Trades of one coin that lie close together, and the time to be drawn, ns."""

    coin: Asset
    trades: tuple[Trade, ...]
    since: int
    until: int

    @property
    def pnl_usd(self) -> float:
        """What they earned together."""
        return sum(trade.pnl_usd for trade in self.trades)


def equity(outcome: Outcome) -> Markup:
    """Equity, how far it is below its peak, and the coins held: one above the other, over the same time."""
    at = [standing.at for standing in outcome.curve]
    worth = [standing.equity for standing in outcome.curve]
    peaks = accumulate(worth, max, initial=outcome.capital)
    next(peaks)
    fallen = [min(0.0, equity / peak - 1) if peak > 0 else 0.0 for equity, peak in zip(worth, peaks, strict=True)]
    held = [each.exposure / each.equity if each.equity > 0 else 0.0 for each in outcome.curve]
    low, high = padded([outcome.capital, *worth], least=1e-5)
    deepest, most = min([-1e-4, *fallen]), max([0.01, *held])
    panes = [
        Pane("equity", "equity", _line(at, worth), Axis(low, high, 204, 24), _dollars, "usd", outcome.capital),
        Pane("below the peak", "drawdown", _line(at, fallen), Axis(deepest * 1.1, 0, 306, 244), _percent, "share", 0),
        Pane("held, of equity", "exposure", _line(at, held), Axis(0, most * 1.1, 408, 346), _percent, "share", 0),
    ]
    x = Axis(at[0], max(at[-1], at[0] + 1), LEFT, WIDE - RIGHT)
    return _chart(WIDE, 434, x, panes, _bands(outcome.episodes, x, 410), (), "Equity, drawdown and exposure over time")


def _line(at: Sequence[int], values: Sequence[float]) -> list[Point]:
    return thinned(list(zip(at, values, strict=True)), COLUMNS)


def stays(trades: Sequence[Trade], episodes: Sequence[Depeg]) -> list[Stay]:
    """The trades of each coin, put together where their times to be drawn meet; by coin, then time."""
    found: list[Stay] = []
    for stay in sorted((_stay(trade, episodes) for trade in trades), key=lambda one: (one.coin, one.since)):
        if found and found[-1].coin == stay.coin and stay.since <= found[-1].until:
            before = found.pop()
            until = max(before.until, stay.until)
            stay = Stay(stay.coin, before.trades + stay.trades, before.since, until)  # noqa: PLW2901 - it grows
        found.append(stay)
    return found


def _stay(trade: Trade, episodes: Sequence[Depeg]) -> Stay:
    """The trade with its depeg, as far as that is not too long for the trade to be seen."""
    first, last = trade.entry_time, trade.entry_time + trade.held
    theirs = [each for each in episodes if each.coin == trade.coin and each.start <= first <= (each.end or last)]
    room = ROOM * max(last - first, LEAST)
    began = max(min([first, *(each.start for each in theirs)]), first - room)
    ended = min(max([last, *(each.end for each in theirs if each.end is not None)]), last + room)
    margin = max(HOUR, (ended - began) // 8)
    return Stay(trade.coin, (trade,), began - margin, ended + margin)


def price(stay: Stay, outcome: Outcome, width: int) -> Markup:
    """The coin's price in dollars, its depegs shaded, and every fill where it was."""
    names = {trade.id for trade in stay.trades}
    fills = [fill for fill in outcome.fills if fill.trade in names][:MARKS]
    closes = list(outcome.prices(stay.coin, stay.since, stay.until))
    seen = [value for _, value in closes] + [_usd(fill) for fill in fills]
    low, high = padded(seen)
    if low - (high - low) / 2 <= 1 <= high + (high - low) / 2:
        low, high = padded([*seen, 1.0])
    height = 250 if width == WIDE else 230
    y = Axis(low, high, height - BOTTOM, TOP)
    pane = Pane(f"{stay.coin}, dollars", "price", thinned(closes, COLUMNS), y, _price, "price", steps=False)
    x = Axis(stay.since, stay.until, LEFT, width - RIGHT)
    par = [_rule(x, y.at(1), "par")] if low <= 1 <= high else []
    drawn = [*par, *(_way(trade, x, y) for trade in stay.trades), *(_mark(fill, x, y) for fill in fills)]
    theirs = [each for each in outcome.episodes if each.coin == stay.coin]
    return _chart(
        width, height, x, [pane], _bands(theirs, x, height - BOTTOM), drawn, f"{stay.coin} in dollars, with its trades"
    )


def _chart(
    width: int, height: int, x: Axis, panes: Sequence[Pane], under: Iterable[Markup], over: Iterable[Markup], name: str
) -> Markup:
    scale = {"low": x.low / 10**6, "high": x.high / 10**6, "first": x.first, "last": x.last, "width": width}
    return element(
        "svg",
        *under,
        *_times(x, height),
        *(part for pane in panes for part in _pane(pane, x)),
        *over,
        element("line", class_="cross", y1=TOP, y2=height - BOTTOM),
        class_="chart",
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_label=name,
        data_scale=json.dumps(scale),
        data_series=json.dumps([_series(pane) for pane in panes], allow_nan=False),
    )


def _series(pane: Pane) -> dict[str, Any]:
    """What the page tells of the line where somebody points at it."""
    points = [(at // MS, float(f"{value:.9g}")) for at, value in pane.points]
    return {"name": pane.name, "unit": pane.unit, "steps": pane.steps, "points": points}


def _pane(pane: Pane, x: Axis) -> Iterator[Markup]:
    """Its grid, its name, its surface and its line."""
    few = 2 if abs(pane.y.first - pane.y.last) < 100 else 4
    for value in ticks(pane.y.low, pane.y.high, few):
        yield _rule(x, pane.y.at(value), "grid")
        yield element("text", pane.told(value), class_="label", x=LEFT - 8, y=pane.y.at(value) + 4, text_anchor="end")
    yield element("text", pane.name, class_="name", x=LEFT, y=pane.y.last - 6)
    if pane.base is not None:
        surface = area(pane.points, x, pane.y, pane.base, steps=pane.steps)
        yield element("path", class_=f"{pane.style} surface", d=surface)
    yield element("path", class_=f"{pane.style} line", d=line(pane.points, x, pane.y, steps=pane.steps))


def _rule(x: Axis, y: float, style: str) -> Markup:
    return element("line", class_=style, x1=x.first, x2=x.last, y1=y, y2=y)


def _times(x: Axis, height: int) -> Iterator[Markup]:
    for at, told in moments(int(x.low), int(x.high), round((x.last - x.first) / 110)):
        yield element("line", class_="grid", x1=x.at(at), x2=x.at(at), y1=TOP, y2=height - BOTTOM)
        yield element("text", told, class_="label", x=x.at(at), y=height - 8, text_anchor="middle")


def _bands(episodes: Sequence[Depeg], x: Axis, bottom: int) -> Iterator[Markup]:
    """Where coins were off their peg, as far as it is on the chart; the longest where they are many."""
    low, high = int(x.low), int(x.high)
    stretches = [(max(each.start, low), min(each.end or high, high), each) for each in episodes]
    shown = sorted((some for some in stretches if some[0] < some[1]), key=lambda some: some[0] - some[1])
    for since, until, each in shown[:BANDS]:
        where, style = ("everywhere", "band") if each.scope == "coin" else (f"at {each.scope[6:]}", "band one-venue")
        tip = f"{each.coin} {each.direction} its peg {where}, {each.trough:.4f} at worst"
        width = max(1.0, round(x.at(until) - x.at(since), 1))
        yield element("rect", class_=style, x=x.at(since), y=TOP, width=width, height=bottom - TOP, data_tip=tip)


def _way(trade: Trade, x: Axis, y: Axis) -> Markup:
    """From where it was bought to where it was sold."""
    if trade.entry_price is None or trade.exit_price is None or trade.exit_time is None:
        return joined()
    ends = {"x1": x.at(trade.entry_time), "y1": y.at(trade.entry_price)}
    ends |= {"x2": x.at(trade.exit_time), "y2": y.at(trade.exit_price)}
    return element("line", class_=f"way {'won' if trade.pnl_usd > 0 else 'lost'}", **ends)


def _mark(fill: Fill, x: Axis, y: Axis) -> Markup:
    """A triangle: up from below where it was bought, down from above where it was sold."""
    left, top = x.at(fill.at), y.at(_usd(fill))
    bought = fill.side is Side.BUY
    away = 9 if bought else -9
    tip = (
        f"{'bought' if bought else 'sold'} {fill.amount:,.0f} {fill.coin} at ${_usd(fill):.4f} on {fill.market.venue}, "
        f"{depegs.clock(fill.at)}: {fill.why}"
    )
    shape = f"M{left} {top}l-5.5 {away}h11z"
    return element("path", class_=f"mark {'enter' if bought else 'exit'}", d=shape, data_tip=tip)


def _usd(fill: Fill) -> float:
    return float(fill.price) * fill.quote_usd


def _dollars(value: float) -> str:
    return f"${value:,.0f}" if value == round(value) else f"${value:,.2f}"


def _percent(value: float) -> str:
    return f"{value:.4%}".rstrip("%").rstrip("0").rstrip(".") + "%"


def _price(value: float) -> str:
    told = f"{value:.6f}".rstrip("0")
    return f"{value:.2f}" if len(told) < len(f"{value:.2f}") else told
