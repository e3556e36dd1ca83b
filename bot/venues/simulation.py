"""What the chain says of a plan: before it is sent, and after it failed."""

from dataclasses import replace

from bot.model.decisions import Plan
from bot.model.registry import Address, Registry
from bot.units import BPS, mul_div_down
from bot.venues import calldata
from bot.venues.rpc import NodeDown, Rpc, RpcError
from bot.venues.transport import Json

TOP_CALL = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}


class Simulation:
    """Asks a node to run plans as `sender` on the executor at `contract`, without sending them."""

    def __init__(
        self, rpc: Rpc, sender: Address, contract: Address, registry: Registry, tip_pool: Address | None
    ) -> None:
        self._rpc = rpc
        self._sender = sender
        self._contract = contract
        self._registry = registry
        self._tip_pool = tip_pool

    def order(self, plan: Plan) -> bytes:
        """The calldata that carries a plan out."""
        return calldata.encode(plan, self._registry, self._tip_pool)

    async def objection(self, plan: Plan, order: bytes, tolerance_bps: int) -> str | None:
        """Why not to send, on the block being built; None when it pays what the plan says, within the tolerance."""
        return await self._objection(plan, order, "pending", tolerance_bps)

    async def objection_to_replacement(self, plan: Plan, tolerance_bps: int) -> str | None:
        """The same for a plan whose earlier attempt waits in the pool.

        The block being built holds that attempt, and the chance is gone there; so this asks on the last block. Its
        parent is not the plan's, so the order goes without that guard.
        """
        return await self._objection(plan, self._unguarded(plan), "latest", tolerance_bps)

    async def reason(self, plan: Plan, transaction: str, block_hash: str) -> str:
        """Why a mined transaction reverted. Exact where the node traces; else from a replay on the block before."""
        try:
            trace = await self._rpc.call("debug_traceTransaction", transaction, TOP_CALL)
            return calldata.explained(trace.get("output")) or str(trace.get("error", "reverted"))
        except RpcError:
            return await self._replayed(plan, block_hash)
        except NodeDown as error:
            return f"unknown: {error}"

    async def _replayed(self, plan: Plan, block_hash: str) -> str:
        try:
            block = await self._rpc.call("eth_getBlockByHash", block_hash, False)
            if plan.parent_hash not in ("", block["parentHash"]):
                return f"WrongParent(parentHash={block['parentHash']}, expected={plan.parent_hash})"
            before = hex(int(block["number"], 16) - 1)
            await self._rpc.call("eth_call", self._call(plan, self._unguarded(plan)), before)
        except RpcError as error:
            return calldata.explained(error.data) or error.message
        except NodeDown as error:
            return f"unknown: {error}"
        return "reverted in its block, though not on the state before it"

    async def _objection(self, plan: Plan, order: bytes, block: str, tolerance_bps: int) -> str | None:
        try:
            paid = await self._rpc.call("eth_call", self._call(plan, order), block)
        except RpcError as error:
            return f"simulation: {calldata.explained(error.data) or error.message}"
        except NodeDown as error:
            return f"simulation: {error}"
        return disagreement(plan, paid, tolerance_bps)

    def _unguarded(self, plan: Plan) -> bytes:
        return self.order(replace(plan, parent_hash=""))

    def _call(self, plan: Plan, order: bytes) -> dict[str, Json]:
        return {
            "from": self._sender,
            "to": self._contract,
            "data": "0x" + order.hex(),
            "gas": hex(plan.gas_limit),
            "maxFeePerGas": hex(plan.max_fee_per_gas),  # with fees the node also asks whether we can pay them
            "maxPriorityFeePerGas": hex(plan.priority_fee),
        }


def disagreement(plan: Plan, paid: str, tolerance_bps: int) -> str | None:
    """How a simulated profit (0x-hex, after the tip) differs from the plan's; None within the tolerance and a unit."""
    if paid == "0x":
        return "simulation: there is no executor at this address"
    profit = int(paid, 16)
    expected = mul_div_down(plan.loop.profit, BPS - plan.tip_bps, BPS)
    if profit < plan.min_profit:
        return f"simulation: profit {profit} is less than the least, {plan.min_profit}"
    if (abs(profit - expected) - 1) * BPS > expected * tolerance_bps:
        return f"simulation: profit {profit} is not the plan's {expected}"
    return None
