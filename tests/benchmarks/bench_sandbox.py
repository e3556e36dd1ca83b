"""Starting the sandbox from its cache, and the independent search on it, by the wall clock.

PYTHONPATH=tests uv run python tests/benchmarks/bench_sandbox.py
"""

import statistics
import time
from collections.abc import Callable

from harness import verdict

from bot.sandbox import chain, search
from bot.sandbox.actor import Actor
from bot.sandbox.addresses import GUARDIAN, OPERATOR, OWNER, TREASURY, V3_DAI_USDC_1BP
from bot.venues import registry

STARTS, SEARCHES = 9, 9
START_S, SEARCH_S = 1.0, 1.0


def median(rounds: int, work: Callable[[], object]) -> float:
    """Seconds."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def started() -> float:
    """Seconds until a chain from the cache gives its first answer."""
    chain.start().stop()  # builds it where that was not done
    running: list[chain.Sandbox] = []
    taken = median(STARTS, lambda: running.append(chain.start()))
    for sandbox in running:
        sandbox.stop()
    return taken


def searched() -> float:
    """Seconds for one state with a large imbalance."""
    watched = registry.load("sandbox")
    with chain.running() as sandbox:
        actor = Actor(sandbox.url)
        executor = actor.deploy_executor(OWNER, OPERATOR, GUARDIAN, TREASURY)
        actor.swap(watched.pools[V3_DAI_USDC_1BP], 1, 0, 8_000_000 * 10**6)
        seeker = search.Search(actor.node, executor, OPERATOR, watched)
        return median(SEARCHES, seeker.best)


def main() -> None:
    """Both figures."""
    start, seek = started(), searched()
    print(f"\nsandbox\n  started from the cache    {start:.3f} s\n  best loop by eth_call     {seek:.3f} s")
    verdict(
        (f"started in under {START_S:.0f} s", start < START_S), (f"searched in under {SEARCH_S:.0f} s", seek < SEARCH_S)
    )


if __name__ == "__main__":
    main()
