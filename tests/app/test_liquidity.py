"""`repeg liquidity`, as a user has it."""

import asyncio
import json
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategy.worlds import registry, state

from bot.app import liquid_now, market_lines, screen, watching
from bot.app.cli import app
from bot.app.liquid_now import Seen
from bot.app.market_lines import Line
from bot.app.watching import Watch
from bot.model.coins import Coins, Mechanism, Stablecoin, shipped
from bot.model.errors import UserError
from bot.model.events import BlockSeen, QuotesSeen
from bot.model.markets import Market
from bot.model.times import DAY, MINUTE
from bot.sandbox.exchange import Exchanges
from bot.sandbox.exchange_faults import Fault
from bot.strategy import onchain, quotes
from bot.strategy.drying import Trend
from bot.strategy.quotes import Book
from bot.strategy.thresholds import Thresholds
from bot.venues import depths
from bot.venues.depths import Depths

VENUES = ("okx", "kraken")
USDC_USD = Market("kraken", "USDC", "USD")
NOWHERE = "http://127.0.0.1:9"


@dataclass
class Ran:
    """What a command said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def liquidity(*words: str) -> Ran:
    """The command, in this process."""
    out, err, code = StringIO(), StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(screen.out, "width", 200)
        try:
            code = app(("liquidity", *words), standalone_mode=False) or 0
        except UserError as error:
            code = screen.complain(str(error)) or 1
    return Ran(code, out.getvalue(), err.getvalue())


async def asked(exchanges: Exchanges, *words: str) -> Ran:
    """The same while the exchanges of this process answer it, and move a little."""

    async def moving() -> None:
        for half in (1e-4, 1.1e-4) * 100:
            for venue in VENUES:
                for each in exchanges.listings(venue):
                    size = 1e5 if venue == "okx" else 1e4
                    exchanges.quote(venue, each.base, each.quote, 1 - half, 1 + half, size, size)
            await asyncio.sleep(0.2)

    going = asyncio.create_task(moving())
    exchange = [word for venue in VENUES for word in ("-x", venue)]
    try:
        return await asyncio.to_thread(liquidity, *words, *exchange, "--through", exchanges.url)
    finally:
        going.cancel()


def written(folder, market: Market, closes, volume, minutes: int = 1) -> None:
    """A history file."""
    closes = np.asarray(closes, float)
    opened = np.arange(len(closes), dtype=np.int64) * minutes * 60_000 + 1_700_000_100_000
    rows = {"timestamp": opened, "open": closes, "high": closes * 1.0001, "low": closes * 0.9999, "close": closes}
    table = pl.DataFrame(rows | {"volume": np.broadcast_to(volume, len(closes)).astype(float)})
    table.write_parquet(folder / f"{market.venue}_{market.base}-{market.quote}_{minutes}m.parquet")


def wandering(seed: int, bars: int = 2_000, step: float = 1e-5):
    """Prices about a dollar."""
    return 1 + np.random.default_rng(seed).normal(0, step, bars)


async def test_the_markets_are_told_the_best_first():
    """Where ten times as much stands scores better; each with its book, what a size costs and what would be left."""
    async with Exchanges(VENUES, markets=dict.fromkeys(VENUES, "USDC/USD USDC/USDT USDT/USD BTC/USD")) as exchanges:
        ran = await asked(exchanges, "USDC", "--seconds", "3", "--size", "50000", "--json")
    told = json.loads(ran.stdout)
    markets = told["markets"]

    assert (ran.returncode, told["size_usd"], told["silent"]) == (0, 50_000, {})
    assert {each["base"] for each in markets} | {each["quote"] for each in markets} == {"USDC", "USD", "USDT"}
    assert [each["venue"] for each in markets] == ["okx"] * 2 + ["kraken"] * 2
    assert [each["score"] for each in markets] == sorted((each["score"] for each in markets), reverse=True)
    for each in markets:
        depths_usd = list(each["depth_usd"].values())
        assert each["told_by"] == "book"
        assert list(each["depth_usd"]) == ["1", "5", "10", "25", "50", "100"]
        assert depths_usd == sorted(depths_usd)
        assert each["spread_bp"] == pytest.approx(2.1, abs=0.2)
        assert 0 < each["left_usd"] < depths_usd[-1] / 10
    assert markets[0]["slippage_bp"] == 0
    assert markets[-1]["slippage_bp"] > 5


async def test_people_see_a_table_and_who_said_nothing():
    """A line a market, and above it the exchange that is away, with its reason."""
    async with Exchanges(VENUES, markets=dict.fromkeys(VENUES, "USDC/USD")) as exchanges:
        exchanges.fault("kraken", Fault.UNAVAILABLE)
        ran = await asked(exchanges, "--seconds", "2")
    lines = ran.stdout.splitlines()

    assert lines[0].split() == [
        "market", "spread", "bp", *(word for bp in (1, 5, 10, 25, 50, 100) for word in (str(bp), "bp", "$")),
        "slip", "bp", "score", "trend", "left", "$",
    ]  # fmt: skip
    assert lines[1].startswith("okx USDC/USD")
    assert len(lines) == 2
    assert "kraken: " in ran.stderr
    assert "503" in ran.stderr


async def test_a_book_that_is_not_told_leaves_the_best_prices():
    """An exchange that answers nothing in time is told of by its feed alone."""
    async with Exchanges(VENUES) as exchanges:
        exchanges.fault("okx", Fault.UNAVAILABLE)
        coins = shipped()
        for each in exchanges.listings("kraken"):
            exchanges.quote("kraken", each.base, each.quote, 0.99, 1.01)
        wanted = depths.ask(VENUES, coins, ["USDC"], lambda it: it == USDC_USD, through=exchanges.url, seconds=5)
        found = await wanted

    assert list(found.ladders) == [USDC_USD]
    assert len(found.ladders[USDC_USD].bids) == 5
    assert list(found.silent) == ["okx"]


def test_pools_are_told_by_their_curves():
    """A market of the chain is as deep as its pool, both ways, and a larger size costs more."""
    book = registry(Random(2), 8, 5)
    names = ("CENTS", *(f"C{n}" for n in range(5)))
    coins = Coins({name: Stablecoin(name, name, Mechanism.FIAT) for name in names})
    watch = Watch(watching.policy(coins, Thresholds(), book), time.time_ns)
    par = dict.fromkeys(book.coins, 1.0)
    pools = {each.address: state(Random(3), book, each, par, 0.001) for each in book.pools.values()}
    block = BlockSeen(time.time_ns(), time.time_ns(), 1, "0x01", "0x00", 0, 1, 1, (), ())
    told = onchain.look(watch.policy.listed, Book(), pools, pools.keys(), block)
    watch.state = replace(watch.state, pools=pools, book=quotes.fold(Book(), told))
    watch.take(QuotesSeen(block.made_at, block.seen_at, ()))
    seen = Seen(watch, Depths({}, {}), (), [])
    small, large = ({each.market: each for each in liquid_now.lines(seen, (), usd)} for usd in (1e3, 1e5))

    assert small
    assert {each.told_by for each in small.values()} == {"pool"}
    for market, its in small.items():
        assert its.depth_usd is None or list(its.depth_usd) == sorted(its.depth_usd)
        more = large[market].slippage_bp
        assert its.slippage_bp is None or more is None or more >= its.slippage_bp


def test_history_is_told_by_what_was_traded(tmp_path):
    """No book is known: four times the volume moves the price half as far, and scores better."""
    written(tmp_path, Market("thin", "USDC", "USD"), wandering(1), 10_000.0)
    written(tmp_path, Market("deep", "USDC", "USD"), wandering(1), 40_000.0)
    written(tmp_path, Market("thin", "DAI", "USD"), wandering(2), 10_000.0)
    told = json.loads(liquidity("USDC", "--history", str(tmp_path), "--json").stdout)
    deep, thin = told["markets"]

    assert (deep["venue"], thin["venue"], deep["told_by"]) == ("deep", "thin", "candles")
    assert thin["slippage_bp"] == pytest.approx(2 * deep["slippage_bp"], rel=0.02)
    assert deep["left_usd"] == pytest.approx(40_000 * 0.016, rel=0.01)
    assert deep["depth_usd"] is None


@pytest.mark.parametrize("hours", [2, 24])
def test_a_size_is_a_part_of_all_that_was_traded_in_the_day(tmp_path, hours):
    """After an hour of trade the rest of the day is silent: bars in which nobody traded add nothing."""
    size, volume, bars = 10_000.0, 1_000.0, hours * 60
    closes = wandering(3, bars)
    closes[60:] = closes[59]
    said = np.zeros(bars)
    said[:60] = volume
    table = {"open": closes, "high": closes, "low": closes, "close": closes, "volume": said}
    opened = np.arange(bars, dtype=np.int64) * 60_000 + 1_700_000_100_000
    last = {name: [1.0] for name in ("open", "high", "low", "close")} | {"volume": [volume]}
    rows = {"timestamp": opened} | {name: np.r_[column[:-1], last[name]] for name, column in table.items()}
    pl.DataFrame(rows).write_parquet(tmp_path / "kraken_USDC-USD_1m.parquet")
    words = "--history", str(tmp_path), "--size", str(size), "--json"
    (told,) = json.loads(liquidity(*words).stdout)["markets"]
    volatility = np.sqrt(np.sum(np.diff(np.log(rows["close"])) ** 2))

    assert told["slippage_bp"] == pytest.approx(volatility * np.sqrt(size / (61 * volume)) * 1e4, rel=1e-3, abs=1e-3)


def test_the_table_of_a_history_has_no_depths(tmp_path):
    """What nobody can know is no column."""
    written(tmp_path, USDC_USD, wandering(1), 10_000.0)

    assert liquidity("--history", str(tmp_path)).stdout.splitlines()[0].split() == [
        "market", "spread", "bp", "slip", "bp", "score", "trend", "left", "$",
    ]  # fmt: skip


def test_a_history_that_dries_up_points_down(tmp_path):
    """Its last day has a hundredth of what was traded before."""
    day = DAY // (5 * MINUTE)
    volume = np.repeat([1e6, 1e4], [3 * day, day])
    written(tmp_path, USDC_USD, wandering(1, 4 * day), volume, minutes=5)
    (told,) = json.loads(liquidity("--history", str(tmp_path), "--json").stdout)["markets"]

    assert told["dries_up"]
    assert told["rise"] < -0.5


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--size", "nan"), "--size is dollars"),
        (("--size", "0"), "--size is dollars"),
        (("--size", "-5"), "--size is dollars"),
        (("WISH",), "into a coins file, which the setting `coins` names"),
        (("USDC", "WISH"), "WISH is not a coin repeg knows"),
        (("-x", "mtgox"), "no exchange mtgox is known"),
        (("--through", "ftp://x"), "--through"),
        (("--history", "/nowhere"), "/nowhere"),
        (("-x", "okx", "--seconds", "1", "--through", NOWHERE), "was heard of within 1 s (okx: Cannot connect"),
    ],
)
def test_bad_input_is_one_line(words, why):
    """With exit code 1 and nothing on stdout."""
    ran = liquidity(*words)

    assert (ran.returncode, ran.stdout) == (1, "")
    assert why in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1


def test_history_of_other_coins_is_none(tmp_path):
    """One line that names what was asked for."""
    written(tmp_path, USDC_USD, wandering(1), 10_000.0)

    assert "no history of DAI" in liquidity("DAI", "--history", str(tmp_path)).stderr


def line(number: int, score: float, rise: float = 0.0) -> Line:
    """A market with a score."""
    its = Trend(1 + rise, 1.0)
    return Line(Market(f"v{number}", "USDC", "USD"), time.time_ns(), "quote", 1.0, None, None, score, its, None)


@given(st.lists(st.floats(0, 1), max_size=8))
def test_the_best_is_first(scores):
    """By score, and among equals by name."""
    ranked = market_lines.best_first(line(n, each) for n, each in enumerate(scores))

    assert [each.score for each in ranked] == sorted(scores, reverse=True)
    assert ranked == market_lines.best_first(ranked[::-1])


def test_an_arrow_says_where_it_goes():
    """Small changes are none."""
    assert market_lines.arrow(Trend(1.05, 1.0)) == "→"
    assert market_lines.arrow(Trend(1.5, 1.0)) == "↑ +50%"
    assert market_lines.arrow(Trend(0.4, 1.0)) == "↓ -60%"


def test_a_market_that_was_heard_late_did_not_rise():
    """Its trend begins with its first quote; one that fell silent falls."""
    late, gone = [{}, {}, {USDC_USD: 0.5}, {USDC_USD: 0.5}], [{USDC_USD: 0.5}] * 4 + [{}] * 2

    assert market_lines.trend(late, USDC_USD).rise == 0
    assert market_lines.trend(gone, USDC_USD).dries
