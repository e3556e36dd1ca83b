"""LP tokens, and swaps that reach through a metapool."""

from hypothesis import assume, given
from hypothesis import strategies as st

from bot.amm.invariant import Dialect
from bot.amm.liquidity_tokens import deposited, exchanged_underlying, withdrawn
from bot.amm.stableswap import StableSwap
from bot.units import WAD

from .pools import stableswaps

BASES = stableswaps(imbalance=20, offpeg=(0,)).filter(lambda pool: pool.d is not None and pool.supply > 0)


@given(BASES, st.data())
def test_a_deposit_taken_back_does_not_pay(pool, data):
    """Depositing one coin and withdrawing it gives no more than was put in."""
    amount = data.draw(st.integers(1, pool.balances[0]))
    tokens = deposited(pool, (amount, *[0] * (len(pool.xp) - 1)))
    assume(tokens)
    richer = pool.with_balances((pool.balances[0] + amount, *pool.balances[1:]))
    after = StableSwap(
        richer.balances, pool.amp, pool.fee, pool.rates, supply=pool.supply + tokens, dialect=pool.dialect
    )
    got = withdrawn(after, tokens, 0)

    assert got is None or got <= amount


@given(BASES)
def test_what_cannot_be_is_none(pool):
    """Nothing deposited, nothing withdrawn, and more tokens than exist have no price."""
    assert deposited(pool, (0,) * len(pool.xp)) is None
    assert withdrawn(pool, 0, 0) is None
    assert withdrawn(pool, pool.supply + 1, 0) is None


def test_a_swap_through_a_metapool_is_its_three_parts():
    """Deposit, swap, withdrawal; and between two of the base's coins the base pool alone."""
    millions = 10**6 * WAD
    base = StableSwap((20 * millions,) * 3, 200_000, 4 * 10**6, (WAD,) * 3, supply=60 * millions)
    meta = StableSwap((millions, millions), 20_000, 4 * 10**6, (WAD, WAD), dialect=Dialect.CLASSIC)
    dx = 1_000 * WAD

    tokens = deposited(base, (0, dx, 0))
    assert exchanged_underlying(meta, base, 2, 0, dx) == meta.side(1, 0).out(tokens)
    assert exchanged_underlying(meta, base, 0, 3, dx) == withdrawn(base, meta.side(0, 1).out(dx), 2)
    assert exchanged_underlying(meta, base, 1, 3, dx) == base.side(0, 2).out(dx)
