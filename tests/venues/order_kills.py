"""A process that ends between two steps of an order, case by case, and another that takes up its journal."""

import asyncio
from contextlib import suppress

from bot.model.orders import OrderFilled, OrderOpened, Style

from .order_floor import PAIR

RESTS = {"style": Style.REST, "limit": "0.99"}  # below the market, until it comes down to it


def come_down(desk, venue, size=5_000.0):
    """The market comes to what rests at 0.99."""
    desk.exchanges.quote(venue, *PAIR[venue], 0.985, 0.99, 5_000.0, size)


async def restart(desk):
    """The process ends between two steps, and another takes up its journal."""
    await desk.stop()
    await desk.start()


async def killed_before_it_was_sent(desk, venue):
    """It was written down, and the process ended."""
    made = desk.order(venue)
    await restart(desk)
    await desk.done(made)
    assert desk.final(made).reason == "never arrived"


async def killed_while_it_was_sent(desk, venue):
    """The exchange took it, and the process ended before there was an answer."""
    made = desk.order(venue)
    placing = asyncio.create_task(desk.trader.place(made))
    await desk.until(lambda: desk.exchanges.orders(venue))
    placing.cancel()
    with suppress(asyncio.CancelledError):
        await placing
    await restart(desk)
    await desk.done(made)
    assert desk.final(made).filled == 100


async def killed_before_it_was_told(desk, venue):
    """It was sent, answered and filled, and nothing of that was written down."""
    made = desk.order(venue)
    desk.listener.cancel()
    await desk.trader.place(made)
    await restart(desk)
    await desk.done(made)
    assert desk.final(made).filled == 100


async def killed_while_it_rested(desk, venue):
    """It rests, and is filled while nobody is there."""
    made = await desk.place(venue, **RESTS)
    await desk.until(lambda: desk.of(made, OrderOpened))
    await desk.stop()
    come_down(desk, venue)
    await desk.start()
    await desk.done(made)
    assert desk.final(made).filled == 100


async def killed_when_partly_filled(desk, venue):
    """A part was told, another part is filled while nobody is there, and the rest is pulled later."""
    made = await desk.place(venue, **RESTS)
    come_down(desk, venue, 30.0)
    await desk.until(lambda: desk.of(made, OrderFilled))
    await desk.stop()
    come_down(desk, venue, 40.0)
    await desk.start()
    assert sum(each.amount for each in desk.of(made, OrderFilled)) == 70
    await desk.pull(made)
    await desk.done(made)
    assert desk.final(made).filled == 70


async def killed_before_it_was_pulled(desk, venue):
    """The cancellation was written down, and the process ended."""
    made = await desk.place(venue, **RESTS)
    desk.decide_pull(made)
    await restart(desk)
    await desk.done(made)
    assert desk.final(made).filled == 0


async def killed_while_it_was_pulled(desk, venue):
    """The exchange cancelled it, and the process ended before there was an answer."""
    made = await desk.place(venue, **RESTS)
    desk.decide_pull(made)
    pulling = asyncio.create_task(desk.trader.pull(made.id, "test"))
    await desk.until(lambda: not desk.exchanges.account(venue).open())
    pulling.cancel()
    with suppress(asyncio.CancelledError):
        await pulling
    await restart(desk)
    await desk.done(made)
    assert desk.final(made).filled == 0


async def killed_and_the_journal_is_lost(desk, venue):
    """An order stands that no journal knows: it is cancelled, and told."""
    made = await desk.place(venue, **RESTS)
    await desk.stop()
    desk.journal.clear()
    await desk.start()
    assert not desk.exchanges.account(venue).open()
    assert made.id in desk.seen(venue).reason


KILLS = (
    killed_before_it_was_sent,
    killed_while_it_was_sent,
    killed_before_it_was_told,
    killed_while_it_rested,
    killed_when_partly_filled,
    killed_before_it_was_pulled,
    killed_while_it_was_pulled,
    killed_and_the_journal_is_lost,
)
