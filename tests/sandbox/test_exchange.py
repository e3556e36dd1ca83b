"""ccxt's own classes at the exchanges of the sandbox: every wire format says what was set."""

import asyncio
from random import Random

import numpy as np
import pytest
from exchange_clients import first_book, opened, soon, symbol, told, touch

from bot.model.markets import Candles, Market
from bot.sandbox.wire.book import Level
from bot.sandbox.wire.wires import ALL

MINUTE = 60 * 10**9
UNSTEPPED = {"bitfinex", "bithumb", "upbit"}  # ccxt knows no steps of their markets
NEWEST_ONLY = {"bithumb", "phemex"}  # their history has no paging, or ccxt does not ask for it
STUCK = {"bitfinex", "mexc"}  # ccxt cannot unsubscribe though it says so, or does not wait for it
MUTE = {("mexc", "BidsAsks"), ("mexc", "Tickers")}  # ccxt does not read them
MOVES = [(0.99 - k / 1000, 0.9905 - k / 500, 100.0 + k, 200.0 + k) for k in range(6)]


@pytest.fixture(params=ALL)
async def floor(request):
    """Each exchange in turn, with a client."""
    async with opened(request.param) as floor:
        yield floor


async def test_a_client_sees_every_move_of_a_book_in_order(floor):
    """What is set is what ccxt's own class shows, move by move, level by level."""
    floor.quote(0.9991, 0.9993, 120.0, 340.0)

    assert touch(await first_book(floor)) == (0.9991, 0.9993, 120.0, 340.0)
    for move in MOVES:
        floor.quote(*move)
        book = await soon(floor.ccxt.watch_order_book(floor.symbol))
        assert touch(book) == pytest.approx(move)
        assert len(book["bids"]) == len(book["asks"]) == 5
        assert book["bids"] == sorted(book["bids"], reverse=True)


async def test_the_whole_book_is_the_exchanges_after_any_change(floor):
    """Levels that come, grow, shrink and go: every level of the client's book is as it stands."""
    chance = Random(7)
    floor.quote(0.9991, 0.9993)
    await first_book(floor)
    for _ in range(40):
        bids, asks = _side(chance, 0.99, -1), _side(chance, 0.991, 1)
        floor.exchanges.book(*floor.market, bids, asks)
        book = await soon(floor.ccxt.watch_order_book(floor.symbol))
        assert [level[:2] for level in book["bids"]] == [[float(each) for each in level] for level in bids]
        assert [level[:2] for level in book["asks"]] == [[float(each) for each in level] for level in asks]


async def test_all_its_markets_are_found(floor):
    """load_markets finds what the exchange lists, with its steps, and nothing besides."""
    await floor.ccxt.load_markets()

    listed = floor.exchanges.listings(floor.venue)
    assert set(floor.ccxt.markets) == {symbol(each) for each in listed}
    for each in () if floor.venue in UNSTEPPED else listed:
        precision = floor.ccxt.markets[symbol(each)]["precision"]
        assert (precision["price"], precision["amount"]) == (float(each.tick), float(each.lot))


async def test_a_book_can_be_asked_for(floor):
    """fetch_order_book gives what stands."""
    floor.quote(0.9991, 0.9993, 120.0, 340.0)

    assert touch(await soon(floor.ccxt.fetch_order_book(floor.symbol))) == (0.9991, 0.9993, 120.0, 340.0)


async def test_a_side_may_be_empty(floor):
    """Where nobody bids there is no bid, and later there may be one again."""
    floor.quote(0.9991, 0.9993)
    await first_book(floor)

    floor.quote(None, 0.9993)
    assert (await soon(floor.ccxt.watch_order_book(floor.symbol)))["bids"] == []
    floor.quote(0.51, None)
    book = await soon(floor.ccxt.watch_order_book(floor.symbol))
    assert (book["bids"][0][0], book["asks"]) == (0.51, [])


async def test_a_book_may_be_crossed(floor):
    """A bid above the ask is told as it stands."""
    floor.quote(0.9991, 0.9993)
    await first_book(floor)

    floor.quote(1.0005, 0.9995, 10.0, 20.0)
    assert touch(await soon(floor.ccxt.watch_order_book(floor.symbol))) == (1.0005, 0.9995, 10.0, 20.0)


@pytest.mark.parametrize("method", ["BidsAsks", "Tickers", "Ticker"])
async def test_streams_of_the_best_prices_follow_the_book(floor, method):
    """Where ccxt watches best bids and asks, or tickers, they tell the same touch as the book."""
    if not floor.ccxt.has.get(f"watch{method}") or (floor.venue, method) in MUTE:
        pytest.skip(f"ccxt's {floor.venue} has none")
    floor.quote(0.9991, 0.9993, 120.0, 340.0)
    await _ticker(floor, method)
    for move in MOVES:
        floor.quote(*move)
        ticker = await _ticker(floor, method)
        if ticker["bid"] is None:  # which this exchange's ticker does not tell
            assert ticker["last"] == pytest.approx(move[0])
        else:
            known = 4 if ticker["bidVolume"] else 2  # some tell no sizes
            assert told(ticker)[:known] == pytest.approx(move[:known])


async def test_a_client_that_stops_listening_is_told_no_more(floor):
    """After unsubscribing there is nobody left to tell, and one may come back."""
    if not floor.ccxt.has.get("unWatchOrderBook") or floor.venue in STUCK:
        pytest.skip(f"ccxt's {floor.venue} does not unsubscribe")
    floor.quote(0.9991, 0.9993)
    await first_book(floor)

    await soon(floor.ccxt.un_watch_order_book(floor.symbol))
    waiting = asyncio.ensure_future(floor.exchanges.listened_to(*floor.market))
    await asyncio.sleep(0)
    assert not waiting.done()
    floor.quote(0.98, 0.99)
    assert touch(await first_book(floor))[:2] == (0.98, 0.99)
    await soon(waiting)


async def test_the_server_tells_its_time(floor):
    """A clock that is off is seen to be off."""
    if not floor.ccxt.has["fetchTime"]:
        pytest.skip(f"ccxt's {floor.venue} does not ask")
    server = await soon(floor.ccxt.fetch_time())

    assert abs(server - floor.ccxt.milliseconds()) < 5_000


async def test_history_comes_by_the_page_and_whole(floor):
    """Page after page from the beginning, every bar once and as it was set."""
    if floor.venue in NEWEST_ONLY:
        pytest.skip(f"ccxt's {floor.venue} has no pages")
    history = _history(floor, bars=600)
    floor.exchanges.history(history)
    opened = (history.opened // 10**6).tolist()

    found = []
    while not found or found[-1][0] < opened[-1]:
        since = found[-1][0] + 60_000 if found else opened[0]
        page = await soon(floor.ccxt.fetch_ohlcv(floor.symbol, "1m", since=since, limit=200))
        assert page
        found += page
    assert [bar[0] for bar in found] == opened
    columns = (history.open, history.high, history.low, history.close, history.volume)
    for k, column in enumerate(columns, 1):
        assert [bar[k] for bar in found] == column.tolist()


async def test_the_newest_history_comes_unasked(floor):
    """Without a beginning the newest bars come, oldest first; where one has just begun it may be missing."""
    history = _history(floor, bars=600)
    floor.exchanges.history(history)
    opened = (history.opened // 10**6).tolist()

    found = [bar[0] for bar in await soon(floor.ccxt.fetch_ohlcv(floor.symbol, "1m", limit=10))]
    assert found[-1] in opened[-2:]
    end = opened.index(found[-1]) + 1
    assert found[-9:] == opened[end - 9 : end]


async def _ticker(floor, method):
    """The next ticker by one of ccxt's ways."""
    if method == "Ticker":
        return await soon(floor.ccxt.watch_ticker(floor.symbol))
    watch = floor.ccxt.watch_bids_asks if method == "BidsAsks" else floor.ccxt.watch_tickers
    return (await soon(watch([floor.symbol])))[floor.symbol]


def _side(chance, best, way):
    """Up to five levels out of eight, best first."""
    kept = sorted(chance.sample(range(8), chance.randint(1, 5)))
    return [Level(f"{best + way * k / 1000:.4f}", f"{chance.randint(1, 9)}.5") for k in kept]


def _history(floor, bars):
    """Bars of a minute up to now, prices all different."""
    now = floor.ccxt.milliseconds() * 10**6 // MINUTE * MINUTE
    opened = now - MINUTE * np.arange(bars - 1, -1, -1, dtype=np.int64)
    close = np.round(1 - np.arange(bars) / 10_000, 4)
    prices = (np.round(close + step, 4) for step in (0.0001, 0.0003, -0.0003))
    volume = np.arange(1, bars + 1) * 10.0
    return Candles(Market(*floor.market), MINUTE, opened, *prices, close, volume)
