"""What the chain's pools show of a coin before prices do.

How much of them it has become, how fast, and how fast the room of its peg module goes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.amm.redemption import Psm
from bot.amm.side import PoolState
from bot.amm.stableswap import StableSwap
from bot.model.markets import Asset
from bot.model.registry import Address, Registry
from bot.model.times import HOUR, MINUTE
from bot.strategy.outlook import Evidence
from bot.strategy.worth import Names

EVERY = 5 * MINUTE
OVER = HOUR  # the time over which a velocity is taken
LEAST = 10 * MINUTE  # between two samples that tell one


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment: of each coin its share of the StableSwap pools it is in, and the room left to sell it at par."""

    at: int  # ns UTC
    shares: Mapping[Asset, float]
    rooms: Mapping[Asset, float]  # whole coins


Samples = tuple[Sample, ...]
"""The last hour's, oldest first."""


def remember(
    samples: Samples, now: int, pools: Mapping[Address, PoolState], registry: Registry, named: Names
) -> Samples:
    """The samples with one of now, if it is time for one."""
    if not pools or (samples and now - samples[-1].at < EVERY):
        return samples
    kept = tuple(each for each in samples if now - each.at <= OVER)
    return (*kept, Sample(now, _shares(pools, registry, named), _rooms(pools, registry, named)))


def of(coin: Asset, samples: Samples) -> Evidence:
    """What they show of a coin."""
    told = [each for each in samples if coin in each.shares]
    rooms = [each for each in samples if coin in each.rooms]
    return Evidence(
        pool_share=told[-1].shares[coin] if told else None,
        pool_velocity=_velocity([(each.at, each.shares[coin]) for each in told]),
        psm_drain=_drain([(each.at, each.rooms[coin]) for each in rooms]),
    )


def _velocity(told: list[tuple[int, float]]) -> float | None:
    if not told or told[-1][0] - told[0][0] < LEAST:
        return None
    return (told[-1][1] - told[0][1]) / ((told[-1][0] - told[0][0]) / HOUR)


def _drain(told: list[tuple[int, float]]) -> float | None:
    """Of the room that there was at first the part that goes in an hour; None where none was."""
    if not told or told[0][1] <= 0:
        return None
    lost = _velocity([(at, -room) for at, room in told])
    return None if lost is None else lost / told[0][1]


def _shares(pools: Mapping[Address, PoolState], registry: Registry, named: Names) -> dict[Asset, float]:
    """Of each coin the mean of its share of the pools it is in, weighed by their size."""
    own, whole = dict[Asset, float](), dict[Asset, float]()
    for address, state in pools.items():
        if isinstance(state, StableSwap) and (total := sum(state.xp)) > 0:
            for coin, balance in zip(registry.pools[address].coins, state.xp, strict=True):
                if (asset := named.get(coin)) is not None:
                    own[asset] = own.get(asset, 0.0) + float(balance)
                    whole[asset] = whole.get(asset, 0.0) + float(total)
    return {asset: own[asset] / whole[asset] for asset in own}


def _rooms(pools: Mapping[Address, PoolState], registry: Registry, named: Names) -> dict[Asset, float]:
    """Of each coin that a peg module buys back the room left: DAI is as good as the gems behind it."""
    rooms = dict[Asset, float]()
    for address, state in pools.items():
        if isinstance(state, Psm):
            gem, dai = registry.pools[address].coins
            if (asset := named.get(dai)) is not None:
                rooms[asset] = rooms.get(asset, 0.0) + state.gem_room / 10.0 ** registry.coins[gem].decimals
    return rooms
