"""StableSwap against the contracts' own loops."""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bot.amm.invariant import Dialect, invariant, newton_y
from bot.amm.side import CLOSED
from bot.amm.stableswap import StableSwap
from bot.units import WAD

from .pools import amounts, stableswaps
from .reference import Reverted, curve_exchange, find_d

DAI_USDC_USDT = (10**18, 10**30, 10**30)


def exchanged(pool, i, j, dx, precision=None):
    """What the contract of this pool pays. One without A_PRECISION computes with A itself."""
    precision = precision or (100 if pool.dialect is Dialect.NG else 1)
    a = pool.amp * precision // 100
    try:
        return curve_exchange(
            pool.balances, pool.rates, a, precision, pool.fee, i, j, dx, pool.offpeg_fee,
            pad=int(pool.dialect is Dialect.PADDED), late=pool.dialect is Dialect.NG,
        )  # fmt: skip
    except Reverted:
        return None


@given(stableswaps(), st.data())
def test_quotes_equal_the_contract(pool, data):
    """In every dialect `out` is what `exchange` pays, to the unit, or None where it reverts."""
    i, j = data.draw(st.permutations(range(len(pool.xp))))[:2]
    side = pool.side(i, j)
    dx = data.draw(amounts(side)) if side.cap else pool.balances[i]

    assert side.out(dx) == exchanged(pool, i, j, dx)


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(2, 50), st.integers(1, 10**6), st.booleans())
def test_quotes_of_dust_equal_the_contract(x, y, a, dx, forth):
    """Pools of a few units, where Newton's method rests beside the root, are priced as the contract prices them."""
    pool = StableSwap((x, y), 100 * a, 4 * 10**6, (WAD, WAD))
    side = pool.side(*((0, 1) if forth else (1, 0)))
    assume(side.cap >= dx)

    assert side.out(dx) == exchanged(pool, *((0, 1) if forth else (1, 0)), dx)


@given(stableswaps(), st.integers(1, 99))
def test_amp_may_be_between_whole_numbers(pool, hundredths):
    """While A is ramped A_PRECISION matters, and the quote is still the contract's."""
    ramped = StableSwap(pool.balances, pool.amp + hundredths, pool.fee, pool.rates, dialect=Dialect.CLASSIC)
    dx = pool.balances[0] // 7 + 1

    assert ramped.side(0, 1).out(dx) == exchanged(ramped, 0, 1, dx, precision=100)


@given(st.lists(st.integers(1, 10**30), min_size=2, max_size=4), st.integers(1, 10**5))
def test_hundredths_of_a_are_a(xp, a):
    """D from 100 * A over 100 is D from A."""
    try:
        expected = find_d(xp, a, 1)
    except Reverted:
        expected = None

    assert invariant(tuple(xp), 100 * a, Dialect.CLASSIC) == expected


@example(balances=(1, 10**30))
@given(balances=st.tuples(st.integers(1, 10**6), st.integers(10**27, 10**32)))
def test_absurd_imbalances_are_closed_or_exact(balances):
    """A pool so lopsided that the contract overflows gives no quote; any other gives the contract's."""
    pool = StableSwap(balances, 100, 10**6, (WAD, WAD))
    for i, j in ((0, 1), (1, 0)):
        side = pool.side(i, j)
        if side is not CLOSED:
            assert side.out(10**18) == exchanged(pool, i, j, 10**18)


@pytest.mark.parametrize("balances", [(0, 0, 0), (0, 10**9, 10**9), (10**40, 10**9, 10**9)])
def test_an_empty_or_monstrous_pool_is_closed(balances):
    """Without one of its coins, or with more than can exist, a pool prices nothing."""
    side = StableSwap(balances, 200_000, 10**6, DAI_USDC_USDT).side(1, 2)

    assert side is CLOSED
    assert side.out(10**6) is None
    assert side.rate(1.0) == (0.0, 0.0)


@pytest.mark.parametrize("dialect", Dialect)
def test_a_swap_that_would_leave_next_to_nothing_is_not_priced(dialect):
    """When one coin is all but gone NG's price oracle overflows, and the swap with it: no dialect prices that."""
    side = StableSwap((10**24, 10**24), 20_000, 0, (WAD, WAD), dialect=dialect).side(0, 1)

    assert side.out(10**27) > 999 * 10**21
    assert side.out(side.cap) is None


@given(stableswaps(fees=st.just(10**6), offpeg=(5 * 10**10,)), st.floats(1e-6, 1.0))
def test_the_rate_follows_a_moving_fee(pool, part):
    """With NG's dynamic fee the marginal rate is still the slope of what comes out."""
    side = pool.side(0, 1)
    x = part * pool.balances[0]
    step = 1e-4 * x
    slope = (side.rate(x + step)[0] - side.rate(x - step)[0]) / (2 * step)

    assert side.rate(x)[1] == pytest.approx(slope, rel=1e-5)


@given(stableswaps(), st.data())
def test_the_pool_after_holds_what_was_paid(pool, data):
    """A swap adds what goes in, takes what comes out, and leaves everything else."""
    dx = data.draw(st.integers(1, pool.balances[0]))
    dy = pool.side(0, 1).out(dx)
    assume(dy is not None)
    after = pool.after(0, 1, dx)

    assert after.balances == (pool.balances[0] + dx, pool.balances[1] - dy, *pool.balances[2:])
    assert (after.amp, after.fee, after.rates, after.dialect) == (pool.amp, pool.fee, pool.rates, pool.dialect)


def test_a_swap_that_cannot_be_priced_leaves_no_pool():
    """Asking for the pool after an impossible swap is an error."""
    with pytest.raises(ValueError, match="cannot be swapped"):
        StableSwap((10**18, 10**6, 10**6), 200_000, 10**6, DAI_USDC_USDT).after(0, 1, 0)


@pytest.mark.parametrize("dialect", Dialect)
def test_an_invariant_that_circles_gives_no_quote(dialect):
    """In a pool of dust D can swing between two values for ever: there is no price then."""
    pool = StableSwap((129_672_271, 1), 100, 0, (WAD, WAD), dialect=dialect)

    assert pool.d is None
    assert pool.side(0, 1) is CLOSED


def test_a_root_that_divides_by_zero_is_none():
    """Where the contract's loop would divide by zero there is no y."""
    assert newton_y(3, -6, 9) is None
