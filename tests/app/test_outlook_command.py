"""`repeg outlook`, as a user has it: a fresh one has the catalogue."""

import json

import pytest
from typer.testing import CliRunner

from bot.app.cli import app
from bot.model.errors import UserError

LEFT = ("--price", "0.93", "--trough", "0.874", "--since", "2023-03-10T22:05Z", "--at", "2023-03-11T10:00Z")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home of its own, in which nothing lies."""
    return tmp_path_factory.mktemp("home")


def told(home, *words):
    """What the command printed, its complaint, and how it ended."""
    ended = CliRunner().invoke(app, ["outlook", *words], env={"HOME": str(home), "REPEG_CONFIG": "", "COLUMNS": "120"})
    if ended.exception and not isinstance(ended.exception, SystemExit | UserError):
        raise ended.exception
    complaint = str(ended.exception) if isinstance(ended.exception, UserError) else ended.stderr
    return ended.stdout, complaint, ended.exit_code


def test_an_outlook_is_told_with_its_reasons(home):
    """USDC in March 2023, by what was known then: to people, and as JSON."""
    shown, _, code = told(home, "show", "usdc", *LEFT)
    outlook = json.loads(told(home, "show", "usdc", *LEFT, "--json")[0])

    assert code == 0
    assert "banks are shut" in shown
    assert outlook["stance"] == "hold"
    assert outlook["made_at"] == "2023-03-11T10:00:00Z"
    assert 0.93 < outlook["fair"] < 1
    assert outlook["recovery_low"] < outlook["recovery"] < outlook["recovery_high"]
    assert outlook["median_time"] < outlook["late_time"]
    assert len(outlook["reasons"]) >= 3


def test_of_whom_a_half_and_nine_in_ten_are_told(home):
    """Both of those that come back; of a coin that more likely never does no half is told."""
    likely = told(home, "show", "usdc", *LEFT)[0]
    lost = told(home, "show", "UST", "--price", "0.7")[0]
    both = [line for line in (likely + lost).splitlines() if "of those that come back" in line]

    assert [line.partition(", ")[2].strip() for line in both] == [
        "half of those that come back",
        "nine of ten of those that come back",
        "nine of ten of those that come back",
    ]
    assert [line.split() for line in lost.splitlines() if "more likely" in line] == [
        ["back", "within", "more", "likely", "never"]
    ]


def test_a_look_makes_nothing(home, tmp_path):
    """Neither a database nor a folder; one that is there is read, and says the same as what comes with repeg."""
    file = tmp_path / "none" / "episodes.sqlite"
    without = told(home, "show", "usdc", *LEFT, "--json")[0]
    _, complaint, code = told(home, "show", "usdc", "--database", str(file))

    assert code == 1
    assert complaint.strip() == f"--database {file}: there is no episode database"
    assert not file.parent.exists()
    assert not list(home.iterdir())

    file.parent.mkdir()
    file.touch()
    assert told(home, "calibrate", "--database", f"sqlite:///{file}")[2] == 1
    assert file.stat().st_size == 0
    file.unlink()
    made = CliRunner().invoke(app, ["episodes", "list", "--database", str(file)], env={"HOME": str(home)})
    assert made.exit_code == 0
    assert told(home, "show", "usdc", *LEFT, "--json", "--database", str(file))[0] == without


def test_what_is_told_of_a_stranger_can_be_done():
    """A coin of one's own is named by the settings: the command has no flag for it."""
    shown = CliRunner().invoke(app, ["outlook", "show", "--help"], env={"COLUMNS": "200"}).stdout
    complaint = str(CliRunner().invoke(app, ["outlook", "show", "FOO"]).exception)

    assert "--coins" not in shown
    assert "--coins" not in complaint
    assert "setting `coins`" in complaint


def test_a_premium_has_no_stop(home):
    """JSON knows no infinity: null."""
    assert json.loads(told(home, "show", "DAI", "--price", "1.02", "--json")[0])["worst"] is None
    assert "none" in told(home, "show", "DAI", "--price", "1.02")[0]


def test_the_scores_are_beside_those_of_the_base_rate(home):
    """Every cut, moment and knowledge of redemption; to people two tables of reliability, too."""
    shown, _, code = told(home, "calibrate")
    scores = json.loads(told(home, "calibrate", "--json")[0])

    assert code == 0
    assert len(scores) == 8
    assert all(each["brier"] < each["base_brier"] for each in scores)
    assert shown.count("80 % interval") == 2


def test_no_episode_decides_a_stance_alone(home):
    """Of all in the catalogue, left out one by one."""
    report = json.loads(told(home, "leave-one-out", "--json")[0])

    assert report["episodes"] > 60
    assert report["changes"] == []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("show", "NOSUCH"), "not a coin repeg knows"),
        (("show", "BTC"), "promises nothing"),
        (("show", "USDC", "--since", "tomorrow"), "--since: expected a time"),
        (("show", "USDC", "--at", "9999-12-31T23:59"), "--at: expected a time before 9999-01-01"),
        (("show", "USDC", "--at", "2023-03-11", "--since", "2023-03-12"), "--since: expected no later"),
        (("show", "USDC", "--price", "0.9", "--trough", "0.95"), "--trough: expected a price farther"),
        (("show", "USDC", "--at", "2010-01-01"), "--at: USDC is there since 2018-09, got 2010-01-01"),
        (("show", "USDC", "--since", "2018-08-31"), "--since: USDC is there since 2018-09, got 2018-08-31"),
    ],
)
def test_what_cannot_be_meant_is_one_line(home, words, complaint):
    """And exit code 1."""
    _, line, code = told(home, *words)

    assert complaint in line
    assert len(line.strip().splitlines()) == 1
    assert code == 1
