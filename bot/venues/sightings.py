"""What a node knows of the transactions in flight: one batch for all of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.model.decisions import Plan
from bot.model.events import Mined, Reverted, Signed
from bot.model.registry import Address
from bot.venues import calldata
from bot.venues.flights import Flight
from bot.venues.rpc import Rpc, RpcError
from bot.venues.transport import Json


@dataclass(frozen=True, slots=True)
class Landing:
    """An attempt that is in a block, with its receipt."""

    attempt: Signed
    receipt: dict[str, Json]

    @property
    def block(self) -> int:
        """The block's number."""
        return self._number("blockNumber")

    @property
    def block_hash(self) -> str:
        """The block's hash."""
        return str(self.receipt["blockHash"])

    @property
    def succeeded(self) -> bool:
        """Whether it did not revert."""
        return self._number("status") == 1

    def mined(self, plan: Plan, contract: Address, moment: tuple[int, int]) -> Mined:
        """The capture as the executor's own event tells it."""
        captured = [calldata.decode_captured(entry) for entry in self._logs_of(contract)]
        return Mined(
            *moment,
            plan_id=plan.id,
            hash=self.attempt.hash,
            block=self.block,
            block_hash=self.block_hash,
            gas_used=self._number("gasUsed"),
            gas_price=self._number("effectiveGasPrice"),
            token=plan.loop.token,
            profit=sum(each.profit for each in captured if each),
        )

    def reverted(self, plan: Plan, reason: str, moment: tuple[int, int]) -> Reverted:
        """The failure, for this reason."""
        return Reverted(
            *moment,
            plan_id=plan.id,
            hash=self.attempt.hash,
            block=self.block,
            block_hash=self.block_hash,
            gas_used=self._number("gasUsed"),
            gas_price=self._number("effectiveGasPrice"),
            reason=reason,
        )

    def _number(self, key: str) -> int:
        return int(self.receipt[key], 16)

    def _logs_of(self, contract: Address) -> Iterable[dict[str, Json]]:
        return (entry for entry in self.receipt["logs"] if entry["address"].lower() == contract.lower())


@dataclass(frozen=True, slots=True)
class Waiting:
    """An attempt is in the node's pool: the one with the highest fees that is."""

    hash: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The node knows none of the attempts."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """The node would not say."""


Sighting = Landing | Waiting | Unknown | Unclear


async def look(rpc: Rpc, sender: Address, flights: Sequence[Flight]) -> tuple[int, list[Sighting]]:
    """How many transactions of `sender` the chain holds, and how the node sees each flight.

    The count is asked first: a nonce it counts as used has a receipt by the time that is asked for. Raises NodeDown,
    and RpcError when the node will not count.
    """
    calls: list[tuple[str, Sequence[Json]]] = [("eth_getTransactionCount", (sender, "latest"))]
    for flight in flights:
        for attempt in flight.attempts:
            calls += [("eth_getTransactionReceipt", (attempt.hash,)), ("eth_getTransactionByHash", (attempt.hash,))]
    used, *answers = await rpc.batch(calls)
    if isinstance(used, RpcError):
        raise used
    pairs = zip(answers[::2], answers[1::2], strict=True)
    return int(used, 16), [_sighting([(attempt, *next(pairs)) for attempt in flight.attempts]) for flight in flights]


def _sighting(answers: Sequence[tuple[Signed, Json, Json]]) -> Sighting:
    if any(isinstance(answer, RpcError) for _, *both in answers for answer in both):
        return Unclear()
    for attempt, receipt, _ in answers:
        if receipt is not None:
            return Landing(attempt, receipt)
    for attempt, _, pooled in reversed(answers):
        if pooled is not None:
            return Waiting(attempt.hash)
    return Unknown()
