"""Plans to the chain: simulated, signed, recorded, broadcast, and followed to one final report each.

A transaction is on disk before any node sees it, so a restart knows all that may be on its way. At most one
transaction of a nonce can be mined, and a plan keeps its nonce: nothing is captured twice.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.model.decisions import Approved, Plan
from bot.model.events import Accepted, BlockSeen, Decided, Event, Expired, Rejected, Report, Unmined
from bot.model.registry import Address, Registry
from bot.units import BPS, GWEI, mul_div_up
from bot.venues import sightings
from bot.venues.dispatch import Dispatch, Purpose, Refusal, Silence
from bot.venues.flights import Flight, Flights
from bot.venues.keys import FeeMarketTransaction, Signer
from bot.venues.rpc import NodeDown, Rpc, RpcError
from bot.venues.sightings import Landing, Sighting, Unclear, Unknown, Waiting
from bot.venues.simulation import Simulation

log = logging.getLogger(__name__)

TRANSFER_GAS = 21_000
NS = 10**9


@dataclass(frozen=True, slots=True)
class SendingPolicy:
    """How we insist. Fees in wei per gas."""

    chain_id: int
    tip_pool: Address | None = None  # sells the loan's token for WETH to pay the builder
    tolerance_bps: int = 1  # how far a simulated profit may be from the plan's
    raise_bps: int = 1_250  # of each replacement; nodes refuse less than a tenth
    max_fee_per_gas: int = 2_000 * GWEI  # no replacement or cancellation bids more
    rebroadcasts: int = 5  # of a dropped transaction, before it is given up
    patience: int = 2  # blocks for which a nonce is used by a transaction we do not know, before ours is given up
    reorg_depth: int = 64  # blocks


class TransactionExecutor:
    """The operator's way to the chain. Nobody else may use the key meanwhile.

    The caller records plans (`Decided`) before it sends them, and every report that is returned. `Signed` alone is not
    returned: it goes to `record`, before the broadcast, and must be safe on disk when that comes back.
    """

    def __init__(
        self,
        rpc: Rpc,
        signer: Signer,
        contract: Address,
        registry: Registry,
        record: Callable[[Event], None],
        clock: Callable[[], int],
        policy: SendingPolicy,
    ) -> None:
        self._rpc = rpc
        self._address = signer.address
        self._contract = contract
        self._clock = clock
        self._policy = policy
        self._dispatch = Dispatch(rpc, signer, record, clock)
        self._simulation = Simulation(rpc, signer.address, contract, registry, policy.tip_pool)
        self._flights = Flights()
        self._used = 0  # our transactions in the chain
        self._head = ""  # hash of the last block whose effect is known
        self._height = 0  # of the block looked at
        self._timestamp = 0
        self._next_base_fee = 0
        self._busy = asyncio.Lock()

    async def start(self, history: Iterable[Event]) -> list[Report]:
        """Adopt everything in flight. Comes first, with all decisions and reports of the journal.

        Raises NodeDown or RpcError when the chain cannot be read.
        """
        async with self._busy:
            for event in history:
                self._flights.observe(event)
            head = await self._rpc.call("eth_getBlockByNumber", "latest", False)
            await self._count()
            self._height, self._timestamp, self._next_base_fee = (
                int(head[key], 16) for key in ("number", "timestamp", "baseFeePerGas")
            )
            self._flights.forget(before=self._height - self._policy.reorg_depth)
            reports = await self._look(self._flights.landed())
            stopped = [self._reject(name, "stopped before it was signed") for name in self._flights.unsigned()]
            return stopped + reports

    async def send(self, approved: Approved) -> list[Report]:
        """Simulate on the block being built, then sign and broadcast. Again for the same plan does nothing."""
        plan = approved.plan
        async with self._busy:
            if self._flights.begun(plan.id):
                return []
            self._flights.observe(Decided(*self._now(), plan))
            order = self._simulation.order(plan)
            objection = await self._simulation.objection(plan, order, self._policy.tolerance_bps)
            if objection:
                return [self._reject(plan.id, objection)]
            nonce = self._flights.free_nonce(self._used)
            match await self._launch(plan.id, self._capture(plan, order, nonce), "capture"):
                case Refusal(reason):
                    with suppress(NodeDown, RpcError):
                        await self._count()
                    return [self._reject(plan.id, f"the node refused it: {reason}")]
                case answer:
                    return self._taken(answer)

    async def replace(self, plan_id: str, approved: Approved) -> list[Report]:
        """Outbid the plan's last transaction under its nonce, if that still pays; not once it is being cancelled."""
        plan = replace(approved.plan, id=plan_id)
        async with self._busy:
            flight = self._flights.flying(plan_id)
            if flight is None or flight.cancelling:
                return []
            objection = await self._simulation.objection_to_replacement(plan, self._policy.tolerance_bps)
            if objection:
                log.info("plan %s is not replaced: %s", plan_id, objection)
                return []
            self._flights.observe(Decided(*self._now(), plan))
            capture = self._capture(plan, self._simulation.order(plan), flight.nonce)
            return await self._outbid(flight, capture, "capture")

    async def cancel(self, plan_id: str, reason: str) -> list[Report]:
        """Take the plan's transaction back by an empty one under its nonce; asked again, bid more for that."""
        async with self._busy:
            flight = self._flights.flying(plan_id)
            if flight is None:
                return []
            flight.why_cancelled = reason
            empty = FeeMarketTransaction(
                chain_id=self._policy.chain_id,
                nonce=flight.nonce,
                priority_fee=flight.last.priority_fee,
                max_fee_per_gas=2 * self._next_base_fee + flight.last.priority_fee,
                gas_limit=TRANSFER_GAS,
                to=self._address,
            )
            return await self._outbid(flight, empty, "cancel")

    async def on_block(self, block: BlockSeen) -> list[Report]:
        """What the block did to our transactions; dropped ones are sent again. Nothing while no node answers."""
        async with self._busy:
            # a block on top of the one looked at last throws nothing out
            doubtful = [] if block.parent_hash == self._head else self._flights.landed()
            self._height, self._timestamp, self._next_base_fee = block.number, block.timestamp, block.next_base_fee
            try:
                reports = await self._look(doubtful)
            except (NodeDown, RpcError) as error:
                log.warning("block %d: our transactions were not looked at: %s", block.number, error)
                return []
            self._head = block.hash
            self._flights.forget(before=block.number - self._policy.reorg_depth)
            return reports

    async def _look(self, doubtful: list[Flight]) -> list[Report]:
        """Judge flights without a final report, and those whose landing is in doubt, by what the node knows of them."""
        flights = [*self._flights.in_flight(), *doubtful]
        if not flights:
            return []
        self._used, seen = await sightings.look(self._rpc, self._address, flights)
        for empty in self._flights.missing(self._used):
            await self._dispatch.offer(empty)
        reports: list[Report] = []
        for flight, sighting in zip(flights, seen, strict=True):
            if _to_come(sighting, self._height):
                continue
            if flight.landed:
                if isinstance(sighting, Landing) and sighting.block_hash == flight.landed.block_hash:
                    continue
                unmined = Unmined(*self._block_time(), flight.plan.id, flight.landed.hash)
                reports.append(self._observed(unmined))
            reports += await self._judge(flight, sighting)
        return reports

    async def _judge(self, flight: Flight, sighting: Sighting) -> list[Report]:
        if self._used <= flight.nonce:
            flight.overtaken = None
        match sighting:
            case Landing():
                return [self._observed(await self._landing(flight, sighting))]
            case _ if self._used > flight.nonce:
                return self._overtaken(flight)
            case Waiting(hash) if hash not in flight.accepted:
                return [self._observed(Accepted(*self._now(), flight.plan.id, hash))]
            case Unknown():
                return await self._revive(flight)
            case _:
                return []

    async def _landing(self, flight: Flight, landing: Landing) -> Report:
        moment = self._block_time()
        if landing.attempt.purpose == "cancel":
            return Expired(*moment, flight.plan.id, f"cancelled: {flight.why_cancelled or 'before a restart'}")
        if landing.succeeded:
            return landing.mined(flight.plan, self._contract, moment)
        reason = await self._simulation.reason(flight.plan, landing.attempt.hash, landing.block_hash)
        return landing.reverted(flight.plan, reason, moment)

    def _overtaken(self, flight: Flight) -> list[Report]:
        """The nonce is used, by none of ours as far as the node knows yet. Receipts may be late, so wait a little."""
        if flight.overtaken is None:
            flight.overtaken = self._height
        if self._height < flight.overtaken + self._policy.patience:
            return []
        return [self._expire(flight, f"nonce {flight.nonce} was used by another transaction")]

    async def _revive(self, flight: Flight) -> list[Report]:
        """No node knows any attempt, though the nonce is free: it was dropped, or never left us."""
        if self._timestamp > flight.plan.deadline and not flight.cancelling:
            return [self._expire(flight, "dropped, and its deadline has passed")]
        if flight.dropped >= self._policy.rebroadcasts:
            return [self._expire(flight, f"dropped {flight.dropped + 1} times")]
        flight.dropped += 1
        log.warning("plan %s was dropped and is sent again (%d)", flight.plan.id, flight.dropped)
        return self._taken(await self._dispatch.offer(flight.last))

    async def _outbid(self, flight: Flight, transaction: FeeMarketTransaction, purpose: Purpose) -> list[Report]:
        """Bid enough more than the last attempt for nodes to let it take that one's place, unless it is too much."""
        priority = max(transaction.priority_fee, self._raised(flight.last.priority_fee))
        max_fee = max(transaction.max_fee_per_gas, self._raised(flight.last.max_fee_per_gas), priority)
        if max_fee > self._policy.max_fee_per_gas:
            log.warning("plan %s: %d wei per gas is more than may be bid", flight.plan.id, max_fee)
            return []
        dearer = replace(transaction, priority_fee=priority, max_fee_per_gas=max_fee)
        return self._taken(await self._launch(flight.plan.id, dearer, purpose))

    async def _launch(
        self, plan_id: str, transaction: FeeMarketTransaction, purpose: Purpose
    ) -> Accepted | Refusal | Silence:
        signed = self._dispatch.sign(plan_id, transaction, purpose)
        self._flights.observe(signed)
        return await self._dispatch.offer(signed)

    def _taken(self, answer: Accepted | Refusal | Silence) -> list[Report]:
        """A later attempt's refusal ends nothing: the earlier ones may stand, and the next block tells."""
        match answer:
            case Accepted():
                return [self._observed(answer)]
            case Refusal(reason):
                log.warning("the node refused it: %s", reason)
        return []

    def _capture(self, plan: Plan, order: bytes, nonce: int) -> FeeMarketTransaction:
        return FeeMarketTransaction(
            chain_id=self._policy.chain_id,
            nonce=nonce,
            priority_fee=plan.priority_fee,
            max_fee_per_gas=plan.max_fee_per_gas,
            gas_limit=plan.gas_limit,
            to=self._contract,
            data=order,
        )

    async def _count(self) -> None:
        self._used = int(await self._rpc.call("eth_getTransactionCount", self._address, "latest"), 16)

    def _reject(self, plan_id: str, reason: str) -> Report:
        return self._observed(Rejected(*self._now(), plan_id, reason))

    def _expire(self, flight: Flight, reason: str) -> Report:
        return self._observed(Expired(*self._block_time(), flight.plan.id, reason))

    def _observed(self, report: Report) -> Report:
        self._flights.observe(report)
        return report

    def _raised(self, fee: int) -> int:
        return mul_div_up(fee, BPS + self._policy.raise_bps, BPS) + 1

    def _now(self) -> tuple[int, int]:
        """made_at and seen_at of what we did ourselves."""
        now = self._clock()
        return now, now

    def _block_time(self) -> tuple[int, int]:
        """made_at and seen_at of what a block told us."""
        return self._timestamp * NS, self._clock()


def _to_come(sighting: Sighting, height: int) -> bool:
    """Nothing to judge yet: the node would not say, or is ahead of the block we look at."""
    match sighting:
        case Unclear():
            return True
        case Landing():
            return sighting.block > height
        case _:
            return False
