"""ccxt's own classes at the exchanges of the sandbox."""

import pytest
from exchange_clients import client, soon

from bot.sandbox.exchange import Exchanges
from bot.sandbox.wire.wires import WIRES


@pytest.fixture(params=WIRES)
async def venue(request):
    """Each exchange in turn."""
    return request.param


def _touch(book):
    return book["bids"][0], book["asks"][0]


async def test_a_client_sees_every_move_of_a_book_in_order(venue):
    """What is set is what ccxt's own class shows, move by move."""
    async with Exchanges([venue]) as exchanges, client(venue, exchanges.url) as ccxt:
        market = exchanges.listings(venue)[0]
        symbol = f"{market.base}/{market.quote}"
        exchanges.quote(venue, market.base, market.quote, 0.9991, 0.9993, 120.0, 340.0)

        assert _touch(await soon(ccxt.watch_order_book(symbol))) == ([0.9991, 120.0], [0.9993, 340.0])
        for k in range(5):
            bid, ask = 0.99 - k / 1000, 0.9905 - k / 500
            exchanges.quote(venue, market.base, market.quote, bid, ask, 100.0 + k, 200.0 + k)
            book = await soon(ccxt.watch_order_book(symbol))
            assert _touch(book) == ([pytest.approx(bid), 100.0 + k], [pytest.approx(ask), 200.0 + k])
            assert len(book["bids"]) == len(book["asks"]) == 5
