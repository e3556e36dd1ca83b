"""`repeg candles` fetches price history, keeps it, and says what is missing and what is wrong."""

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import stamina
from typer.testing import CliRunner

from bot.app import downloading
from bot.app.cli import app
from bot.model.coins import shipped
from bot.model.errors import UserError
from bot.model.markets import Candles, Market
from bot.model.times import DAY, HOUR, MINUTE, iso, moment
from bot.records.candle_files import write
from bot.records.shelf import Shelf
from bot.sandbox.exchange import Exchanges
from bot.sandbox.exchange_faults import Fault

COINS = shipped()
USDC = Market("binance", "USDC", "USDT")
BEGIN, NOW = moment("2023-03-10"), moment("2023-03-20T12:34:56Z")
REPEG = str(Path(sys.executable).with_name("repeg"))


def bars(minutes, market=USDC):
    """Bars of these minutes, no two alike."""
    price = 1 + np.array(minutes) / 1_000_000
    opened = BEGIN + np.array(minutes, np.int64) * MINUTE
    return Candles(market, MINUTE, opened, *(price.copy() for _ in range(5)))


def told(*words, shelf):
    """What a command printed, its complaints, and how it ended."""
    ended = CliRunner().invoke(app, ["candles", *map(str, words), "--shelf", str(shelf)], env={"REPEG_CONFIG": ""})
    if ended.exception and not isinstance(ended.exception, SystemExit | UserError):
        raise ended.exception
    complaint = str(ended.exception) if isinstance(ended.exception, UserError) else ended.stderr
    return ended.stdout, complaint, ended.exit_code


def order(until_minute, since_minute=0):
    """Minutes of USDC/USDT on Binance."""
    since, until = (iso(BEGIN + minute * MINUTE) for minute in (since_minute, until_minute))
    return downloading.ordered("binance", "USDC/USDT", "1m", since, until, NOW, COINS)


@pytest.fixture
async def exchanges():
    async with Exchanges(["binance"]) as exchanges:
        exchanges.history(bars([k for k in range(3_000) if not 100 <= k < 110]))
        yield exchanges


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "shelf", COINS)


@pytest.fixture(autouse=True)
def no_waiting():
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


async def download(exchanges, shelf, wanted, *, again=False, advance=lambda _: None):
    """An order carried out at the sandbox's exchange."""
    return await downloading.download(wanted, shelf, COINS, through=exchanges.url, again=again, advance=advance)


async def test_a_download_is_on_the_shelf_and_its_gaps_are_told(exchanges, shelf):
    """Every bar of the span, and which minutes the exchange had none for."""
    parts = []
    delivery = await download(exchanges, shelf, order(2_500), advance=parts.append)
    (gap,) = delivery.holding.holes

    assert (delivery.bars, delivery.questions) == (2_490, 3)
    assert (gap.since - BEGIN, gap.until - BEGIN) == (100 * MINUTE, 110 * MINUTE)
    assert parts == sorted(parts)
    assert parts[-1] == 1.0


async def test_nothing_is_asked_for_twice(exchanges, shelf):
    """Neither what came nor what the exchange did not have; only what is new to the order."""
    await download(exchanges, shelf, order(2_000))
    same = await download(exchanges, shelf, order(2_000))
    longer = await download(exchanges, shelf, order(2_500))

    assert (same.bars, same.questions) == (0, 0)
    assert (longer.bars, longer.questions) == (500, 1)


async def test_again_asks_for_all_of_it(exchanges, shelf):
    """And what changed goes over what was there."""
    await download(exchanges, shelf, order(50))
    exchanges.history(bars(range(1, 100, 2)))
    again = await download(exchanges, shelf, order(100), again=True)

    assert again.questions == 1
    assert again.holding.bars == 50 + 25


async def test_an_interrupted_download_goes_on_from_there(exchanges, shelf):
    """What came before the interruption is kept and not asked for again."""
    task = asyncio.create_task(download(exchanges, shelf, order(3_000), advance=lambda _: task.cancel()))
    with suppress(asyncio.CancelledError):
        await task
    assert shelf.look(order(3_000).series).bars == 1_000

    rest = await download(exchanges, shelf, order(3_000))
    assert (rest.bars, rest.questions, rest.holding.bars) == (1_990, 2, 2_990)


async def test_an_exchange_that_goes_away_leaves_what_came(exchanges, shelf):
    """The complaint is one line; the next try asks for the rest only."""
    with pytest.raises(UserError, match=r"^binance cannot be asked: .*503"):
        await download(exchanges, shelf, order(3_000), advance=lambda _: exchanges.fault("binance", Fault.UNAVAILABLE))
    exchanges.mend("binance")

    assert (await download(exchanges, shelf, order(3_000))).questions == 2


async def test_bars_that_cannot_be_are_left_out_and_told(exchanges, shelf):
    """An exchange's nonsense does not come on the shelf."""
    some = bars(range(10))
    some.low[4] = 2.0
    exchanges.history(some)
    delivery = await download(exchanges, shelf, order(10))

    assert delivery.bars == 9
    assert delivery.faults == ("binance USDC/USDT 1m: 1 of 10 rows left out (1 with high below low)",)


async def test_the_command_downloads(exchanges, tmp_path):
    """JSON on stdout, nothing else; from here and from now."""
    words = [
        "binance",
        "usdc-usdt",
        "--since",
        iso(BEGIN),
        "--until",
        iso(BEGIN + 2 * HOUR),
        "--through",
        exchanges.url,
    ]
    command = [REPEG, "candles", "download", *words, "--shelf", tmp_path, "--json"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    stdout, _ = await process.communicate()
    report = json.loads(stdout)

    assert process.returncode == 0
    assert report["gaps"] == [{"from": "2023-03-10T01:40:00Z", "to": "2023-03-10T01:50:00Z", "bars": 10}]
    assert (report["venue"], report["pair"], report["timeframe"]) == ("binance", "USDC/USDT", "1m")
    assert (report["bars"], report["new"], report["missing"]) == (110, 110, 10)
    assert (report["since"], report["until"]) == ("2023-03-10T00:00:00Z", "2023-03-10T02:00:00Z")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("binanse", "USDC/USDT"), "ccxt knows no exchange binanse; do you mean binance"),
        (("binance", "USDC/USDT", "--through", "127.0.0.1:9"), "127.0.0.1:9 is no gateway"),
        (("binance", "USDC/USDT", "--through", "http://a:99999"), "http://a:99999 is no gateway"),
        (("binance", "USDC/USDT", "--through", "http://"), "http:// is no gateway"),
        (("binance", "USDCUSDT"), "USDCUSDT is no pair: write BASE/QUOTE"),
        (("binance", "USDC/WAT"), "WAT is not a coin repeg knows"),
        (("binance", "USDC/USDT", "--timeframe", "7m"), "--timeframe 7m is no timeframe"),
        (("binance", "USDC/USDT", "--since", "yesterday"), "--since yesterday is no time"),
        (("binance", "USDC/USDT", "--since", "1999-01-01"), "--since 1999-01-01 is before 2009"),
        (("binance", "USDC/USDT", "--until", "2023-03-01"), "no 1m bar begins from --since 2023-03-10 on"),
        (("binance", "USDC/USDT", "--since", "2999-01-01"), "no 1m bar begins from --since 2999-01-01 on"),
        (("kraken", "USDC/USDT", "--timeframe", "6h"), "kraken has no candles of 6h; it has 1m"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_words_that_are_wrong_are_told(words, complaint, tmp_path):
    """Which one, and what would be right; nothing is written."""
    since = () if "--since" in words else ("--since", "2023-03-10")
    stdout, line, code = told("download", *words, *since, shelf=tmp_path / "shelf")

    assert (stdout, code) == ("", 1)
    assert line.startswith(complaint)
    assert "\n" not in line


def test_the_bar_of_the_moment_is_not_wanted():
    """It has not ended; and a span begins with its first whole bar."""
    wanted = downloading.ordered("kraken", "PAX-USD", "1h", "2023-03-19T22:10", None, NOW, COINS)

    assert wanted.series.market == Market("kraken", "USDP", "USD")
    assert [iso(end) for end in wanted.span] == ["2023-03-19T23:00:00Z", "2023-03-20T12:00:00Z"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("-x", "nowhere"), "no exchange nowhere is known"),
        (("--coin", "WAT"), "WAT is not a coin repeg knows"),
        (("--timeframe", "7m"), "--timeframe 7m is no timeframe"),
        (("--through", "here"), "here is no gateway"),
        (("--through", "http://a:99999"), "http://a:99999 is no gateway"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_recorded_is_told(words, complaint, tmp_path):
    """Before anything starts."""
    stdout, line, code = told("record", *words, shelf=tmp_path)

    assert (stdout, code) == ("", 1)
    assert line.startswith(complaint)


def test_files_are_imported_listed_and_checked(tmp_path):
    """What is read goes on the shelf once, and shows there."""
    write(tmp_path / "in" / "binance_USDC-USDT_1m.parquet", bars([*range(5), 8, 9]))
    (tmp_path / "in" / "binance_DAI-USDT_1m.csv").write_text("no bars")
    first, complaint, code = told("import", tmp_path / "in", "--json", shelf=tmp_path / "out")
    again, _, _ = told("import", tmp_path / "in", shelf=tmp_path / "out")
    listed, _, _ = told("list", "--json", shelf=tmp_path / "out")
    checked, _, fine = told("check", shelf=tmp_path / "out")

    assert code == fine == 0
    assert "binance_DAI-USDT_1m.csv" in complaint
    assert json.loads(first)[0]["new"] == 7
    assert "binance USDC/USDT 1m" in again
    assert json.loads(listed)[0]["missing"] == 3
    assert "2023-03-10 00:05" in checked


def test_what_is_at_fault_on_the_shelf_is_told(shelf):
    """By file, with exit code 1; the rest is told as well."""
    shelf.append(bars(range(3)))
    shelf.append(bars(range(3), Market("kraken", "DAI", "USD")))
    path = next(shelf.folder.rglob("kraken*.parquet"))
    pl.read_parquet(path).with_columns(close=pl.lit(-1.0)).write_parquet(path)
    stdout, _, code = told("check", "--json", shelf=shelf.folder)
    report = json.loads(stdout)

    assert code == 1
    assert [each["bars"] for each in report["series"]] == [3, 0]
    assert report["faults"] == [f"{path}: 3 of 3 rows left out (3 with a price that is not above zero)"]
    assert told("check", shelf=shelf.folder)[1].startswith(f"repeg: {path}")


def test_a_venue_is_told_as_it_is_called(tmp_path):
    """Also where its name looks like markup, or would move the terminal."""
    path = tmp_path / "in" / "%1B[2J[bold]x[%2Fy]_USDC-USDT_1m.parquet"
    write(path, bars(range(3)))
    table, _, code = told("import", path, shelf=tmp_path / "out")

    assert code == 0
    assert "\\x1b[2J[bold]x[/y] USDC/USDT 1m" in table
    assert "\\x1b[2J[bold]x[/y] USDC/USDT 1m" in told("check", shelf=tmp_path / "out")[0]


def test_an_empty_shelf_is_no_fault(tmp_path):
    """It lists nothing, and there is nothing wrong with it."""
    assert told("list", "--json", shelf=tmp_path)[::2] == ("[]\n", 0)
    assert told("check", shelf=tmp_path)[2] == 0


def test_the_shelf_stands_in_the_state_folder(tmp_path):
    """Unless told otherwise; and coins of one's own lie there too."""
    settings, coins = tmp_path / "repeg.toml", tmp_path / "coins.toml"
    coins.write_text('[ZUSD]\nname = "Zed"\nmechanism = "algorithmic"\n')
    settings.write_text(f'state = "{tmp_path}"\ncoins = "{coins}"\n')
    write(tmp_path / "kraken_ZUSD-USD_1m.parquet", bars(range(DAY // MINUTE)))
    CliRunner().invoke(app, ["candles", "import", str(tmp_path), "-c", str(settings)])

    (held,) = (tmp_path / "candles").rglob("*.parquet")
    assert held.name == "kraken_ZUSD-USD_1m_2023-03.parquet"
