"""The demo, as a user runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.chain

REPEG = str(Path(sys.executable).with_name("repeg"))


def demo(*words):
    """What the demo prints as JSON, and what it says."""
    ran = subprocess.run([REPEG, "demo", "--json", *words], capture_output=True, text=True, timeout=170)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout), ran.stderr


@pytest.fixture(scope="module")
def told():
    """Six blocks of the weekend."""
    return demo("--blocks", "6")[0]


def test_it_captures_what_there_is(told):
    """Nearly all that an independent search finds is banked."""
    assert told["blocks"] == 6
    assert len(told["captures"]) >= 3
    assert told["efficiency"] >= 0.999
    assert told["missed"] == []


def test_every_capture_is_mined_and_profitable(told):
    """Each has its transaction, its route and its lender, and a profit in the treasury."""
    for capture in told["captures"]:
        assert capture["tx"].startswith("0x")
        assert capture["profit"] > 0
        assert capture["borrowed"] > 0
        assert capture["lender"]
        assert all(">" in hop and "0x" in hop for hop in capture["route"])


def test_the_total_is_the_sum(told):
    """Nothing is counted twice."""
    assert told["profit_usd"] == pytest.approx(sum(capture["profit_usd"] for capture in told["captures"]))
    assert len({capture["tx"] for capture in told["captures"]}) == len(told["captures"])


@pytest.fixture(scope="module")
def dealt():
    """The same with exchanges, and what is said beside the JSON."""
    return demo("--exchanges", "--blocks", "6")


def test_with_exchanges_it_knows_from_their_books_what_coins_are_worth(dealt):
    """As much is banked as when it is told, USDC is seen to leave its peg and to come back, and others can look on."""
    told, said = dealt
    usdc = [each for each in told["depegs"] if (each["coin"], each["scope"]) == ("USDC", "coin")]

    assert told["efficiency"] >= 0.999
    assert len(told["captures"]) >= 3
    assert usdc[0]["direction"] == "below"
    assert usdc[0]["anchored"]
    assert usdc[-1]["end"] is not None
    assert "--through" in said


def test_loops_holds_and_pairs_are_closed_in_profit(dealt):
    """USDC is bought below its peg and sold near it, a coin is sold where it is dear, and nothing is left open."""
    trades = dealt[0]["trades"]
    holds, pairs = ([each for each in trades if each["kind"] == kind] for kind in ("hold", "pair"))

    assert any(capture["profit"] > 0 for capture in dealt[0]["captures"])
    assert [each["coin"] for each in holds] == ["USDC"]
    assert holds[0]["entry_price"] < 0.95 < 0.97 < holds[0]["exit_price"]
    assert holds[0]["exit_reason"].startswith(("back at", "75% of the way", "90% of the way"))
    assert pairs
    assert all(each["pnl_usd"] > 0 for each in holds)
    assert any(each["pnl_usd"] > 0 and len(each["venues"]) == 2 for each in pairs)
    assert not any(each["exit_reason"].startswith("not left") for each in trades)
    assert dealt[0]["pnl_usd"] == pytest.approx(sum(each["pnl_usd"] for each in trades))


def test_the_accounts_are_right_to_the_last_unit(dealt):
    """They hold what was put in, and the fills that the bot heard of, less fees; and that is more than was put in."""
    money = dealt[0]["money"]

    assert money["exact"]
    assert money["off"] == {}
    assert money["held"] != money["funded"]
    assert money["gained_usd"] > 0


def test_without_exchanges_nothing_is_said_of_them(told):
    """The outcome is of blocks and captures only."""
    assert told.keys() == {"blocks", "captures", "profit_usd", "efficiency", "depegs", "missed"}
