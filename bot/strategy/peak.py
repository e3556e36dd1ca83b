"""Where a chain of sides earns most, in floats: the amount at which one more coin in brings back exactly what it costs.

The marginal rate of a chain falls as the amount grows, so profit is concave and its peak is a root. What is climbed is
`sqrt(toll / rate) - 1`: a straight line for constant product and within a Uniswap V3 tick, also for chains of them, so
that a secant lands on the root in a step or two. Where StableSwap-NG's fee falls faster than its price the rate rises
for a while; the peak is then the best of its neighbourhood.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt
from typing import NamedTuple

from bot.amm.side import Side

FLAT = 1e-5  # a root is good when this part of the gain at zero is left: profit is then short by this part squared
NARROW = 1e-12  # or when the bracket is this part of the amount: the integers settle the rest
STRIDE = 1 / 1024  # of the limit: the first step of a climb that has no better idea
STEPS = 100
NOTHING = 1e-100  # a rate in its place where a pool is so drained that the next coin brings none


@dataclass(frozen=True, slots=True)
class Peak:
    """The best amount and its profit.

    `bound` is what no amount exceeds: above `profit` where the climb gave up, because even that was not worth having.
    """

    amount: float
    profit: float
    bound: float


class Point(NamedTuple):
    """What the chain does at one input. `gap` is below zero where one more coin pays."""

    amount: float
    gap: float
    profit: float
    slope: float


def through(sides: Sequence[Side], amount: float) -> tuple[float, float]:
    """Coins out of the chain and its marginal rate at `amount`; a rate of -inf beyond what a side can take.

    A finite rate can be below 0: where StableSwap-NG's fee rises faster than what comes out.
    """
    rate = 1.0
    for side in sides:
        if amount > side.cap:
            return amount, -inf
        amount, marginal = side.rate(amount)
        rate *= marginal
    return amount, rate


def climb(sides: Sequence[Side], toll: float, limit: float, guess: float = 0.0, need: float = 0.0) -> Peak:
    """The peak of `out(x) - toll * x` over 0..`limit`, where `toll` is 1 plus the fee of the loan.

    Starts at `guess` where there is one, and gives up as soon as it is sure that no amount earns more than `need`.
    """
    low = before = _at(sides, toll, 0.0)
    if low.gap >= 0.0 or limit <= 0.0:
        return Peak(0.0, 0.0, 0.0)
    high: Point | None = None
    close = FLAT * low.gap
    amount = min(guess or limit * STRIDE, limit)
    for step in range(STEPS):
        here = _at(sides, toll, amount)
        if here.gap == inf:
            amount = limit = _within(sides, amount)
            continue
        low, high = (here, high) if here.gap < 0.0 else (low, here)
        if close <= here.gap <= -close or _narrow(low, high, limit):
            break
        bound = _bound(low, high, limit)
        if bound <= need:
            return Peak(low.amount, low.profit, bound)
        amount, before = _next(low, high, before, here, limit, step), here
    best = low if high is None or low.profit >= high.profit else high
    return Peak(best.amount, best.profit, best.profit)


def _at(sides: Sequence[Side], toll: float, amount: float) -> Point:
    out, rate = through(sides, amount)
    if rate == -inf:
        return Point(amount, inf, 0.0, -toll)
    return Point(amount, sqrt(toll / max(rate, NOTHING)) - 1.0, out - toll * amount, rate - toll)


def _narrow(low: Point, high: Point | None, limit: float) -> bool:
    """Nothing left to search: the limit itself pays, or the bracket has closed on a step of the rate."""
    if high is None:
        return low.amount >= limit
    return high.amount - low.amount <= NARROW * high.amount


def _bound(low: Point, high: Point | None, limit: float) -> float:
    """No profit is above either tangent, so none is above where they meet."""
    if high is None:
        return low.profit + low.slope * (limit - low.amount)
    width = high.amount - low.amount
    meet = (high.profit - low.profit - high.slope * width) / (low.slope - high.slope)
    return low.profit + low.slope * meet


def _next(low: Point, high: Point | None, before: Point, here: Point, limit: float, step: int) -> float:
    """The secant's root where it lies inside the bracket; the middle where not, and now and then in any case."""
    run = here.gap - before.gap
    root = here.amount - here.gap * (here.amount - before.amount) / run if run else inf
    if high is None:
        return limit if root >= limit or root <= low.amount else min(limit, root)
    if low.amount < root < high.amount and step % 4 != 3:
        return root
    return _middle(low.amount, high.amount)


def _middle(low: float, high: float) -> float:
    """Between two amounts: by ratio where they are orders of magnitude apart."""
    if high > 16.0 * low:
        return max(sqrt(low * high), high / 1024.0)
    return 0.5 * (low + high)


def _within(sides: Sequence[Side], limit: float) -> float:
    """The largest input up to `limit` that no side is too small for, a hair less."""
    room = inf
    for side in reversed(sides):
        room = min(_needed(side, room), float(side.cap))
    return min(room, limit) * (1.0 - NARROW)


def _needed(side: Side, room: float) -> float:
    """The input at which `side` gives `room`, its cap when it never does.

    Newton's method on a concave function, from below: it never overshoots.
    """
    cap, amount = float(side.cap), 0.0
    for _ in range(STEPS):
        out, rate = side.rate(amount)
        if rate <= 0.0:
            break
        step = (room - out) / rate
        amount = min(amount + step, cap)
        if amount == cap or step <= NARROW * amount:
            break
    return amount
