"""From settings to trading at exchanges: the rules, the memory of past depegs, and who carries orders."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from bot.app import coins as coin_names
from bot.app import wiring_chain
from bot.app.floors import Floors
from bot.app.paper_floor import PaperFloor
from bot.app.run import Bot, Floor
from bot.app.settings import Settings
from bot.app.wiring_chain import Chain
from bot.model.coins import Coins
from bot.model.errors import UserError
from bot.model.markets import CHAIN
from bot.records import catalogue
from bot.records.episodes import Episodes, Query
from bot.strategy.desk import Rules
from bot.strategy.memory import Memory

if TYPE_CHECKING:
    from bot.venues.order_patience import OrderPatience
    from bot.venues.trader import Trader


def rules(settings: Settings, coins: Coins, memory: Memory | None = None) -> Rules:
    """What does not change while we trade; no market's terms are known yet.

    Without `memory` the depegs that come with repeg are remembered.
    """
    return Rules(coins, settings.desk.mandate(), memory or Memory(tuple(catalogue.parse(catalogue.shipped()))), {})


async def memory(settings: Settings) -> Memory:
    """The depegs of the past: those shipped, those seen, those entered."""
    where = settings.database or settings.folder / "episodes.sqlite"
    episodes = await Episodes.open(where, settings.folder / "episode-paths")
    try:
        return Memory(tuple(await episodes.search(Query())))
    finally:
        await episodes.close()


def trader(settings: Settings, clock: Callable[[], int], patience: "OrderPatience | None" = None) -> "Trader":
    """Our accounts at the exchanges named; UserError for keys that are not there or that others may read."""
    from bot.venues import credentials
    from bot.venues.trader import Trader

    known, told = coin_names.known(settings.coins), settings.exchanges
    folder = settings.desk.keys.expanduser()
    keys = [credentials.read(venue, folder) for venue in settings.desk.venues]
    return Trader(keys, known, coin_names.chosen(told.coins, known), told.through, clock=clock, patience=patience)


@asynccontextmanager
async def open_floor(
    settings: Settings,
    made: Bot,
    *,
    live: bool,
    patience: "OrderPatience | None" = None,
    chain: Chain | None = None,
) -> AsyncIterator[None]:
    """Gives a bot who carries its orders, if any may go anywhere; in a dry run one who only pretends to.

    Without `chain` none goes to a pool.
    """
    if not settings.desk.trades:
        yield
        return
    async with AsyncExitStack() as stack:
        exchanges: Floor = _paper(settings, made)
        if live:
            exchanges = await stack.enter_async_context(trader(settings, made.clock, patience))
        made.floor = exchanges
        if chain is not None and settings.desk.chain.keystore is not None:
            pools = await stack.enter_async_context(wiring_chain.open_floor(settings, made, chain, live=live))
            made.floor = Floors({CHAIN: pools}, exchanges)
        await stack.enter_async_context(_hearing(made))
        yield


def _paper(settings: Settings, made: Bot) -> PaperFloor:
    return PaperFloor(settings.desk.venues, settings.desk.paper_usd, made.clock, lambda: made.state.book.latest)


@asynccontextmanager
async def _hearing(made: Bot) -> AsyncIterator[None]:
    """Writes down at the end what was heard of orders and not told yet; nothing is decided on it any more."""
    try:
        yield
    finally:
        for event in await made.errands.close():
            made.take(event)


def check(settings: Settings) -> None:
    """UserError where orders may go to an exchange that takes none or is not heard, or out of an unusable wallet."""
    for venue in settings.desk.venues:
        check_venue(venue, settings)
    wiring_chain.check(settings)


def check_venue(venue: str, settings: Settings) -> None:
    """UserError for an exchange that takes no orders, or is not heard."""
    from bot.venues.order_dialects import ORDER_DIALECTS

    if venue not in ORDER_DIALECTS:
        there = ", ".join(ORDER_DIALECTS)
        raise UserError(f"setting desk.venues: orders cannot be sent to {venue}; they can to {there}")
    if venue not in settings.exchanges.venues:
        raise UserError(f"setting desk.venues: {venue} must be listened to: name it in exchanges.venues too")
