"""What happens reaches `step` one by one: blocks first, quotes at their newest, silence as ticks."""

import asyncio
import logging
from contextlib import aclosing

import pytest

from bot.app.inbox import events
from bot.model.events import BlockSeen, Quote, QuotesSeen, Tick
from bot.model.orders import VenueSeen


def block(number):
    """A block."""
    return BlockSeen(number, number, number, "0x", "0x", 0, 0, 0, (), ())


def look(at, *venues):
    """USDC at some exchanges."""
    return QuotesSeen(at, at, tuple(Quote(at, at, venue, "USDC", "USD", 1.0, 1.0) for venue in venues))


async def told(*happened, over=None):
    """These, one after another; then `over` is raised, or for ever nothing."""
    for each in happened:
        yield each
    if over:
        raise over
    await asyncio.Event().wait()


async def ended(*happened):
    """These, and no more."""
    for each in happened:
        yield each


async def drained(blocks, looks, silence=60.0):
    """All of it."""
    return [event async for event in events(blocks, looks, lambda: 7, silence=silence)]


async def test_it_ends_with_the_blocks():
    """Every block is told, in order."""
    assert await drained(ended(block(1), block(2), block(3)), None) == [block(1), block(2), block(3)]


async def test_what_ends_the_blocks_is_raised():
    """A node that is gone is news for whoever started us."""
    with pytest.raises(ConnectionError, match="gone"):
        await drained(told(block(1), over=ConnectionError("gone")), told())


async def test_what_ends_the_quotes_is_told_and_blocks_go_on(caplog):
    """A dead feed never stops the block path."""
    with caplog.at_level(logging.ERROR):
        heard = await drained(ended(block(1), block(2)), told(look(1, "kraken"), over=ConnectionError("gone")))

    assert [event for event in heard if isinstance(event, BlockSeen)] == [block(1), block(2)]
    assert "no more quotes" in caplog.text


async def test_a_slow_reader_finds_the_block_first_and_the_newest_quotes():
    """Three looks that came while it was busy are one, and the block that came with them is told before."""
    busy, read, looked = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def blocks():
        await busy.wait()
        yield block(1)
        read.set()
        await asyncio.Event().wait()

    async def looks():
        yield look(0, "kraken")
        await busy.wait()
        yield look(1, "kraken")
        yield look(2, "kraken", "coinbase")
        yield look(3, "coinbase")
        looked.set()
        await asyncio.Event().wait()

    async with aclosing(events(blocks(), looks(), lambda: 7, pace=0.0, silence=60.0)) as happened:
        assert await anext(happened) == look(0, "kraken")
        busy.set()
        await read.wait()
        await looked.wait()

        assert await anext(happened) == block(1)
        assert {quote.venue: quote.seen_at for quote in (await anext(happened)).quotes} == {"kraken": 2, "coinbase": 3}


async def test_looks_wait_for_their_pace_and_blocks_do_not():
    """A look that comes too soon after another lets a block that comes later go before it."""
    looked = asyncio.Event()

    async def blocks():
        await looked.wait()
        yield block(1)

    async def looks():
        yield look(1, "kraken")
        yield look(2, "kraken")
        looked.set()
        await asyncio.Event().wait()

    heard = [event async for event in events(blocks(), looks(), lambda: 7, pace=60.0)]

    assert heard[-1] == block(1)
    assert len(heard) <= 2


async def test_silence_is_a_tick():
    """Time passes though nothing happens."""
    async with aclosing(events(told(), None, lambda: 7, silence=0.01)) as happened:
        assert await anext(happened) == Tick(7, 7)


async def test_what_becomes_of_orders_comes_before_quotes_and_after_blocks():
    """All of it, in order, however many quotes came meanwhile."""
    ready = asyncio.Event()
    reports = [VenueSeen(number, number, "kraken", ready=True) for number in range(3)]

    async def looks():
        yield look(1, "kraken")
        ready.set()
        await asyncio.Event().wait()

    async def blocks():
        await ready.wait()
        yield block(1)
        await asyncio.Event().wait()

    async with aclosing(events(blocks(), looks(), lambda: 7, orders=told(*reports), silence=60.0)) as happened:
        heard = [await anext(happened) for _ in range(5)]

    assert [each for each in heard if isinstance(each, VenueSeen)] == reports
    assert block(1) in heard
    assert heard.index(reports[0]) < heard.index(look(1, "kraken"))


async def test_what_ends_the_reports_is_told_and_the_rest_goes_on(caplog):
    """Blocks and quotes do not hang on them."""
    with caplog.at_level(logging.ERROR):
        blocks, orders = ended(block(1), block(2)), told(over=ConnectionError("gone"))
        heard = [event async for event in events(blocks, None, lambda: 7, orders=orders, silence=60.0)]

    assert heard == [block(1), block(2)]
    assert "orders" in caplog.text


async def test_whoever_is_stopped_just_when_news_come_stops():
    """A cancellation is not lost among them."""
    news = asyncio.Queue()

    async def looks():
        while True:
            yield await news.get()

    async def listen():
        async with aclosing(events(None, looks(), lambda: 7, pace=0.0, silence=60.0)) as happened:
            async for _ in happened:
                pass

    for turns in range(6):
        listening = asyncio.create_task(listen())
        await asyncio.sleep(0.001)
        news.put_nowait(look(1, "kraken"))
        for _ in range(turns):
            await asyncio.sleep(0)
        listening.cancel()
        over, _ = await asyncio.wait({listening}, timeout=1)

        assert over
        assert listening.cancelled()
