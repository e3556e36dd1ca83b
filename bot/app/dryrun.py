"""A sender that only pretends: it asks the chain what would have come of a plan, and sends nothing."""

from collections.abc import Callable, Iterable

from bot.model.decisions import Approved, Plan
from bot.model.events import BlockSeen, Rejected, Report
from bot.model.registry import Address, Registry
from bot.records.transactions import Sending
from bot.units import to_decimal
from bot.venues import calldata
from bot.venues.rpc import NodeDown, Rpc, RpcError


class DryRun:
    """Every plan ends at once in a Rejected that tells what the executor would have paid."""

    def __init__(
        self,
        rpc: Rpc,
        executor: Address | None,
        registry: Registry,
        tip_pool: Address | None,
        clock: Callable[[], int],
    ) -> None:
        self._rpc = rpc
        self._executor = executor
        self._registry = registry
        self._tip_pool = tip_pool
        self._clock = clock

    async def start(self, history: Iterable[Sending]) -> list[Report]:
        """Nothing was sent, so nothing is in flight."""
        del history
        return []

    async def send(self, approved: Approved) -> list[Report]:
        """Ask, and end it."""
        now = self._clock()
        return [Rejected(made_at=now, seen_at=now, plan_id=approved.plan.id, reason=await self._verdict(approved.plan))]

    async def replace(self, plan_id: str, approved: Approved) -> list[Report]:
        """Never asked for: no plan outlives its send."""
        del plan_id
        return await self.send(approved)

    async def cancel(self, plan_id: str, reason: str) -> list[Report]:
        """Never asked for either."""
        now = self._clock()
        return [Rejected(made_at=now, seen_at=now, plan_id=plan_id, reason=reason)]

    async def on_block(self, block: BlockSeen) -> list[Report]:
        """Nothing of ours is ever mined."""
        del block
        return []

    async def _verdict(self, plan: Plan) -> str:
        if self._executor is None:
            return "dry run: no executor is deployed to ask"
        coin = self._registry.coins[plan.loop.token]
        try:
            operator = await self._rpc.call("eth_call", {"to": self._executor, "data": calldata.OPERATOR}, "latest")
            order = {
                "from": "0x" + operator[-40:],
                "to": self._executor,
                "data": "0x" + calldata.encode(plan, self._registry, self._tip_pool).hex(),
            }
            paid = int(await self._rpc.call("eth_call", order, "pending"), 16)
        except RpcError as error:
            return f"dry run: the executor would revert, {calldata.explained(error.data) or error.message}"
        except NodeDown as error:
            return f"dry run: {error}"
        return f"dry run: the executor would pay {to_decimal(paid, coin.decimals):,f} {coin.symbol}"
