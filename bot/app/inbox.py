"""What waits for `step`: blocks and reports of orders in queues that never drop, quotes where the newest wins.

One reader takes them one by one. However slow it is, the next quotes it sees are the newest; a block comes first, and
what became of orders before any quote.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress

from bot.model.events import BlockSeen, QuotesSeen, Tick
from bot.model.orders import OrderEvent
from bot.strategy.quotes import joined

log = logging.getLogger(__name__)

PACE = 0.02  # seconds between two looks at least: what comes sooner is one look
SILENCE = 5.0  # seconds without any news are news, too

Happened = BlockSeen | QuotesSeen | Tick | OrderEvent


async def events(
    blocks: AsyncGenerator[BlockSeen, None] | None,
    looks: AsyncIterator[QuotesSeen] | None,
    clock: Callable[[], int],
    *,
    orders: AsyncIterator[OrderEvent] | None = None,
    pace: float = PACE,
    silence: float = SILENCE,
) -> AsyncGenerator[Happened, None]:
    """Everything that happens. Where there are blocks it ends with them, and raises what ended them.

    What ends the quotes is logged, and the blocks go on; so is what ends the reports of orders. `clock` tells ns UTC.
    """
    inbox, tasks = _Inbox(clock, pace, silence), list[asyncio.Task[None]]()
    if blocks:
        tasks.append(asyncio.create_task(inbox.take_blocks(blocks)))
        tasks[0].add_done_callback(lambda _: inbox.end())
    if looks:
        tasks.append(asyncio.create_task(inbox.take_looks(looks)))
    if orders:
        tasks.append(asyncio.create_task(inbox.take_orders(orders)))
    try:
        while (event := await inbox.next()) is not None:
            yield event
        await tasks[0]  # to raise what ended it
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Inbox:
    """One block at most is read ahead, so that of many that come at once only the newest is read."""

    def __init__(self, clock: Callable[[], int], pace: float, silence: float) -> None:
        self._clock, self._pace, self._silence = clock, pace, silence
        self._looks_again = 0.0  # when the next look may be taken, on the loop's clock
        self._blocks: asyncio.Queue[BlockSeen] = asyncio.Queue(maxsize=1)
        self._look: QuotesSeen | None = None
        self._orders: deque[OrderEvent] = deque()
        self._arrived = asyncio.Event()
        self._over = False

    async def take_blocks(self, blocks: AsyncGenerator[BlockSeen, None]) -> None:
        async with aclosing(blocks):
            async for block in blocks:
                await self._blocks.put(block)
                self._arrived.set()

    async def take_looks(self, looks: AsyncIterator[QuotesSeen]) -> None:
        try:
            async for look in looks:
                self._look = joined(self._look, look) if self._look else look
                self._arrived.set()
        except Exception:
            log.exception("no more quotes come")  # whatever it was: blocks go on

    async def take_orders(self, orders: AsyncIterator[OrderEvent]) -> None:
        try:
            async for event in orders:
                self._orders.append(event)
                self._arrived.set()
        except Exception:
            log.exception("no more is heard of orders")  # whatever it was: blocks and quotes go on

    def end(self) -> None:
        self._over = True
        self._arrived.set()

    async def next(self) -> Happened | None:
        """The next event; None when there will be no more."""
        while True:
            if not self._blocks.empty():
                return self._blocks.get_nowait()
            if self._over:
                return None
            if self._orders:
                return self._orders.popleft()
            if self._look is not None and self._rest() <= 0:
                look, self._look = self._look, None
                self._looks_again = asyncio.get_running_loop().time() + self._pace
                return look
            if not await self._news_within(self._silence if self._look is None else self._rest()) and self._idle():
                now = self._clock()
                return Tick(made_at=now, seen_at=now)

    def _idle(self) -> bool:
        return self._look is None and not self._orders

    def _rest(self) -> float:
        """Seconds until the next look may be taken."""
        return self._looks_again - asyncio.get_running_loop().time()

    async def _news_within(self, seconds: float) -> bool:
        self._arrived.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # before 3.12 wait_for forgets a cancellation that comes with the news
                return await self._arrived.wait()
        return False
