"""Quotes of real ccxt classes at the sandbox's exchanges."""

from dataclasses import replace

import pytest

from bot.model.errors import UserError
from bot.model.markets import Market
from bot.sandbox.wire.wires import WIRES
from bot.venues.exchange import EXCHANGES, Feeds
from bot.venues.health import FeedState

from .feeding import COINS, HURRY, WORTH, watching

CALM = replace(HURRY, stale_after=60.0, silent_after=60.0)


def worth(listing):
    """A middle price."""
    return WORTH.get(listing.base, 1.0) / WORTH.get(listing.quote, 1.0)


@pytest.mark.parametrize("venue", WIRES)
async def test_every_market_of_an_exchange_is_quoted_with_sizes(venue):
    """Prices and sizes are those of the exchange, of every pair it lists."""
    async with watching(venue, moving=False, patience=CALM) as watch:
        listings = [each for each in watch.exchanges.listings(venue) if COINS.asset(each.base)]
        for each in listings:
            watch.exchanges.quote(venue, each.base, each.quote, worth(each) * 0.99, worth(each) * 1.01, 120.0, 340.0)
        await watch.until(lambda: len(watch.quotes) == len(listings))

        for each in listings:
            told = watch.quotes[Market(venue, COINS.asset(each.base), each.quote)]
            assert (told.bid, told.ask) == pytest.approx((worth(each) * 0.99, worth(each) * 1.01), rel=1e-4)
            assert (told.bid_size, told.ask_size) == pytest.approx((120.0, 340.0))
        assert watch.health(venue).state is FeedState.LIVE


async def test_the_sandbox_and_the_feeds_know_the_same_exchanges():
    """Whatever the sandbox plays can be watched."""
    assert set(WIRES) <= set(EXCHANGES)


def test_an_unknown_exchange_is_named():
    """The error says which, and what there is."""
    with pytest.raises(UserError, match="no exchange mtgox is known; known are binance,"):
        Feeds(["kraken", "mtgox"], COINS, ["USDC"])


async def test_a_slow_reader_finds_the_newest_quotes_and_no_backlog():
    """However much arrived meanwhile, one look holds each market once."""
    async with watching("okx", markets={"okx": "USDC/USDT DAI/USDT"}, moving=False, patience=CALM) as watch:
        listings = watch.exchanges.listings("okx")
        for step in range(1, 200):
            for each in listings:
                watch.exchanges.quote("okx", each.base, each.quote, 0.9 + step / 10_000, 1.01)
            await watch.looked_again()
            assert watch.feeds.backlog <= len(listings)
        await watch.until(lambda: {quote.bid for quote in watch.quotes.values()} == {0.9199})
