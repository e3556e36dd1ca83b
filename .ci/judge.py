"""Judges what `repeg demo --json` says: enough captures, each of them profitable, and little left behind.

With exchanges a hold and a pair in profit, too, and accounts that are right to the last unit.
"""

import json
import sys
from typing import Any

CAPTURES = 10
EFFICIENCY = 0.999


def complaints(told: dict[str, Any]) -> list[str]:
    """What is wrong with a demonstration, in words."""
    captures = told["captures"]
    wrong = [f"no profit in {each['tx']}" for each in captures if not (each["profit"] > 0 and each["profit_usd"] > 0)]
    if len(captures) < CAPTURES:
        wrong.append(f"{len(captures)} captures, fewer than {CAPTURES}")
    if len({each["tx"] for each in captures}) < len(captures):
        wrong.append("a transaction is counted twice")
    if not told["efficiency"] >= EFFICIENCY:
        wrong.append(f"efficiency {told['efficiency']}, below {EFFICIENCY}")
    return wrong + (complaints_of_exchanges(told) if "trades" in told else [])


def complaints_of_exchanges(told: dict[str, Any]) -> list[str]:
    """What is wrong with what was traded at exchanges."""
    earned = {each["kind"] for each in told["trades"] if each["pnl_usd"] > 0}
    wrong = [f"no {kind} was closed in profit" for kind in ("hold", "pair") if kind not in earned]
    if not told["money"]["exact"]:
        wrong.append(f"the accounts are off by {told['money']['off']}")
    return wrong


def main() -> None:
    """Exit code 1 when something is wrong."""
    told = json.load(sys.stdin)
    wrong = complaints(told)
    print(f"demo: {len(told['captures'])} captures, {told['profit_usd']:,.2f} USD, efficiency {told['efficiency']:.6f}")
    for each in wrong:
        print(f"demo: {each}", file=sys.stderr)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
