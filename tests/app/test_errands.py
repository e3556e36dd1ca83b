"""What exchanges say is heard once, whatever fails on the way."""

import asyncio
import logging
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app.errands import Errands
from bot.model.orders import VenueSeen

DELAYS = st.sampled_from([0, 1, 2, 5])
CALLS = st.lists(st.tuples(DELAYS, st.integers(0, 3), st.booleans()), max_size=8)  # turns, events, whether it fails
STREAMS = st.lists(st.tuples(DELAYS, st.integers(0, 4), st.booleans()), max_size=3)


def said(who, number):
    """One thing that is said."""
    return VenueSeen(0, 0, f"{who}-{number}", ready=True)


async def turns(count):
    """The loop goes round so often."""
    for _ in range(count):
        await asyncio.sleep(0)


class World:
    """Calls and streams, and what they said to whoever still listened."""

    def __init__(self):
        self.errands, self.said = Errands(), []

    async def call(self, who, delay, count, *, fails):
        await turns(delay)
        if fails:
            raise ConnectionError("no answer")
        events = [said(who, number) for number in range(count)]
        self.said += events
        return events

    async def stream(self, who, delay, count, *, fails):
        for number in range(count):
            await turns(delay)
            self.said.append(said(who, number))
            yield self.said[-1]
        if fails:
            raise ConnectionError("hung up")
        await asyncio.Event().wait()


async def lived(calls, streams, listening, closing):
    """What was said, and what was heard; somebody listens for so many turns, and it is closed after so many."""
    world, heard = World(), []

    async def listen():
        async for event in world.errands.heard():
            heard.append(event)  # noqa: PERF401 - one by one: it is stopped in between

    for number, (delay, count, fails) in enumerate(streams):
        world.errands.follow(world.stream(f"stream{number}", delay, count, fails=fails))
    listener = asyncio.create_task(listen())
    for number, (delay, count, fails) in enumerate(calls):
        world.errands.run(world.call(f"call{number}", delay, count, fails=fails))
    await turns(min(listening, closing))
    listener.cancel()
    with suppress(asyncio.CancelledError):
        await listener
    await turns(closing - min(listening, closing))
    left = await world.errands.close()
    assert len(world.errands) == 0
    return world.said, heard + left


@settings(max_examples=150)
@given(CALLS, STREAMS, st.integers(0, 25), st.integers(0, 25))
def test_all_that_is_said_is_heard_once(calls, streams, listening, closing):
    """Of every call that answered and every stream, in the order of each; also when it ends at any moment."""
    logging.disable(logging.CRITICAL)
    try:
        spoken, heard = asyncio.run(lived(calls, streams, listening, closing))
    finally:
        logging.disable(logging.NOTSET)

    assert sorted(each.venue for each in heard) == sorted(each.venue for each in spoken)
    for whose in {each.venue.split("-")[0] for each in heard}:
        mine = [each.venue for each in heard if each.venue.split("-")[0] == whose]
        assert mine == sorted(mine)


async def test_nobody_waits_for_a_call():
    """To begin one takes no time, and the next begins though it has not answered."""
    errands, answer = Errands(), asyncio.Event()

    async def slow():
        await answer.wait()
        return [said("slow", 0)]

    async def quick():
        return [said("quick", 0)]

    errands.run(slow())
    errands.run(quick())
    heard = errands.heard()
    assert (await anext(heard)).venue == "quick-0"
    answer.set()
    assert (await anext(heard)).venue == "slow-0"
    await heard.aclose()


@pytest.mark.parametrize("kind", ["call", "stream"])
async def test_what_fails_is_told_to_the_operator(caplog, kind):
    """A bug on the way is in the log at once, and others go on."""
    world = World()
    with caplog.at_level(logging.ERROR):
        if kind == "call":
            world.errands.run(world.call("one", 0, 1, fails=True))
        else:
            world.errands.follow(world.stream("one", 0, 0, fails=True))
        world.errands.run(world.call("two", 0, 1, fails=False))
        await turns(5)

    assert "order" in caplog.text
    assert [each.venue for each in await world.errands.close()] == ["two-0"]
