"""`repeg coins`, as a user has it."""

import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO

import pytest

from bot.app import screen
from bot.app.cli import app
from bot.model.coins import shipped
from bot.model.errors import UserError

FRIDAY = ("--at", "2023-03-10T22:44")


@dataclass
class Ran:
    """What a command said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def coins(tmp_path):
    """The command in a home of its own, in this process."""

    def run(*words, width=200):
        out, err, code = StringIO(), StringIO(), 0
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setenv("HOME", str(tmp_path))
            patch.setattr(screen.out, "width", width)
            try:
                code = app(("coins", *words), standalone_mode=False) or 0
            except UserError as error:
                code = screen.complain(str(error)) or 1
        return Ran(code, out.getvalue(), err.getvalue())

    return run


def line(ran, symbol):
    """The columns of a coin's line."""
    return next(each.split() for each in ran.stdout.splitlines() if each.startswith(f"{symbol} "))


def test_the_command_explains_itself(coins):
    """What the words in its columns mean, and how a coin of one's own is added."""
    told = " ".join(coins("--help").stdout.split())

    assert "closed until the banks of New York open" in told
    assert "name and mechanism are needed" in told


def test_every_coin_has_a_line(coins):
    """With its mechanism, peg, issuer, redemption, and whether it can be frozen."""
    ran = coins(*FRIDAY)

    assert len(ran.stdout.splitlines()) == 1 + len(shipped().by_symbol)
    assert line(ran, "USDC")[:8] == ["USDC", "fiat-backed", "USD", "Circle", "closed", "2023-03-13", "13:00", "yes"]
    assert line(ran, "LUSD")[:6] == ["LUSD", "crypto-backed", "USD", "Liquity", "limited", "no"]
    assert "broken" in line(ran, "UST")


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_the_table_fits_the_terminal(coins, width):
    """Symbols stay whole; what has no room is left out."""
    told = coins(*FRIDAY, width=width).stdout.splitlines()

    assert all(len(each) <= width for each in told)
    assert {each.split(" ")[0] for each in told} >= shipped().by_symbol.keys()


def test_all_about_one_by_any_name(coins):
    """Terms as they changed, addresses, kin and sources."""
    told = coins("ustc", "--at", "2022-05-09").stdout

    assert "limited (paid in LUNA" in told
    assert "nobody, never" in told
    assert "2022-05-10" in told
    assert "0xa47c8bf37f92aBed4A126BDA807A7b7498661acD" in told
    assert "Richmond Fed" in told


def test_json_tells_everything(coins):
    """One document: of all coins a list, of one its facts; moments are ISO 8601."""
    everything = json.loads(coins("--json").stdout)
    usdc = json.loads(coins("USDC", *FRIDAY, "--json").stdout)

    assert [each["symbol"] for each in everything] == list(shipped().by_symbol)
    assert usdc["redemption"] == {
        "at": "2023-03-10T22:44:00Z",
        "state": "closed",
        "until": "2023-03-13T13:00:00Z",
        "why": "banks are shut",
    }
    assert usdc["terms"] == [{"who": "verified customers", "opens": "bank hours"}]
    assert {"DAI", "EURC"} <= set(usdc["one_bet_with"])
    assert usdc["freeze"] is True


def test_coins_of_ones_own(coins, tmp_path):
    """A file of one's own is listed with the others, and its words are no markup."""
    file = tmp_path / "mine.toml"
    file.write_text('[ZUSD]\nname = "[red]Zed"\nmechanism = "claim"\nissuer = "[b]Z"\nbacking = ["BUSD"]\n')

    assert line(coins("--coins", str(file)), "ZUSD")[3] == "[b]Z"
    one = coins("zusd", "--coins", str(file)).stdout
    assert "[red]Zed" in one
    assert "PYUSD" in one


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("QUSD",), "QUSD is not a coin repeg knows"),
        (("USD",), "USD is not a coin repeg knows"),
        (("--at", "Friday"), "--at: expected a time like"),
        (("--at", "0001-01-01"), "--at: expected a time like"),
        (("--at", "9999-12-31"), "--at: expected a time like"),
        (("--coins", "/nowhere.toml"), "cannot read the coins file"),
    ],
)
def test_what_a_user_can_mend_is_one_line(coins, words, told):
    """And exit code 1."""
    ran = coins(*words)

    assert (ran.returncode, ran.stdout) == (1, "")
    assert told in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
