"""`repeg detect` finds what candles show, tells it as the table and as JSON, and survives bad files."""

import json
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from bot.app.cli import app
from bot.model.errors import UserError

DAY = 1_440  # minutes
BEGIN = 1_707_523_200_000  # ms, 2024-02-10, a quiet day
RECORDED = "1 recorded: `repeg episodes list` shows them\n"
FELL, BACK = 600, 720  # minutes of it
VENUES = ("kraken", "coinbase", "bitstamp")
DATA = Path(os.environ.get("REPEG_DATA", Path(__file__).parents[3] / "shared" / "data"))


def told(*words):
    """What the command printed, the complaints it made, and how it ended."""
    ended = CliRunner().invoke(app, ["detect", *map(str, words)], env={"REPEG_CONFIG": "", "COLUMNS": "120"})
    if ended.exception and not isinstance(ended.exception, SystemExit | UserError):
        raise ended.exception
    complaint = str(ended.exception) if isinstance(ended.exception, UserError) else ended.stderr
    return ended.stdout, complaint, ended.exit_code


def bars(price):
    """A day of minutes at these prices."""
    flat = dict.fromkeys(("open", "high", "low", "close"), price)
    return pl.DataFrame(
        {"timestamp": BEGIN + 60_000 * np.arange(len(price)), **flat, "volume": np.full(len(price), 1e5)}
    )


@pytest.fixture(scope="module")
def fallen(tmp_path_factory):
    """Two hours in which USDC is at 0.90 on three dollar books, one of them CSV, and USDT stays where it was."""
    folder = tmp_path_factory.mktemp("fallen")
    price = 1 + np.sin(np.arange(DAY)) / 10_000
    low = np.where((np.arange(DAY) >= FELL) & (np.arange(DAY) < BACK), price - 0.1, price)
    for venue in VENUES:
        bars(low).write_parquet(folder / f"{venue}_USDC-USD_1m.parquet")
        bars(price).write_csv(folder / f"{venue}_USDT-USD_1m.csv")
    return folder


def test_a_depeg_is_told_as_json(fallen):
    """Exactly these keys, times in UTC, and nothing else on stdout."""
    stdout, complaint, code = told(fallen, "--json")
    report = json.loads(stdout)
    (only,) = report["episodes"]

    assert (code, complaint) == (0, "")
    assert list(report) == ["episodes", "markets", "quotes", "span", "seconds"]
    assert (report["markets"], report["quotes"]) == (6, 6 * DAY)
    assert report["span"] == ["2024-02-10T00:00:00Z", "2024-02-11T00:00:00Z"]
    assert list(only) == [
        "coin", "scope", "direction", "start", "alert", "trough_time", "trough_price", "end",
        "severity", "peak_deviation_bp", "anchored", "venues",
    ]  # fmt: skip
    assert (only["coin"], only["scope"], only["direction"]) == ("USDC", "coin", "below")
    assert only["trough_price"] == pytest.approx(0.9, abs=0.001)
    assert only["peak_deviation_bp"] == pytest.approx(1_000, abs=10)
    assert only["anchored"] is True
    assert sorted(only["venues"]) == sorted(VENUES)


def test_it_is_told_at_the_bar_that_shows_it(fallen):
    """Its start is known when the first low bar ends, its alert a bar later, its end when it was back."""
    (only,) = json.loads(told(fallen, "--json")[0])["episodes"]

    assert only["start"] in ("2024-02-10T10:00:00Z", "2024-02-10T10:01:00Z")
    assert only["alert"] <= "2024-02-10T10:02:00Z"
    assert "2024-02-10T11:59:00Z" <= only["end"] <= "2024-02-10T12:02:00Z"


def test_people_get_a_table(fallen):
    """A line for the episode, and what was looked at."""
    stdout, _, _ = told(fallen)

    assert "2024-02-10 10:0" in stdout
    assert "everywhere" in stdout
    assert "1 episode in 8,640 bars of 6 markets" in stdout


def test_only_some_coins_are_told(fallen):
    """By any name of theirs; the markets stay the same."""
    report = json.loads(told(fallen, "--json", "--coin", "usdt")[0])

    assert report["episodes"] == []
    assert report["markets"] == 6
    assert len(json.loads(told(fallen, "--json", "--coin", "usdt", "--coin", "USDC.e")[0])["episodes"]) == 1


def test_the_threshold_says_where_a_depeg_begins(fallen):
    """At twelve percent there was none."""
    assert json.loads(told(fallen, "--json", "--threshold", "1200")[0])["episodes"] == []


def test_what_is_found_can_be_recorded(fallen, tmp_path):
    """In the episode database, once however often it is found, with its path; stdout stays JSON."""
    settings = tmp_path / "repeg.toml"
    settings.write_text(f'state = "{tmp_path}"\n')
    words = ("episodes", "search", "--coin", "USDC", "--since", "2024-02-10", "--until", "2024-02-11", "--json")
    for _ in range(2):
        stdout, line, code = told(fallen, "--json", "--record", "-c", settings)
        assert (len(json.loads(stdout)["episodes"]), line, code) == (1, RECORDED, 0)
    kept = json.loads(CliRunner().invoke(app, [*words, "-c", str(settings)]).stdout)

    assert len([each for each in kept if each["origin"] == "detected"]) == 1


def test_a_coin_of_ones_own_is_found(tmp_path):
    """Told in a coins file, named on the command line or in the settings."""
    low = np.where(np.arange(DAY) < FELL, 1.0, 0.8)
    for venue in VENUES:
        bars(low).write_parquet(tmp_path / f"{venue}_ZUSD-USD_1m.parquet")
    coins, settings = tmp_path / "coins.toml", tmp_path / "repeg.toml"
    coins.write_text('[ZUSD]\nname = "Zed"\nmechanism = "algorithmic"\n')
    settings.write_text(f'coins = "{coins}"\n')
    for words in (("--coins", coins), ("-c", settings)):
        (only,) = json.loads(told(tmp_path, "--json", *words)[0])["episodes"]
        assert (only["coin"], only["end"]) == ("ZUSD", None)

    stdout, complaint, code = told(tmp_path)
    assert (stdout, code) == ("", 1)
    assert "a table [ZUSD]" in complaint


def test_bad_files_are_told_and_the_rest_goes_on(fallen, tmp_path):
    """One line each on stderr, JSON on stdout, and a good end."""
    (tmp_path / "kraken_USDC-USDT_1m.parquet").write_text("no bars")
    bars(np.full(3, -1.0)).write_parquet(tmp_path / "kraken_DAI-USD_1m.parquet")
    bars(np.ones(3)).write_parquet(tmp_path / "kraken_WAT-USD_1m.parquet")
    stdout, complaint, code = told(tmp_path, fallen, tmp_path / "nowhere", "--json")

    assert code == 0
    assert len(json.loads(stdout)["episodes"]) == 1
    assert [line.startswith("repeg: ") for line in complaint.splitlines()] == [True] * 4


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("nowhere",), "nowhere"),
        ((".", "--coin", "WAT"), "a table [WAT]"),
        ((".", "--coin", "BTC"), "BTC promises nothing"),
        ((".", "--coins", "nowhere.toml"), "nowhere.toml"),
        ((".", "-c", "nowhere.toml"), "nowhere.toml"),
        ((".",), "no candle files in this folder"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bad_input_is_one_line(words, complaint, tmp_path, monkeypatch):
    """It names the thing and says what to do; nothing stands on stdout."""
    monkeypatch.chdir(tmp_path)
    stdout, line, code = told(*words)

    assert (stdout, code) == ("", 1)
    assert complaint in line
    assert "\n" not in line


@pytest.mark.parametrize("words", [(".", "--threshold", "0"), (".", "--threshold", "much"), ()], ids=" ".join)
def test_words_that_make_no_command_are_explained(words, tmp_path, monkeypatch):
    """As every command line does: exit code 2 and a usage."""
    monkeypatch.chdir(tmp_path)
    stdout, line, code = told(*words)

    assert (stdout, code) == ("", 2)
    assert "Usage" in line


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="no market history at REPEG_DATA")
def test_the_weekend_of_march_2023():
    """USDC fell everywhere, by an eighth, and came back; USDT rose by two hundredths at most."""
    report = json.loads(told(DATA / "candles" / "usdc-2023-03", "--json")[0])
    deepest = min(
        (each for each in report["episodes"] if each["scope"] == "coin"), key=lambda each: each["trough_price"]
    )

    assert report["markets"] == 17
    assert (deepest["coin"], deepest["severity"]) == ("USDC", "critical")
    assert deepest["trough_price"] == pytest.approx(0.876, abs=0.01)
    assert all(each["trough_price"] < 1.02 for each in report["episodes"] if each["coin"] == "USDT")
