"""A file of bars reads back as it was written, and whatever is wrong with one is a line that names it."""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.markets import Market
from bot.model.times import HOUR, MINUTE
from bot.records import candle_files
from bot.records.candle_files import BadCandles
from bot.records.series import Series

from .bars import BEGIN, COINS, NAME, alike, any_candles, candles, parquet, rows

NAN, INF = float("nan"), float("inf")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("files")


@settings(max_examples=50)
@given(any_candles())
def test_what_is_written_is_read(folder, written):
    """Every bar to the last bit, as Parquet."""
    path = folder / f"{NAME}.parquet"
    candle_files.write(path, written)

    found, told = candle_files.read(path, COINS)
    assert alike(found, written)
    assert told is None


@settings(max_examples=50)
@given(any_candles())
def test_csv_is_read_as_well(folder, written):
    """The same columns as text; an empty volume is unknown."""
    path = folder / f"{NAME}.csv"
    candle_files.table(written).with_columns(pl.col("volume").fill_nan(None)).write_csv(path)

    assert alike(candle_files.read(path, COINS)[0], written)


def test_whole_numbers_are_prices_too(tmp_path):
    """A column without a decimal point is still one of numbers."""
    path = parquet(tmp_path, rows(**{name: [1, 1, 1] for name in ("open", "high", "low", "close", "volume")}))

    assert candle_files.read(path, COINS)[0].close.tolist() == [1.0] * 3


@pytest.mark.parametrize(
    ("name", "series"),
    [
        ("kraken_USDC-USD_1m", Series(Market("kraken", "USDC", "USD"), MINUTE)),
        ("binance_PAX-USDT_1h", Series(Market("binance", "USDP", "USDT"), HOUR)),
        ("ftx_dai-usd_15m", Series(Market("ftx", "DAI", "USD"), 15 * MINUTE)),
        ("chain%3Acurve_3pool_XBT-USDC.e_5m", Series(Market("chain:curve_3pool", "BTC", "USDC"), 5 * MINUTE)),
        ("kraken_USDC-USD_1m_2023-03", Series(Market("kraken", "USDC", "USD"), MINUTE)),
    ],
)
def test_a_name_says_whose_bars(name, series):
    """Venue, assets by the names we use, and length; a month after it changes nothing."""
    assert candle_files.named(Path(f"{name}.parquet"), COINS) == series


@given(st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_any_venue_has_a_name_for_files(venue):
    """What is made of a venue's name is one folder's name, and says the venue again."""
    series = Series(Market(venue, "USDC", "USD"), MINUTE)

    assert "/" not in series.name
    assert candle_files.named(Path(f"{series.name}.parquet"), COINS) == series


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("notes", "like kraken_USDC-USD_1m"),
        ("kraken_USDCUSD_1m", "like kraken_USDC-USD_1m"),
        ("kraken_USDC-USD_7m", "7m is no timeframe"),
        ("kraken_USDC-USD_1w", "1w is no timeframe"),
        ("kraken_WAT-USD_1m", "WAT is not a coin repeg knows"),
        ("kraken_USDC-WAT_1m", "a table [WAT]"),
        ("kraken_USDC-USDC_1m", "USDC and USDC are one asset"),
        ("kraken_PAX-USDP_1m", "PAX and USDP are one asset"),
    ],
)
def test_a_name_nobody_understands_is_told(tmp_path, name, told):
    """With what would be understood, or how to add the coin."""
    refused(parquet(tmp_path, rows(), name), told)


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (rows().drop("close", "low"), "has no column low, close"),
        (rows(timestamp=["a", "b", "c"]), "timestamp is text"),
        (rows(timestamp=[1.0, 2.0, 3.0]), "timestamp is float64"),
        (rows(high=["1", "2", "high"]), "high is text"),
        (rows(volume=[True, False, True]), "volume is boolean"),
        (rows().clear(), "has no rows"),
        (rows(timestamp=[1_678_492_800, 1_678_492_860, 1_678_492_920]), "3 whose time is not in milliseconds"),
        (rows(timestamp=[-(2**63), 2**63 - 1, 0]), "3 whose time is not in milliseconds"),
        (rows(close=[NAN, NAN, None]), "3 of 3 rows left out (3 with a price that is no number)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_cannot_be_used_says_why(tmp_path, frame, told):
    """Columns missing or mistyped, nothing in it, or nothing that could be."""
    refused(parquet(tmp_path, frame), told)


def test_a_file_that_is_not_what_its_name_says(tmp_path):
    """Missing, empty, a folder, or of another format."""
    path = tmp_path / f"{NAME}.parquet"
    refused(path, "No such file")
    path.write_bytes(b"")
    refused(path, "is empty")
    path.write_text("these are no bars")
    refused(path, "is not Parquet, or is damaged")
    path.with_suffix(".csv").mkdir()
    refused(path.with_suffix(".csv"), "is a folder")


def test_what_is_no_file_at_all_is_told(tmp_path):
    """Links that lead nowhere or in a circle, pipes nobody writes to, names the system will not have."""
    path = tmp_path / f"{NAME}.parquet"
    path.symlink_to(path)
    refused(path, "symbolic links")
    path.unlink()
    path.symlink_to(tmp_path / "nowhere")
    refused(path, "No such file")
    os.mkfifo(tmp_path / "nowhere")
    refused(path, "is no file")
    refused(tmp_path / f"{'long' * 100}_USDC-USD_1m.parquet", "File name too long")
    refused(parquet(tmp_path, rows(), "x").rename(tmp_path / os.fsdecode(b"\xff_USDC-USD_1m.parquet")), "not UTF-8")


def test_csv_that_is_none(tmp_path):
    """Text among the numbers, rows of other lengths, columns without a name."""
    path = tmp_path / f"{NAME}.csv"
    rows(low=["1.0", "one", "1.0"]).write_csv(path)
    refused(path, "low is text, numbers are wanted")
    rows().write_csv(path, include_header=False)
    refused(path, "has no column timestamp, open")
    path.write_text("timestamp,open,high,low,close,volume\n1,2,3,4,5,6,7,8\n")
    refused(path, "is not CSV, or is damaged")
    path.write_text("timestamp,open,high,low,close,volume\n")
    refused(path, "has no rows")
    rows().write_csv(path, separator=";")
    refused(path, "has one column; between columns commas are wanted")


@pytest.mark.parametrize("nothing", ["", "null", "N/A", "NaN"])
def test_csv_says_nothing_in_many_words(tmp_path, nothing):
    """A cell without a number costs its row, not the file."""
    path = tmp_path / f"{NAME}.csv"
    rows(low=["1.0", nothing, "1.0"]).write_csv(path)
    found, line = candle_files.read(path, COINS)

    assert len(found) == 2
    assert line is not None
    assert "1 with a price that is no number" in line


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_file_is_refused_or_read(folder, data):
    """Bytes changed or missing anywhere: bars or a complaint, nothing else."""
    path = folder / f"{NAME}.parquet"
    candle_files.write(path, candles(50))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])

    try:
        found = len(candle_files.read(path, COINS)[0])
    except BadCandles as told:
        found = str(told).count(f"{path}: ")
    assert found


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"open": [1.0, NAN, 1.0]}, "1 with a price that is no number"),
        ({"open": [1.0, None, 1.0]}, "1 with a price that is no number"),
        ({"high": [1.0, INF, 1.0]}, "1 with a price that is no number"),
        ({"low": [1.0, 0.0, 1.0]}, "1 with a price that is not above zero"),
        ({"low": [1.0, -0.5, 1.0]}, "1 with a price that is not above zero"),
        ({"high": [1.0, 0.9, 1.0]}, "1 with high below low"),
        ({"close": [1.0, 1.1, 1.0]}, "1 with open or close outside of low and high"),
        ({"volume": [1.0, -1.0, 1.0]}, "1 with a volume that is negative or above 1e+24"),
        ({"volume": [1.0, INF, 1.0]}, "1 with a volume that is negative or above 1e+24"),
        ({"volume": [1.0, 1e308, 1.0]}, "1 with a volume that is negative or above 1e+24"),
        ({"high": [1.0, 1e308, 1.0]}, "1 with a price above 1e+12 or below its inverse"),
        ({"low": [1.0, 5e-324, 1.0]}, "1 with a price above 1e+12 or below its inverse"),
        ({"timestamp": [BEGIN // 10**6, BEGIN // 10**6 + 1, BEGIN // 10**6 + 120_000]}, "1 off the 1m grid"),
        ({"timestamp": [BEGIN // 10**6, None, BEGIN // 10**6 + 120_000]}, "1 whose time is not in milliseconds"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_row_that_cannot_be_is_left_out(tmp_path, columns, told):
    """The others are read, and the line says how many and why."""
    path = parquet(tmp_path, rows(**columns))
    found, line = candle_files.read(path, COINS)

    assert (found.opened - BEGIN).tolist() == [0, 2 * MINUTE]
    assert line is not None
    assert line == f"{path}: 1 of 3 rows left out ({line.split('(')[1]}"
    assert told in line


def test_rows_out_of_order_are_sorted(tmp_path):
    """And the line says so."""
    path = parquet(tmp_path, rows().reverse())
    found, line = candle_files.read(path, COINS)

    assert (np.diff(found.opened) == MINUTE).all()
    assert line == f"{path}: 2 times out of order, sorted"


def test_of_two_rows_for_one_time_the_later_stands(tmp_path):
    """As one who corrects a file by writing on would have it."""
    path = parquet(tmp_path, pl.concat([rows(), rows(volume=[6.0] * 3).head(1)]))
    found, line = candle_files.read(path, COINS)

    assert found.volume.tolist() == [6.0, 5.0, 5.0]
    assert line == f"{path}: 1 times out of order, sorted; 1 times given again, the last kept"


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    """A disk that will not have it is told, and no draft stays behind."""
    (tmp_path / f"{NAME}.parquet").mkdir()

    with pytest.raises(BadCandles, match="cannot be written"):
        candle_files.write(tmp_path / f"{NAME}.parquet", candles())
    assert len(list(tmp_path.iterdir())) == 1


def refused(path: Path, told: str) -> None:
    """One line that names the file and says what is told."""
    with pytest.raises(BadCandles) as complaint:
        candle_files.read(path, COINS)
    assert str(complaint.value).startswith(f"{path}: ")
    assert told in str(complaint.value)
    assert "\n" not in str(complaint.value)
