"""Traders who move the sandbox along the weekend of March 2023, when USDC left its peg and came back."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from bot.amm.side import PoolState, Side
from bot.model.registry import Address, Coin, Family, Pool, Registry

# USDC in dollars on Kraken. The three in the middle are its own prices of those minutes; the ends are par.
WEEKEND = (
    (datetime(2023, 3, 10, 20, 0, tzinfo=UTC), 1.0),
    (datetime(2023, 3, 10, 22, 5, tzinfo=UTC), 0.995),
    (datetime(2023, 3, 11, 7, 15, tzinfo=UTC), 0.874),
    (datetime(2023, 3, 13, 2, 44, tzinfo=UTC), 0.995),
    (datetime(2023, 3, 13, 12, 0, tzinfo=UTC), 1.0),
)
DAI_FOLLOWS = 0.82  # most of DAI's backing was USDC: it lost 10 cents when USDC lost 12.6
WHOLE = 0.9  # a trader stops short of what a pool can price
PURSE = 4_000_000  # whole coins that one trader sells at most
TRADED = frozenset({Family.CURVE, Family.CURVE_NG, Family.UNISWAP_V2, Family.UNISWAP_V3})


@dataclass(frozen=True, slots=True)
class Trade:
    """Somebody sells `amount` of the pool's `i`-th coin for its `j`-th."""

    pool: Pool
    i: int
    j: int
    amount: int


def usdc_at(progress: float) -> float:
    """Dollars for a USDC at a point of the weekend, 0 its beginning and 1 its end; straight between known points."""
    start, end = WEEKEND[0][0].timestamp(), WEEKEND[-1][0].timestamp()
    now = start + (end - start) * min(max(progress, 0.0), 1.0)
    stamps = [moment.timestamp() for moment, _ in WEEKEND]
    k = min(bisect_right(stamps, now), len(WEEKEND) - 1)
    (before, from_price), (after, to_price) = WEEKEND[k - 1], WEEKEND[k]
    share = (now - before.timestamp()) / (after.timestamp() - before.timestamp())
    return from_price + (to_price - from_price) * share


def values(registry: Registry, progress: float, ether: float = 1600.0) -> dict[Address, float]:
    """What each coin was worth in dollars at that point, as far as the story tells."""
    usdc = usdc_at(progress)
    told = {"USDC": usdc, "DAI": 1 - DAI_FOLLOWS * (1 - usdc), "WETH": ether}
    return {coin.address: told.get(coin.symbol, 1.0) for coin in registry.coins.values()}


def trades(
    registry: Registry, pools: Mapping[Address, PoolState], usd: Mapping[Address, float], chance: Random, most: int = 2
) -> list[Trade]:
    """Some traders each take one pool most of the way to what its coins are worth. The same seed, the same trades."""
    stable = [pool for pool in registry.pools.values() if _tradable(pool, pools, registry)]
    chosen = chance.sample(sorted(stable, key=lambda pool: pool.address), min(most, len(stable)))
    wanted = [_toward(pool, pools[pool.address], registry, usd, chance) for pool in chosen]
    return [trade for trade in wanted if trade is not None]


def _tradable(pool: Pool, pools: Mapping[Address, PoolState], registry: Registry) -> bool:
    pegged = all(coin in registry.coins and registry.coins[coin].peg == "USD" for coin in pool.coins)
    return pegged and pool.family in TRADED and pool.address in pools


def _toward(
    pool: Pool, state: PoolState, registry: Registry, usd: Mapping[Address, float], chance: Random
) -> Trade | None:
    i, j = chance.sample(range(len(pool.coins)), 2)
    eager = chance.uniform(0.6, 1.0)
    for sell, buy in ((i, j), (j, i)):
        fair = _fair_rate(registry.coins[pool.coins[sell]], registry.coins[pool.coins[buy]], usd)
        purse = PURSE * 10 ** registry.coins[pool.coins[sell]].decimals
        amount = min(int(_amount_to(state.side(sell, buy), fair) * eager), purse)
        if amount > 0:
            return Trade(pool, sell, buy, amount)
    return None


def _fair_rate(sold: Coin, bought: Coin, usd: Mapping[Address, float]) -> float:
    """Base units of `bought` that a base unit of `sold` is worth."""
    return usd[sold.address] / usd[bought.address] * float(10.0 ** (bought.decimals - sold.decimals))


def _amount_to(side: Side, rate: float) -> float:
    """What must be sold until the pool pays no better than `rate`; 0 when it already pays less."""
    low, high = 0.0, float(side.cap) * WHOLE
    if high <= 0 or side.rate(0.0)[1] <= rate:
        return 0.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if side.rate(middle)[1] > rate else (low, middle)
    return low
