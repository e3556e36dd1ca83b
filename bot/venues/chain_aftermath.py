"""What orders on chain leave behind: what may still be allowed to a pool, and fills that a reorg may still undo."""

import logging
from collections.abc import Collection

from bot.venues.chain_courses import Courses, wanted
from bot.venues.heads import Heads
from bot.venues.swap_log import SwapLog
from bot.venues.wallet_sending import Landed, Lost, WalletSender

log = logging.getLogger(__name__)

TRY_AGAIN = 10  # blocks after it was tried in vain to take back what is allowed
REORG_DEPTH = 8  # blocks for which a fill that was told is looked for in the chain


class Aftermath:
    """Each question raises NodeDown when no node answers, RpcError when it will not."""

    def __init__(self, courses: Courses, sender: WalletSender, heads: Heads) -> None:
        self._courses, self._sender, self._heads = courses, sender, heads
        self._untidy: list[SwapLog] = []
        self._filled: list[tuple[SwapLog, Landed]] = []
        self._tried: dict[str, int] = {}  # in which block in vain, by order
        self.settled: Collection[str] = ()  # orders whose logs nobody needs once nothing is allowed

    def add(self, record: SwapLog, swapped: Landed | None) -> None:
        """An order that has ended, and the swap that filled it."""
        self._untidy.append(record)
        if swapped is not None:
            self._filled.append((record, swapped))

    async def untidy(self) -> list[SwapLog]:
        """Orders of which something is still allowed to a pool; the others are done with."""
        left = [record for record in self._untidy if not await self._courses.tidied(record)]
        for record in self._untidy:
            if record not in left and record.swap.order_id in self.settled:
                record.drop()
        self._untidy = left
        return left

    async def tidy(self) -> None:
        """Nothing stays allowed to a pool. What cannot be taken back now is taken back later."""
        for record in await self.untidy():
            name = record.swap.order_id
            if self._heads.number - self._tried.get(name, -TRY_AGAIN) < TRY_AGAIN:
                continue
            lost = await self._courses.tidy(record)
            if lost is not None:
                self._tried[name] = self._heads.number
                log.warning("order %s: its pool may still take its coin: %s", name, lost.reason)
        if self._untidy:
            await self.untidy()

    async def thrown_out(self) -> SwapLog | None:
        """An order that was told as filled and is not in the chain as it was; those deep in it are forgotten."""
        for record, swapped in tuple(self._filled):
            known = await self._sender.known(record)
            if not isinstance(known, Landed) or known.block_hash != swapped.block_hash:
                self._filled.remove((record, swapped))
                return record
            if self._heads.number - swapped.block >= REORG_DEPTH:
                self._filled.remove((record, swapped))
        return None

    async def follow_again(self, record: SwapLog) -> bool:
        """Whether it is in the chain once more, sent again under its nonce if need be."""
        end = await self._sender.follow(record, wanted)
        if isinstance(end, Lost) or not end.worked:
            return False
        self._filled.append((record, end))
        return True
