"""All reads of a block on one sheet: each call once, laid out once, answered anew at every block."""

import asyncio
import logging
from collections.abc import Awaitable, Iterable, Sequence

from bot.model.events import LenderSeen, PoolSeen
from bot.model.registry import Address, Registry
from bot.venues import flash_loans, multicall, readers
from bot.venues.multicall import Asking, Call
from bot.venues.readers import Reader, Unreadable
from bot.venues.rpc import Rpc, RpcError
from bot.venues.transport import Json

log = logging.getLogger(__name__)

Loan = tuple[Address, Address]
"""A lender and a token."""

Key = Address | Loan
Seen = PoolSeen | LenderSeen


class Sheet:
    """Readers of pools and of loans, as one request."""

    def __init__(self, opened: Iterable[tuple[Key, Reader[Seen]]]) -> None:
        numbers: dict[Call, int] = {}
        self._places = {
            key: (reader, [numbers.setdefault(each, len(numbers)) for each in reader.calls]) for key, reader in opened
        }
        self._width = len(numbers)
        self._payloads = multicall.payloads(tuple(numbers))

    def requests(self, block_hash: str) -> list[tuple[str, Sequence[Json]]]:
        """What to ask a node, for `Rpc.batch`."""
        return multicall.requests(self._payloads, block_hash)

    async def read(self, results: Sequence[Json | RpcError], rpc: Rpc, block_hash: str, time: int) -> dict[Key, Seen]:
        """What the node's results say; what could not be read is not there. `time`: the block's, unix seconds.

        What failed among the others is asked once more apart. Raises as `multicall.apart` does.
        """
        refused = any(isinstance(result, RpcError) for result in results)
        answers = [None] * self._width if refused else multicall.answers(results)
        found = {key: [answers[place] for place in places] for key, (_, places) in self._places.items()}
        failed = [key for key, each in found.items() if None in each]
        if failed:
            groups = [self._places[key][0].calls for key in failed]
            found |= zip(failed, await multicall.apart(rpc, groups, block_hash), strict=True)
        return {key: seen for key, each in found.items() if (seen := self._seen(key, each, time)) is not None}

    def _seen(self, key: Key, answers: Sequence[bytes | None], time: int) -> Seen | None:
        complete = [answer for answer in answers if answer is not None]
        if len(complete) < len(answers):
            return None
        try:
            return self._places[key][0].seen(complete, time)
        except Unreadable as why:
            log.debug("%s cannot be read: %s", key, why)
            return None


async def open_sheet(registry: Registry, executor: Address | None, ask: Asking) -> Sheet:
    """Finds out how each contract is asked. What cannot be asked is left out, and said in the log."""
    shares = {pool.base: pool.coins[1] for pool in registry.pools.values() if pool.base}
    opening: list[Awaitable[tuple[Key, Reader[Seen]] | None]] = []
    for pool in registry.pools.values():
        reading = readers.reader(pool, registry.coins, shares.get(pool.address), executor, ask)
        opening.append(_opened(pool.address, pool.name, reading))
    for lender in registry.lenders:
        for token in lender.tokens:
            loan = flash_loans.reader(lender, token, ask)
            opening.append(_opened((lender.address, token), lender.name, loan))
    return Sheet(opened for opened in await asyncio.gather(*opening) if opened)


async def _opened(
    key: Key, name: str, opening: Awaitable[Reader[PoolSeen]] | Awaitable[Reader[LenderSeen]]
) -> tuple[Key, Reader[Seen]] | None:
    try:
        return key, await opening
    except Unreadable as why:
        log.warning("%s cannot be read: %s", name, why)
        return None
