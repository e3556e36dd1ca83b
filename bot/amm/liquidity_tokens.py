"""Curve's LP tokens made and redeemed, exact to the unit, and swaps that reach through a metapool into its base.

For base pools of the first generations, which charge half a swap's fee on what leaves the pool out of proportion: the
sUSD pool, 3pool and their kin.
"""

from bot.amm.invariant import AMP_PRECISION, newton_y
from bot.amm.stableswap import FEE_DENOMINATOR, StableSwap
from bot.units import WAD


def deposited(pool: StableSwap, amounts: tuple[int, ...]) -> int | None:
    """LP tokens minted by `add_liquidity` of `amounts`, base units of each coin; None when it would revert.

    The first deposit, into an empty pool, is not priced.
    """
    before, added = pool.d, tuple(map(sum, zip(pool.balances, amounts, strict=True)))
    whole = pool.with_balances(added).d
    if before is None or whole is None or whole <= before:
        return None
    fee = _imbalance_fee(pool)
    charged = tuple(
        now - fee * abs(whole * held // before - now) // FEE_DENOMINATOR
        for now, held in zip(added, pool.balances, strict=True)
    )
    after = pool.with_balances(charged).d
    return None if after is None or after < before else pool.supply * (after - before) // before


def withdrawn(pool: StableSwap, tokens: int, i: int) -> int | None:
    """Coins `i` paid by `remove_liquidity_one_coin` for LP `tokens`; None when it would revert."""
    before, xp = pool.d, pool.xp
    if before is None or not 0 < tokens <= pool.supply:
        return None
    left = before - tokens * before // pool.supply
    whole = _balance_for(pool, xp, left, i)
    if whole is None:
        return None
    fee = _imbalance_fee(pool)
    reduced = list(xp)
    for k, held in enumerate(xp):
        share = held * left // before
        reduced[k] -= fee * (share - whole if k == i else held - share) // FEE_DENOMINATOR
    rest = _balance_for(pool, tuple(reduced), left, i)
    if rest is None or reduced[i] <= rest:
        return None
    return (reduced[i] - rest - 1) * WAD // pool.rates[i]


def exchanged_underlying(meta: StableSwap, base: StableSwap, i: int, j: int, dx: int) -> int | None:
    """What `exchange_underlying` of a metapool pays; None when it would revert.

    Coin 0 is the metapool's own, the others are the base pool's, one on.
    """
    if i and j:
        return base.side(i - 1, j - 1).out(dx)
    if j:
        tokens = meta.side(0, 1).out(dx)
        return withdrawn(base, tokens, j - 1) if tokens else None
    amounts = tuple(dx if k == i - 1 else 0 for k in range(len(base.balances)))
    tokens = deposited(base, amounts)
    return meta.side(1, 0).out(tokens) if tokens else None


def _imbalance_fee(pool: StableSwap) -> int:
    """The fee on each coin's distance from proportion: half a swap's, for it is charged on both sides of one."""
    n = len(pool.xp)
    return pool.fee * n // (4 * (n - 1))


def _balance_for(pool: StableSwap, xp: tuple[int, ...], d: int, i: int) -> int | None:
    """The scaled balance of coin `i` that makes the invariant `d`, the other coins as in `xp`."""
    n, ann, c = len(xp), pool.amp * len(xp), d
    if min(xp) <= 0:
        return None
    for k, held in enumerate(xp):
        c = c * d // (held * n) if k != i else c
    c = c * d * AMP_PRECISION // (ann * n)
    return newton_y(d, sum(xp) - xp[i] + d * AMP_PRECISION // ann - d, c)
