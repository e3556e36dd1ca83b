"""Depegs go to the database as they are told: one after another, and nobody waits for it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from bot.app.settings import Settings
from bot.model.decisions import Depeg
from bot.model.errors import UserError
from bot.records.episodes import Episodes

log = logging.getLogger(__name__)

Remember = Callable[[Depeg], None]


@asynccontextmanager
async def depegs(settings: Settings) -> AsyncIterator[Remember]:
    """What keeps a depeg. At the end all that was given is on disk; what could not be written was logged.

    `EpisodesError` when the database cannot be opened.
    """
    where = settings.database or settings.folder / "episodes.sqlite"
    episodes = await Episodes.open(where, settings.folder / "episode-paths")
    waiting: asyncio.Queue[Depeg] = asyncio.Queue()
    writer = asyncio.create_task(_write(episodes, waiting))
    try:
        yield waiting.put_nowait
        await waiting.join()
    finally:
        writer.cancel()
        with suppress(asyncio.CancelledError):
            await writer
        await episodes.close()


async def _write(episodes: Episodes, waiting: asyncio.Queue[Depeg]) -> None:
    while True:
        depeg = await waiting.get()
        try:
            await episodes.record(depeg)
        except UserError as error:
            log.error("a depeg of %s is not kept: %s", depeg.coin, error)  # noqa: TRY400 - the line says it all
        except Exception:
            log.exception("a depeg is not kept: %s", depeg)  # whatever it was: the bot goes on
        finally:
            waiting.task_done()
