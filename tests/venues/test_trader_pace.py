"""How fast an exchange is asked."""

import asyncio
import time

from bot.venues.order_pace import Bucket


async def test_what_was_saved_goes_at_once_and_the_rest_at_the_rate():
    """Ten at once, where one would take as long as nobody waits here; and once they are gone, as fast as they come."""
    slow = Bucket(rate=0.01, burst=10.0)
    async with asyncio.timeout(10):
        for _ in range(10):
            await slow.take()
    fast, began = Bucket(rate=200.0, burst=10.0), time.monotonic()
    await asyncio.gather(*(fast.take(2) for _ in range(10)))
    assert time.monotonic() - began >= 10 / 200


async def test_what_costs_nothing_waits_for_nobody():
    """Not even behind what waits for long."""
    bucket = Bucket(rate=0.01, burst=1.0)
    await bucket.take()
    waiting = asyncio.create_task(bucket.take(3))
    await asyncio.wait_for(bucket.take(0), 10)
    waiting.cancel()
