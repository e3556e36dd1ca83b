"""The sandbox's exchanges along the weekend: prices, and a process that plays them."""

import subprocess
import sys
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import aiohttp
import orjson
import pytest
from exchange_clients import client, soon
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.errors import SandboxError
from bot.sandbox.exchange import Exchanges
from bot.sandbox.exchange_faults import Fault, told
from bot.sandbox.exchange_market import Astray, Dear, Scenario, Traders, at_speed, dear_by
from bot.sandbox.exchange_process import Play, astray_like, funds_like, play
from bot.sandbox.market import WEEKEND

START, END = WEEKEND[0][0].timestamp(), WEEKEND[-1][0].timestamp()
TROUGH = (WEEKEND[2][0].timestamp() - START) / (END - START)
GONE_WRONG = Astray("gate", "USDC", "USDT", begins=0.2, ends=0.4)
REPEG = str(Path(sys.executable).with_name("repeg"))


@given(st.floats(-1, 2), st.integers(0, 10))
def test_dollars_of_the_story(progress, seed):
    """USDC falls as far as it fell, DAI follows, USDT gains at most a cent, and the dollar stays the dollar."""
    worth = Scenario(seed).value

    assert 0.874 <= worth("USDC", progress) <= 1.0
    assert worth("USDC", progress) <= worth("DAI", progress) <= 1.0
    assert 1.0 <= worth("USDT", progress) <= 1.0100001
    assert worth("USD", progress) == worth("PYUSD", progress) == 1.0
    assert 10_000 < worth("BTC", progress) < 40_000


def test_the_trough_is_where_it_was():
    """At 07:15 on the Saturday USDC is worth 87.4 cents, and a speed leads there in its time."""
    assert Scenario().value("USDC", TROUGH) == pytest.approx(0.874)
    assert at_speed(100.0)((END - START) / 100 * TROUGH) == pytest.approx(TROUGH)
    assert at_speed(100.0)(10**9) == 1.0


async def test_every_market_is_priced_by_what_its_assets_are_worth():
    """Within the spread and the noise, on every exchange, also where the coin is what is paid with."""
    exchanges = Exchanges()
    scenario = Scenario(3)
    Traders(exchanges, scenario).open(TROUGH)

    for venue in exchanges.venues:
        for listing in exchanges.listings(venue):
            book = exchanges.book_of(venue, listing.base, listing.quote)
            fair = scenario.value(listing.base, TROUGH) / scenario.value(listing.quote, TROUGH)
            assert float(book.bid.price) < float(book.ask.price)
            assert float(book.bid.price) == pytest.approx(fair, rel=0.005)


async def test_one_market_goes_astray_and_comes_back():
    """For a while it shows a thin bid at 0.51 and no ask; no other market does."""
    exchanges = Exchanges(["gate", "okx"])
    traders = Traders(exchanges, Scenario(0, GONE_WRONG))

    traders.open(0.3)
    book = exchanges.book_of("gate", "USDC", "USDT")
    assert (book.bid.price, book.bid.size, book.asks) == ("0.51000", "40.00", ())
    assert float(exchanges.book_of("okx", "USDC", "USDT").bid.price) > 0.8
    traders.open(0.5)
    assert float(exchanges.book_of("gate", "USDC", "USDT").bid.price) > 0.8


def test_a_dear_market_pays_more_and_no_other_does():
    """For its time and by its premium, in sizes as always: the other exchanges stand where they stood."""
    dear = Dear("kraken", "PYUSD", "USD", 0.2, 0.4, premium=0.01)
    exchanges = Exchanges(["kraken", "okx", "coinbase"])
    traders = Traders(exchanges, Scenario(0, dear=[dear]))
    prices = []
    for moment in (0.1, 0.2, 0.39, 0.4):
        traders.open(moment)
        books = [exchanges.book_of(*at) for at in (("kraken", "PYUSD", "USD"), ("coinbase", "PYUSD", "USD"))]
        prices.append([(float(book.bid.price) + float(book.ask.price)) / 2 for book in books])

    assert [round(here, 2) for here, _ in prices] == [1.0, 1.01, 1.01, 1.0]
    assert [round(there, 2) for _, there in prices] == [1.0] * 4


@given(st.integers(0, 100), st.floats(0.0, 0.9))
def test_coins_are_dear_one_after_another(seed, begins):
    """Each once, at one of its markets, none while another is; the same seed, the same."""
    exchanges = Exchanges(["kraken", "okx"])
    markets = [(venue, each) for venue in exchanges.venues for each in exchanges.listings(venue) if each.quote == "USD"]
    dear = dear_by(seed, markets, begins)

    assert dear == dear_by(seed, markets, begins)
    assert {each.base for each in dear} == {listing.base for _, listing in markets}
    assert len({each.base for each in dear}) == len(dear)
    assert dear[0].begins == begins
    assert all(a.begins < a.ends <= b.begins for a, b in pairwise(dear))
    assert dear[-1].ends <= 1.0


async def test_the_same_calls_make_the_same_bytes():
    """With a clock that stands, what two servers say is equal to the byte."""
    assert await _recorded() == await _recorded()


async def test_a_process_of_its_own_says_where_it_is():
    """Its first line is the URL, where ccxt's class finds the exchanges; it ends when asked."""
    words = [sys.executable, "-m", "bot.sandbox.exchange", "--venue", "okx", "--rate", "500", "--seed", "1"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:  # noqa: ASYNC220 - it says one line
        url = process.stdout.readline().strip()
        try:
            async with client("okx", url) as ccxt:
                book = await soon(ccxt.watch_order_book("USDC/USDT"))
                assert book["bids"][0][0] == pytest.approx(1.0, abs=0.002)
        finally:
            process.terminate()


async def test_a_play_ends_after_its_seconds():
    """And its faults are there from the beginning."""
    urls = []
    await play(Play(("kraken",), faults=("kraken=skew:60",)), urls.append, seconds=0.05)

    assert urls[0].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("what", "named"),
    [
        (Play(("kraken",), faults=("okx=drop",)), "okx"),
        (Play(("kraken",), faults=("kraken=sleepy",)), "sleepy.*drop, stall"),
        (Play(("mtgox",)), "mtgox"),
        (Play(("kraken",), funds=("kraken=USD",)), "kraken=USD.*kraken=USD:1000"),
        (Play(("kraken",), funds=("kraken=USD:NaN",)), "kraken=USD:NaN"),
        (Play(("gemini",), funds=("gemini=USD:1",)), "gemini has no accounts"),
        (Play(("gate",), astray=Astray("gate", "USDC", "JPY")), "USDC/JPY"),
    ],
)
async def test_what_cannot_be_played_is_named(what, named):
    """One line says what is wrong."""
    with pytest.raises(SandboxError, match=named):
        await play(what, lambda _: None, seconds=0.0)


async def test_a_taken_port_is_named():
    """Two cannot listen at one port."""
    async with Exchanges(["okx"]) as exchanges:
        taken = int(exchanges.url.rsplit(":", 1)[1])
        with pytest.raises(SandboxError, match=f"port {taken}"):
            await play(Play(("okx",), port=taken), lambda _: None, seconds=0.0)


def test_faults_and_markets_are_read_as_people_write_them():
    """With seconds or without."""
    assert told("okx=slow:3") == ("okx", Fault.SLOW, 3.0)
    assert told("okx=stall") == ("okx", Fault.STALL, None)
    assert astray_like("gate:USDC/USDT") == Astray("gate", "USDC", "USDT")
    assert funds_like("kraken=USD:12.5") == ("kraken", "USD", Decimal("12.5"))
    with pytest.raises(SandboxError, match="gate"):
        astray_like("gate")


@pytest.mark.parametrize(("option", "wrong"), [("--fault", "okx=sleepy"), ("--fund", "okx=USD")])
def test_the_command_refuses_in_one_line(option, wrong):
    """Exit code 1, what is wrong, and nothing else."""
    words = [REPEG, "exchanges", "up", "--port", "0", option, wrong]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=60)

    assert ended.returncode == 1
    assert ended.stderr.startswith("repeg: fa" if option == "--fault" else "repeg: funds 'okx=USD'")
    assert wrong in ended.stderr
    assert ended.stderr.count("\n") == 1


async def _recorded():
    """Everything a socket is told while traders trade."""
    heard = []
    async with Exchanges(["kraken"], clock=lambda: 1_678_518_900 * 10**9) as exchanges, aiohttp.ClientSession() as http:
        traders = Traders(exchanges, Scenario(5))
        traders.open(0.1)
        async with http.ws_connect(f"{exchanges.url}/ws.kraken.com/v2") as socket:
            asked = {"channel": "book", "symbol": ["USDC/USD", "BTC/USD"]}
            await socket.send_bytes(orjson.dumps({"method": "subscribe", "params": asked, "req_id": 1}))
            await exchanges.listened_to("kraken", "BTC", "USD")
            for _ in range(200):
                traders.trade(0.2)
            exchanges.quote("kraken", "BTC", "USD", 1.0, 2.0)
            while not heard or '"price":1.00,' not in heard[-1]:
                heard.append(await socket.receive_str(timeout=10))
    return heard
