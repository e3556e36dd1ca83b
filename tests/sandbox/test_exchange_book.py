"""What stands in a market of the sandbox, and what wire formats make of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.markets import Candles, Market
from bot.sandbox.wire import wires
from bot.sandbox.wire.book import GONE, Level, changes, ladder, listings
from bot.sandbox.wire.exchange import Exchange
from bot.sandbox.wire.kraken import checksum
from bot.sandbox.wire.wire import RefusedError, Request

COIN, BITCOIN = listings("USDC/USD BTC/USD")
NOW = 1_678_518_900 * 10**9  # 2023-03-11T07:15:00Z
MINUTE = 60 * 10**9
sides = st.dictionaries(st.integers(1, 20).map(str), st.integers(1, 5).map(str)).map(
    lambda levels: tuple(Level(*level) for level in levels.items())
)


@given(sides, sides)
def test_changes_turn_one_side_into_the_next(before, after):
    """Whoever applies them to what stood has what stands, and nothing is told that did not change."""
    stood = dict(before)
    for price, size in changes(before, after):
        assert stood.get(price) != size
        stood[price] = size

    assert {price: size for price, size in stood.items() if size != GONE} == dict(after)


@given(
    st.floats(0.01, 100_000),
    st.floats(0.01, 1e6),
    st.sampled_from([-0.0005, 0.0005]),
    st.sampled_from(listings("USDC/USD BTC/EUR")),
)
def test_a_ladder_begins_at_its_price_and_leads_away(price, size, step, listing):
    """The best level is the price to the nearest step; each further one is worse."""
    levels = ladder(listing, price, size, step, 5)

    prices = [float(level.price) for level in levels]
    assert abs(prices[0] - price) <= 0.5000001 * 10**-listing.price_digits
    assert prices == sorted(set(prices), reverse=step < 0)
    assert all(at > 0 for at in prices)


def test_nobody_stands_where_there_is_no_price():
    """A one-sided book has an empty side."""
    assert ladder(COIN, None, 100.0, 0.0005, 5) == ()


def test_numbers_are_written_in_full():
    """Prices and sizes have the digits of their market, never an exponent."""
    assert (COIN.price(0.87), COIN.size(1e6), COIN.tick, COIN.lot) == ("0.87000", "1000000.00", "0.00001", "0.01")
    assert (BITCOIN.price(20_000), BITCOIN.lot) == ("20000.00", "0.000001")


def test_krakens_checksum_is_that_of_its_guide():
    """The example of docs.kraken.com/api/docs/guides/spot-ws-book-v2."""
    asks = """
        45285.2 0.00100000  45286.4 1.54571953  45286.6 1.54571109  45289.6 1.54560911  45290.2 0.15890660
        45291.8 1.54553491  45294.7 0.04454749  45296.1 0.35380000  45297.5 0.09945542  45299.5 0.18772827"""
    bids = """
        45283.5 0.10000000  45283.4 1.54582015  45282.1 0.10000000  45281.0 0.10000000  45280.3 1.54592586
        45279.0 0.07990000  45277.6 0.03310103  45277.5 0.30000000  45277.3 1.54602737  45276.6 0.15445238"""

    assert checksum(_levels(bids), _levels(asks)) == 3310070434


def test_a_host_is_of_an_exchange_with_its_port_and_subdomains():
    """And of no other whose name ends alike."""
    venues = {
        host: getattr(wires.at(host), "venue", None) for host in ("stream.binance.com:9443", "okx.com", "www.okx.com")
    }

    assert venues == {"stream.binance.com:9443": "binance", "okx.com": "okx", "www.okx.com": "okx"}
    assert wires.at("notokx.com") is None


@pytest.mark.parametrize(
    ("venue", "path", "query", "got"),
    [
        (
            "binance",
            "/api/v3/klines",
            {"symbol": "USDCUSDT", "interval": "1m", "limit": "5000", "startTime": "0"},
            1000,
        ),
        ("binance", "/api/v3/klines", {"symbol": "USDCUSDT", "interval": "1m"}, 500),
        ("kraken", "/0/public/OHLC", {"pair": "USDCUSD", "interval": "1", "since": "0"}, 720),
        ("okx", "/api/v5/market/candles", {"instId": "USDC-USDT", "bar": "1m", "limit": "900"}, 300),
        ("okx", "/api/v5/market/candles", {"instId": "USDC-USDT", "after": str(NOW // 10**6 - 1441 * 60_000)}, 0),
        (
            "okx",
            "/api/v5/market/history-candles",
            {"instId": "USDC-USDT", "after": str(NOW // 10**6 - 1441 * 60_000)},
            100,
        ),
        ("bybit", "/v5/market/kline", {"symbol": "USDCUSDT", "interval": "1", "start": "0", "limit": "5000"}, 1000),
        ("kucoin", "/api/v1/market/candles", {"symbol": "USDC-USDT", "type": "1min"}, 1500),
        ("gate", "/api/v4/spot/candlesticks", {"currency_pair": "USDC_USDT", "interval": "1m", "limit": "900"}, 900),
    ],
)
def test_a_page_is_as_long_as_the_exchange_makes_it(venue, path, query, got):
    """However much is asked for, an exchange gives its own most, and goes back no further than it does."""
    answer = wires.WIRES[venue].answer(Request("GET", "", path, query), _with_history(venue))

    assert len(_bars(answer.body)) == got


@pytest.mark.parametrize(
    ("venue", "path", "query"),
    [
        (
            "coinbase",
            "/api/v3/brokerage/market/products/USDT-USD/candles",
            {"granularity": "ONE_MINUTE", "start": "0", "end": str(351 * 60)},
        ),
        (
            "gate",
            "/api/v4/spot/candlesticks",
            {"currency_pair": "USDC_USDT", "interval": "1m", "from": "0", "to": "600"},
        ),
        (
            "gate",
            "/api/v4/spot/candlesticks",
            {"currency_pair": "USDC_USDT", "interval": "1m", "from": str(NOW // 10**9 - 120_000)},
        ),
    ],
)
def test_too_much_history_is_refused_where_the_exchange_refuses_it(venue, path, query):
    """Too long a span, or one too long ago."""
    with pytest.raises(RefusedError):
        wires.WIRES[venue].answer(Request("GET", "", path, query), _with_history(venue))


@given(st.integers(-10, 20), st.integers(-10, 20), st.integers(0, 25))
def test_of_a_long_history_only_a_page_is_written(first, last, most):
    """The oldest or the newest so many of what lies between, as if all of it were written and then cut."""
    exchange = _with_history("binance")
    market, begin = exchange.listings[0], NOW // 10**6 - 2_999 * 60_000
    span = (market, 60_000, begin + first * 60_000, begin + last * 60_000)
    every = exchange.bars(*span)

    assert len(every) == max(0, last - max(first, 0) + 1)
    assert exchange.bars(*span, oldest=most) == every[:most]
    assert exchange.bars(*span, newest=most) == every[len(every) - min(most, len(every)) :]


def _levels(text):
    numbers = iter(text.split())
    return tuple(Level(price, next(numbers)) for price in numbers)


def _with_history(venue):
    exchange = Exchange(venue, lambda: NOW)
    exchange.open(wires.WIRES[venue].listed)
    market = exchange.listings[0]
    opened = NOW - MINUTE * np.arange(2_999, -1, -1, dtype=np.int64)
    ones = np.ones(3_000)
    candles = Candles(Market(venue, market.base, market.quote), MINUTE, opened, ones, ones, ones, ones, ones)
    exchange.candles[market, 60_000] = candles
    return exchange


def _bars(body):
    """The list of bars, wherever the exchange puts it."""
    if isinstance(body, list):
        return body
    inner = body.get("data", body.get("result"))
    return inner if isinstance(inner, list) else next(each for each in inner.values() if isinstance(each, list))
