"""What an operator is told of an open hold: how much of the way back is done, and that the time it takes changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.model.coins import Coins
from bot.model.decisions import Value
from bot.model.markets import DOLLAR, Asset
from bot.model.outlooks import Outlook
from bot.model.times import DAY, HOUR, MINUTE
from bot.model.trade import Trade
from bot.strategy.deviation import in_peg

STEPS = (0.25, 0.50, 0.75)
FACTOR = 2  # a time that changed by less is no news
ROUNDING = 1e-9  # of the way
SHORT = 10 * MINUTE  # nor is one that became shorter still


@dataclass(frozen=True, slots=True)
class Told:
    """What was said last of one hold."""

    step: float = 0.0  # of the way back, the farthest ever told
    time: int | None = None  # ns until it is back; None: more likely never
    known: bool = False  # whether any time was known yet


Progress = Mapping[str, Told]
"""By the trade's name."""


def told(
    trades: Iterable[Trade],
    outlooks: Mapping[Asset, Outlook],
    values: Mapping[Asset, Value],
    coins: Coins,
    before: Progress,
) -> tuple[tuple[str, ...], dict[str, Told]]:
    """Lines to tell now, and what has been told after them. Each step of the way back is told once, the farthest only.

    A hold that is seen for the first time, as after a restart, is told if it is on its way, and its time is remembered.
    """
    lines: list[str] = []
    now: dict[str, Told] = {}
    for trade in trades:
        price, way = _standing(trade, values, coins)
        if trade.kind == "hold" and price is not None:
            line, now[trade.id] = _said(trade, price, way, outlooks.get(trade.coin), before.get(trade.id, Told()))
            lines += [line] if line else []
        elif trade.id in before:
            now[trade.id] = before[trade.id]
    return tuple(lines), now


def way_back(price: float, cost: float) -> float:
    """Share of the way from what was paid to the peg, both in its units; below 0 when it fell, 0 with no way to go."""
    return (price - cost) / (1 - cost) if cost < 1 else 0.0


def lasting(time: int) -> str:
    """A time as people say it: "3 d 4 h", "1 h 20 min", "45 min"."""
    minutes = max(round(time / MINUTE), 1)
    unit, part, names = (DAY, HOUR, ("d", "h")) if minutes * MINUTE >= DAY else (HOUR, MINUTE, ("h", "min"))
    whole, rest = divmod(round(minutes * MINUTE / part), unit // part)
    return " ".join(f"{number} {name}" for number, name in zip((whole, rest), names, strict=True) if number)


def _standing(trade: Trade, values: Mapping[Asset, Value], coins: Coins) -> tuple[float | None, float]:
    """The coin's price in units of its peg, None where nothing is held or nobody prices it; and the way back done."""
    price, peg = in_peg(values, trade.coin, coins), coins.peg(trade.coin)
    if price is None or trade.net <= 0:
        return None, 0.0
    usd = 1.0 if peg is None or peg == DOLLAR else values[peg].usd
    return price, way_back(price, trade.cost_usd / usd)


def _said(trade: Trade, price: float, way: float, view: Outlook | None, before: Told) -> tuple[str | None, Told]:
    step = max((each for each in STEPS if way >= each - ROUNDING), default=0.0)
    changed = view is not None and before.known and _other(before.time, view.median_time)
    news = Told(max(step, before.step), view.median_time if view else before.time, before.known or view is not None)
    start = f"{trade.coin} hold {trade.id}: "
    if step > before.step:
        expected = f", {_expected(view.median_time)}" if view else ""
        return f"{start}{step:.0%} of the way back at {price:.4f}{expected}", news
    if changed:
        return f"{start}{_expected(news.time)} at {price:.4f}, before: {_expected(before.time)}", news
    return None, before if before.known or view is None else news


def _other(before: int | None, now: int | None) -> bool:
    """Whether a time has become another one."""
    if before is None or now is None:
        return before != now
    one, other = max(before, SHORT), max(now, SHORT)
    return max(one, other) >= FACTOR * min(one, other)


def _expected(time: int | None) -> str:
    return "more likely never back" if time is None else f"{lasting(time)} expected"
