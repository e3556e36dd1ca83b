"""How fast a loop is sized to the unit, beside a search by thirds of the interval that gives the same to rounding.

    PYTHONPATH=tests uv run python tests/benchmarks/bench_sizing.py

Loops of two to four legs over all families and decimals, every one with something to earn. The hard ones borrow a coin
of 18 decimals through one of 6: there the best amount is the foot of a step a million million units wide.
"""

from collections.abc import Sequence
from itertools import cycle
from random import Random

from harness import Work, measure, report, verdict
from strategy import worlds

from bot.amm.side import Side
from bot.strategy.sizing import size, walk

MOST = 10**9  # whole coins


def free(_amount: int) -> int:
    """A loan without a fee."""
    return 0


def thirds(sides: Sequence[Side], most: int) -> int:
    """The best profit by a search that knows nothing of rates."""

    def profit(amount: int) -> int:
        flow = walk(sides, amount)
        return flow[-1] - amount if flow else -amount

    low, high = 1, min(most, sides[0].cap)
    while high - low > 3:
        third = (high - low) // 3
        low, high = (low + third, high) if profit(low + third) < profit(high - third) else (low, high - third)
    return max(profit(amount) for amount in range(low, high + 1))


def loops(decimals: Sequence[int], count: int) -> list[tuple[Sequence[Side], int]]:
    """Loops through coins of these decimals that earn a dollar or more, and how much may be borrowed."""
    found: list[tuple[Sequence[Side], int]] = []
    for seed in range(10_000):
        rnd = Random(seed)
        coins = [worlds.Coin(f"C{n}", worlds.address(n + 1), places) for n, places in enumerate(decimals)]
        sides, most = worlds.loop_through(rnd, coins, gain=0.02), MOST * 10 ** coins[0].decimals
        sized = size(sides, free, 0.0, most)
        if sized and sized.profit > 10 ** coins[0].decimals:
            found.append((sides, most))
        if len(found) == count:
            return found
    raise AssertionError("too few loops earn")


def timed(name: str, cases: Sequence[tuple[Sequence[Side], int]]) -> float:
    """Prints rates; how many times faster than by thirds."""
    ours, theirs = cycle(cases), cycle(cases)

    def sized() -> None:
        sides, most = next(ours)
        size(sides, free, 0.0, most)

    timings = measure(Work("sized to the unit", sized), Work("by thirds", lambda: thirds(*next(theirs))))
    report(name, timings)
    return timings[0].times_faster_than(timings[1])


def short(cases: Sequence[tuple[Sequence[Side], int]], unit: int) -> bool:
    """Whether thirds find more anywhere: by a millionth, and by more than ten of these base units of rounding."""
    for sides, most in cases:
        sized, theirs = size(sides, free, 0.0, most), thirds(sides, most)
        if sized is None or sized.profit < theirs - max(theirs * 1e-6, 10 * unit):
            return True
    return False


def main() -> None:
    """Times and judges."""
    even = [case for legs in (2, 3, 4) for case in loops([6] * legs, 20)]
    stairs = [case for legs in (2, 3, 4) for case in loops([18, *[6] * (legs - 1)], 20)]
    faster = timed("Two to four legs, 6 decimals", even), timed("Two to four legs, 18 decimals through 6", stairs)
    verdict(
        ("faster than thirds", min(faster) > 1),
        ("no less than thirds find, to a millionth or rounding", not short(even, 1) and not short(stairs, 10**12)),
    )


if __name__ == "__main__":
    main()
