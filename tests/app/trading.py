"""A bot that trades at the sandbox's exchanges, made as `repeg run` makes it but for the chain."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from venues.order_floor import HURRY

from bot.app import inbox, watching, wiring_desk
from bot.app.commands.run import _live
from bot.app.desk_settings import Desk
from bot.app.killswitch import KillSwitch
from bot.app.run import Bot
from bot.app.settings import Exchanges as Heard
from bot.app.settings import Settings
from bot.model.coins import shipped
from bot.model.events import Event, Quote, QuotesSeen
from bot.model.times import SECOND
from bot.records.journal import Journal
from bot.sandbox.exchange import Exchanges
from bot.strategy.engine import resume
from bot.strategy.thresholds import Thresholds

SATURDAY = 1_749_902_400 * SECOND  # 14 June 2025, noon UTC: what is thought of a fall hangs on the hour
BEGUN = time.monotonic_ns()
SHOWN = ("kraken", "okx", "coinbase")  # where quotes come from
FUNDS = 100_000
WIDE = 0.004  # a spread in which it pays to wait
NARROW = 0.001
SECRET = "c2VjcmV0LW9mLXNhbmRib3g="  # noqa: S105 - the sandbox takes any


class Nobody:
    """There is no chain."""

    async def start(self, _history):
        return []

    async def on_block(self, _block):
        return []


@dataclass
class Trading:
    """A bot at work, and the exchanges it works at."""

    bot: Bot
    exchanges: Exchanges
    looks: asyncio.Queue[QuotesSeen]
    heard: list = field(default_factory=list)
    ahead: int = 0  # ns: how much later it is by the quotes

    async def look(self, price: float, spread: float = NARROW, *, shown: float | None = None) -> None:
        """USDC stands at this price everywhere, and the bot sees it, or what is `shown`."""
        bid, ask = round(price - spread / 2, 4), round(price + spread / 2, 4)
        for venue in self.exchanges.venues:
            self.exchanges.quote(venue, "USDC", "USD", bid, ask, 2e5, 2e5)
        off = (shown or price) - price
        await self.looks.put(seen(round(bid + off, 4), round(ask + off, 4), self.ahead))
        await asyncio.sleep(0.03)

    async def fall(
        self, price: float = 0.9, spread: float = NARROW, *, shown: float | None = None, times: int = 40
    ) -> None:
        """It falls from par, until something is ordered."""
        before = self.account.tickets
        await self.look(1.0)
        await self.look(1.0)
        for number in range(times):
            if self.account.tickets > before:
                return
            await self.look(price, spread, shown=(shown or price) + number % 2 * 1e-4)
        raise AssertionError(f"nothing was ordered: {self.bot.state.desk.passed}")

    async def rise(self, price: float = 0.9995, times: int = 60) -> None:
        """It is back, until nothing is held any more."""
        for number in range(times):
            if not self.account.trades:
                return
            await self.look(price + number % 2 * 1e-4)
        raise AssertionError(f"not sold: {self.account}")

    async def until(self, holds) -> None:
        """Waits for `holds()`."""
        async with asyncio.timeout(5):
            while not holds():  # noqa: ASYNC110 - it changes by many ways
                await asyncio.sleep(0.01)

    async def quiet(self) -> None:
        """Waits until no order is open."""
        await self.until(lambda: not self.account.orders and not len(self.bot.errands) - 1)

    @property
    def account(self):
        """The books."""
        return self.bot.state.desk.account

    def held(self, venue: str = "kraken"):
        """What the books say is held there."""
        return {asset: held for (where, asset), held in self.account.balances.items() if where == venue and held}

    def agrees(self, venue: str = "kraken") -> bool:
        """Whether the exchange says the same, to the last digit."""
        return self.held(venue) == self.exchanges.balance(venue)


def clock() -> int:
    """It is that Saturday for quotes, orders and whatever becomes of them."""
    return SATURDAY + time.monotonic_ns() - BEGUN


def seen(bid: float, ask: float, ahead: int = 0) -> QuotesSeen:
    """USDC at all exchanges."""
    now = clock() + ahead
    return QuotesSeen(now, now, tuple(Quote(now, now, venue, "USDC", "USD", bid, ask, 2e5, 2e5) for venue in SHOWN))


def settings(folder: Path, through: str | None, *venues: str, **desk) -> Settings:
    """What a user writes, and the keys."""
    keys = folder / "keys"
    keys.mkdir(exist_ok=True)
    for venue in venues:
        file = keys / f"{venue}.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps({"apiKey": "k3y-of-the-sandbox", "secret": SECRET, "password": "passphrase-1"}))
    return Settings(
        state=folder,
        exchanges=Heard(venues=list(SHOWN), coins=["USDC"], through=through),
        desk=Desk(venues=list(venues), keys=keys, pairs=False, **desk),
    )


@asynccontextmanager
async def market(*venues: str) -> AsyncIterator[Exchanges]:
    """Exchanges where USDC is traded for dollars, and money lies."""
    async with Exchanges(venues, markets=dict.fromkeys(venues, "USDC/USD")) as exchanges:
        for venue in venues:
            exchanges.fund(venue, "USD", FUNDS)
        yield exchanges


@asynccontextmanager
async def trading(
    exchanges: Exchanges, told: Settings, *, live: bool = True, settle: bool = True
) -> AsyncIterator[Trading]:
    """A bot from its start to its end; what it leaves is its journal."""
    coins = shipped()
    policy = replace(watching.policy(coins, Thresholds(hold=0)), rules=wiring_desk.rules(told, coins))
    journal = Journal.open(told.journal(live=live))
    switch = KillSwitch(told.folder / "HALT")
    bot = Bot(policy, journal, Nobody(), switch, clock, resume(journal.but_the_world(), policy))
    work = Trading(bot, exchanges, asyncio.Queue())
    bot.witness = lambda happened, _state: work.heard.append(happened)
    try:
        async with wiring_desk.open_floor(told, bot, live=live, patience=HURRY):
            if settle:
                await bot.settle()
            events = inbox.events(
                None, _looks(work.looks), bot.clock, orders=bot.errands.heard(), pace=0.0, silence=0.2
            )
            running = asyncio.create_task(_live(bot, events, None))
            try:
                yield work
            finally:
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running
                await events.aclose()
    finally:
        journal.close()


async def _looks(queue):
    while True:
        yield await queue.get()


def kept(told: Settings, *, live: bool = True) -> list[Event]:
    """What the journal holds, read as another process reads it."""
    journal = Journal.read_only(told.journal(live=live))
    try:
        return [event for _, event in journal.replay()]
    finally:
        journal.close()
