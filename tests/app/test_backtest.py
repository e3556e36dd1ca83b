"""`repeg backtest` tells what came of trading a history: as JSON, as a table, and in one line where it cannot."""

import json
from math import isclose

import numpy as np
import polars as pl
import pytest
from analysis.outcomes import declined, depeg, fill, outcome, outcomes
from hypothesis import given, settings
from typer.testing import CliRunner

from bot.analysis.performance import measure
from bot.app import backtesting, depegs
from bot.app.cli import app
from bot.model.coins import shipped
from bot.model.errors import UserError
from bot.model.orders import Side

DAY = 1_440  # minutes
BEGIN = 1_707_523_200_000  # ms, 2024-02-10, a quiet day
FELL, BACK = 600, 720  # minutes of it
NO_CONFIG = {"REPEG_CONFIG": ""}
TRADE = [
    "coin", "kind", "venues", "entry_time", "exit_time", "entry_price", "exit_price", "size_usd", "fees_usd",
    "slippage_bp", "pnl_usd", "best_pnl_usd", "capture", "exit_reason",
]  # fmt: skip
FIRST = ["pnl_usd", "trades", "hit_rate", "capture", "max_drawdown", "avg_slippage_bp", "sharpe"]
ROUND_TRIP = outcome(
    [fill("a", 10, Side.BUY, 10_000, "0.90"), fill("a", 50, Side.SELL, 10_000, "0.95", why="back [at] par")],
    [(0, 1e6, 0), (50, 1_000_481.5, 0)],
    path=[(10, 0.90), (30, 0.97), (50, 0.95), (55, 0.99)],
    episodes=[depeg(start=5, end=60)],
    declined=[declined(7, "the book is thin")],
)


def report(told):
    """What programs read of an outcome, by way of JSON that knows no NaN."""
    return json.loads(json.dumps(backtesting.told(told, measure(told, shipped()), 1.25), allow_nan=False))


def bars(price):
    """A day of minutes at these prices."""
    flat = dict.fromkeys(("open", "high", "low", "close"), price)
    return pl.DataFrame(
        {"timestamp": BEGIN + 60_000 * np.arange(len(price)), **flat, "volume": np.full(len(price), 1e5)}
    )


def complaint(*words):
    """The one line with which the command ends."""
    ended = CliRunner().invoke(app, ["backtest", *map(str, words)], env=NO_CONFIG)
    assert isinstance(ended.exception, UserError)
    assert ended.stdout == ""
    return str(ended.exception)


def test_json_has_exactly_these_keys():
    """Episodes as `repeg detect` tells them, trades, what was refused, and the summary."""
    told = report(ROUND_TRIP)

    assert list(told) == ["episodes", "trades", "refused", "summary", "seconds", "events"]
    assert told["episodes"] == [depegs.told(each) for each in ROUND_TRIP.episodes]
    assert list(told["trades"][0]) == TRADE
    assert told["refused"] == [
        {"time": "2023-03-11T00:07:00Z", "coin": "USDT", "kind": "hold", "reason": "the book is thin"}
    ]
    assert list(told["summary"])[: len(FIRST)] == FIRST
    assert (told["seconds"], told["events"]) == (1.25, 1_000)


def test_a_trade_is_told_in_dollars_and_utc():
    """Bought at 0.90 and sold at 0.95, when 0.99 could be had: the numbers are those of the trade."""
    (trade,) = report(ROUND_TRIP)["trades"]

    assert (trade["entry_time"], trade["exit_time"]) == ("2023-03-11T00:10:00Z", "2023-03-11T00:50:00Z")
    assert (trade["entry_price"], trade["exit_price"], trade["size_usd"]) == (0.9, 0.95, 9_000)
    assert trade["pnl_usd"] == pytest.approx(500 - 9 - 9.5)
    assert trade["best_pnl_usd"] == pytest.approx(900 - 9 - 9.9)
    assert trade["capture"] == pytest.approx(481.5 / 881.1, abs=1e-6)
    assert (trade["venues"], trade["exit_reason"]) == (["kraken"], "back [at] par")


@settings(max_examples=50)
@given(outcomes())
def test_whatever_came_of_it_can_be_told(told):
    """As JSON without NaN, with a summary that is the sum of its trades, and as rows for people."""
    what = report(told)
    made = measure(told, shipped())

    assert isclose(what["summary"]["pnl_usd"], sum(each["pnl_usd"] for each in what["trades"]), abs_tol=0.01)
    assert what["summary"]["trades"] == len(what["trades"])
    assert all(len(backtesting.row(each)) == len(backtesting.COLUMNS) for each in made.trades)
    assert all(name and value for name, value in backtesting.figures(made))


def test_people_read_the_reason_as_it_stands():
    """Words in brackets are no colours."""
    made = measure(ROUND_TRIP, shipped())
    row = dict(zip(backtesting.COLUMNS, backtesting.row(made.trades[0]), strict=True))

    assert row["left"] == r"back \[at] par"
    assert (row["in>"], row["out>"], row["of best>"], row["held>"]) == ("0.9000", "0.9500", "55%", "40m")
    assert dict(backtesting.figures(made))["profit"] == "+$482, +0.05% of capital"


@pytest.mark.parametrize("capital", ["0", "-5", "nan", "inf"])
def test_there_must_be_something_to_trade_with(capital, tmp_path):
    """No capital, or no number, is one line that names it."""
    assert f"--capital is dollars to trade with, more than none; got {capital}" in complaint(
        tmp_path, "--capital", capital
    )


def test_no_more_is_traded_with_than_there_is(tmp_path):
    """A capital that no book knows is one line, too."""
    assert "--capital is 1e+12 dollars at most; got 1e+300" in complaint(tmp_path, "--capital", "1e300")


def test_a_report_needs_a_folder(tmp_path):
    """It is missed before anything is read, not when all is done."""
    assert "there is no folder" in complaint(tmp_path / "missing", "--report", tmp_path / "nowhere" / "report.html")
    assert "is a folder" in complaint(tmp_path / "missing", "--report", tmp_path)


def test_bad_paths_and_files_are_one_line(tmp_path):
    """History, settings and coins that are not there are named."""
    assert "missing" in complaint(tmp_path / "missing")
    assert "no candle files" in complaint(tmp_path)
    assert "nowhere.toml" in complaint(tmp_path, "-c", "nowhere.toml")
    assert "nowhere.toml" in complaint(tmp_path, "--coins", "nowhere.toml")


def test_a_fallen_coin_is_traded(tmp_path):
    """From candle files to JSON and a report: the depeg is found, and what was done about it adds up."""
    pytest.importorskip("bot.app.wiring_backtest")
    price = 1 + np.sin(np.arange(DAY)) / 10_000
    low = np.where((np.arange(DAY) >= FELL) & (np.arange(DAY) < BACK), price - 0.1, price)
    for venue in ("kraken", "coinbase", "bitstamp"):
        bars(low).write_parquet(tmp_path / f"{venue}_USDC-USD_1m.parquet")
        bars(price).write_parquet(tmp_path / f"{venue}_USDT-USD_1m.parquet")
    page = tmp_path / "report.html"
    ended = CliRunner().invoke(app, ["backtest", str(tmp_path), "--json", "--report", str(page)], env=NO_CONFIG)
    told = json.loads(ended.stdout)

    assert ended.exit_code == 0
    assert [each["coin"] for each in told["episodes"]] == ["USDC"]
    assert told["trades"] or told["refused"]
    assert told["summary"]["trades"] == len(told["trades"])
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
