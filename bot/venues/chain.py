"""The chain, block by block: every watched pool's state and every lender's terms, all at one block, in one request."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from eth_utils.address import to_checksum_address

from bot.model.events import BlockSeen, LenderSeen, PoolSeen, TicksSeen
from bot.model.registry import Address, Family, Pool, Registry
from bot.venues import ladders
from bot.venues.ladders import Window
from bot.venues.multicall import Asking
from bot.venues.readers import NOBODY, Unreadable
from bot.venues.rpc import NodeDown, Rpc, RpcError
from bot.venues.sheet import Key, Seen, Sheet, open_sheet
from bot.venues.transport import Json

log = logging.getLogger(__name__)

MINT = "0x7a53080ba414158be7ec69b987b5fb7d07dee101fe85488f0853ae16239d0bde"  # Uniswap V3's events of these names
BURN = "0x0c396cd989a39f4459b5fa1aed6a9a8dcdbc45908acfd67e028cd568da98982c"
ATTEMPTS = 4  # at one head: a node may announce a block a moment before it can be asked about it
ATTEMPT_AGAIN = 0.05  # seconds, twice as long each time

ELASTICITY = 2  # a full block is twice the target
MAX_CHANGE = 8  # the base fee changes by at most an eighth
NS = 10**9

Head = Mapping[str, Json]
"""A block's header as the node gives it."""

Windows = dict[Address, Window]


@dataclass(slots=True)
class Known:
    """What has been told already."""

    block: str = ""
    pools: dict[Address, PoolSeen] = field(default_factory=dict)  # ladders apart
    windows: Windows = field(default_factory=dict)
    lenders: dict[Key, LenderSeen] = field(default_factory=dict)


class ChainReader:
    """Reads a registry's pools and lenders. `executor` is who will trade, where that matters to a vault.

    `band`: how far the price may move, as a part of it, before ticks beyond are needed.
    """

    def __init__(
        self, rpc: Rpc, registry: Registry, executor: Address | None = None, *, band: float = ladders.BAND
    ) -> None:
        self._rpc = rpc
        self._registry = registry
        self._executor = executor
        self._band = band
        self._ticked = [pool for pool in registry.pools.values() if pool.family is Family.UNISWAP_V3]
        self._sheet: Sheet | None = None
        self._known = Known()
        self._heard = time.monotonic()

    @property
    def silence(self) -> float:
        """Seconds since the node told of a new head."""
        return time.monotonic() - self._heard

    async def blocks(self) -> AsyncGenerator[BlockSeen, None]:
        """Every new head, read. Of heads that came while one was read only the newest is; none is told twice."""
        heads: asyncio.Queue[Head | None] = asyncio.Queue()
        follower = asyncio.create_task(self._follow(heads))
        follower.add_done_callback(lambda _: heads.put_nowait(None))
        try:
            while (head := await _newest(heads)) is not None:
                if (seen := await self._attempt(head, heads)) is not None:
                    yield seen
            await follower  # to raise what ended it
        finally:
            follower.cancel()
            with suppress(asyncio.CancelledError):
                await follower

    async def _follow(self, heads: asyncio.Queue[Head | None]) -> None:
        async for head in self._rpc.heads():
            self._heard = time.monotonic()
            heads.put_nowait(head)

    async def _attempt(self, head: Head, heads: asyncio.Queue[Head | None]) -> BlockSeen | None:
        """The head, read; None when it cannot be, or a newer one has come while it could not."""
        for attempt in range(ATTEMPTS):
            try:
                return await self.read(head)
            except (RpcError, NodeDown) as error:
                log.warning("block %s cannot be read: %s", head["number"], error)
                if not heads.empty():
                    break
                await asyncio.sleep(ATTEMPT_AGAIN * 2**attempt)
        return None

    async def read(self, head: Head) -> BlockSeen:
        """All that differs at this block from what was last told; everything the first time.

        Raises `RpcError` when the node does not know the block, `NodeDown` when none answers; then nothing is counted
        as told.
        """
        arrived, block = time.time_ns(), str(head["hash"])
        ask = Asking(self._rpc, block)
        sheet = self._sheet = self._sheet or await open_sheet(self._registry, self._executor, ask)
        logs, *results = await self._rpc.batch([self._request_logs(block), *sheet.requests(block)])
        seen = await sheet.read(results, self._rpc, block, int(head["timestamp"], 16))
        pools = {state.pool: state for state in seen.values() if not isinstance(state, LenderSeen)}
        windows = await self._windows(pools, self._outdated(head, logs), ask)
        return self._tell(head, arrived, Known(block, pools, windows, self._loans(seen)))

    def _request_logs(self, block: str) -> tuple[str, Sequence[Json]]:
        addresses = [pool.address for pool in self._ticked] or [NOBODY]  # no address at all would mean every one
        return "eth_getLogs", ({"blockHash": block, "address": addresses, "topics": [[MINT, BURN]]},)

    def _outdated(self, head: Head, logs: Json | RpcError) -> set[Address]:
        """The pools whose ladder may differ: liquidity came or went, or a block between was not read."""
        if head["parentHash"] != self._known.block or isinstance(logs, RpcError):
            return {pool.address for pool in self._ticked}
        return {to_checksum_address(each["address"]) for each in logs}

    async def _windows(self, pools: dict[Address, PoolSeen], outdated: set[Address], ask: Asking) -> Windows:
        """The ladder of each pool, read again where it must be. A pool whose ladder cannot be read is struck out."""
        windows = {pool.address: self._known.windows.get(pool.address) for pool in self._ticked}
        wanted = []
        for pool in self._ticked:
            state, window = pools.get(pool.address), windows[pool.address]
            if isinstance(state, TicksSeen) and (pool.address in outdated or not (window and window.holds(state.tick))):
                wanted.append(self._window(pool, state, ask))
        for address, window in await asyncio.gather(*wanted):
            windows[address] = window
            if window is None:
                del pools[address]
        return {address: window for address, window in windows.items() if window and address in pools}

    async def _window(self, pool: Pool, state: TicksSeen, ask: Asking) -> tuple[Address, Window | None]:
        try:
            return pool.address, await ladders.read(pool, state, ask, self._band)
        except Unreadable as why:
            log.warning("%s cannot be read: %s", pool.name, why)
            return pool.address, None

    def _loans(self, seen: Mapping[Key, Seen]) -> dict[Key, LenderSeen]:
        """Every lender's terms; one that does not answer has nothing to lend."""
        silent = {key: replace(terms, cash=0) for key, terms in self._known.lenders.items()}
        return silent | {key: terms for key, terms in seen.items() if isinstance(terms, LenderSeen)}

    def _tell(self, head: Head, arrived: int, found: Known) -> BlockSeen:
        told, self._known = self._known, found
        timestamp = int(head["timestamp"], 16)
        return BlockSeen(
            made_at=timestamp * NS,
            seen_at=arrived,
            number=int(head["number"], 16),
            hash=found.block,
            parent_hash=head["parentHash"],
            timestamp=timestamp,
            base_fee=_base_fee(head),
            next_base_fee=next_base_fee(head),
            pools=tuple(_news(told, found)),
            lenders=tuple(terms for key, terms in found.lenders.items() if terms != told.lenders.get(key)),
            gone=tuple(address for address in self._registry.pools if address not in found.pools),
        )


def next_base_fee(head: Head) -> int:
    """What the base fee of the block after `head` will be, wei (EIP-1559)."""
    fee, used, target = _base_fee(head), int(head["gasUsed"], 16), int(head["gasLimit"], 16) // ELASTICITY
    change = fee * abs(used - target) // max(target, 1) // MAX_CHANGE
    if used > target:
        return fee + max(change, 1)
    return fee - change


def _base_fee(head: Head) -> int:
    return int(head.get("baseFeePerGas") or "0x0", 16)


def _news(told: Known, found: Known) -> Iterator[PoolSeen]:
    for address, state in found.pools.items():
        known, window = told.pools.get(address), found.windows.get(address)
        before = told.windows.get(address)
        if isinstance(state, TicksSeen) and window and (before is None or before.ticks != window.ticks):
            yield replace(state, ticks=window.ticks)
        elif state != known:
            yield state


async def _newest(heads: asyncio.Queue[Head | None]) -> Head | None:
    """The last of the heads that wait; None when there will be no more."""
    head = await heads.get()
    while head is not None and not heads.empty():
        head = heads.get_nowait()
    return head
