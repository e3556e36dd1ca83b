"""How long coins stay away: the curve is Kaplan and Meier's, and goes on beyond what was seen."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.times import DAY, HOUR
from bot.strategy.survival import UNSEEN_WEIGHT, Stay, curve_of, pulled

stays = st.lists(st.builds(Stay, st.integers(HOUR, 90 * DAY), st.booleans(), st.floats(0.1, 1)), max_size=20)


def test_the_curve_is_kaplan_and_meiers():
    """At each return it falls by the part of those still away; one lost from sight is away until then."""
    curve = curve_of([Stay(1 * HOUR, True, 1), Stay(2 * HOUR, False, 1), Stay(3 * HOUR, True, 1)])

    assert curve.at == (HOUR, 3 * HOUR)
    assert curve.left == pytest.approx(
        (1 - 1 / (3 + UNSEEN_WEIGHT), (1 - 1 / (3 + UNSEEN_WEIGHT)) * (1 - 1 / (1 + UNSEEN_WEIGHT)))
    )


@given(stays, st.lists(st.integers(0, 300 * DAY), min_size=2))
def test_the_longer_the_fewer_are_away(seen, times):
    """From all of them to never quite none."""
    curve = curve_of(seen)
    shares = [curve.away(each) for each in sorted(times)]

    assert curve.away(0) == 1
    assert all(early >= late > 0 for early, late in pairwise(shares))


@given(stays, st.integers(0, 300 * DAY), st.floats(0.05, 0.95))
def test_by_then_so_many_are_back(seen, lasted, back):
    """At the moment told at least that share of those still away is back, and just before it not."""
    curve = curve_of(seen)
    wait = curve.until(lasted, back)
    target = curve.away(lasted) * (1 - back)

    assert curve.away(lasted + wait) <= target * 1.001
    assert wait < 2 or curve.away(lasted + wait - 2) >= target * 0.999


def test_what_nobody_has_seen_lasts_as_long_again():
    """Beyond the past, half of those still away are back after twice the time."""
    curve = curve_of([Stay(HOUR, True, 1.0)])

    assert curve.until(10 * HOUR, 0.5) == pytest.approx(10 * HOUR, rel=1e-6)


@given(stays, stays)
def test_others_lend_a_bounded_weight(own, others):
    """However many they are, they count for four of its own at most."""
    lent = sum(each.weight for each in pulled(own, others, 4.0)) - sum(each.weight for each in own)

    assert lent <= 4.0 + 1e-9
