"""What stands in a chain's pools, as if they were books."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.amm.side import PoolState
from bot.amm.side import Side as Way
from bot.model.markets import Market
from bot.model.orders import Side
from bot.model.registry import Address
from bot.strategy import liquidity
from bot.strategy.liquidity import BP, Levels
from bot.strategy.onchain import HUNDRED, SMALL, Listing, Pair

STEPS = 36  # each half as large again as all before it: from a hundred dollars to more than any pool holds
GROWS = 1.5
NEAR = 0.01  # of an amount: two that are nearer to each other are one

Places = Mapping[Market, tuple[Address, Pair]]
"""Of each market of a pool, which pool, and which of its coins."""


@dataclass(frozen=True, slots=True)
class Pools:
    """The chain's pools at one moment, found by their markets."""

    places: Places = field(default_factory=dict)
    states: Mapping[Address, PoolState] = field(default_factory=dict)


def placed(listed: Listing) -> dict[Market, tuple[Address, Pair]]:
    """Where each market is."""
    return {pair.market: (address, pair) for address, pairs in listed.items() for pair in pairs}


def levels(pools: Pools, market: Market, side: Side, distances: Sequence[float] = ()) -> Levels:
    """What a buyer (asks) or a seller (bids) meets in a pool, after its fee; () where nothing is known of it.

    A level is counted by its average price: one ends where the price is one of the `distances` (bp) from the best, so
    that what stands within those is told to one part in a hundred, and within others to half a level.
    """
    if market not in pools.places:
        return ()
    address, (_, i, j, base_unit, quote_unit) = pools.places[market]
    if address not in pools.states:
        return ()
    buys = side is Side.BUY
    coin, unit = (market.quote, quote_unit) if buys else (market.base, base_unit)
    way = pools.states[address].side(j, i) if buys else pools.states[address].side(i, j)
    first = max(int(SMALL.get(coin, HUNDRED) * unit), 1)
    most = min(way.cap, int(first * GROWS**STEPS))
    first = min(first, most)
    edges = _apart(_edges(way, side, first, most, distances), first)
    rungs = (
        each for each in liquidity.rungs(first, most, GROWS) if all(abs(each - edge) >= edge * NEAR for edge in edges)
    )
    return liquidity.of_pool(way, side, sorted({*rungs, *edges}), base_unit, quote_unit)


def _edges(way: Way, side: Side, first: int, most: int, distances: Iterable[float]) -> Iterator[int]:
    """The amounts, from `first` to `most`, up to which the price is no farther from that of the first than so."""
    best = (way.out(first) or 0) / first if first else 0.0
    if best:
        for bp in distances:
            yield _last(way, best / (1 + bp / BP) if side is Side.BUY else best * (1 - bp / BP), first, most)


def _apart(edges: Iterable[int], first: int) -> list[int]:
    """In ascending order those that are not next to one before: a level of a few units has no price but rounding."""
    found: list[int] = []
    for edge in sorted(edges):
        if edge >= (found[-1] if found else first) * (1 + NEAR):
            found.append(edge)
    return found


def _last(way: Way, rate: float, low: int, high: int) -> int:
    """The largest input from `low` to `high` at which another unit still brings `rate`; `low` where none does."""
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if way.rate(middle)[1] >= rate else (low, middle - 1)
    return low
