"""What is true of a swap in any pool."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from .pools import Way, amounts, families, sensible, stableswaps, ways

CONSTANT = families(stableswaps(offpeg=(0,)))
"""Pools whose fee does not move: NG's may rise faster than the swap pays, or fall as the pool comes to balance."""


@given(ways(CONSTANT), st.data())
def test_more_in_is_never_less_out(way, data):
    """A larger input gives at least as much."""
    side = way.side
    less, more = sorted((data.draw(amounts(side)), data.draw(amounts(side))))
    low, high = side.out(less), side.out(more)
    assume(low is not None and high is not None)

    assert low <= high


@given(ways(), st.data())
def test_round_trip_does_not_pay(way, data):
    """Buying and selling back gives no more than one began with, but for dust.

    (Without a fee the last units of Newton's method show, in the contract as in ours: 49 in 10**22 seen.)
    """
    dx = data.draw(sensible(way))
    got = way.side.out(dx)
    assume(got)
    back = Way(way.state.after(way.i, way.j, dx), way.j, way.i).side.out(got)

    dust = 2 + 2 * dx // got + dx // 10**15  # two units of either coin
    assert back is None or back <= dx + dust


@given(ways(families(stableswaps(fees=st.just(0)))), st.data())
def test_splitting_does_not_pay(way, data):
    """Two swaps one after the other give no more than one of their sum, but for the rounding of each.

    (Curve leaves part of its fee in the coin it gives, so there a second swap earns back a little of the first's fee.)
    """
    side = way.side
    first, second = data.draw(sensible(way)), data.draw(sensible(way))
    whole, got = side.out(first + second), side.out(first)
    assume(whole is not None and got is not None)
    rest = Way(way.state.after(way.i, way.j, first), way.i, way.j).side.out(second)

    assert rest is None or got + rest <= whole + 2


@given(ways(), st.data())
def test_nothing_is_priced_outside_the_cap(way, data):
    """Nothing, less than nothing and more than the cap have no price."""
    side = way.side
    beyond = data.draw(st.integers(side.cap + 1, 2 * side.cap + 10))

    assert side.out(0) is None
    assert side.out(-1) is None
    assert side.out(beyond) is None


@given(ways(), st.data())
def test_the_estimate_agrees_with_the_integers(way, data):
    """Coins out in floats are within parts in 1e9 of the exact amount, or a few units of either coin's rounding.

    (The marginal rate may be below zero: NG's fee may rise faster than the swap pays.)
    """
    dx = data.draw(sensible(way))
    exact = way.side.out(dx)
    assume(exact is not None)
    estimate, rate = way.side.rate(float(dx))

    assert estimate == pytest.approx(exact, rel=1e-9, abs=3 + 2 * abs(rate))


@given(ways(CONSTANT), st.data())
def test_the_rate_is_the_slope_of_the_estimate(way, data):
    """Between two inputs the average rate lies between the marginal rates at both."""
    side = way.side
    low, high = sorted((data.draw(sensible(way)), data.draw(sensible(way))))
    assume(high > 2 * low)
    (out_low, rate_low), (out_high, rate_high) = side.rate(float(low)), side.rate(float(high))
    average = (out_high - out_low) / (high - low)

    assert rate_high * (1 - 1e-6) <= average <= rate_low * (1 + 1e-6)


@given(ways(CONSTANT), st.data())
def test_the_rate_does_not_rise(way, data):
    """The more goes in the less one more coin brings."""
    side = way.side
    low, high = sorted((data.draw(sensible(way)), data.draw(sensible(way))))

    assert side.rate(float(high))[1] <= side.rate(float(low))[1] * (1 + 1e-9)


@given(ways())
def test_a_side_is_made_once(way):
    """Asking for the same direction again gives the same side."""
    assert way.state.side(way.i, way.j) is way.side


@given(ways())
def test_there_is_no_way_from_a_coin_to_itself(way):
    """A pool has no side from a coin to the same coin."""
    with pytest.raises(ValueError, match="no side"):
        way.state.side(1, 1)
