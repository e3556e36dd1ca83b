"""A wallet's way to the chain, one transaction at a time: signed, on disk, broadcast, followed to its end.

Under one nonce one transaction at most is ever mined. So whatever is sent again, dearer or to take back what was sent,
goes under the nonce of what it replaces, and nothing goes under the next one until that is used.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from bot.model.registry import Address
from bot.units import BPS, mul_div_up
from bot.venues import refusals
from bot.venues.dispatch import KNOWN
from bot.venues.heads import Heads
from bot.venues.keys import FeeMarketTransaction, Signer
from bot.venues.multicall import Call
from bot.venues.rpc import NodeDown, Rpc, RpcError
from bot.venues.swap_log import Attempt, Step, SwapLog
from bot.venues.transport import Json
from bot.venues.wallet import Wallet
from bot.venues.wallet_policy import WalletPolicy, bid, dear, unpaid

log = logging.getLogger(__name__)

TRANSFER_GAS = 21_000
REMEMBERED = 32  # nonces
MARGIN_BPS = 3_000  # of gas over what the node thinks: a pool's next state may take more

Objection = Callable[[], Awaitable[str | None]]
"""Why a transaction that waits is to be taken back; None as long as it is still wanted."""


@dataclass(frozen=True, slots=True)
class Landed:
    """It is in a block, deep enough."""

    attempt: Attempt
    receipt: dict[str, Json]
    why: str = ""  # it was taken back, as far as that is known

    @property
    def block(self) -> int:
        """The block's number."""
        return int(self.receipt["blockNumber"], 16)

    @property
    def block_hash(self) -> str:
        """The block's hash."""
        return str(self.receipt["blockHash"])

    @property
    def worked(self) -> bool:
        """Whether it did what it was for: it was no cancellation, and did not revert."""
        return self.attempt.step != "cancel" and int(self.receipt["status"], 16) == 1


@dataclass(frozen=True, slots=True)
class Lost:
    """It will never be in a block."""

    reason: str


@dataclass(frozen=True, slots=True)
class Sent:
    """It is on its way, as far as we know; `doubt` is what the node said against it, where that proves nothing."""

    doubt: str = ""


@dataclass(slots=True)
class _Watch:
    """What was done about a transaction since it is followed."""

    began: int  # block
    last: int  # block in which it was sent or raised last
    why: str = ""  # it is being taken back
    overtaken: set[int] = field(default_factory=set)  # blocks by which its nonce was used, and by none of ours
    torn: set[int] = field(default_factory=set)  # blocks by which nonces before it were missing that are not known here


@dataclass(frozen=True, slots=True)
class _Sighting:
    """What a node knows of the attempts of one nonce."""

    used: int  # transactions of the wallet in the chain
    landed: Landed | None
    waits: bool  # the node has one of them
    clear: bool  # the node answered all that was asked


class WalletSender:
    """Signs for one wallet. Nobody else may use its key meanwhile."""

    def __init__(self, rpc: Rpc, signer: Signer, heads: Heads, policy: WalletPolicy) -> None:
        self.address: Address = signer.address
        self._rpc, self._signer, self._heads, self._policy = rpc, signer, heads, policy
        self._wallet = Wallet(rpc, signer.address)
        self._newest: dict[int, Attempt] = {}  # by nonce, of the last ones: a reorg may throw them out

    def dear(self) -> str | None:
        """Why nothing may be sent now."""
        return dear(self._heads.next_base_fee, self._policy)

    @property
    def bid(self) -> int:
        """The most that a transaction signed now pays for its gas."""
        return bid(self._heads.next_base_fee, self._policy)

    async def send(self, record: SwapLog, step: Step, call: Call) -> Lost | Sent:
        """Send a call, to be followed, or why not. NodeDown, RpcError where no node says: nothing is signed."""
        if dear := self.dear():
            return Lost(dear)
        try:
            gas = mul_div_up(await self._wallet.gas(call), BPS + MARGIN_BPS, BPS)
        except RpcError as error:
            why = refusals.revert(error)
            if why is None:
                raise
            return Lost(why)
        counts = await self._wallet.counts()
        if poor := unpaid(counts.ether, gas * self.bid):
            return Lost(poor)
        transaction = FeeMarketTransaction(
            chain_id=self._policy.chain_id,
            nonce=counts.used,
            priority_fee=self._policy.priority_fee,
            max_fee_per_gas=self.bid,
            gas_limit=gas,
            to=call.target,
            data=bytes.fromhex(call.data),
        )
        refusal = await self._launch(record, step, transaction)
        if refusal is None:
            return Sent()
        why = f"the node refused it: {refusal.message}"
        if not refusals.untaken(refusal):
            return Sent(why)
        record.strike()
        return Lost(why)

    async def follow(self, record: SwapLog, objection: Objection) -> Landed | Lost:
        """The end of the newest nonce of a log, whichever of its transactions it is. Outlasts nodes that are down."""
        watch = _Watch(self._heads.number, self._heads.number)
        while True:
            try:
                end = await self._look(record, objection, watch)
            except (NodeDown, RpcError) as error:
                log.warning("order %s: its transaction was not looked at: %s", record.swap.order_id, error)
            else:
                if end is not None:
                    return end
            await self._heads.news()

    async def known(self, record: SwapLog) -> Landed | bool:
        """Without waiting: the end of the newest nonce if it is deep enough, else whether the node has any of it."""
        for each in record.attempts:
            self._remember(each)
        seen = await self._sight(record.flying)
        if seen.landed is None:
            return seen.waits
        return seen.landed if self._deep(seen.landed) else True

    async def landings(self, record: SwapLog) -> list[Landed]:
        """All that was signed and is in a block."""
        answers = await self._rpc.batch([("eth_getTransactionReceipt", (each.hash,)) for each in record.attempts])
        found = []
        for attempt, answer in zip(record.attempts, answers, strict=True):
            if isinstance(answer, RpcError):
                raise answer
            found += [Landed(attempt, answer)] if answer else []
        return found

    async def _look(self, record: SwapLog, objection: Objection, watch: _Watch) -> Landed | Lost | None:
        seen = await self._sight(record.flying)
        if seen.landed is not None:
            return replace(seen.landed, why=watch.why) if self._deep(seen.landed) else None
        if not seen.clear:
            return None
        if seen.used > record.flying[0].nonce:
            watch.overtaken.add(self._heads.number)
            late = len(watch.overtaken) > self._policy.patience
            return Lost(f"nonce {record.flying[0].nonce} was used by another transaction") if late else None
        watch.overtaken.clear()
        if seen.used < record.flying[0].nonce:
            return await self._restore(seen.used, record.flying[-1], watch)
        await self._insist(record, objection, watch, waits=seen.waits)
        return None

    async def _restore(self, used: int, newest: Attempt, watch: _Watch) -> Lost | None:
        """What a reorg threw out goes again before what waits for it; if we do not know all, nothing, till given up."""
        before = range(used, newest.nonce)
        if any(nonce not in self._newest for nonce in before):
            watch.torn.add(self._heads.number)
            late = len(watch.torn) > self._policy.give_up
            return Lost(f"nonce {newest.nonce} waits for {used}, which is not known here") if late else None
        watch.torn.clear()
        for attempt in (*(self._newest[nonce] for nonce in before), newest):
            await self._offer(attempt)
        return None

    async def _insist(self, record: SwapLog, objection: Objection, watch: _Watch, *, waits: bool) -> None:
        """What is not wanted is taken back, what was dropped goes again, what waits too long goes dearer."""
        now = self._heads.number
        if not record.cancelling:
            late = f"not mined in {now - watch.began} blocks" if now - watch.began >= self._policy.give_up else None
            watch.why = await objection() or late or ""
            if watch.why:
                watch.last = now
                await self._outbid(record, "cancel", self._empty(record.flying[-1]))
                return
        if not waits:
            await self._offer(record.flying[-1])
        if now - watch.last >= self._policy.raise_after:
            watch.last = now
            await self._outbid(record, record.flying[-1].step, self._again(record.flying[-1]))

    async def _outbid(self, record: SwapLog, step: Step, transaction: FeeMarketTransaction) -> None:
        """Bid enough more than the last attempt for nodes to let it take that one's place, unless it is too much."""
        newest = record.flying[-1]
        tip = self._raised(newest.priority_fee)
        least = max(self._raised(newest.max_fee_per_gas), tip)
        if least > (self._policy.max_fee_per_gas if step == "cancel" else self._policy.most):
            log.warning("order %s: %d wei per gas is more than may be bid", record.swap.order_id, least)
            return
        dearer = replace(transaction, priority_fee=tip, max_fee_per_gas=max(least, self.bid))
        try:
            await self._launch(record, step, dearer)
        except OSError as error:  # then it is not sent either, and what was sent before stands
            log.warning("order %s: it cannot be written down: %s", record.swap.order_id, error)

    def _again(self, attempt: Attempt) -> FeeMarketTransaction:
        return FeeMarketTransaction(
            chain_id=self._policy.chain_id,
            nonce=attempt.nonce,
            priority_fee=attempt.priority_fee,
            max_fee_per_gas=attempt.max_fee_per_gas,
            gas_limit=attempt.gas_limit,
            to=attempt.to,
            data=bytes.fromhex(attempt.data),
        )

    def _empty(self, attempt: Attempt) -> FeeMarketTransaction:
        return replace(self._again(attempt), gas_limit=TRANSFER_GAS, to=self.address, data=b"")

    async def _launch(self, record: SwapLog, step: Step, transaction: FeeMarketTransaction) -> RpcError | None:
        """Sign, keep, broadcast. The node's refusal, where it says that it will not have it."""
        attempt = Attempt.of(step, transaction, self._signer.sign(transaction))
        record.keep(attempt)
        self._remember(attempt)
        return await self._offer(attempt)

    def _remember(self, attempt: Attempt) -> None:
        self._newest[attempt.nonce] = attempt
        if len(self._newest) > REMEMBERED:
            del self._newest[min(self._newest)]

    async def _offer(self, attempt: Attempt) -> RpcError | None:
        """The node's refusal, if it will not have it and does not know it. Silence is no refusal: it may have come."""
        try:
            await self._rpc.call("eth_sendRawTransaction", attempt.raw)
        except NodeDown as error:
            log.warning("no answer to the broadcast of %s: %s", attempt.hash, error)
        except RpcError as error:
            return await self._doubted(attempt, error)
        return None

    async def _doubted(self, attempt: Attempt, refusal: RpcError) -> RpcError | None:
        if any(words in refusal.message.lower() for words in KNOWN):
            return None
        try:
            known = await self._rpc.call("eth_getTransactionByHash", attempt.hash)
        except (NodeDown, RpcError):
            return None
        if known is not None:
            return None
        log.warning("the node refused %s: %s", attempt.hash, refusal.message)
        return refusal

    async def _sight(self, attempts: Sequence[Attempt]) -> _Sighting:
        """The count is asked first: a nonce it counts as used has a receipt by the time that is asked for."""
        calls: list[tuple[str, Sequence[Json]]] = [("eth_getTransactionCount", (self.address, "latest"))]
        for each in attempts:
            calls += [("eth_getTransactionReceipt", (each.hash,)), ("eth_getTransactionByHash", (each.hash,))]
        used, *answers = await self._rpc.batch(calls)
        if isinstance(used, RpcError):
            raise used
        found = [None if isinstance(each, RpcError) else each for each in answers]
        landed = [Landed(each, receipt) for each, receipt in zip(attempts, found[::2], strict=True) if receipt]
        clear = not any(isinstance(each, RpcError) for each in answers)
        return _Sighting(int(used, 16), landed[0] if landed else None, any(found[1::2]), clear)

    def _deep(self, landed: Landed) -> bool:
        return self._heads.number - landed.block + 1 >= self._policy.confirmations

    def _raised(self, fee: int) -> int:
        return mul_div_up(fee, BPS + self._policy.raise_bps, BPS) + 1
