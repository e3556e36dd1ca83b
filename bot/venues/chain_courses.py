"""The course of one order on chain: approved, swapped, and what came of it by the receipts."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.model.orders import NOTHING, OrderEnded, OrderFilled
from bot.model.times import SECOND
from bot.units import to_decimal
from bot.venues import chain_swaps
from bot.venues.chain_orders import ETHER, ETHER_DECIMALS
from bot.venues.heads import Heads
from bot.venues.multicall import Call
from bot.venues.rpc import NodeDown, Rpc, RpcError
from bot.venues.swap_log import Step, SwapLog
from bot.venues.wallet import Wallet
from bot.venues.wallet_sending import Landed, Lost, Objection, Sent, WalletSender

log = logging.getLogger(__name__)

PATIENCE = 4  # blocks
SILENT = (NodeDown, RpcError)
Begun = Callable[[SwapLog], None]
"""Told of an order whose first transaction is on its way."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an order ended, its fill if it has one, and the newest block that holds anything of it, 0 for none."""

    end: OrderEnded
    block: int
    fill: OrderFilled | None = None
    swapped: Landed | None = None


class Courses:
    """Carries swaps out for one wallet, one at a time. `pulled` says why an order was taken back; None: it was not."""

    def __init__(
        self,
        rpc: Rpc,
        wallet: Wallet,
        sender: WalletSender,
        heads: Heads,
        pulled: Callable[[str], str | None],
        now: Callable[[], int],
    ) -> None:
        self._rpc, self._wallet, self._sender, self._heads = rpc, wallet, sender, heads
        self._pulled, self._now = pulled, now

    async def carry(self, record: SwapLog, begun: Begun) -> Landed | Lost:
        """Approved where need be, and swapped; nothing is raised for what nodes and disks do."""
        try:
            for approval in record.swap.approvals(await self._allowed(record)):
                approved = await self._landed(record, "approve", approval, lambda: self._unpulled(record), begun)
                if isinstance(approved, Lost) or not approved.worked:
                    return approved
            return await self._landed(record, "swap", record.swap.exchange, lambda: self._still_good(record), begun)
        except SILENT as error:
            return Lost(str(error))
        except OSError as error:
            return Lost(f"it cannot be written down: {error.strerror}")

    async def resume(self, record: SwapLog, *, told: bool) -> Landed | Lost:
        """The end of what an earlier run signed last. What waits is followed, what never arrived is taken back.

        What was `told` as filled was thrown out by a reorg, and goes again. NodeDown, RpcError.
        """
        known = await self._sender.known(record)
        if isinstance(known, Landed):
            return known
        if told:
            return await self._sender.follow(record, wanted)
        if not known:
            return await self._sender.follow(record, because("it never arrived before a restart"))
        if record.flying[0].step == "swap":
            return await self._sender.follow(record, lambda: self._still_good(record))
        return await self._sender.follow(record, lambda: self._unpulled(record))

    async def tidied(self, record: SwapLog) -> bool:
        """Whether an order has left nothing allowed to its pool. NodeDown, RpcError."""
        return await self._allowed(record) == 0

    async def tidy(self, record: SwapLog) -> Lost | None:
        """Takes back what an order left allowed to its pool; why that did not work. NodeDown, RpcError."""
        try:
            end = await self._landed(record, "approve", record.swap.approve(0), wanted, _nobody)
        except OSError as error:
            return Lost(f"it cannot be written down: {error.strerror}")
        return end if isinstance(end, Lost) else None

    async def outcome(self, record: SwapLog, end: Landed | Lost) -> Outcome:
        """What came of an order, by all that was ever signed for it. NodeDown, RpcError."""
        landings = await self._sender.landings(record)
        for each in landings:
            if each.attempt.step == "swap" and each.worked:
                return await self._filled(record, each, landings)
        reason = end.reason if isinstance(end, Lost) else await self._why(record, end)
        now = self._now()
        newest = max((each.block for each in landings), default=0)
        return Outcome(OrderEnded(now, now, record.swap.order_id, NOTHING, reason, _fee(landings), ETHER), newest)

    async def _filled(self, record: SwapLog, landed: Landed, landings: list[Landed]) -> Outcome:
        """Gas of all that the order sent is the fee of its fill."""
        swap, now = record.swap, self._now()
        gave = -chain_swaps.came(landed.receipt, swap.coin_in, self._wallet.address)
        got = chain_swaps.came(landed.receipt, swap.coin_out, self._wallet.address)
        amount, price = chain_swaps.fill(swap, gave, got)
        block = await self._rpc.call("eth_getBlockByHash", landed.block_hash, False)
        if block is None:
            raise RpcError(0, f"the node does not know block {landed.block_hash} any more")
        at = int(block["timestamp"], 16) * SECOND
        fill = OrderFilled(at, now, swap.order_id, landed.attempt.hash, amount, price, _fee(landings), ETHER)
        return Outcome(OrderEnded(at, now, swap.order_id, amount, "filled"), landed.block, fill, landed)

    async def _why(self, record: SwapLog, end: Landed) -> str:
        """Of an order whose last transaction was mined and that was not filled."""
        pulled = self._pulled(record.swap.order_id)
        if end.attempt.step == "cancel":
            return end.why or pulled or "taken back before a restart"
        if end.worked:
            return pulled or "stopped before it was swapped"
        call = Call(end.attempt.to, end.attempt.data)
        block = await self._rpc.call("eth_getBlockByHash", end.block_hash, False)
        said = await self._wallet.objection(call, block["parentHash"]) if block else None
        return f"it reverted: {said or 'the pool had changed within the block'}"

    async def _landed(
        self, record: SwapLog, step: Step, call: Call, objection: Objection, begun: Begun
    ) -> Landed | Lost:
        """Sent if nothing is to be said against it, and followed. NodeDown, RpcError: nothing of it was signed."""
        first = not record.attempts
        sent = await self._sent(record, step, call, objection)
        if isinstance(sent, Lost):
            return sent
        if first:
            begun(record)
        return await self._sender.follow(record, because(sent.doubt) if sent.doubt else objection)

    async def _sent(self, record: SwapLog, step: Step, call: Call, objection: Objection) -> Lost | Sent:
        """What was begun is not given up because a node answers nothing of use: it is asked again for some blocks."""
        began = self._heads.number
        while True:
            try:
                why = await objection()
                return Lost(why) if why else await self._sender.send(record, step, call)
            except SILENT as error:
                if not record.attempts or self._heads.number - began >= PATIENCE:
                    raise
                log.warning("order %s: asked again with the next block: %s", record.swap.order_id, error)
            await self._heads.news()

    async def _allowed(self, record: SwapLog) -> int:
        """As of the newest block known: it holds all that is known to have landed, "latest" of another node may not."""
        return await self._wallet.allowed(record.swap, self._heads.hash)

    async def _unpulled(self, record: SwapLog) -> str | None:
        return self._pulled(record.swap.order_id)

    async def _still_good(self, record: SwapLog) -> str | None:
        """Why an approved swap is not to be sent, or to wait no more: it was pulled, or it would revert."""
        swap = record.swap
        return self._pulled(swap.order_id) or await self._wallet.objection(swap.exchange, self._heads.hash)


def because(why: str) -> Objection:
    """It is to be taken back, whatever else is known."""

    async def objection() -> str | None:
        return why

    return objection


async def wanted() -> str | None:
    """Nothing is to be said against it."""
    return None


def _nobody(_record: SwapLog) -> None:
    """Nobody is to be told."""


def _fee(landings: Sequence[Landed]) -> Decimal:
    """What their gas cost, in ether."""
    return to_decimal(sum(_gas(each) for each in landings), ETHER_DECIMALS)


def _gas(landed: Landed) -> int:
    """Wei."""
    return int(landed.receipt["gasUsed"], 16) * int(landed.receipt["effectiveGasPrice"], 16)
