"""Every simple loop through a registry's pools, by plain enumeration: nothing here knows what a pool pays."""

from collections import defaultdict
from collections.abc import Iterator

from bot.model.decisions import Hop
from bot.model.registry import Address, Registry

Hops = tuple[Hop, ...]


def simple(registry: Registry, most: int = 4) -> list[Hops]:
    """Loops of 2 to `most` hops that visit no coin and no pool twice. Of a loop's rotations only one is among them."""
    leaving = _hops_by_coin(registry)
    order = {coin: rank for rank, coin in enumerate(sorted(leaving))}
    return [loop for start in order for loop in _from(start, (), leaving, order, most)]


def rotations(loop: Hops) -> list[Hops]:
    """The same loop begun at each of its coins."""
    return [loop[k:] + loop[:k] for k in range(len(loop))]


def _hops_by_coin(registry: Registry) -> dict[Address, list[Hop]]:
    leaving = defaultdict(list)
    for pool in registry.pools.values():
        for i, sold in enumerate(pool.coins):
            for j, bought in enumerate(pool.coins):
                if i != j:
                    leaving[sold].append(Hop(pool.address, i, j, sold, bought))
    return leaving


def _from(
    start: Address, path: Hops, leaving: dict[Address, list[Hop]], order: dict[Address, int], most: int
) -> Iterator[Hops]:
    """Loops that go on from `path`, whose coins all rank after `start`: so each loop begins at its first coin only."""
    seen = {hop.coin_in for hop in path} | {start}
    pools = {hop.pool for hop in path}
    for hop in leaving[path[-1].coin_out if path else start]:
        if hop.pool in pools:
            continue
        if hop.coin_out == start:
            yield (*path, hop)
        elif len(path) + 1 < most and hop.coin_out not in seen and order[hop.coin_out] > order[start]:
            yield from _from(start, (*path, hop), leaving, order, most)
