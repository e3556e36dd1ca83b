"""Orders on their way: nobody waits for an exchange to answer, and what it answers is heard like all else it says."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from bot.model.orders import OrderEvent

log = logging.getLogger(__name__)


class Errands:
    """Calls to exchanges, each in a task of its own. What comes of them waits in one queue that never drops."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[OrderEvent] = asyncio.Queue()
        self._running: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def run(self, call: Coroutine[Any, Any, list[OrderEvent]]) -> None:
        """Begin a call; its answer is heard later."""
        self._keep(asyncio.create_task(self._answered(call)))

    def follow(self, events: AsyncIterator[OrderEvent]) -> None:
        """Hear what an exchange says unasked, too."""
        self._keep(asyncio.create_task(self._said(events)))

    async def heard(self) -> AsyncIterator[OrderEvent]:
        """All that is heard, in order. Never ends by itself."""
        while True:
            yield await self._heard.get()

    def waiting(self) -> list[OrderEvent]:
        """What was heard and nobody has taken yet, in order."""
        return [self._heard.get_nowait() for _ in range(self._heard.qsize())]

    async def close(self) -> list[OrderEvent]:
        """Wait for nobody: what is under way is found again by whoever starts next. What was heard by nobody yet."""
        running = tuple(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        return self.waiting()

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _answered(self, call: Coroutine[Any, Any, list[OrderEvent]]) -> None:
        try:
            for event in await call:
                self._heard.put_nowait(event)
        except Exception:
            log.exception("an order's call failed")  # its order stays open in the books, and is looked for at the start

    async def _said(self, events: AsyncIterator[OrderEvent]) -> None:
        try:
            async for event in events:
                self._heard.put_nowait(event)
        except Exception:
            log.exception("no more is heard of orders unasked")  # what calls answer is heard all the same
