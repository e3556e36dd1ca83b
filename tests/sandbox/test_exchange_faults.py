"""Each fault of a sandbox exchange shows in ccxt as it shows in reality."""

import asyncio

import ccxt
import pytest
from aiohttp import ClientSession
from exchange_clients import first_book, opened, soon, touch

from bot.sandbox import exchange_socket
from bot.sandbox.errors import SandboxError
from bot.sandbox.exchange import Exchanges
from bot.sandbox.exchange_faults import Fault
from bot.sandbox.wire.wire import Refusal
from bot.sandbox.wire.wires import ALL

MAINTAINED = {"binance", "okx", "bitget", "mexc", "cryptocom", "bitvavo", "htx", "gemini", "xt"} | {"binanceusdm"}
"""Who say it so."""
LIMITED = {"bingx": ccxt.OperationFailed}  # all that ccxt says of too many requests
VAGUE = {"cryptocom": ccxt.ExchangeError, "lbank": ccxt.NullResponse}  # of a page instead of JSON
TIMELESS = {"bitstamp", "cryptocom"}  # numbers its books by its clock; keeps, in ccxt, the time of the first book
NUMBERED = {
    "binance": ccxt.ChecksumError,
    "binanceusdm": ccxt.ChecksumError,
    "bitget": ccxt.UnsubscribeError,
    "okx": ccxt.InvalidNonce,
}
"""Where ccxt counts the changes or checks the book; at Bitget it then subscribes no more."""
WHOLE = {"bingx", "bithumb", "hashkey", "lbank", "upbit"}  # who tell the whole book each time
DEAF = {"cryptocom", "htx"}  # where ccxt finds the gap, and stops reading


@pytest.fixture(params=ALL)
async def floor(request):
    """Each exchange in turn, with a client that has a book."""
    async with opened(request.param) as floor:
        floor.quote(0.9991, 0.9993)
        await first_book(floor)
        yield floor


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.UNAVAILABLE, Fault.MAINTENANCE])
async def test_a_closed_socket_is_a_network_error_and_the_next_try_connects_anew(floor, fault):
    """Who listens is told that the connection closed; once the exchange is back, the next try has the newest book."""
    listening = floor.watch()
    await asyncio.sleep(0)
    floor.exchanges.fault(floor.venue, fault)

    with pytest.raises(ccxt.NetworkError):
        await listening
    floor.exchanges.mend(floor.venue)
    floor.quote(0.97, 0.98)
    floor.ccxt.orderbooks.clear()
    assert touch(await first_book(floor))[:2] == (0.97, 0.98)


async def test_a_stalled_exchange_says_nothing_and_then_where_it_is_now(floor):
    """The socket lives and is silent; when it speaks again it leaves out what was in between, and the book is whole."""
    floor.exchanges.fault(floor.venue, Fault.STALL)
    for k in range(5):
        floor.quote(0.9 + k / 100, 0.95 + k / 100)
    listening = floor.watch()
    await asyncio.sleep(0)

    floor.exchanges.mend(floor.venue)
    floor.quote(0.97, 0.98)
    book = await listening
    assert touch(book)[:2] == (0.97, 0.98)
    assert len(book["bids"]) == len(book["asks"]) == 5


@pytest.mark.parametrize("venue", ["binance", "kraken", "bybit", "gate"])
async def test_who_comes_while_an_exchange_is_silent_has_a_whole_book_when_it_speaks(venue):
    """The stream begins then, with all that stands."""
    async with opened(venue) as floor:
        floor.quote(0.9991, 0.9993)
        floor.exchanges.fault(venue, Fault.STALL)
        listening = floor.watch()
        await soon(floor.exchanges.listened_to(*floor.market))
        floor.exchanges.mend(venue)
        await soon(floor.ccxt.fetch_order_book(floor.symbol))
        floor.quote(0.97, 0.98)

        await listening
        floor.quote(0.96, 0.97)
        book = await soon(floor.ccxt.watch_order_book(floor.symbol))
        assert touch(book)[:2] == (0.96, 0.97)
        assert len(book["bids"]) == len(book["asks"]) == 5


async def test_refused_requests_are_the_errors_ccxt_has_for_them(floor):
    """429 is a rate limit, 503 an exchange that is not there, and maintenance where the exchange says so."""
    limited = LIMITED.get(floor.venue, (ccxt.RateLimitExceeded, ccxt.DDoSProtection))
    away = VAGUE.get(floor.venue, ccxt.ExchangeNotAvailable)
    for fault, kind in ((Fault.RATE_LIMITED, limited), (Fault.UNAVAILABLE, away)):
        floor.exchanges.fault(floor.venue, fault)
        with pytest.raises(kind):
            await floor.ccxt.fetch_order_book(floor.symbol)
        floor.exchanges.mend(floor.venue, fault)
    floor.exchanges.fault(floor.venue, Fault.MAINTENANCE)
    with pytest.raises(ccxt.OnMaintenance if floor.venue in MAINTAINED else away):
        await floor.ccxt.fetch_order_book(floor.symbol)


async def test_a_clock_that_is_off_shows_in_every_time_told(floor):
    """The exchange's time and the times of its books are as far off as its clock."""
    if floor.venue in TIMELESS:
        pytest.skip(f"a book of {floor.venue} does not show it")
    asks = floor.ccxt.has["fetchTime"]
    floor.exchanges.fault(floor.venue, Fault.SKEW, seconds=-120)
    listening = floor.watch()
    await asyncio.sleep(0)
    floor.quote(0.97, 0.98)

    late = floor.ccxt.milliseconds() - 110_000
    assert not asks or await soon(floor.ccxt.fetch_time()) < late
    book = await listening
    assert book["timestamp"] is None or book["timestamp"] < late
    floor.exchanges.mend(floor.venue, Fault.SKEW)
    assert not asks or await soon(floor.ccxt.fetch_time()) > late


@pytest.mark.parametrize("venue", [venue for venue in ALL if venue not in DEAF])
async def test_a_lost_change_is_noticed_where_ccxt_counts_and_elsewhere_leaves_a_wrong_book(venue):
    """Levels whose end was lost stand on: a crossed book, which only the reader can notice. Whole books mend it."""
    async with opened(venue) as floor:
        floor.quote(0.9991, 0.9993)
        await first_book(floor)
        listening = floor.watch()
        await asyncio.sleep(0)
        floor.exchanges.fault(venue, Fault.GAP)
        floor.quote(0.99, 0.991)
        floor.quote(0.98, 0.981)

        if venue in NUMBERED:
            with pytest.raises(NUMBERED[venue]):
                await listening
        else:
            bid, ask, *_ = touch(await listening)
            assert (bid > ask) == (venue not in WHOLE)


@pytest.mark.parametrize("venue", sorted(DEAF))
async def test_a_lost_change_deafens_some_clients(venue, caplog):
    """Ccxt raises where nobody catches it, and reads no more of that socket."""
    async with opened(venue) as floor:
        floor.quote(0.9991, 0.9993)
        await first_book(floor)
        floor.exchanges.fault(venue, Fault.GAP)
        floor.quote(0.99, 0.991)
        floor.quote(0.98, 0.981)
        await soon(floor.ccxt.fetch_order_book(floor.symbol))

        assert "ChecksumError" in caplog.text


@pytest.mark.parametrize("venue", ["binance", "kraken"])
async def test_broken_json_deafens_the_client(venue, caplog):
    """Ccxt stops reading at what it cannot parse: only a new connection hears again. By REST it reads an empty book."""
    async with opened(venue) as floor:
        floor.quote(0.9991, 0.9993)
        await first_book(floor)
        listening = floor.watch()
        await asyncio.sleep(0)
        floor.exchanges.fault(venue, Fault.GARBAGE)
        floor.quote(0.98, 0.981)
        assert (await soon(floor.ccxt.fetch_order_book(floor.symbol)))["bids"] == []

        floor.exchanges.mend(venue)
        floor.quote(0.97, 0.98)
        await soon(floor.ccxt.fetch_order_book(floor.symbol))
        assert not listening.done()
        assert "JSONDecodeError" in caplog.text
        listening.cancel()
        await asyncio.gather(*(each.close() for each in floor.ccxt.clients.values()))
        floor.ccxt.clients.clear()
        floor.ccxt.orderbooks.clear()
        assert touch(await first_book(floor))[:2] == (0.97, 0.98)


async def test_nonsense_is_refused_and_the_socket_lives(floor):
    """Who says what no exchange understands is told so, and may say something better."""
    refusal = ALL[floor.venue].refusals[Refusal.BAD_REQUEST].body
    async with ClientSession() as session, session.ws_connect(next(iter(floor.ccxt.clients))) as socket:
        for _ in range(2):
            await socket.send_str("nonsense")
            while (await soon(socket.receive_json())) != refusal:
                pass  # a greeting


async def test_a_slow_exchange_answers_late_or_too_late():
    """A client that is less patient gives up; one that listens hears old news."""
    async with opened("binance", timeout=100) as floor:
        floor.quote(0.9991, 0.9993)
        await first_book(floor)
        floor.exchanges.fault("binance", Fault.SLOW, seconds=0.3)
        with pytest.raises(ccxt.RequestTimeout):
            await floor.ccxt.fetch_order_book(floor.symbol)

        listening = floor.watch()
        await asyncio.sleep(0)
        floor.quote(0.98, 0.981)
        book = await listening
        assert floor.ccxt.milliseconds() - book["timestamp"] >= 300


async def test_one_exchange_in_trouble_leaves_the_others_alone():
    """Faults are of one venue."""
    async with opened("okx") as floor, Exchanges(["okx", "bybit"]) as exchanges:
        exchanges.fault("bybit", Fault.UNAVAILABLE)
        exchanges.quote("okx", "USDC", "USDT", 0.97, 0.98)
        floor.ccxt.urls["api"]["rest"] = f"{exchanges.url}/www.okx.com"

        assert touch(await soon(floor.ccxt.fetch_order_book("USDC/USDT")))[:2] == (0.97, 0.98)


async def test_who_does_not_read_is_cut_off(monkeypatch):
    """An exchange keeps a client's news only so long; the client finds its connection closed and may come again."""
    monkeypatch.setattr(exchange_socket, "BACKLOG", 10)
    async with opened("okx") as floor:
        floor.quote(0.9991, 0.9993)
        await first_book(floor)
        listening = floor.watch()
        await asyncio.sleep(0)
        for _ in range(20):
            floor.exchanges.beat(*floor.market)

        with pytest.raises(ccxt.NetworkError, match="1006"):
            await listening
        floor.quote(0.97, 0.98)
        assert touch(await first_book(floor))[:2] == (0.97, 0.98)


async def test_what_an_exchange_cannot_answer_it_refuses():
    """In its own words: a market it does not have, a question that lacks half, a place where nothing is."""
    async with Exchanges(["binance", "okx"]) as exchanges, ClientSession() as http:
        asked = {
            "api.binance.com/api/v3/depth?symbol=DOGEUSDT": (400, '{"code":-1121,"msg":"Invalid symbol."}'),
            "api.binance.com/api/v3/depth": (400, '{"message":"bad request"}'),
            "api.binance.com/api/v3/nowhere": (404, '{"message":"not found"}'),
            "www.mtgox.com/api": (404, "no exchange at www.mtgox.com in the sandbox"),
            "api.kraken.com/0/public/Time": (404, "no exchange at api.kraken.com in the sandbox"),
        }
        for path, told in asked.items():
            async with http.get(f"{exchanges.url}/{path}") as answer:
                assert (answer.status, await answer.text()) == told


async def test_what_is_not_there_is_named():
    """An exchange or a market that is not played is refused with its name."""
    exchanges = Exchanges(["okx"])

    with pytest.raises(SandboxError, match=r"no exchange mtgox in the sandbox; there are .*okx"):
        Exchanges(["mtgox"])
    with pytest.raises(SandboxError, match="no exchange bybit is played"):
        exchanges.fault("bybit", Fault.DROP)
    with pytest.raises(SandboxError, match="okx has no market USDC/JPY"):
        exchanges.quote("okx", "USDC", "JPY", 1.0, 1.0)
