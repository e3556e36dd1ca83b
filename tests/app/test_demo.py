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


def test_with_exchanges_it_knows_from_their_books_what_coins_are_worth():
    """As much is banked as when it is told, USDC is seen to leave its peg and to come back, and others can look on."""
    told, said = demo("--exchanges", "--blocks", "6")
    usdc = [each for each in told["depegs"] if (each["coin"], each["scope"]) == ("USDC", "coin")]

    assert told["efficiency"] >= 0.999
    assert len(told["captures"]) >= 3
    assert usdc[0]["direction"] == "below"
    assert usdc[0]["anchored"]
    assert usdc[-1]["end"] is not None
    assert "--through" in said
