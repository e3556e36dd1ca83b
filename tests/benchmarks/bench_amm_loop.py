"""From a swap seen to the best size and its exact profit: a loop V3 - Curve - V3, at least 10,000 times a second.

    PYTHONPATH=tests uv run python tests/benchmarks/bench_amm_loop.py

Each time another price of the first pool is seen; its state is made from it, the loop is sized by bot.strategy.sizing
and its profit is exact. Some sizes are checked against a search over integers that knows no slopes.
"""

import random
from itertools import cycle

import v3_pools
from harness import Work, measure, report, verdict

from bot.amm.concentrated import Concentrated
from bot.amm.stableswap import StableSwap
from bot.strategy import sizing

BALANCES = (163_412_345 * 10**18, 187_654_321 * 10**6, 11_111_111 * 10**6)
CURVE = StableSwap(BALANCES, 200_000, 10**6, (10**18, 10**30, 10**30)).side(2, 1)
FIRST = v3_pools.ladder(31)  # coin against USDT
LAST = v3_pools.at(v3_pools.ladder(37), -4).side(1, 0)  # coin against USDC
MOST = 10**14


def no_fee(_amount: int) -> int:
    """Borrowed for nothing."""
    return 0


def found(price: int, tick: int) -> sizing.Sized | None:
    """The best of the loop once the first pool stands at this price."""
    first = Concentrated(FIRST, price, tick).side(0, 1)
    return sizing.size((first, CURVE, LAST), no_fee, 0.0, MOST)


def searched(price: int, tick: int) -> int:
    """The best profit by thirds of the interval, then by looking at everything near."""
    sides = (Concentrated(FIRST, price, tick).side(0, 1), CURVE, LAST)

    def profit(amount: int) -> int:
        flow = sizing.walk(sides, amount)
        return flow[-1] - amount if flow else -amount

    low, high = 1, min(MOST, sides[0].cap)
    while high - low > 300:
        third = (high - low) // 3
        low, high = (low + third, high) if profit(low + third) < profit(high - third) else (low, high - third)
    return max(profit(amount) for amount in range(max(1, low - 1_000), high + 1_000))


def main() -> None:
    """Checks, times and judges."""
    draw = random.Random(5)
    places = []
    for _ in range(512):
        tick = draw.randrange(-2, 12)
        pool = v3_pools.at(FIRST, tick, draw.random())
        places.append((pool.sqrt_price, tick))

    short = 0
    for price, tick in places[:12]:
        sized = found(price, tick)
        short = max(short, searched(price, tick) - (sized.profit if sized else 0))
    seen = cycle(places)
    timings = measure(Work("swap seen, best size, exact profit", lambda: [found(*next(seen)) for _ in range(64)], 64))
    report("A loop V3 - Curve - V3", timings)
    verdict(
        ("no search finds more than units of rounding", short <= 5),
        ("every size earns", all(found(*place) is not None for place in places)),
        ("10,000 times a second", timings[0].per_second >= 10_000),
    )


if __name__ == "__main__":
    main()
