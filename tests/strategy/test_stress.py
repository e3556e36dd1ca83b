"""What bad times leave of a market is told no better than it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.orders import Side
from bot.strategy import liquidity, stress
from bot.strategy.liquidity import Levels, Reading
from bot.strategy.stress import MARCH_2023, Decay

from .test_liquidity import DEPTHS, SPREADS, books


@given(DEPTHS, SPREADS, st.floats(0, 1), st.floats(0, 1))
def test_worse_times_leave_less(depth: float, spread: float, one: float, other: float) -> None:
    """The worse the time, the thinner and the wider; calm leaves all as it is."""
    mild, bad = (stress.stressed(depth, spread, each) for each in sorted((one, other)))

    assert mild[0] >= bad[0] >= 0
    assert mild[1] <= bad[1]
    assert stress.stressed(depth, spread, 0) == (depth, spread)


@given(books(), st.floats(0, 1), st.floats(0.5, 1.5))
def test_no_more_can_be_sold_in_worse_times(book: tuple[Side, Levels], bad: float, worst: float) -> None:
    """What a bad time buys is part of what stands now at that price."""
    bids = liquidity.of_book(book[1], Side.SELL)
    now = sum(size for price, size in bids if price >= worst)

    assert stress.sellable(bids, 1.0, worst) <= stress.sellable(bids, bad, worst) <= now


def test_a_million_standing_is_some_ten_thousand_in_march_2023() -> None:
    """Of a million standing, 16,000 can be sold when the coin is 8 % off its peg, half a percent further away."""
    bids = ((0.9999, 1e6),)

    assert stress.sellable(bids, 1.0, 0.994) == pytest.approx(16_000)
    assert stress.sellable(bids, 1.0, 0.996) == 0


def test_its_own_history_tells_what_a_bad_time_does() -> None:
    """A tenth of a history 40 bp wide and a hundredth deep is a decay of that; few looks tell none."""
    calm, bad = [Reading(n, 2.0, 1e5) for n in range(90)], [Reading(n, 42.0, 1e3) for n in range(10)]

    assert stress.decay(calm + bad) == Decay(40.0, 0.01)
    assert stress.decay(calm) == Decay(0.0, 1.0)
    assert stress.decay(bad) is None
    assert stress.worse(Decay(40.0, 0.05), MARCH_2023) == Decay(100.0, MARCH_2023.kept)


@given(DEPTHS, SPREADS, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_what_a_time_is_already_like_is_counted_once(
    depth: float, spread: float, one: float, other: float, more: float
) -> None:
    """Calm to bad to worse leaves what calm to worse leaves; and what is better than now changes nothing."""
    now, bad, worse = sorted((one, other, more))
    between = stress.stressed(*stress.stressed(depth, spread, bad, already=now), worse, already=bad)

    assert between == pytest.approx(stress.stressed(depth, spread, worse, already=now))
    assert stress.stressed(depth, spread, now, already=worse) == (depth, spread)
