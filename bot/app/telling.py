"""Transactions and depegs as people and programs read them."""

from collections.abc import Sequence
from typing import Any

import orjson

from bot.app import narrate
from bot.app.settings import Settings
from bot.model.decisions import Depeg, Warn
from bot.model.events import Expired, Mined, Rejected, Reverted
from bot.model.registry import Registry
from bot.model.times import iso
from bot.records.transactions import Transaction


def depeg(told: Depeg) -> dict[str, Any]:
    """A depeg as `repeg detect` prints it, with the evidence."""
    return {
        "coin": told.coin,
        "scope": told.scope,
        "direction": told.direction,
        "start": iso(told.start),
        "alert": iso(told.alert),
        "trough_time": iso(told.trough_at),
        "trough_price": told.trough,
        "end": iso(told.end) if told.end is not None else None,
        "severity": told.severity.name.lower(),
        "peak_deviation_bp": told.peak_bp,
        "anchored": told.anchored,
        "venues": list(told.venues),
        "evidence": list(told.evidence),
    }


def warning(warn: Warn) -> bytes:
    """A warning as a line of JSON."""
    told = depeg(warn.depeg) if warn.depeg else None
    return orjson.dumps({"kind": "warning", "text": warn.text, "depeg": told})


def registry_of(settings: Settings) -> Registry:
    """The registry of the settings, unverified: enough to name coins and pools."""
    from bot.venues.registry import load

    return load(settings.watch.registry)


def transaction(found: Transaction, registry: Registry) -> dict[str, Any]:
    """Everything the journal knows of one plan."""
    plan = found.plan
    return {
        "plan": found.plan_id,
        "state": str(found.state),
        "made_for": plan.made_for if plan else None,
        "summary": narrate.route(plan.loop, registry) if plan else "",
        "lender": plan.loop.lender if plan else None,
        "expected": narrate.amount(plan.loop.profit, plan.loop.token, registry) if plan else None,
        "expected_net_usd": plan.loop.net_usd if plan else None,
        "route": narrate.hops(plan.loop, registry) if plan else [],
        "outcome": outcome(found, registry),
        "attempts": [
            {
                "hash": each.hash,
                "nonce": each.nonce,
                "purpose": each.purpose,
                "max_fee_per_gas": each.max_fee_per_gas,
                "priority_fee": each.priority_fee,
            }
            for each in found.attempts
        ],
    }


def outcome(found: Transaction, registry: Registry) -> str:
    """How it ended, in words; empty while it is open."""
    match found.outcome:
        case Mined() as mined:
            gas = mined.gas_used * mined.gas_price / 1e18
            return (
                f"{narrate.amount(mined.profit, mined.token, registry)} in block {mined.block} for {gas:.6f} ETH of gas"
            )
        case Reverted() as reverted:
            return f"reverted in block {reverted.block}: {reverted.reason}"
        case Rejected() | Expired() as ended:
            return ended.reason
        case None:
            return ""


async def node_view(settings: Settings, found: Transaction) -> dict[str, Any]:
    """What the node says of the attempt that was mined, else of the last it knows; what it would not say is said."""
    from bot.venues.rpc import NodeDown, Rpc, RpcError

    if not found.attempts:
        return {"says": "nothing was sent"}
    rpc = Rpc(settings.node.urls, timeout=settings.node.timeout)
    try:
        await rpc.check(settings.node.chain_id)
        asked = ("eth_getTransactionReceipt", "eth_getTransactionByHash")
        calls = [(method, [each.hash]) for each in reversed(found.attempts) for method in asked]
        answers = await rpc.batch(calls)
    except (NodeDown, RpcError) as error:
        return {"says": f"not reached: {error}"}
    finally:
        await rpc.close()
    refusal = next((answer for answer in answers if isinstance(answer, RpcError)), None)
    return {"says": f"would not tell: {refusal}"} if refusal else _seen_by_node(answers[1::2], answers[::2])


def _seen_by_node(known: Sequence[Any], receipts: Sequence[Any]) -> dict[str, Any]:
    receipt = next((each for each in receipts if each), None)
    waiting = next((each for each in known if each), None)
    if receipt:
        return {
            "says": "succeeded" if int(receipt["status"], 16) else "failed",
            "hash": receipt["transactionHash"],
            "block": int(receipt["blockNumber"], 16),
            "gas_used": int(receipt["gasUsed"], 16),
            "gas_price": int(receipt["effectiveGasPrice"], 16),
        }
    return {"says": "pending", "nonce": int(waiting["nonce"], 16)} if waiting else {"says": "unknown to it"}
