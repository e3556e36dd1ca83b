"""The newest head of the chain, for those who wait for the next one."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from bot.venues.chain import next_base_fee
from bot.venues.rpc import Rpc
from bot.venues.transport import Json


class Heads:
    """Follows a node's head. `ring` wakes whoever waits, for another reason than a new head."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._bell = asyncio.Event()
        self._following: asyncio.Task[None] | None = None
        self._head: Mapping[str, Json] = {}

    @property
    def known(self) -> bool:
        """Whether there was ever one."""
        return bool(self._head)

    @property
    def number(self) -> int:
        """Of the newest; 0 before the first."""
        return int(self._head["number"], 16) if self._head else 0

    @property
    def hash(self) -> str:
        """Of the newest; "" before the first."""
        return str(self._head.get("hash", ""))

    @property
    def timestamp(self) -> int:
        """Of the newest, unix seconds; 0 before the first."""
        return int(self._head["timestamp"], 16) if self._head else 0

    @property
    def next_base_fee(self) -> int:
        """Of the block being built, wei per gas."""
        return next_base_fee(self._head) if self._head else 0

    def follow(self) -> None:
        """Begin to listen."""
        self._following = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Listen no more."""
        if self._following is not None:
            self._following.cancel()
            with suppress(asyncio.CancelledError):
                await self._following

    def ring(self) -> None:
        """Wake whoever waits."""
        self._bell.set()

    async def news(self) -> None:
        """Until there is another head, or somebody rings. What came since the last call is not waited for again."""
        await self._bell.wait()
        self._bell.clear()

    async def look(self) -> None:
        """Ask for the head now. NodeDown when no node answers, RpcError when it will not."""
        self._take(await self._rpc.call("eth_getBlockByNumber", "latest", False))

    async def _run(self) -> None:
        async for head in self._rpc.heads():
            self._take(head)
            self._bell.set()

    def _take(self, head: Mapping[str, Json]) -> None:
        """News may be late: one lower than the newest is not the newest."""
        if int(head["number"], 16) >= self.number:
            self._head = head
