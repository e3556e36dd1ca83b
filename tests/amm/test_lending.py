"""What flash lenders charge."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.amm.lending import Charging, flash_fee
from bot.model.registry import LenderKind


def test_the_kinds_are_numbered_alike():
    """Lenders are numbered here as in the registry."""
    assert {kind.name: int(kind) for kind in Charging} == {kind.name: int(kind) for kind in LenderKind}


@pytest.mark.parametrize(
    ("kind", "fee", "amount", "owed"),
    [
        (LenderKind.MORPHO_BLUE, 0, 10**12, 0),
        (LenderKind.BALANCER_V2, 0, 10**12, 0),
        (LenderKind.BALANCER_V2, 10**14, 10_000, 1),
        (LenderKind.BALANCER_V2, 10**14, 10_001, 2),  # up
        (LenderKind.AAVE_V3, 5, 999, 0),
        (LenderKind.AAVE_V3, 5, 1_000, 1),  # half up
        (LenderKind.AAVE_V3, 5, 2_999, 1),
        (LenderKind.UNISWAP_V3, 100, 10_000, 1),
        (LenderKind.UNISWAP_V3, 100, 10_001, 2),  # up
        (LenderKind.ERC3156, 10**14, 19_999, 1),  # down
    ],
)
def test_fees_are_rounded_as_each_lender_rounds(kind, fee, amount, owed):
    """Each lender's own unit and its own rounding."""
    assert flash_fee(kind, fee, amount) == owed


@given(st.sampled_from(LenderKind), st.integers(0, 10**4), st.integers(0, 10**30), st.integers(0, 10**30))
def test_borrowing_more_never_costs_less(kind, fee, a, b):
    """Fees rise with the amount."""
    assert flash_fee(kind, fee, min(a, b)) <= flash_fee(kind, fee, max(a, b))


def test_an_unknown_lender_is_an_error():
    """There is no fee to guess for a lender nobody knows."""
    with pytest.raises(ValueError, match="numbered 9"):
        flash_fee(9, 0, 1)
