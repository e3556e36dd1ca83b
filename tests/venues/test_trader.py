"""Orders of real ccxt classes at the sandbox's exchanges."""

from decimal import Decimal

import pytest

from bot.model.orders import OrderEnded, OrderFilled, OrderOpened, Side, Style

from .order_floor import VENUES, floor


@pytest.mark.parametrize("venue", VENUES)
async def test_an_order_that_takes_is_filled_to_the_last_digit(venue):
    """What it opened, filled and ended as is told once each, and the books equal the exchange's."""
    async with floor(venue) as desk:
        assert desk.ready(venue), desk.journal
        made = await desk.place(venue, amount="100", limit="1.01")
        await desk.done(made)
        assert [type(each) for each in desk.of(made)] == [OrderOpened, OrderFilled, OrderEnded], desk.journal
        assert desk.final(made).filled == Decimal(100)
        assert desk.agrees(venue)
