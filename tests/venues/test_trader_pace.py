"""How fast an exchange is asked."""

import asyncio
import time

from bot.venues.order_pace import Bucket


async def test_what_was_saved_goes_at_once_and_the_rest_at_the_rate():
    """Ten at once, and then ten a tenth of a second apart or so."""
    bucket = Bucket(rate=200.0, burst=10.0)
    began = time.monotonic()
    for _ in range(10):
        await bucket.take()
    assert time.monotonic() - began < 0.04
    await asyncio.gather(*(bucket.take(2) for _ in range(5)))
    assert time.monotonic() - began >= 10 / 200


async def test_what_costs_nothing_waits_for_nobody():
    """Not even behind what waits for long."""
    bucket = Bucket(rate=0.01, burst=1.0)
    await bucket.take()
    waiting = asyncio.create_task(bucket.take(3))
    await asyncio.wait_for(bucket.take(0), 0.1)
    waiting.cancel()
