"""Uniswap V2 against its library's formula."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.amm.constant_product import MAX_RESERVE, ConstantProduct
from bot.amm.side import CLOSED

from .pools import amounts
from .reference import v2_swap


@given(st.integers(1, MAX_RESERVE - 1), st.integers(1, MAX_RESERVE - 1), st.data())
def test_quotes_equal_the_contract(reserve0, reserve1, data):
    """`out` is what the pair pays, to the unit, and None where it would pay nothing and revert."""
    side = ConstantProduct(reserve0, reserve1).side(0, 1)
    dx = data.draw(amounts(side))

    assert side.out(dx) == (v2_swap(reserve0, reserve1, dx) or None)


def test_a_fork_may_charge_otherwise():
    """The fee is the pair's own, in parts per million."""
    assert ConstantProduct(10**9, 10**9, 2500).side(1, 0).out(10**6) == 996_505


def test_an_empty_or_full_pair_is_closed():
    """Without reserves there is no price, and a full pair takes no more."""
    assert ConstantProduct(0, 10**6).side(1, 0) is CLOSED
    assert ConstantProduct(MAX_RESERVE, 10**6).side(0, 1) is CLOSED


def test_a_swap_that_reverts_leaves_no_pair():
    """Asking for the pair after a swap that pays nothing is an error."""
    with pytest.raises(ValueError, match="cannot be swapped"):
        ConstantProduct(10**18, 10**6).after(0, 1, 1)
