"""Bars put together, cut, and looked through for holes."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.model.times import DAY, MINUTE
from bot.records import series
from bot.records.series import Span

from .bars import BEGIN, alike, any_candles, candles

spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda ends: Span(*sorted(ends))), max_size=8)


def points(some):
    """The whole numbers that lie in any of the spans."""
    return {point for span in some for point in range(span.since, span.until)}


@given(spans, spans)
def test_spans_are_sets_of_moments(some, others):
    """Uniting and taking away do to the spans what they do to the moments in them."""
    one, other = series.united(some), series.united(others)

    assert points(one) == points(some)
    assert points(series.without(one, other)) == points(some) - points(others)
    assert all(earlier.until < later.since for earlier, later in pairwise(one))


@given(any_candles(), any_candles())
def test_joining_keeps_every_time_and_believes_the_newer(older, newer):
    """In order, each time once; where both have a bar it is the newer one's."""
    both = series.joined(older, newer)
    times = set(older.opened.tolist()) | set(newer.opened.tolist())

    assert both.opened.tolist() == sorted(times)
    assert alike(series.joined(both, newer), both)
    assert series.differing(both, newer) == 0


@given(any_candles())
def test_cut_by_months_and_joined_again(whole):
    """The months are the bars, none more than once."""
    parts = dict(series.months(whole))
    again = series.empty(series.of(whole))
    for part in parts.values():
        again = series.joined(again, part)

    assert alike(again, whole)
    assert list(parts) == sorted(parts)


@given(any_candles())
def test_holes_are_where_no_bar_is(some):
    """Bars and holes fill the span, and share nothing."""
    span = Span(BEGIN, BEGIN + 91 * DAY)
    holes = series.holes(some.opened, MINUTE, span)
    grid = np.arange(span.since, span.until, MINUTE)
    empty = np.zeros(len(grid), np.bool_)
    for hole in holes:
        empty |= (grid >= hole.since) & (grid < hole.until)

    assert (empty == ~np.isin(grid, some.opened)).all()


def test_a_span_takes_bars_from_its_beginning_to_before_its_end():
    """And None is no limit."""
    some = candles(5)

    assert len(series.within(some, BEGIN + MINUTE, BEGIN + 3 * MINUTE)) == 2
    assert alike(series.within(some, None, None), some)
