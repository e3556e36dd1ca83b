"""Candles of an exchange, a page at a time, through ccxt's own class and whatever goes wrong on the way."""

import asyncio
from itertools import pairwise

import numpy as np
import pytest
import stamina

from bot.model.coins import shipped
from bot.model.markets import Candles, Market
from bot.model.times import MINUTE, moment
from bot.sandbox.exchange import Exchanges
from bot.sandbox.exchange_faults import Fault
from bot.venues import history
from bot.venues.history import HistoryError, Tries

COINS = shipped()
BEGIN = moment("2023-03-10")
USDC = Market("binance", "USDC", "USDT")
VENUES = ("binance", "kraken", "coinbase", "okx", "bybit")
PAIRS = {"kraken": ("USDC", "USD"), "coinbase": ("USDT", "USD")}


def bars(market, minutes):
    """Bars of these minutes, no two alike."""
    opened = BEGIN + np.array(minutes, np.int64) * MINUTE
    price = 1 + np.array(minutes) / 100_000
    return Candles(market, MINUTE, opened, price, price + 0.01, price - 0.01, price, price * 1_000)


@pytest.fixture
async def exchanges():
    async with Exchanges(VENUES) as exchanges:
        yield exchanges


@pytest.fixture(autouse=True)
def no_waiting():
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


async def fetched(exchanges, market, *spans):
    """The pages of these minutes."""
    async with history.opened(market, MINUTE, COINS, through=exchanges.url) as source:
        return [page async for page in source.pages([(BEGIN + a * MINUTE, BEGIN + b * MINUTE) for a, b in spans])]


async def fetch_into(found, exchanges, fault, mended_after=None):
    """Two pages, the exchange failing after the first."""
    async with history.opened(USDC, MINUTE, COINS, through=exchanges.url) as source:
        async for page in source.pages([(BEGIN, BEGIN + 1_500 * MINUTE)]):
            found.append(page)
            exchanges.fault("binance", fault)
            if mended_after is not None:
                asyncio.get_running_loop().call_later(mended_after, exchanges.mend, "binance")


async def opened(market, timeframe, through, tries=None):
    """Opened and closed again."""
    async with history.opened(market, timeframe, COINS, through=through, tries=tries):
        pass


def minutes(pages):
    """The minutes that the pages have bars of."""
    return [int(opened - BEGIN) // MINUTE for page in pages for opened in page.candles.opened]


@pytest.mark.parametrize("venue", VENUES)
async def test_every_bar_comes_once(exchanges, venue):
    """However many pages it takes, in order, with its prices; the pages are the span, one after another."""
    market = Market(venue, *PAIRS.get(venue, ("USDC", "USDT")))
    told = bars(market, [k for k in range(700) if k not in (5, 6, 7)])
    exchanges.history(told)
    pages = await fetched(exchanges, market, (0, 700))

    assert minutes(pages) == [k for k in range(700) if k not in (5, 6, 7)]
    assert np.allclose(np.concatenate([page.candles.close for page in pages]), told.close)
    assert (pages[0].since, pages[-1].until) == (BEGIN, BEGIN + 700 * MINUTE)
    assert all(earlier.until == later.since for earlier, later in pairwise(pages))


async def test_a_long_hole_is_passed(exchanges):
    """Days without a bar end no download, and nothing outside of the span is told."""
    exchanges.history(bars(USDC, [0, 1, 5_000, 5_001, 9_000]))

    assert minutes(await fetched(exchanges, USDC, (0, 5_001))) == [0, 1, 5_000]


async def test_an_exchange_that_has_nothing_is_asked_to_the_end(exchanges):
    """By pages without bars."""
    pages = await fetched(exchanges, USDC, (0, 2_500))

    assert minutes(pages) == []
    assert [(page.until - page.since) // MINUTE for page in pages] == [1_000, 1_000, 500]


async def test_only_what_is_wanted_is_asked_for(exchanges):
    """Spans apart are asked for apart; those on one page are one question."""
    exchanges.history(bars(USDC, range(10_000)))
    pages = await fetched(exchanges, USDC, (10, 11), (20, 21), (8_000, 8_010))

    assert [(page.since - BEGIN) // MINUTE for page in pages] == [10, 8_000]
    assert set(minutes(pages)) == {*range(10, 1_010), *range(8_000, 8_010)}


@pytest.mark.parametrize("fault", [Fault.RATE_LIMITED, Fault.UNAVAILABLE, Fault.GARBAGE, Fault.MAINTENANCE])
async def test_a_fault_is_outlived(exchanges, fault):
    """A request refused or garbled is made again, and no bar is missing."""
    exchanges.history(bars(USDC, range(1_500)))
    found = []
    await fetch_into(found, exchanges, fault, mended_after=0.02)

    assert minutes(found) == list(range(1_500))


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault.RATE_LIMITED, "429"),
        (Fault.UNAVAILABLE, "503"),
        (Fault.GARBAGE, "not JSON"),
        (Fault.MAINTENANCE, "maintenance"),
    ],
)
async def test_a_fault_that_lasts_is_told(exchanges, fault, told):
    """In one line with the exchange's name; what came before it came."""
    exchanges.history(bars(USDC, range(1_500)))
    found = []
    with pytest.raises(HistoryError, match=r"^binance cannot be asked: ") as complaint:
        await fetch_into(found, exchanges, fault)

    assert told in str(complaint.value)
    assert "\n" not in str(complaint.value)
    assert minutes(found) == list(range(1_000))


async def test_an_exchange_that_does_not_answer_is_told(exchanges):
    """Nobody listens any more, or the answer takes too long."""
    exchanges.fault("binance", Fault.SLOW, 5)
    with pytest.raises(HistoryError, match=r"^binance cannot be asked: "):
        await opened(USDC, MINUTE, exchanges.url, Tries(answer=0.05))
    with pytest.raises(HistoryError, match=r"^binance cannot be asked: "):
        await opened(USDC, MINUTE, "http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("market", "timeframe", "told"),
    [
        (Market("binanse", "USDC", "USDT"), MINUTE, "ccxt knows no exchange binanse; do you mean binance"),
        (Market("zaif", "USDC", "USDT"), MINUTE, "zaif gives no candles"),
        (Market("binance", "USDC", "USDT"), 7 * MINUTE, "binance has no candles of 7m; it has 1s, 1m, 3m, 5m"),
        (Market("binance", "USDC", "USD"), MINUTE, "binance has no USDC/USD; of USDC it has BTC/USDC, ETH/USDC"),
        (Market("binance", "MIM", "USD"), MINUTE, "binance has no MIM/USD, and nothing else of MIM"),
    ],
    ids=["exchange", "candles", "timeframe", "pair", "coin"],
)
async def test_what_an_exchange_does_not_have_is_told(exchanges, market, timeframe, told):
    """With what it does have."""
    with pytest.raises(HistoryError) as complaint:
        await opened(market, timeframe, exchanges.url)

    assert str(complaint.value).startswith(told)


async def test_a_coin_is_found_under_the_exchanges_own_name(exchanges):
    """Kraken calls bitcoin XBT, and its pair is the same market."""
    market = Market("kraken", "BTC", "USDC")
    exchanges.history(bars(market, range(3)))

    assert minutes(await fetched(exchanges, market, (0, 3))) == [0, 1, 2]
