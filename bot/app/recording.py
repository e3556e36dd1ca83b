"""Live quotes onto the shelf, bar by bar."""

import asyncio
import time
from contextlib import suppress

from bot.records.quote_bars import Recorder
from bot.venues.exchange import Feeds

TURN = 1.0  # seconds between looks at the clock: bars end though nobody quotes


async def record(feeds: Feeds, recorder: Recorder, seconds: float | None) -> None:
    """Take in what the feeds tell, for so long or until cancelled; then everything is on the shelf.

    `UserError` when the disk will not have it.
    """
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), feeds, asyncio.TaskGroup() as tasks:
                tasks.create_task(_quotes(feeds, recorder))
                tasks.create_task(_clock(recorder))
    except BaseExceptionGroup as faults:
        raise faults.exceptions[0] from None  # of two tasks the other is but cancelled
    finally:
        recorder.close()


async def _quotes(feeds: Feeds, recorder: Recorder) -> None:
    async for seen in feeds.looks():
        recorder.take(seen)


async def _clock(recorder: Recorder) -> None:
    while True:
        await asyncio.sleep(TURN)
        recorder.pass_time(time.time_ns())
        if recorder.full:
            await asyncio.to_thread(recorder.flush)  # half a second of a hundred markets, and quotes do not wait
