"""Every fault at every exchange: nothing is lost, nothing is doubled, the books equal the exchange's to the digit."""

import pytest

from .order_cases import CASES, reckoning
from .order_floor import VENUES, floor


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("venue", VENUES)
async def test_nothing_is_lost_and_nothing_is_doubled(venue, case):
    """A ticket has one final report and at most one order; a fill is told once; balances are those of the fills."""
    async with floor(venue) as desk:
        await CASES[case](desk, venue)
        told = await reckoning(desk, venue)
    print(f"\n{case:34} {venue:8} {told}")  # the table, with -s
