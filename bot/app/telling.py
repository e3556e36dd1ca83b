"""Our transactions as people and programs read them."""

from typing import Any

from bot.app import narrate
from bot.app.settings import Settings
from bot.model.events import Expired, Mined, Rejected, Reverted
from bot.model.registry import Registry
from bot.records.transactions import Transaction
from bot.units import to_decimal


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
        "expected": _amount(plan.loop.profit, plan.loop.token, registry) if plan else None,
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
            return f"{_amount(mined.profit, mined.token, registry)} in block {mined.block} for {gas:.6f} ETH of gas"
        case Reverted() as reverted:
            return f"reverted in block {reverted.block}: {reverted.reason}"
        case Rejected() | Expired() as ended:
            return ended.reason
        case None:
            return ""


async def node_view(settings: Settings, found: Transaction) -> dict[str, Any]:
    """What the node says of the last attempt; what it could not be asked is said too."""
    from bot.venues.rpc import NodeDown, Rpc, RpcError

    if not found.attempts:
        return {"says": "nothing was sent"}
    rpc = Rpc(settings.node.urls, timeout=settings.node.timeout)
    try:
        await rpc.check(settings.node.chain_id)
        known, receipt = await rpc.batch(
            [
                ("eth_getTransactionByHash", [found.attempts[-1].hash]),
                ("eth_getTransactionReceipt", [found.attempts[-1].hash]),
            ]
        )
    except (NodeDown, RpcError) as error:
        return {"says": f"not reached: {error}"}
    finally:
        await rpc.close()
    return _seen_by_node(known, receipt)


def _seen_by_node(known: Any, receipt: Any) -> dict[str, Any]:  # noqa: ANN401 - as the node answers
    if not isinstance(known, dict):
        return {"says": "unknown to it"}
    if not isinstance(receipt, dict):
        return {"says": "pending", "nonce": int(known["nonce"], 16)}
    return {
        "says": "succeeded" if int(receipt["status"], 16) else "failed",
        "block": int(receipt["blockNumber"], 16),
        "gas_used": int(receipt["gasUsed"], 16),
        "gas_price": int(receipt["effectiveGasPrice"], 16),
    }


def _amount(amount: int, token: str, registry: Registry) -> str:
    coin = registry.coins.get(token)
    return f"{to_decimal(amount, coin.decimals):,f} {coin.symbol}" if coin else f"{amount} of {token}"
