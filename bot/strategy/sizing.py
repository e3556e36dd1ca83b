"""How much: the amount at which a loop earns most. Climbed to in floats, settled in exact integers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.amm.side import Side
from bot.strategy import peak

Fee = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Sized:
    """What to borrow and what comes of it. `flow` is what goes into each side and, last, what comes out of the last."""

    amount: int
    flow: tuple[int, ...]
    fee: int
    profit: int


def size(sides: Sequence[Side], fee: Fee, fee_rate: float, most: int, guess: float = 0.0) -> Sized | None:
    """The amount, up to `most`, with the largest profit f(x) = out(x) - x - fee(x); None when no amount earns.

    In base units of the coin borrowed. The answer holds the certificate f(x-1) <= f(x) >= f(x+1), where an amount that
    a side refuses or that is above `most` counts as worse than any. `fee_rate` is what `fee` tends to for large
    amounts, `guess` an amount to start from, if there is one.
    """
    limit = min(most, sides[0].cap)
    summit = peak.climb(sides, 1.0 + fee_rate, float(limit), guess)
    amount = _possible(sides, min(max(int(summit.amount), 1), limit)) or _least(sides, limit)
    if amount == 0:
        return None
    sized = _settled(sides, fee, limit, amount)
    return sized if sized and sized.profit > 0 else None


def walk(sides: Sequence[Side], amount: int) -> tuple[int, ...] | None:
    """The flow of `amount` through all sides; None when one of them refuses."""
    flow = [amount]
    for side in sides:
        out = side.out(flow[-1])
        if not out:
            return None
        flow.append(out)
    return tuple(flow)


def _possible(sides: Sequence[Side], amount: int) -> int:
    """`amount`, or where a side refuses it, the largest amount below that none refuses; 0 when there is none.

    The climb ends a rounding error beyond what a side can take, so the search strides down from there.
    """
    stride, above = 1, amount
    while amount > 0 and walk(sides, amount) is None:
        above, amount, stride = amount, amount - stride, 2 * stride
    if amount <= 0:
        return 0
    while above - amount > 1:
        middle = (amount + above) // 2
        amount, above = (amount, middle) if walk(sides, middle) is None else (middle, above)
    return amount


def _least(sides: Sequence[Side], limit: int) -> int:
    """About the least amount of which anything comes out, twice it at most; 0 when that is above `limit`."""
    amount = 1
    while amount <= limit and walk(sides, amount) is None:
        amount *= 2
    return amount if amount <= limit else 0


def _settled(sides: Sequence[Side], fee: Fee, limit: int, amount: int) -> Sized | None:
    """The nearest amount that holds the certificate."""
    better = _sized(sides, fee, amount)
    here = None
    while better is not None:
        here = _trimmed(sides, fee, better)
        better = _uphill(sides, fee, limit, here, 1) or _uphill(sides, fee, limit, here, -1)
    return here


def _sized(sides: Sequence[Side], fee: Fee, amount: int) -> Sized | None:
    flow = walk(sides, amount)
    if flow is None:
        return None
    charged = fee(amount)
    return Sized(amount, flow, charged, flow[-1] - amount - charged)


def _uphill(sides: Sequence[Side], fee: Fee, limit: int, here: Sized, way: int) -> Sized | None:
    """A better amount on one side, by strides that double while they pay; None when the very next is no better."""
    better, stride = None, 1
    while 0 < here.amount + way * stride <= limit:
        there = _sized(sides, fee, here.amount + way * stride)
        if there is None or there.profit <= here.profit:
            break
        better = here = there
        stride *= 2
    return better


def _trimmed(sides: Sequence[Side], fee: Fee, sized: Sized) -> Sized:
    """The least amount that brings as much out: a coin of few decimals on the way makes a staircase of the outcome."""
    least = sized.flow[-1]
    for side, amount, out in zip(reversed(sides), sized.flow[-2::-1], sized.flow[:0:-1], strict=True):
        least = _least_input(side, amount, out, least)
    trimmed = _sized(sides, fee, least) if least < sized.amount else None
    return trimmed if trimmed and trimmed.profit > sized.profit else sized


def _least_input(side: Side, amount: int, out: int, least: int) -> int:
    """The least input for which `side` gives `least`, knowing that `amount` gives `out`, which is no less."""
    if (side.out(amount - 1) or 0) < least:
        return amount
    rate = side.rate(float(amount))[1]
    width = 1 + int((out - least + 1) / rate)
    low, high = amount - width, amount - 1
    while low > 0 and (side.out(low) or 0) >= least:
        low, high, width = low - width, low, 2 * width
    low = max(low, 0)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if (side.out(middle) or 0) >= least else (middle, high)
    return high
