"""History from files and folders: what can be used is, and the rest is told."""

import os

import pytest

from bot.model.markets import Market
from bot.model.times import HOUR, MINUTE
from bot.records import candle_files
from bot.records.candles import read

from .bars import BEGIN, COINS, MARKET, NAME, candles, parquet, rows


def test_a_folder_is_read_to_its_end(tmp_path):
    """Both kinds of files at any depth; drafts and other files are none of it."""
    candle_files.write(tmp_path / "deep/er" / f"{NAME}.parquet", candles())
    rows().write_csv(tmp_path / "ftx_DAI-USD_1m.csv")
    (tmp_path / "README.md").write_text("not bars")
    (tmp_path / f".{NAME}.parquet.7.tmp").write_text("a draft")
    (tmp_path / f".{NAME}.parquet").write_text("hidden")
    history = read([tmp_path], COINS)

    assert {each.market for each in history.candles} == {MARKET, Market("ftx", "DAI", "USD")}
    assert history.complaints == ()


def test_bad_files_are_told_and_the_rest_goes_on(tmp_path):
    """A line for each, in the order they were found, and the bars of the good one."""
    good = parquet(tmp_path, rows())
    strange = parquet(tmp_path, rows(), "kraken_WAT-USD_1m")
    odd = parquet(tmp_path, rows(low=[1.0, -1.0, 1.0]), "kraken_DAI-USD_1m")
    history = read([good, strange, tmp_path / "nowhere", odd], COINS)

    assert [len(each) for each in history.candles] == [3, 2]
    assert [line.split(": ")[0] for line in history.complaints] == [str(strange), f"{tmp_path}/nowhere", str(odd)]


def test_nothing_to_read_is_told_too(tmp_path):
    """An empty folder is named."""
    assert read([tmp_path], COINS).complaints == (
        f"{tmp_path}: no candle files in this folder; they end in .parquet or .csv",
    )


def test_files_of_one_series_become_one(tmp_path):
    """Other names of a coin, other folders, other months: one market, in order."""
    for hour, name in ((1, "binance_PAX-USDT_1h"), (0, "binance_USDP-USDT_1h"), (2, "binance_USDP-USDT_1h_2023-03")):
        candle_files.write(tmp_path / f"{name}.parquet", candles(1, begin=BEGIN + hour * HOUR, timeframe=HOUR))
    (only,) = read([tmp_path], COINS).candles

    assert only.market == Market("binance", "USDP", "USDT")
    assert ((only.opened - BEGIN) // HOUR).tolist() == [0, 1, 2]


def test_what_a_folder_cannot_give_is_told(tmp_path):
    """A link that leads nowhere is told, a folder named like a file is read, one that leads back is not followed."""
    parquet(tmp_path, rows())
    (tmp_path / "kraken_DAI-USD_1m.parquet").symlink_to(tmp_path / "nowhere")
    (tmp_path / "deep.parquet").mkdir()
    parquet(tmp_path / "deep.parquet", rows(), "kraken_USDT-USD_1m")
    (tmp_path / "back").symlink_to(tmp_path)
    history = read([tmp_path], COINS)

    assert {each.market.base for each in history.candles} == {"USDC", "USDT"}
    assert history.complaints == (f"{tmp_path}/kraken_DAI-USD_1m.parquet: cannot be read: No such file or directory",)


def test_two_names_of_one_file_are_two_markets(tmp_path):
    """What a file is called says whose bars it has, wherever a link leads."""
    first = parquet(tmp_path, rows())
    (tmp_path / "bitstamp_USDC-USD_1m.parquet").symlink_to(first)

    assert {each.market.venue for each in read([tmp_path], COINS).candles} == {"kraken", "bitstamp"}


def test_a_name_the_system_will_not_have_is_told(tmp_path):
    """As any other file that is not there."""
    assert "File name too long" in read([tmp_path / ("long" * 100)], COINS).complaints[0]


def test_resolutions_stay_apart(tmp_path):
    """Minutes and hours of one market are two histories."""
    for length, name in ((MINUTE, "1m"), (HOUR, "1h")):
        candle_files.write(tmp_path / f"kraken_USDC-USD_{name}.parquet", candles(timeframe=length))

    assert {each.timeframe for each in read([tmp_path], COINS).candles} == {MINUTE, HOUR}


def test_files_that_disagree_are_told(tmp_path):
    """The bars of the file given last stand."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = parquet(tmp_path / "a", rows())
    second = parquet(tmp_path / "b", rows(close=[1.0, 0.99, 1.0], low=[1.0, 0.99, 1.0]))
    history = read([first, second], COINS)

    assert history.candles[0].close.tolist() == [1.0, 0.99, 1.0]
    assert history.complaints == (
        f"{second}: 1 bars of kraken USDC/USD 1m are not those of a file before it; these stand",
    )


def test_a_file_given_twice_is_read_once(tmp_path):
    """By itself and in its folder."""
    path = parquet(tmp_path, rows())
    done = []
    history = read([path, tmp_path], COINS, lambda *told: done.append(told))

    assert len(history.candles[0]) == 3
    assert done == [(1, 1)]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root")
def test_what_may_not_be_read_is_told(tmp_path):
    """With the system's own reason."""
    path = parquet(tmp_path, rows())
    path.chmod(0)

    assert "Permission denied" in read([path], COINS).complaints[0]
