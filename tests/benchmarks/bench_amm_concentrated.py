"""Exact Uniswap V3 quotes over some 40 ticks, beside a straight loop over ticks: at least 30 times faster.

    PYTHONPATH=tests uv run python tests/benchmarks/bench_amm_concentrated.py

The loop is the best a straight one can do: it knows the initialised ticks in order and their prices beforehand. Also
shown: a swap moves the pool to a new state without building its tables again.
"""

import random
from bisect import bisect_right
from statistics import mean

import v3_pools
from amm.reference import v3_swap
from harness import Work, measure, report, verdict
from v3_pools import FEE, SPACING

from bot.amm.ticks import sqrt_ratio
from bot.units import PPM

NETS = v3_pools.nets(3)
LADDER = v3_pools.ladder(3)
POOL = v3_pools.at(LADDER, -2)
TICKS = sorted(NETS)
PRICES = [sqrt_ratio(tick) for tick in TICKS]
DRAW = random.Random(11)
AMOUNTS = [DRAW.randrange(1_000 * 10**6, 28_000_000 * 10**6) for _ in range(256)]


def walk(dx: int) -> tuple[int, int]:
    """Coin 0 in, tick by tick: what comes out, and how many ticks were crossed."""
    price, liquidity, left, given = POOL.sqrt_price, POOL.liquidity, dx, 0
    first = at = bisect_right(TICKS, POOL.tick) - 1
    while left:
        low, shifted, less = PRICES[at], liquidity << 96, left * (PPM - FEE) // PPM
        took = -(-shifted * (price - low) // (price * low))
        if less < took:
            low = -(-shifted * price // (shifted + less * price))
            return given + (liquidity * (price - low) >> 96), first - at
        left -= took - (-took * FEE // (PPM - FEE))
        given += liquidity * (price - low) >> 96
        price, liquidity, at = low, liquidity - NETS[TICKS[at]], at - 1
    return given, first - at


def contract(dx: int) -> int:
    """The contract's own loop, over the bitmap's words as well."""
    return v3_swap(NETS, POOL.liquidity, POOL.sqrt_price, POOL.tick, FEE, SPACING, dx, down=True)[0]


def main() -> None:
    """Checks, times and judges."""
    side = POOL.side(0, 1)
    out, rate = side.out, side.rate
    floats = [float(amount) for amount in AMOUNTS]
    places = [(v3_pools.at(LADDER, tick).sqrt_price, tick) for tick in range(-100, 100)]
    state = type(POOL)

    crossed = mean(walk(dx)[1] for dx in AMOUNTS)
    differences = sum(not out(dx) == contract(dx) == walk(dx)[0] for dx in AMOUNTS)
    quotes = measure(
        Work("repeg, exact", lambda: [out(dx) for dx in AMOUNTS], len(AMOUNTS)),
        Work("straight loop over ticks", lambda: [walk(dx) for dx in AMOUNTS[:64]], 64),
        Work("repeg, estimate and marginal rate", lambda: [rate(x) for x in floats], len(floats)),
    )
    report(f"Uniswap V3 quotes over {crossed:.0f} ticks of {len(TICKS)}", quotes)

    def moved():
        for price, tick in places:
            pool = state(LADDER, price, tick)
            pool.side(0, 1)
            pool.side(1, 0)

    updates = measure(
        Work("new price: state and both directions", moved, len(places)),
        Work("exact state after a swap, by `after`", lambda: [POOL.after(0, 1, dx) for dx in AMOUNTS], len(AMOUNTS)),
        Work("tables built again", lambda: v3_pools.Ladder(list(NETS.items()), FEE, SPACING)),
    )
    report("Uniswap V3 state after a swap", updates)
    verdict(
        ("no difference from the contract's loop", differences == 0),
        ("30 times a straight loop", quotes[0].times_faster_than(quotes[1]) >= 30),
        ("a swap builds no tables", POOL.after(0, 1, AMOUNTS[0]).ladder is LADDER),
    )


if __name__ == "__main__":
    main()
