"""What one trade of a replay came to, where its last fill is not what it was about."""

import pytest

from bot.analysis.trades import trades
from bot.model.orders import Purpose, Side

from .outcomes import fill, outcome

BUY, SELL = Side.BUY, Side.SELL


@pytest.mark.parametrize(("kind", "why"), [("hedged", "met"), ("hold", "crumbs")])
def test_a_hedge_was_left_for_what_left_it_first(kind, why):
    """Its last orders close crumbs; a leg that was made even before it was left is no way out of it."""
    fills = (
        fill("a", 0, BUY, 1_000, 0.90, kind=kind),
        fill("a", 1, SELL, 10, 0.90, kind=kind, purpose=Purpose.UNWIND, why="alone"),
        fill("a", 20, SELL, 989, 0.95, kind=kind, why="met"),
        fill("a", 30, SELL, 1, 0.95, kind=kind, purpose=Purpose.UNWIND, why="crumbs"),
    )
    (trade,) = trades(outcome(fills))

    assert trade.exit_reason == why


def test_a_hedge_that_was_only_made_even_says_so():
    """Where no order left it, the last that made it even tells."""
    fills = (
        fill("a", 0, BUY, 1_000, 0.90, kind="hedged"),
        fill("a", 1, SELL, 1_000, 0.90, kind="hedged", purpose=Purpose.UNWIND, why="alone"),
    )
    (trade,) = trades(outcome(fills))

    assert trade.exit_reason == "alone"
