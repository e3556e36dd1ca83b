"""Quotes of real ccxt classes at the sandbox's exchanges."""

import asyncio
from dataclasses import replace

import pytest

from bot.model.errors import UserError
from bot.model.markets import REFERENCES, Market, underlying
from bot.sandbox.wire.wires import ALL, FUTURES, WIRES
from bot.venues.dialects import PERPETUALS
from bot.venues.exchange import EXCHANGES, Feeds
from bot.venues.health import FeedState

from .feeding import COINS, HURRY, watching

CALM = replace(HURRY, stale_after=60.0, silent_after=60.0)


FEW = dict.fromkeys(("bitstamp", "xt"), "USDC/USDT BTC/USDT")  # that ask for every book over HTTP, not fast
SETTLED = (0.99, 1.01, 120.0, 340.0)


def offer(exchanges, listings, bid, ask, bid_size, ask_size):
    """The same in every market, BTC and ETH for a thousand times as much."""
    for each in listings:
        worth = 1_000.0 if each.base in REFERENCES else 1.0
        exchanges.quote(exchanges.venues[0], each.base, each.quote, bid * worth, ask * worth, bid_size, ask_size)


def named(listing):
    """What a listed market's base is called, None for what is not watched."""
    coin = COINS.asset(underlying(listing.base))
    return coin and coin + listing.base[len(underlying(listing.base)) :]


def told(quote):
    """The same of one quote."""
    worth = 1_000.0 if quote.base in REFERENCES else 1.0
    return (quote.bid / worth, quote.ask / worth, quote.bid_size, quote.ask_size)


@pytest.mark.parametrize("venue", ALL)
async def test_every_market_of_an_exchange_is_quoted_with_sizes(venue):
    """Prices and sizes are those of the exchange, of every pair of watched assets that it lists."""
    async with watching(venue, markets=FEW, moving=False, patience=CALM) as watch:
        listings = [each for each in watch.exchanges.listings(venue) if named(each) and each.quote != "KRW"]
        step = 0
        while len(watch.quotes) < len(listings):
            step += 1
            offer(watch.exchanges, listings, 0.98, 1.02, 100.0 + step % 9, 300.0)
            await asyncio.sleep(0.02)  # as long as nobody answers there is nothing to wait for
        offer(watch.exchanges, listings, *SETTLED)

        await watch.until(lambda: all(told(quote) == pytest.approx(SETTLED) for quote in watch.quotes.values()))
        assert set(watch.quotes) == {Market(venue, named(each), each.quote) for each in listings}
        assert watch.health(venue).state is FeedState.LIVE


async def test_the_sandbox_and_the_feeds_know_the_same_exchanges():
    """Whatever the sandbox plays can be watched; perpetuals' prices are those of no coin, and watched only if named."""
    assert set(WIRES) <= set(EXCHANGES)
    assert set(FUTURES) <= PERPETUALS
    assert not PERPETUALS & set(EXCHANGES)


def test_an_unknown_exchange_is_named():
    """The error says which, and what there is."""
    with pytest.raises(UserError, match="no exchange mtgox is known; known are binance,"):
        Feeds(["kraken", "mtgox"], COINS, ["USDC"])


@pytest.mark.parametrize(
    "through", ["here", "ftp://127.0.0.1", "http://", "http://127.0.0.1:99999", "http://gate/?k=v"]
)
def test_what_is_no_gateway_is_one_line(through):
    """It says what is wanted."""
    with pytest.raises(UserError, match="is no gateway"):
        Feeds(["kraken"], COINS, ["USDC"], through)


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
