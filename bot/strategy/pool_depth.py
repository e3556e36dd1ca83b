"""What stands in a chain's pools, as if they were books."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.amm.side import PoolState
from bot.model.markets import Market
from bot.model.orders import Side
from bot.model.registry import Address
from bot.strategy import liquidity
from bot.strategy.liquidity import Levels
from bot.strategy.onchain import HUNDRED, SMALL, Listing, Pair

STEPS = 36  # each half as large again as all before it: from a hundred dollars to more than any pool holds
GROWS = 1.5

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


def levels(pools: Pools, market: Market, side: Side) -> Levels:
    """What a buyer (asks) or a seller (bids) meets in a pool, after its fee; () where nothing is known of it."""
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
    return liquidity.of_pool(way, side, liquidity.rungs(min(first, most), most, GROWS), base_unit, quote_unit)
