"""Exact StableSwap quotes on cached state, beside curvesim's `get_dy`: at least 6 times faster.

    PYTHONPATH=tests uv run --group peers python tests/benchmarks/bench_amm_stableswap.py

The pool is shaped like the 3pool of March 2023. Every quote is compared with the contract's own loops first.
"""

import random

from amm.reference import curve_exchange
from harness import Work, measure, report, verdict

from bot.amm.stableswap import StableSwap

BALANCES = (163_412_345 * 10**18 + 123_456_789, 187_654_321 * 10**6 + 77, 11_111_111 * 10**6 + 5)
RATES = (10**18, 10**30, 10**30)
A, FEE = 2000, 10**6
POOL = StableSwap(BALANCES, 100 * A, FEE, RATES)
USDC, USDT = 1, 2
AMOUNTS = [random.Random(7).randrange(1_000 * 10**6, 5_000_000 * 10**6) for _ in range(512)]


def peer():
    """The `get_dy` of curvesim for the same state, which 0.5 has only inside `exchange`; None when not installed."""
    try:
        from curvesim.pool.stableswap import CurvePool
    except ImportError:
        return None
    pool = CurvePool(A=A, D=list(BALANCES), n=3, rates=list(RATES), fee=FEE, admin_fee=0)

    def get_dy(dx):
        xp = pool._xp()
        y = pool.get_y(USDC, USDT, xp[USDC] + dx * pool.rates[USDC] // 10**18, xp)
        dy = xp[USDT] - y - 1
        return (dy - dy * pool.fee // 10**10) * 10**18 // pool.rates[USDT]

    return get_dy


def main() -> None:
    """Checks, times and judges."""
    out, rate = POOL.side(USDC, USDT).out, POOL.side(USDC, USDT).rate
    floats = [float(amount) for amount in AMOUNTS]

    def contract(dx):
        return curve_exchange(BALANCES, RATES, A, 1, FEE, USDC, USDT, dx)

    differences = sum(out(dx) != contract(dx) for dx in AMOUNTS)
    works = [
        Work("repeg, exact, state cached", lambda: [out(dx) for dx in AMOUNTS], len(AMOUNTS)),
        Work("the contract's loops on each call", lambda: [contract(dx) for dx in AMOUNTS[:64]], 64),
        Work("repeg, estimate and marginal rate", lambda: [rate(x) for x in floats], len(floats)),
        Work("repeg, a new state and its first quote", lambda: POOL.with_balances(BALANCES).side(1, 2).out(10**9)),
    ]
    get_dy = peer()
    if get_dy:
        works.append(Work("curvesim get_dy", lambda: [get_dy(dx) for dx in AMOUNTS[:64]], 64))
    timings = measure(*works)
    report("StableSwap quotes, 3 coins", timings)
    claims = [("no difference from the contract", differences == 0)]
    if get_dy:
        claims.append(("nor from curvesim", [get_dy(dx) for dx in AMOUNTS] == [out(dx) for dx in AMOUNTS]))
        claims.append(("6 times curvesim's get_dy", timings[0].times_faster_than(timings[-1]) >= 6))
    else:
        print("  curvesim is not installed: uv sync --group peers")
    verdict(*claims)


if __name__ == "__main__":
    main()
