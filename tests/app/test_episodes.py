"""`repeg episodes`, as a user has it."""

import json
import sqlite3
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO

import numpy as np
import pytest

from bot.app import screen
from bot.app.cli import app
from bot.app.episodes import marks
from bot.model.episodes import Episode, Grade, Outcome, Path, Point
from bot.model.errors import UserError
from bot.model.markets import Candles, Market
from bot.model.times import HOUR, MINUTE, moment
from bot.records import candle_files

START = moment("2024-05-01T12:00Z")
FACTS = ("-f", "coin=usdc", "-f", "start=2024-05-01T12:00Z", "-f", "outcome=recovered", "-f", "grade=measured")


@dataclass
class Ran:
    """What a command said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def repeg(*words, home, width=200):
    """A command in a home of its own, in this process: starting one for each takes a second."""
    out, err, code = StringIO(), StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("HOME", str(home))
        patch.setattr(screen.out, "width", width)
        try:
            code = app(words, standalone_mode=False) or 0
        except UserError as error:
            code = screen.complain(str(error)) or 1
    return Ran(code, out.getvalue(), err.getvalue())


def run(home, *words):
    """Its JSON, read."""
    ran = repeg("episodes", *words, "--json", home=home)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def refused(home, *words):
    """The one line that a command ends with."""
    ran = repeg("episodes", *words, home=home)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert len(ran.stderr.strip().splitlines()) == 1
    return ran.stderr


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Somebody who has used it once."""
    home = tmp_path_factory.mktemp("home")
    run(home, "list")
    return home


@pytest.fixture(scope="module")
def candles(tmp_path_factory):
    """Two hours of minutes around the start in which the price falls to 0.9 and comes back."""
    folder = tmp_path_factory.mktemp("candles")
    prices = np.concatenate([np.ones(60), np.linspace(1.0, 0.9, 30), np.linspace(0.9, 1.0, 30)])
    opened = START - HOUR + np.arange(120, dtype=np.int64) * MINUTE
    bars = Candles(Market("kraken", "USDC", "USD"), MINUTE, opened, prices, prices, prices, prices, prices)
    candle_files.write(folder / "kraken_USDC-USD_1m.parquet", bars)
    return folder


def test_the_catalogue_is_there_from_the_first_use(home):
    """Newest first; as a table, too; traps where they are asked for."""
    listed = run(home, "list")
    table = repeg("episodes", "list", "--limit", "5", home=home)

    assert [each["start"] for each in listed] == sorted((each["start"] for each in listed), reverse=True)
    assert {"usdc-2023-03", "ust-2022-05"} <= {each["id"] for each in listed}
    assert len(run(home, "list", "--traps")) > len(listed)
    assert len(table.stdout.strip().splitlines()) == 6


def test_a_search_is_by_all_that_was_asked(home):
    """Coin, depth, time, outcome, mechanism."""
    found = run(home, "search", "--coin", "usdt", "--at-least", "100", "--since", "2022", "--direction", "below")
    died = run(home, "search", "--outcome", "died", "--mechanism", "delta-neutral", "--deepest")

    assert [each["id"] for each in found] == ["usdt-2022-05"]
    assert [each["id"] for each in died] == ["deusd-2025-11", "usdx-2025-11"]


def test_show_tells_all_and_that_there_is_no_path(home):
    """And how to have one."""
    told = repeg("episodes", "show", "usdc-2023-03", home=home)

    assert "Silicon Valley Bank" in told.stdout
    assert "--candles PATH --id usdc-2023-03" in told.stdout
    assert run(home, "show", "usdc-2023-03")["path"] is None


def test_an_episode_with_its_path_is_drawn(tmp_path, candles):
    """Entered with one's own candles; archived and brought back it is drawn the same."""
    run(tmp_path, "add", *FACTS, "-f", "id=mine", "-f", "trough_at=2024-05-01T12:30Z", "--candles", str(candles))
    drawn = repeg("episodes", "show", "mine", home=tmp_path).stdout
    archived = run(tmp_path, "archive", "--older-than", "0")
    from_file = repeg("episodes", "show", "mine", home=tmp_path).stdout
    back = run(tmp_path, "archive", "--back")

    assert "kraken USDC/USD" in drawn
    assert "S start" in drawn
    assert min(price for _, price in run(tmp_path, "show", "mine")["path"]["points"]) == 0.9
    assert archived["paths"] == back["paths"] == 1
    assert drawn == from_file == repeg("episodes", "show", "mine", home=tmp_path).stdout


def test_candles_of_ones_own_coin_are_understood(tmp_path, candles):
    """It is one that the settings name a file for."""
    coins, settings = tmp_path / "coins.toml", tmp_path / "repeg.toml"
    coins.write_text('[ZUSD]\nname = "Zed"\nmechanism = "algorithmic"\n')
    settings.write_text(f'coins = "{coins}"\n')
    own = tmp_path / "kraken_ZUSD-USD_1m.parquet"
    own.write_bytes(next(candles.iterdir()).read_bytes())
    run(tmp_path, "add", *FACTS, "-f", "coin=ZUSD", "-f", "id=own", "-c", str(settings))

    assert run(tmp_path, "import", "--candles", str(own), "--id", "own", "-c", str(settings))["paths"] == 1


def test_paths_come_from_candles_later_too(tmp_path, candles):
    """For the episodes that they show, or the one that is named."""
    run(tmp_path, "add", *FACTS)

    assert run(tmp_path, "import", "--candles", str(candles))["paths"] == 1
    assert "nobody" in refused(tmp_path, "import", "--candles", str(candles), "--id", "nobody")


def test_a_file_of_episodes_is_entered(tmp_path):
    """TOML, a table an episode; not over what is there unless told."""
    file = tmp_path / "mine.toml"
    file.write_text('[mine]\ncoin = "DAI"\nstart = 2024-05-01\noutcome = "recovered"\ngrade = "press"\ntrough = 0.97\n')

    assert run(tmp_path, "add", str(file))["added"] == ["mine"]
    assert "mine" in refused(tmp_path, "add", str(file))
    assert run(tmp_path, "add", str(file), "--replace", "-f", "cause=news")["added"] == ["mine"]
    assert run(tmp_path, "show", "mine")["cause"] == "news"
    assert run(tmp_path, "show", "mine")["precision"] == "day"


def test_of_a_file_all_are_entered_or_none(tmp_path):
    """Neither where one begins when another does, nor where its candles cannot be read."""
    file = tmp_path / "mine.toml"
    first = 'coin = "DAI"\noutcome = "recovered"\ngrade = "press"\nstart = 2024-05-01\n'
    file.write_text(f"[mine]\n{first}[twice]\n{first}")

    assert "mine is the episode of DAI" in refused(tmp_path, "add", str(file))
    refused(tmp_path, "add", *FACTS, "-f", "id=mine", "--candles", str(file))
    assert "no episode mine" in refused(tmp_path, "show", "mine")


def test_a_table_shows_texts_as_they_are_and_names_whole(tmp_path):
    """What looks like markup is none; a narrow terminal has fewer columns, not folded names."""
    run(tmp_path, "add", *FACTS, "-f", "id=usdc-with-a-rather-long-name", "-f", "cause=[/red] :smile:")
    narrow = repeg("episodes", "list", "--limit", "3", home=tmp_path, width=60).stdout

    assert "[/red] :smile:" in repeg("episodes", "show", "usdc-with-a-rather-long-name", home=tmp_path).stdout
    assert [len(line.split()) for line in narrow.splitlines()] == [5, 4, 4, 4]


def test_what_is_exported_is_imported_elsewhere(home, tmp_path):
    """Bad rows are told by line and field; the others are entered, and the exit code tells."""
    file = tmp_path / "all.jsonl"
    count = run(home, "export", str(file))["episodes"]
    with file.open("a") as lines:
        lines.write('{"coin": "DAI", "start": "soon", "outcome": "died", "grade": "press"}\n')
    ran = repeg("episodes", "import", str(file), "--json", home=tmp_path)

    assert ran.returncode == 1
    assert f"line {count + 1}: start: expected a time" in ran.stderr
    assert json.loads(ran.stdout) == {"added": 0, "changed": count, "paths": 0, "refused": 1}


def test_a_backup_is_restored(tmp_path):
    """What was there before is kept, too."""
    made = run(tmp_path, "backup", str(tmp_path / "backup.sqlite"))
    run(tmp_path, "add", *FACTS, "-f", "id=mine")
    restored = run(tmp_path, "restore", str(tmp_path / "backup.sqlite"))

    assert restored["digest"] == made["digest"]
    assert "mine" in refused(tmp_path, "show", "mine")
    assert run(tmp_path, "restore", restored["before"])["episodes"] == made["episodes"] + 1
    assert run(tmp_path, "show", "mine")["id"] == "mine"


def test_a_check_finds_harm(tmp_path):
    """Exit code 1, and a line that names it."""
    sound = run(tmp_path, "check")
    connection = sqlite3.connect(tmp_path / ".local/share/repeg/episodes.sqlite")
    connection.execute("UPDATE episodes SET direction = 'below', peak_bp = -1 WHERE id = 'usdc-2023-03'")
    connection.commit()
    connection.close()
    harmed = repeg("episodes", "check", home=tmp_path)

    assert sound["faults"] == []
    assert harmed.returncode == 1
    assert "usdc-2023-03: peak_bp" in harmed.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "nobody"), "no episode nobody"),
        (("search", "--since", "soon"), "--since: expected a time"),
        (("search", "--outcome", "lost"), "--outcome: expected one of recovered"),
        (("search", "--mechanism", "magic"), "--mechanism: expected one of fiat-backed"),
        (("search", "--direction", "down"), "--direction: expected below or above"),
        (("add", "-f", "coin"), "expected FIELD=VALUE"),
        (("add", "-f", "coin=DAI"), "start: expected, and is missing"),
        (("add", "missing.toml"), "missing.toml"),
        (("import", "missing.csv"), "missing.csv"),
        (("show", "x" * 9_000), "no episode"),
        (("import",), "nothing to import"),
        (("import", "rows.jsonl", "--id", "usdc-2023-03"), "--candles"),
        (("restore", "missing.sqlite"), "missing.sqlite"),
        (("export", "all.xml"), "all.xml"),
        (("list", "--database", "postgresql://me:s3cr3t@127.0.0.1/x"), "PGPASSWORD"),
        (("list", "--database", "postgresql://me@127.0.0.1:9/x"), "127.0.0.1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value,
)
def test_bad_input_is_one_line(home, words, said):
    """That names the thing and says what to do, and no secret."""
    line = refused(home, *words)

    assert said in line
    assert "s3cr3t" not in line


def test_no_password_may_stand_in_the_settings(tmp_path):
    """They are read by others."""
    (tmp_path / "repeg.toml").write_text('database = "postgresql://me:s3cr3t@127.0.0.1/x"\n')
    line = refused(tmp_path, "list", "-c", str(tmp_path / "repeg.toml"))

    assert "PGPASSWORD" in line
    assert "s3cr3t" not in line


def test_marks_stand_where_the_path_is():
    """What happened before it or after it is not drawn."""
    path = Path((Point(START, 1.0), Point(START + HOUR, 0.9)))
    told = Episode(
        id="x",
        coin="USDC",
        start=START - HOUR,
        trough_at=START + HOUR,
        recovered_at=START + 2 * HOUR,
        outcome=Outcome.RECOVERED,
        grade=Grade.PRESS,
    )

    assert list(marks(told, path)) == [("T", START + HOUR)]
