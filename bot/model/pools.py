"""From what was read of a pool to what it will do."""

from bot.amm.concentrated import Concentrated
from bot.amm.constant_product import ConstantProduct
from bot.amm.invariant import Dialect
from bot.amm.ladder import Ladder
from bot.amm.redemption import Psm, Vault
from bot.amm.side import UNPRICED, PoolState
from bot.amm.stableswap import StableSwap
from bot.model.events import CurveSeen, PoolSeen, PsmSeen, ReservesSeen, TicksSeen, VaultSeen
from bot.model.registry import Family, Pool

_DIALECTS = {
    Family.CURVE: Dialect.CLASSIC,
    Family.CURVE_META: Dialect.CLASSIC,
    Family.CURVE_NG: Dialect.NG,
}


def state_of(pool: Pool, seen: PoolSeen, previous: PoolState | None) -> PoolState:
    """The pool's state as `seen`. `previous` lends its ladder to a Uniswap V3 pool whose ticks did not change.

    A pool whose ladder does not carry the liquidity seen is unpriced until its ticks are read again. ValueError for
    ticks that no pool can have.
    """
    match seen:
        case CurveSeen():
            return _curve(pool, seen)
        case TicksSeen():
            return _concentrated(pool, seen, previous)
        case ReservesSeen():
            return ConstantProduct(seen.reserve0, seen.reserve1, pool.fee)
        case PsmSeen():
            return Psm(seen.tin, seen.tout, seen.to18, seen.dai_room, seen.gem_room)
        case VaultSeen():
            return Vault(seen.assets, seen.shares, seen.max_deposit, seen.max_redeem)


def _curve(pool: Pool, seen: CurveSeen) -> StableSwap:
    dialect = pool.dialect or _DIALECTS[pool.family]
    return StableSwap(seen.balances, seen.amp, seen.fee, seen.rates, seen.offpeg_fee, seen.supply, dialect)


def _concentrated(pool: Pool, seen: TicksSeen, previous: PoolState | None) -> PoolState:
    if seen.ticks is not None:
        ladder = Ladder.around(seen.ticks, pool.fee, pool.tick_spacing, seen.tick, seen.liquidity)
    elif isinstance(previous, Concentrated):
        ladder = previous.ladder
    else:
        return UNPRICED
    state = Concentrated(ladder, seen.sqrt_price, seen.tick)
    return state if state.liquidity == seen.liquidity else UNPRICED
