"""Exchanges with accounts, for the tests of orders."""

import pytest
from exchange_clients import MUTE, ready

from bot.sandbox.wire.wires import DESKS


@pytest.fixture(params=DESKS)
async def trader(request):
    """Each exchange that has accounts in turn, a client with money, and a book to trade with."""
    async with ready(request.param) as trader:
        yield trader


@pytest.fixture
def hearing(trader):
    """The same, if ccxt can watch own trades there."""
    if trader.venue in MUTE:
        pytest.skip(f"ccxt's {trader.venue} does not watch trades")
    return trader
