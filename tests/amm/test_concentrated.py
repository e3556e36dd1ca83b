"""Uniswap V3 against the contract's own loop over ticks and words of the bitmap."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.amm.concentrated import Concentrated
from bot.amm.ladder import Ladder
from bot.amm.side import CLOSED
from bot.amm.ticks import MAX_SQRT_RATIO, MAX_TICK, MIN_SQRT_RATIO, MIN_TICK, sqrt_ratio, tick_at

from .pools import amounts, concentrateds
from .reference import v3_swap

WAYS = st.sampled_from(((0, 1), (1, 0)))


def swapped(v3, i, dx):
    """The contract's answer: what it gives, then price, tick and liquidity it leaves."""
    pool, ladder = v3.pool, v3.pool.ladder
    return v3_swap(
        v3.nets, pool.liquidity, pool.sqrt_price, pool.tick, ladder.fee, ladder.spacing, dx, down=i == 0
    )  # fmt: skip


def stops(pool, i):
    """Inputs that end exactly on a stop: where a rounding more or less would show."""
    rungs = pool.ladder.down if i == 0 else pool.ladder.up
    side = pool.side(i, 1 - i)
    marks = {side.cap - paid if i == 0 else paid - (rungs.paid[-1] - side.cap) for paid in rungs.paid}
    return sorted(mark for mark in marks if 0 < mark <= side.cap)


@given(concentrateds(least=1), WAYS, st.data())
def test_quotes_equal_the_contract(v3, way, data):
    """`out` is what the contract's loop gives, to the unit, over any number of ticks, words and gaps."""
    side = v3.pool.side(*way)
    assume(side.cap)
    dx = data.draw(amounts(side))

    assert side.out(dx) == swapped(v3, way[0], dx)[0]


@given(concentrateds(least=1), WAYS, st.data())
def test_quotes_at_a_stop_equal_the_contract(v3, way, data):
    """One unit less, all, or one more than it takes to reach a stop is priced as the contract prices it."""
    side = v3.pool.side(*way)
    assume(side.cap)
    dx = data.draw(st.sampled_from(stops(v3.pool, way[0]))) + data.draw(st.integers(-1, 1))
    assume(0 < dx <= side.cap)

    assert side.out(dx) == swapped(v3, way[0], dx)[0]


@given(concentrateds(least=1), WAYS, st.booleans(), st.data())
def test_the_pool_after_is_the_contracts(v3, way, at_stop, data):
    """Price, tick and liquidity after a swap are the contract's, and the tables are the same object."""
    side = v3.pool.side(*way)
    assume(side.cap)
    dx = data.draw(st.sampled_from(stops(v3.pool, way[0])) if at_stop else amounts(side))
    after = v3.pool.after(*way, dx)

    assert (after.sqrt_price, after.tick, after.liquidity) == swapped(v3, way[0], dx)[1:]
    assert after.ladder is v3.pool.ladder


@given(concentrateds(least=1), WAYS, WAYS, st.data())
def test_the_pool_after_is_priced_as_well(v3, first, second, data):
    """After a swap, also one that ends on a stop or at the end of the ladder, the next quote is the contract's."""
    side = v3.pool.side(*first)
    assume(side.cap)
    dx = data.draw(st.one_of(amounts(side), st.sampled_from(stops(v3.pool, first[0]))))
    after = v3.pool.after(*first, dx)
    assume(after.side(*second).cap)
    dx = data.draw(amounts(after.side(*second)))
    moved = type(v3)(after, v3.nets)

    assert after.side(*second).out(dx) == swapped(moved, second[0], dx)[0]


@given(concentrateds(), WAYS)
def test_the_cap_ends_on_the_last_known_tick(v3, way):
    """What can be priced ends where the ladder does: all of it in one swap leaves the price there."""
    side = v3.pool.side(*way)
    assume(side.cap)
    last = min(v3.nets) if way[0] == 0 else max(v3.nets)

    assert v3.pool.after(*way, side.cap).sqrt_price == sqrt_ratio(last)


@given(concentrateds(), st.data())
def test_a_window_prices_the_same_and_no_further(v3, data):
    """A ladder of some ticks around the price gives the same quotes, up to a cap that stays inside the window."""
    ticks = sorted(v3.nets.items())
    below = [tick for tick, _ in ticks if tick <= v3.pool.tick]
    above = [tick for tick, _ in ticks if tick > v3.pool.tick]
    low, high = data.draw(st.sampled_from(below)), data.draw(st.sampled_from(above))
    kept = [(tick, net) for tick, net in ticks if low <= tick <= high]
    whole = v3.pool.ladder
    ladder = Ladder.around(kept, whole.fee, whole.spacing, v3.pool.tick, v3.pool.liquidity)
    window = Concentrated(ladder, v3.pool.sqrt_price, v3.pool.tick)
    for way in ((0, 1), (1, 0)):
        side, full = window.side(*way), v3.pool.side(*way)
        assert side.cap <= full.cap
        if side.cap:
            dx = data.draw(amounts(side))
            assert side.out(dx) == full.out(dx)


def test_bounds_wider_than_the_ticks_are_priced_to_their_word_edges():
    """Where it is known that no tick lies for words around, a quote runs on to the last word's edge."""
    whole = Concentrated(Ladder([(-5120, 10**20), (5120, -(10**20))], 500, 10), 1 << 96, 0)
    known = Ladder([(-100, 0), (100, 0)], 500, 10, below=10**20, lower=-5120, upper=5110)
    part = Concentrated(known, 1 << 96, 0)
    dx = whole.side(0, 1).cap // 2

    assert part.side(0, 1).cap >= dx
    assert part.side(1, 0).cap >= dx
    assert part.after(1, 0, part.side(1, 0).cap).sqrt_price == sqrt_ratio(5110)


@pytest.mark.parametrize("tick", [-501, 500, 900])
def test_a_price_outside_the_window_is_closed(tick):
    """Nothing is known out there, so nothing is priced."""
    pool = Concentrated(Ladder([(-500, 10**20), (500, -(10**20))], 500, 10), sqrt_ratio(tick) + 1, tick)

    assert pool.side(0, 1) is CLOSED
    assert pool.side(1, 0) is CLOSED


def test_a_gap_is_crossed_for_nothing():
    """Between two positions there is no liquidity: the price jumps and the swap goes on."""
    ticks = [(-300, 10**20), (-200, -(10**20)), (200, 10**20), (300, -(10**20))]
    gap = Concentrated(Ladder(ticks, 500, 10), 1 << 96, 0)
    below = Concentrated(gap.ladder, sqrt_ratio(-200), -201)

    assert gap.liquidity == 0
    assert gap.side(0, 1).out(10**15) == below.side(0, 1).out(10**15)
    assert gap.side(0, 1).rate(0.0)[1] == pytest.approx(1.0001**-200 * 0.9995)


@pytest.mark.parametrize(
    ("ticks", "below", "why"),
    [
        ([], 0, "at least one tick"),
        ([(10, 1), (0, -1)], 0, "ascend"),
        ([(0, 1), (5, -1)], 0, "multiples of 10"),
        ([(0, 1), (10, -2)], 0, "below zero"),
        ([(0, -1), (10, 1)], 0, "below zero"),
    ],
)
def test_a_ladder_that_no_pool_has_is_refused(ticks, below, why):
    """Ticks out of order, off the spacing, or with more liquidity leaving than came, are an error that says so."""
    with pytest.raises(ValueError, match=why):
        Ladder(ticks, 500, 10, below)


def test_ticks_outside_what_was_read_are_refused():
    """A ladder cannot know a tick beyond its own bounds."""
    with pytest.raises(ValueError, match="outside"):
        Ladder([(0, 1), (10, -1)], 500, 10, lower=5)


def test_a_swap_beyond_the_ladder_leaves_no_pool():
    """Asking for the pool after more than can be priced is an error."""
    pool = Concentrated(Ladder([(-10, 10**9), (10, -(10**9))], 500, 10), 1 << 96, 0)
    with pytest.raises(ValueError, match="cannot be swapped"):
        pool.after(0, 1, pool.side(0, 1).cap + 1)


@given(st.integers(MIN_TICK, MAX_TICK - 1), st.integers(0, 10**40))
def test_tick_at_inverts_sqrt_ratio(tick, within):
    """Every price from one tick's to the next belongs to that tick."""
    low, high = sqrt_ratio(tick), sqrt_ratio(tick + 1)

    assert tick_at(low) == tick
    assert tick_at(high - 1) == tick
    assert tick_at(low + within % (high - low)) == tick


def test_the_grid_ends_where_the_contracts_does():
    """The outermost ticks have the contract's outermost prices, and beyond them there is nothing."""
    assert (sqrt_ratio(MIN_TICK), sqrt_ratio(MAX_TICK)) == (MIN_SQRT_RATIO, MAX_SQRT_RATIO)
    with pytest.raises(ValueError, match="outside"):
        sqrt_ratio(MAX_TICK + 1)
    with pytest.raises(ValueError, match="outside"):
        tick_at(MAX_SQRT_RATIO)
