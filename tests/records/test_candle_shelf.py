"""What is put on the shelf is there, whole, whatever happens; and what is not right with it is told."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings

from bot.model.markets import Candles, Market
from bot.model.times import DAY, HOUR, MINUTE, moment
from bot.records import candle_files, series
from bot.records import candles as files
from bot.records.candle_files import BadCandles
from bot.records.series import Span
from bot.records.shelf import ASKED, Shelf

from .bars import BEGIN, COINS, MARKET, alike, any_candles, candles

SERIES = series.of(candles())
PART = Span(BEGIN + 5 * DAY, BEGIN + 40 * DAY)
MARCH = "kraken/USDC-USD/1m/kraken_USDC-USD_1m_2023-03.parquet"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path, COINS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("shelves")


@settings(max_examples=25)
@given(any_candles(), any_candles())
def test_what_is_put_there_is_read(folder, older, newer):
    """Two batches, overlapping as they may: the newer goes over the older, to the last bit, in any range."""
    shelf = Shelf(folder / str(len(list(folder.iterdir()))), COINS)
    shelf.append(older)
    added = shelf.append(newer)
    whole = series.joined(older, newer)

    assert added.bars == len(whole) - len(older)
    assert alike(shelf.read(SERIES), whole)
    assert alike(
        shelf.read(SERIES, BEGIN + 5 * DAY, BEGIN + 40 * DAY), series.within(whole, BEGIN + 5 * DAY, BEGIN + 40 * DAY)
    )
    assert shelf.append(newer).bars == 0


def test_the_folder_is_a_path_to_history_like_any_other(shelf):
    """A file a month, each named so that it is read wherever it lies."""
    whole = candles(40 * 24, timeframe=HOUR, market=Market("chain:curve/3pool", "USDC", "USDT"))
    shelf.append(whole)
    history = files.read([shelf.folder], COINS)

    assert history.complaints == ()
    assert alike(history.candles[0], whole)
    assert len(list(shelf.folder.rglob("*.parquet"))) == 2


def test_bars_that_cannot_be_do_not_come_on_the_shelf(shelf):
    """They are told, and the others are kept."""
    some = candles(3)
    some.low[1] = -1.0
    added = shelf.append(some)

    assert added.bars == 2
    assert added.faults == ("kraken USDC/USD 1m: 1 of 3 rows left out (1 with a price that is not above zero)",)


def test_a_shelf_tells_what_it_has(shelf):
    """Bars, from when to when, and every hole between."""
    shelf.append(candles(10))
    shelf.append(candles(5, begin=BEGIN + 12 * MINUTE))
    held = shelf.look(SERIES)

    assert shelf.every() == ([SERIES], [])
    assert (held.bars, held.missing) == (15, 2)
    assert held.span == Span(BEGIN, BEGIN + 17 * MINUTE)
    assert held.holes == (Span(BEGIN + 10 * MINUTE, BEGIN + 12 * MINUTE),)
    assert held.faults == ()
    assert held.bytes > 0


def test_an_empty_shelf_has_nothing(shelf):
    """And does not mind being asked."""
    held = shelf.look(SERIES)

    assert shelf.every() == ([], [])
    assert (held.bars, held.span, held.missing) == (0, None, 0)
    assert len(shelf.read(SERIES)) == 0


def test_what_was_damaged_from_outside_is_told(shelf):
    """Duplicates, disorder, bad prices, bars of another month, and files that are none."""
    shelf.append(candles(3))
    path = shelf.folder / MARCH
    good = pl.read_parquet(path)
    april = good.with_columns(timestamp=moment("2023-04-01") // 10**6 + pl.col("timestamp") - BEGIN // 10**6)
    bad = good.with_columns(low=pl.lit(-1.0), timestamp=pl.col("timestamp") + 600_000)
    pl.concat([good.reverse(), good, april, bad]).write_parquet(path)
    (shelf.folder / MARCH.replace("03.p", "05.p")).write_text("no bars")
    first, second, third = shelf.look(SERIES).faults

    assert "3 of 12 rows left out (3 with a price that is not above zero)" in first
    assert "2 times out of order, sorted; 3 times given again, the last kept" in first
    assert "has bars of 2023-04" in second
    assert "is not Parquet, or is damaged" in third


def test_a_damaged_file_is_not_written_over(shelf):
    """Neither reading nor appending pretends that there was nothing."""
    shelf.append(candles(3))
    (shelf.folder / MARCH).write_text("no bars")

    with pytest.raises(BadCandles, match=r"2023-03\.parquet: is not Parquet"):
        shelf.append(candles(1))
    with pytest.raises(BadCandles, match=r"2023-03\.parquet: is not Parquet"):
        shelf.read(SERIES)
    assert (shelf.folder / MARCH).read_text() == "no bars"


def test_a_coin_nobody_knows_any_more_is_told(shelf):
    """The others on the shelf are still listed."""
    shelf.append(candles(1))
    shelf.append(candles(1, market=Market("kraken", "WAT", "USD")))
    known, (told,) = shelf.every()

    assert known == [SERIES]
    assert "WAT is not a coin repeg knows" in told


def test_files_in_the_wrong_place_are_told(shelf):
    """Whoever reads the shelf would not find them there; what else is in that folder is still listed."""
    shelf.append(candles(1))
    stray = shelf.folder / MARCH.replace("kraken_", "zaif_")
    candle_files.write(stray, candles(1))
    candle_files.write(shelf.folder / "kraken_DAI-USD_1m.parquet", candles(1))
    known, complaints = shelf.every()

    assert known == [SERIES]
    assert [line.split(": ")[0] for line in complaints] == [str(stray), f"{shelf.folder}/kraken_DAI-USD_1m.parquet"]
    assert all("is in the wrong place" in line for line in complaints)


def test_a_shelf_that_is_no_folder_is_told(tmp_path):
    """One that is not there yet is empty."""
    (tmp_path / "file").write_text("in the way")

    assert Shelf(tmp_path / "file", COINS).every() == ([], [f"{tmp_path}/file: cannot be read: Not a directory"])
    assert Shelf(tmp_path / "nowhere", COINS).every() == ([], [])


def test_what_is_there_or_was_asked_for_is_not_wanted(shelf):
    """Only holes that nobody asked about are."""
    span = Span(BEGIN, BEGIN + 20 * MINUTE)
    assert shelf.wanted(SERIES, span) == [span]

    shelf.append(candles(5))
    shelf.append(candles(5, begin=BEGIN + 10 * MINUTE))
    shelf.settle(SERIES, Span(BEGIN, BEGIN + 8 * MINUTE))
    shelf.settle(SERIES, Span(BEGIN + 18 * MINUTE, BEGIN + 20 * MINUTE))
    assert shelf.wanted(SERIES, span) == [
        Span(BEGIN + 8 * MINUTE, BEGIN + 10 * MINUTE),
        Span(BEGIN + 15 * MINUTE, BEGIN + 18 * MINUTE),
    ]


@pytest.mark.parametrize("text", ["", "no list", "[1, 2]", '[["a", "b"]]', '{"since": 1}'])
def test_a_lost_list_of_what_was_asked_is_an_empty_one(shelf, text):
    """It is asked again, no more."""
    shelf.append(candles(1))
    shelf.settle(SERIES, Span(BEGIN, BEGIN + HOUR))
    (shelf.folder / MARCH).with_name(ASKED).write_text(text)

    assert shelf.wanted(SERIES, Span(BEGIN, BEGIN + HOUR)) == [Span(BEGIN + MINUTE, BEGIN + HOUR)]


def writing(deed: str, shelf: Shelf) -> subprocess.Popen:
    command = [sys.executable, str(Path(__file__).with_name("writer.py")), deed, str(shelf.folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_writer_that_is_killed_leaves_a_shelf_that_is_whole(shelf):
    """At whatever moment: everything appended before is there, and nothing by halves."""
    with writing("append", shelf) as writer:
        told = [writer.stdout.readline() for _ in range(20)]
        writer.send_signal(signal.SIGKILL)
        told += writer.stdout.readlines()
    held = shelf.read(SERIES)

    assert len(held) in (len(told), len(told) + 1)
    assert alike(held, candles(len(held)))
    assert shelf.look(SERIES).faults == ()


def test_two_writers_lose_nothing(shelf):
    """Processes that append to one month at once wait for each other."""
    writers = [writing("append-even", shelf), writing("append-odd", shelf)]
    for writer in writers:
        writer.communicate(timeout=60)

    assert [writer.returncode for writer in writers] == [0, 0]
    assert alike(shelf.read(SERIES), candles(30))


def test_a_shelf_that_cannot_be_written_says_so(tmp_path):
    """The folder is named."""
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(BadCandles, match="shelf cannot be written"):
        Shelf(tmp_path / "file", COINS).append(candles())


def test_no_bars_are_no_harm(shelf):
    """Appending nothing adds nothing."""
    assert shelf.append(Candles(MARKET, MINUTE, np.empty(0, np.int64), *[np.empty(0)] * 5)).bars == 0
