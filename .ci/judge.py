"""Judges what `repeg demo --json` says: enough captures, each of them profitable, and little left behind.

With --exchanges a hold, a hedge and pairs closed in profit, too, nothing left open, and accounts that are right to the
last unit.
"""

import json
import sys
from typing import Any

CAPTURES = 10
EFFICIENCY = 0.999
KINDS = ("hold", "hedged", "pair")


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
    return wrong


def complaints_of_exchanges(told: dict[str, Any]) -> list[str]:
    """What is wrong with what was traded at exchanges."""
    if not told.get("trades"):
        return ["nothing was traded at exchanges"]
    wrong, closed = list[str](), [each for each in told["trades"] if not _open(each)]
    for kind in KINDS:
        earned = sum(each["pnl_usd"] for each in closed if each["kind"] == kind)
        wrong += [] if earned > 0 else [f"{kind}: {earned:,.2f} USD of all that were closed, no profit"]
    wrong += [f"{each['coin']} {each['kind']} is still open" for each in told["trades"] if _open(each)]
    if not told["money"]["exact"]:
        wrong.append(f"the accounts are off by {told['money']['off']}")
    if not told["money"]["gained_usd"] > 0:
        wrong.append(f"all at exchanges is worth {told['money']['gained_usd']:,.2f} USD more, no profit")
    return wrong


def _open(trade: dict[str, Any]) -> bool:
    return trade["exit_reason"].startswith("not left")


def main() -> None:
    """Exit code 1 when something is wrong."""
    told = json.load(sys.stdin)
    wrong = complaints(told)
    print(f"demo: {len(told['captures'])} captures, {told['profit_usd']:,.2f} USD, efficiency {told['efficiency']:.6f}")
    if "--exchanges" in sys.argv[1:]:
        wrong += complaints_of_exchanges(told)
        print(
            f"demo: {len(told.get('trades', ()))} trades at exchanges, {told.get('pnl_usd', 0.0):,.2f} USD after fees"
        )
    for each in wrong:
        print(f"demo: {each}", file=sys.stderr)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
