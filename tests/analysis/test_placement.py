"""Where the dollars lie before a replay begins."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.analysis import placement
from bot.model.coins import shipped
from bot.model.markets import DOLLAR

from .falls_made import NAMES
from .markets_made import market


@given(st.lists(st.sampled_from(NAMES), unique=True), st.floats(1, 1e9))
def test_dollars_are_placed_and_none_made(names: list[str], capital: float) -> None:
    """Purses come to the capital, none is below zero, and no exchange holds more than a tenth of it as a coin."""
    purses = placement.placed([market(name) for name in names], shipped(), capital)

    assert sum(purses.values()) == Decimal(repr(capital))
    assert all(held >= 0 for held in purses.values())
    assert all(asset == DOLLAR or shipped().peg(asset) == DOLLAR for _, asset in purses)
    assert all(asset == DOLLAR or float(held) <= capital * 0.1 for (_, asset), held in purses.items())


def test_dollars_lie_in_equal_parts_where_they_are_taken() -> None:
    """At every exchange that takes them; without any, or without any exchange, they lie in the bank."""
    assert placement.placed([], shipped(), 100.0) == {("bank", "USD"): 100}
    assert placement.placed([market("a USDC/USD")], shipped(), 100.0) == {("a", "USD"): 100, ("bank", "USD"): 0}
    two = placement.placed([market("a USDC/USD"), market("b USDC/USDT"), market("c EURC/EUR")], shipped(), 100.0)
    assert two == {("a", "USD"): 50, ("b", "USDT"): 10, ("bank", "USD"): 40}
