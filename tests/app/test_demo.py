"""The demo, as a user runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.chain

REPEG = str(Path(sys.executable).with_name("repeg"))


@pytest.fixture(scope="module")
def told():
    """Six blocks of the weekend, as JSON."""
    ran = subprocess.run([REPEG, "demo", "--json", "--blocks", "6"], capture_output=True, text=True, timeout=170)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


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
