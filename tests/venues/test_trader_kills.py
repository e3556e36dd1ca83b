"""A process that ends at any moment: the next one takes up the journal, and nothing is lost or doubled."""

import asyncio
from contextlib import suppress
from random import Random

import pytest

from bot.sandbox.exchange_faults import Fault

from .order_cases import reckoning
from .order_floor import PAIR, VENUES, floor
from .order_kills import RESTS, come_down, restart

ROUNDS = 8
LONGEST = 0.03  # seconds that one round takes when nobody ends it


async def trade(desk, venue):
    """What a bot does in a while: takes, rests, is filled in part, pulls, and replaces."""
    desk.exchanges.quote(venue, *PAIR[venue], 0.999, 1.001, 5_000.0, 5_000.0)
    await desk.place(venue, amount="20")
    rests = await desk.place(venue, **RESTS)
    come_down(desk, venue, 30.0)
    await asyncio.sleep(0.002)
    await desk.pull(rests)
    replaced = await desk.place(venue, **RESTS)
    await desk.pull(replaced)


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("fault", [None, Fault.PRIVATE_SILENT, Fault.FILL_TWICE, Fault.FILL_LATE])
async def test_a_process_may_end_at_any_moment(venue, fault):
    """However often it is killed wherever it is, each order has one end, one existence, and its fills once."""
    chance = Random(f"{venue} {fault}")
    async with floor(venue) as desk:
        if fault is not None:
            desk.exchanges.fault(venue, fault)
        for _ in range(ROUNDS):
            await desk.until(lambda: desk.ready(venue))
            run = asyncio.create_task(trade(desk, venue))
            await asyncio.wait([run], timeout=chance.uniform(0.0, LONGEST))
            desk.listener.cancel()  # what comes now is written by nobody
            run.cancel()
            with suppress(asyncio.CancelledError):
                await run
            await restart(desk)
        await desk.until(lambda: desk.ready(venue))
        for each in [each.ticket for each in desk.journal if each.kind == "ordered"]:
            if desk.final(each) is None:
                await desk.pull(each)
        await reckoning(desk, venue)
