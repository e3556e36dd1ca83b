"""What a chain's coins count for in dollars."""

from collections.abc import Iterable, Mapping

from bot.model.coins import Coins
from bot.model.decisions import Depeg, FairValues
from bot.model.markets import REFERENCES, Asset
from bot.model.registry import Address, Registry
from bot.strategy.deviation import COIN

SURE_BP = 100.0  # a value less certain than this is not reckoned with
DEAREST = 1.1  # times what is told of a coin: one venue alone can be wrong, and profit must not count for more

Names = Mapping[Address, Asset]


def names(registry: Registry, coins: Coins) -> Names:
    """The asset that each coin of a chain is; what is none is left out."""
    known = {address: coins.asset(coin.symbol) for address, coin in registry.coins.items()}
    return {address: asset for address, asset in known.items() if asset}


def dollars(
    named: Names, told: Mapping[Address, float], values: FairValues, depegs: Iterable[Depeg]
) -> dict[Address, float]:
    """Dollars for a whole coin: its value where dollars are behind it and it is sure enough, else as the user `told`.

    A coin that has fallen counts for no more than its value, however unsure, and none far above what is told of it.
    """
    fallen = {depeg.coin for depeg in depegs if depeg.scope == COIN and depeg.direction == "below"}
    known = dict(told)
    for address, asset in named.items():
        value = values.values.get(asset)
        sure = value is not None and value.anchored and value.sigma_bp <= SURE_BP
        if value and sure and _credible(asset, values, told.get(address)):
            known[address] = value.usd
        elif value and asset in fallen:
            known[address] = min(value.usd, told.get(address, value.usd))
    return known


def _credible(asset: Asset, values: FairValues, told: float | None) -> bool:
    """Whether a value that is sure may be reckoned with. One venue alone can be wrong.

    A coin that counted too dear would make losses look like profit: it is held against what is told of it. Ether, by
    which gas is paid, promises nothing to hold it against, and too cheap is as bad: two venues must agree on it.
    """
    if asset in REFERENCES:
        return len(_agreeing(asset, values)) > 1
    return told is None or values.values[asset].usd <= DEAREST * told


def _agreeing(asset: Asset, values: FairValues) -> set[str]:
    """The venues whose markets of an asset fit the values, the pools of the chain as one."""
    near = (market for market, off in values.residuals.items() if abs(off) <= SURE_BP)
    return {market.venue.partition(":")[0] for market in near if asset in (market.base, market.quote)}
