"""Every way round: the directed hops of a registry and the simple loops they form, as index arrays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bot.model.decisions import Hop
from bot.model.registry import Registry
from bot.strategy.costs import LEG_GAS
from bot.strategy.survey import Survey

Indices = npt.NDArray[np.intp]
NOWHERE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Atlas:
    """Topology, built once per registry. The order of the registry does not matter: hops are sorted.

    A loop visits no coin and no pool twice and has two to four legs. It is kept as two halves of up to two hops each,
    so that a sum over hops is looked up once a half: there are far fewer halves than loops. Index `len(hops)` stands
    for "no hop".
    """

    registry: Registry
    hops: tuple[Hop, ...]
    halves: Indices  # (2, n) hops
    first: Indices  # (loops,) into halves
    second: Indices
    gas: Indices  # (loops,) units, legs only
    clash: npt.NDArray[np.bool_]  # which hops may not meet in a loop
    survey: Survey = field(repr=False)  # what the pools said last: it spares asking again, and changes no answer

    @classmethod
    def of(cls, registry: Registry) -> "Atlas":
        """All loops of the registry's pools. Takes some tenths of a second for a million loops."""
        hops = _hops(registry)
        clash = _clash(registry, hops)
        halves, first, second = _paired(registry, hops, clash)
        gas = _gas(registry, hops, halves)
        return cls(registry, hops, halves, first, second, gas[first] + gas[second], clash, Survey(registry, hops))

    def __len__(self) -> int:
        return len(self.first)

    def loop(self, number: int | np.intp) -> tuple[int, ...]:
        """Its hops, beginning at the coin with the smallest address."""
        path = (*self.halves[:, self.first[number]], *self.halves[:, self.second[number]])
        return tuple(int(hop) for hop in path if hop < len(self.hops))


def _hops(registry: Registry) -> tuple[Hop, ...]:
    return tuple(
        Hop(pool.address, i, j, coin_in, coin_out)
        for pool in sorted(registry.pools.values(), key=lambda pool: pool.address)
        for i, coin_in in enumerate(pool.coins)
        for j, coin_out in enumerate(pool.coins)
        if i != j and coin_in in registry.coins and coin_out in registry.coins
    )


def _paired(registry: Registry, hops: Sequence[Hop], clash: npt.NDArray[np.bool_]) -> tuple[Indices, Indices, Indices]:
    """All halves, and for each loop its first and its second half.

    A loop begins at its smallest coin. Two legs are a half that closes; three or four are an open half of two and one
    that leads back, of one or two.
    """
    coins = {address: n for n, address in enumerate(sorted(registry.coins))}
    ends = np.array([(coins[hop.coin_in], coins[hop.coin_out]) for hop in hops], dtype=np.intp).reshape(-1, 2)
    pairs = _pairs(ends, clash)
    singles = np.array([(hop, len(hops)) for hop in range(len(hops))], dtype=np.intp).reshape(-1, 2)
    halves = np.concatenate([pairs, singles, [(len(hops), len(hops))]])
    start, middle = ends[halves[:-1, 0], 0], ends[halves[:-1, 0], 1]
    stop = np.concatenate([ends[pairs[:, 1], 1], ends[:, 1]])
    middle[len(pairs) :] = NOWHERE
    closed = np.flatnonzero((start == stop) & (start < middle))
    empty = np.full(len(closed), len(halves) - 1, dtype=np.intp)
    joined = [(closed, empty), *_joined(start, middle, stop, halves, clash)]
    first, second = (np.concatenate(ends) for ends in zip(*joined, strict=True))
    return np.ascontiguousarray(halves.T), first, second


def _gas(registry: Registry, hops: Sequence[Hop], halves: Indices) -> Indices:
    """What the legs of each half cost."""
    gas = np.array([*(LEG_GAS[registry.pools[hop.pool].family] for hop in hops), 0], dtype=np.intp)
    gas_of_halves: Indices = gas[halves].sum(axis=0)
    return gas_of_halves


def _clash(registry: Registry, hops: Sequence[Hop]) -> npt.NDArray[np.bool_]:
    """Which hops may not meet in a loop: two of one pool, or of a metapool and the base whose state prices it."""
    places = {address: n for n, address in enumerate(sorted(registry.pools))}
    pool = np.array([places[hop.pool] for hop in hops], dtype=np.intp)
    base = np.array([places.get(registry.pools[hop.pool].base or "", NOWHERE) for hop in hops], dtype=np.intp)
    clash = (pool[:, None] == pool) | (base[:, None] == pool) | (pool[:, None] == base)
    return np.pad(clash, (0, 1))


def _pairs(ends: Indices, clash: npt.NDArray[np.bool_]) -> Indices:
    """Hops that follow one another, as rows of two."""
    follows = (ends[:, 1, None] == ends[:, 0]) & ~clash[:-1, :-1]
    return np.argwhere(follows)


def _joined(
    start: Indices, middle: Indices, stop: Indices, halves: Indices, clash: npt.NDArray[np.bool_]
) -> Iterator[tuple[Indices, Indices]]:
    """Open halves and the halves that lead back from where they end, without meeting a coin or a pool again."""
    for here in np.unique(start):
        beyond = middle > here
        for there in np.unique(stop[stop > here]):
            out = np.flatnonzero((start == here) & (stop == there) & beyond)
            back = np.flatnonzero((start == there) & (stop == here) & (beyond | (middle == NOWHERE)))
            meet = middle[out, None] == middle[back]
            for one in halves[out].T:
                for other in halves[back].T:
                    meet |= clash[one[:, None], other]
            forth, home = np.nonzero(~meet)
            yield out[forth], back[home]
