"""From a transaction to the node: signed, on disk, broadcast, in this order."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.model.events import Accepted, Event, Signed
from bot.venues.keys import FeeMarketTransaction, Signer
from bot.venues.rpc import NodeDown, Rpc, RpcError

log = logging.getLogger(__name__)

KNOWN = ("already known", "alreadyknown", "already imported", "known transaction")
Purpose = Literal["capture", "cancel"]


@dataclass(frozen=True, slots=True)
class Silence:
    """The node's answer was lost: the next block shows whether the transaction arrived."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The node will not have it, and does not know it either."""

    reason: str


class Dispatch:
    """`record` must have what it is given safe on disk when it returns."""

    def __init__(self, rpc: Rpc, signer: Signer, record: Callable[[Event], None], clock: Callable[[], int]) -> None:
        self._rpc = rpc
        self._signer = signer
        self._record = record
        self._clock = clock

    def sign(self, plan_id: str, transaction: FeeMarketTransaction, purpose: Purpose) -> Signed:
        """Sign and record. From here on it may be in flight, whatever becomes of us."""
        made = self._signer.sign(transaction)
        now = self._clock()
        signed = Signed(
            made_at=now,
            seen_at=now,
            plan_id=plan_id,
            nonce=transaction.nonce,
            hash=made.hash,
            raw="0x" + made.raw.hex(),
            max_fee_per_gas=transaction.max_fee_per_gas,
            priority_fee=transaction.priority_fee,
            purpose=purpose,
        )
        self._record(signed)
        return signed

    async def offer(self, signed: Signed) -> Accepted | Refusal | Silence:
        """Broadcast."""
        try:
            await self._rpc.call("eth_sendRawTransaction", signed.raw)
        except NodeDown as error:
            log.warning("plan %s: no answer to the broadcast: %s", signed.plan_id, error)
            return Silence()
        except RpcError as error:
            return await self._doubted(signed, error)
        return self._accepted(signed)

    async def _doubted(self, signed: Signed, refusal: RpcError) -> Accepted | Refusal | Silence:
        """A refusal may mean "known already", which clients say in their own words: where in doubt, ask for it."""
        if any(words in refusal.message.lower() for words in KNOWN):
            return self._accepted(signed)
        try:
            known = await self._rpc.call("eth_getTransactionByHash", signed.hash)
        except (NodeDown, RpcError):
            return Silence()
        return Refusal(refusal.message) if known is None else self._accepted(signed)

    def _accepted(self, signed: Signed) -> Accepted:
        now = self._clock()
        return Accepted(made_at=now, seen_at=now, plan_id=signed.plan_id, hash=signed.hash)
