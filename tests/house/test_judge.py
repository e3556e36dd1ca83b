"""What judges the demonstration lets nothing pass that ought not to."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

JUDGE = Path(__file__).parents[2] / ".ci" / "judge.py"
GOOD: dict[str, Any] = {
    "captures": [{"tx": f"0x{number}", "profit": 1, "profit_usd": 1.0} for number in range(10)],
    "profit_usd": 10.0,
    "efficiency": 0.9999,
    "trades": [
        {"kind": "hold", "coin": "USDC", "pnl_usd": 9.0, "exit_reason": "back at par"},
        {"kind": "hedged", "coin": "USDC", "pnl_usd": 5.0, "exit_reason": "the two have met"},
        {"kind": "pair", "coin": "USDG", "pnl_usd": 3.0, "exit_reason": "bought and sold at once"},
        {"kind": "pair", "coin": "USDG", "pnl_usd": -1.0, "exit_reason": "made even"},
    ],
    "pnl_usd": 11.0,
    "money": {"exact": True, "off": {}, "gained_usd": 11.0},
}


def judged(told: dict[str, Any], *words: str) -> tuple[int, str]:
    """Its exit code, and what it complains of."""
    ran = subprocess.run([sys.executable, JUDGE, *words], input=json.dumps(told), capture_output=True, text=True)
    return ran.returncode, ran.stderr


def test_a_good_demonstration_passes() -> None:
    """Of the chain alone and with exchanges; a single pair may cost a little."""
    assert judged(GOOD) == (0, "")
    assert judged(GOOD, "--exchanges") == (0, "")


def traded(number: int, **changed: Any) -> dict[str, Any]:
    """The same, with one trade changed."""
    trades = [each | changed if k == number else each for k, each in enumerate(GOOD["trades"])]
    return GOOD | {"trades": trades}


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        (GOOD | {"captures": GOOD["captures"][:9]}, "fewer than 10"),
        (GOOD | {"captures": [*GOOD["captures"], GOOD["captures"][0]]}, "counted twice"),
        (GOOD | {"captures": [*GOOD["captures"], {"tx": "0xa", "profit": 0, "profit_usd": 0.0}]}, "no profit in 0xa"),
        (GOOD | {"efficiency": 0.99}, "efficiency"),
        (GOOD | {"efficiency": float("nan")}, "efficiency"),
        ({name: told for name, told in GOOD.items() if name != "trades"}, "nothing was traded"),
        (GOOD | {"trades": []}, "nothing was traded"),
        (GOOD | {"trades": GOOD["trades"][:2]}, "pair: "),
        (GOOD | {"trades": GOOD["trades"][1:]}, "hold: "),
        (traded(0, pnl_usd=-2.0), "hold: "),
        (traded(1, pnl_usd=0.0), "hedged: "),
        (traded(2, pnl_usd=0.5), "pair: "),
        (traded(0, exit_reason="not left: it is still held"), "USDC hold is still open"),
        (GOOD | {"money": {"exact": False, "off": {"kraken": "1"}, "gained_usd": 1.0}}, "kraken"),
        (GOOD | {"money": {"exact": True, "off": {}, "gained_usd": 0.0}}, "worth 0.00 USD more"),
    ],
)
def test_what_is_wrong_is_named_and_fails(told: dict[str, Any], complaint: str) -> None:
    """Too few captures, losses, trades that are open or missing, accounts that are off."""
    code, said = judged(told, "--exchanges")

    assert code == 1
    assert complaint in said
