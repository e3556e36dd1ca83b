"""What becomes of orders when exchanges fail: every case at every exchange of the sandbox, its outcome and its time.

Run as: PYTHONPATH=tests python tests/benchmarks/measure_faults.py
"""

import asyncio
import time

from venues.order_cases import CASES, reckoning
from venues.order_floor import VENUES, floor


async def main():
    """Prints a row a case. A case that loses or doubles anything says so instead of its outcome."""
    print(f"{'case':34}{'outcome':42}" + "".join(f"{venue:>12}" for venue in VENUES))
    for name, case in CASES.items():
        told = [await measured(case, venue) for venue in VENUES]
        outcomes = dict.fromkeys(outcome for outcome, _ in told)
        print(f"{name:34}{' | '.join(outcomes):42}" + "".join(f"{seconds:>10.2f} s" for _, seconds in told))


async def measured(case, venue):
    """The outcome, and seconds until every order was over."""
    async with floor(venue) as desk:
        began = time.perf_counter()
        try:
            await case(desk, venue)
            took = time.perf_counter() - began
            return await reckoning(desk, venue), took
        except (AssertionError, TimeoutError) as error:
            return f"FAILED: {type(error).__name__} {error}", time.perf_counter() - began


if __name__ == "__main__":
    asyncio.run(main())
