"""A block seen, the best loops found: 100 pools and 30 coins in at most 5 ms.

    PYTHONPATH=tests uv run python tests/benchmarks/bench_routing.py

The market is one of all families in which nothing pays. Blocks then come as blocks do: some pools were traded in, a few
of them far enough to pay. Blocks in which a quarter of the pools or every market changed at once are shown and not
judged: much of their time is the making of new pools' sides. The clock is the process's own CPU time.
"""

import gc
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from harness import verdict
from strategy import worlds
from strategy.worlds import World

from bot.strategy.routing import Atlas, search

BLOCKS = 60
LIMIT = 5.0  # ms


@dataclass(frozen=True)
class Blocks:
    """How much others trade before each block: pools moved a little, and pools moved far."""

    name: str
    little: int
    far: int


KINDS = (
    Blocks("nothing pays, 10 pools traded in", 10, 0),
    Blocks("some loops pay, 10 pools traded in, 2 moved far", 8, 2),
    Blocks("many loops pay, 25 pools traded in, 6 moved far", 19, 6),
    Blocks("many loops pay, every market traded in, 10 moved far", 75, 10),
)


def timed(market: World, atlas: Atlas, kind: Blocks, rnd: Random) -> tuple[list[float], list[int]]:
    """Milliseconds of every search, and how many loops each found."""
    taken, found = [], []
    for _ in range(BLOCKS):
        search(atlas, market.pools, market.lenders, market.terms)
        block = worlds.shoved(worlds.shoved(market, rnd, kind.little, 0.00002), rnd, kind.far, 0.003)
        gc.collect()
        gc.disable()
        began = time.process_time()
        loops = search(atlas, block.pools, block.lenders, block.terms)
        taken.append(1_000 * (time.process_time() - began))
        gc.enable()
        found.append(len(loops))
    return taken, found


def report(kind: Blocks, taken: Sequence[float], found: Sequence[int]) -> float:
    """Prints the quantiles; the median."""
    p50, p90 = statistics.median(taken), statistics.quantiles(taken, n=10)[-1]
    paying = sum(count > 0 for count in found)
    print(f"  {kind.name:<56} p50 {p50:5.2f} ms  p90 {p90:5.2f} ms   {paying} of {len(found)} blocks pay")
    return p50


def main() -> None:
    """Builds, times and judges."""
    world = worlds.world(1, pools=100, coins=30, spread=0.0002)
    began = time.process_time()
    atlas = Atlas.of(world.registry)
    print(f"{len(atlas):,} loops of {len(atlas.hops)} hops, listed in {time.process_time() - began:.2f} s")
    market, rnd = worlds.settled(world, atlas), Random(7)
    medians = {kind: report(kind, *timed(market, atlas, kind, rnd)) for kind in KINDS}
    verdict(*((f"{kind.name}: at most {LIMIT:.0f} ms", medians[kind] <= LIMIT) for kind in KINDS[:2]))


if __name__ == "__main__":
    main()
