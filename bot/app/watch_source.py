"""Where `repeg watch` gets what it shows: exchanges, played ones where asked for, and a chain's pools."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from bot.app import coins, inbox, screen, watching, wiring
from bot.app.inbox import Happened
from bot.app.settings import Settings
from bot.app.watching import Watch
from bot.model.errors import UserError
from bot.model.events import BlockSeen
from bot.model.registry import Registry
from bot.venues.exchange import Feeds


@dataclass(frozen=True, slots=True)
class Source:
    """What happens, who takes it in, and how the feeds do."""

    watch: Watch
    events: AsyncGenerator[Happened, None]
    feeds: Feeds


@asynccontextmanager
async def opened(settings: Settings, *, sandbox: bool, chain: bool) -> AsyncIterator[Source]:
    """Listening, and nothing taken in yet."""
    if not sandbox:
        async with _listening(settings, chain=chain) as source:
            yield source
        return
    from bot.sandbox.wire.wires import WIRES

    async with played() as url:
        venues = settings.exchanges.venues or list(WIRES)
        exchanges = settings.exchanges.model_copy(update={"venues": venues, "through": url})
        async with _listening(settings.model_copy(update={"exchanges": exchanges}), chain=chain) as source:
            yield source


@asynccontextmanager
async def played() -> AsyncIterator[str]:
    """Exchanges of the sandbox in a process of their own; where they are. They end with us."""
    playing = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.sandbox.exchange", stdout=asyncio.subprocess.PIPE
    )
    try:
        url = (await playing.stdout.readline()).decode().strip() if playing.stdout else ""
        if not url:
            raise UserError("the sandbox's exchanges did not start")
        yield url
    finally:
        with suppress(ProcessLookupError):
            playing.terminate()
        await playing.wait()


@asynccontextmanager
async def _listening(settings: Settings, *, chain: bool) -> AsyncIterator[Source]:
    async with (
        _chain(settings, wanted=chain) as (registry, blocks),
        wiring.listening(settings) as feeds,
    ):
        known = coins.known(settings.coins)
        watch = Watch(watching.policy(known, settings.detection.thresholds(), registry), time.time_ns)
        events = inbox.events(blocks, feeds.looks(), time.time_ns, pace=watching.PACE)
        yield Source(watch, events, feeds)


@asynccontextmanager
async def _chain(
    settings: Settings, *, wanted: bool
) -> AsyncIterator[tuple[Registry, AsyncGenerator[BlockSeen, None] | None]]:
    """The chain's registry and its blocks, if they are wanted."""
    if not wanted:
        yield watching.NOTHING, None
        return
    async with wiring.venue(settings, screen.say) as venue:
        yield venue.registry, venue.reader.blocks()
