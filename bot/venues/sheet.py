"""All reads of a block on one sheet: each call once, laid out once, answered anew at every block."""

import asyncio
import logging
from collections.abc import Awaitable, Iterable, Sequence

from bot.model.events import LenderSeen, PoolSeen
from bot.model.registry import Address, Registry
from bot.venues import flash_loans, multicall, readers
from bot.venues.multicall import Asking, Call
from bot.venues.readers import Reader, Unreadable
from bot.venues.rpc import RpcError
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
        self._places = [
            (key, reader, [numbers.setdefault(each, len(numbers)) for each in reader.calls]) for key, reader in opened
        ]
        self._payloads = multicall.payloads(tuple(numbers))

    def requests(self, block_hash: str) -> list[tuple[str, Sequence[Json]]]:
        """What to ask a node, for `Rpc.batch`."""
        return multicall.requests(self._payloads, block_hash)

    def read(self, results: Sequence[Json | RpcError], time: int) -> dict[Key, Seen]:
        """What the node's results say; what could not be read is not there. `time`: the block's, unix seconds.

        Raises the node's `RpcError` where it refused a request.
        """
        answers = multicall.answers(results)
        seen: dict[Key, Seen] = {}
        for key, reader, places in self._places:
            found = [answer for place in places if (answer := answers[place]) is not None]
            if len(found) == len(places):
                try:
                    seen[key] = reader.seen(found, time)
                except Unreadable as why:
                    log.warning("%s cannot be read: %s", key, why)
        return seen


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
