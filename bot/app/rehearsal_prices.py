"""Who tells the bot what coins are worth during the rehearsal: the story itself, or exchanges that live through it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Protocol

from bot.app import wiring
from bot.app.desk_settings import Desk
from bot.app.run import Bot
from bot.app.settings import Detection, Exchanges, Settings
from bot.model.events import Quote, QuotesSeen
from bot.model.markets import DOLLAR, Market
from bot.model.registry import Address, Registry
from bot.model.times import SECOND
from bot.sandbox import market
from bot.strategy.engine import State
from bot.strategy.mandate import Mandate

if TYPE_CHECKING:
    from bot.app.rehearsal_accounts import Accounts
    from bot.sandbox.exchange_market import Scenario, Traders
    from bot.venues.exchange import Feeds

Say = Callable[[str], None]

ETHER = 1600.0  # dollars, as it stood that weekend
TELLERS = ("kraken", "coinbase", "bitstamp", "gemini")  # had dollar books then
DEEP = 10_000_000.0  # dollars: nobody doubts the story
OPENING = 60.0  # seconds the feeds may take to begin
MOST = 0.9  # of them; the last ones take their time
HEARING = 3.0  # and to hear of all that moved
LIVED = 18.0  # that many blocks together take at least, so that orders are placed and filled within each
LONG = 2.0  # and a block of few
CLOSING = 120.0  # until all is left after the story
NEARLY_ALL = 0.97  # of the markets
TURN = 0.02  # seconds between two rounds of trades
TRADES = 4  # in a round
ALL_EVERY = 50  # rounds
HASTE = Detection(hold=1.0, settled=6.0)  # a block is seconds for us and hours of the story


class Prices(Protocol):
    """What the coins are worth, and who tells it."""

    @property
    def accounts(self) -> "Accounts | None":
        """Ours at the exchanges; None where there are none."""
        ...

    def usd(self, registry: Registry, progress: float) -> Mapping[Address, float]:
        """Dollars for a whole coin at a point of the weekend, 0 its beginning and 1 its end."""
        ...

    async def tell(self, bot: Bot, progress: float) -> None:
        """Let the bot hear of it."""
        ...

    async def close(self, bot: Bot) -> None:
        """The weekend is over."""
        ...


@asynccontextmanager
async def prices_of(
    settings: Settings, seed: int, blocks: int, say: Say, *, exchanges: bool
) -> AsyncIterator[tuple[Settings, Prices]]:
    """The settings to rehearse with, and the prices. With exchanges orders may go to those where we have accounts."""
    if not exchanges:
        yield settings, Story()
        return
    from bot.app import rehearsal_accounts as accounts
    from bot.sandbox import exchange
    from bot.sandbox.exchange_market import Scenario, Traders
    from bot.sandbox.wire import wires

    async with exchange.Exchanges(wires.ALL) as opened:
        say(f"{len(opened.venues)} exchanges, to be seen by: repeg watch --hold 1 --through {opened.url}")
        heard = Exchanges(venues=list(opened.venues), through=opened.url)
        desk = Desk(venues=list(accounts.MONEY), keys=accounts.write_keys(settings.folder / "exchanges"))
        listening = settings.model_copy(update={"exchanges": heard, "detection": HASTE, "desk": desk, "usd": {}})
        scenario = Scenario(seed, dear=accounts.dear(opened, seed))
        ours = accounts.open_accounts(opened, scenario)
        async with wiring.listening(listening) as feeds:
            yield listening, Floor(scenario, Traders(opened, scenario), feeds, ours, min(LIVED / blocks, LONG))


class Story:
    """Everybody knows."""

    accounts = None

    def usd(self, registry: Registry, progress: float) -> Mapping[Address, float]:
        """As the story tells."""
        return market.values(registry, progress, ETHER)

    async def tell(self, bot: Bot, progress: float) -> None:
        """Every exchange that had dollar books tells the same."""
        now, named = bot.clock(), bot.policy.named
        told = {named[coin]: usd for coin, usd in self.usd(bot.policy.registry, progress).items() if coin in named}
        quotes = tuple(
            Quote(now, now, venue, asset, DOLLAR, usd, usd, DEEP / usd, DEEP / usd)
            for asset, usd in told.items()
            for venue in TELLERS
        )
        await bot.tell(QuotesSeen(made_at=now, seen_at=now, quotes=quotes))

    async def close(self, bot: Bot) -> None:
        """There is no more to tell."""


@dataclass(slots=True)
class Floor:
    """Exchanges move from block to block, and the bot has what it hears."""

    scenario: "Scenario"
    traders: "Traders"
    feeds: "Feeds"
    accounts: "Accounts"
    least: float  # seconds that a block takes
    progress: float = 0.0
    open: bool = False

    def usd(self, registry: Registry, progress: float) -> Mapping[Address, float]:
        """As the scenario has them; what no exchange knows by its name is at par."""
        names = {coin.address: {"WETH": "ETH"}.get(coin.symbol, coin.symbol) for coin in registry.coins.values()}
        return {address: self.scenario.value(name, progress) for address, name in names.items()}

    async def tell(self, bot: Bot, progress: float) -> None:
        """All markets move, and nearly all are heard of."""
        if not self.open:
            await self._begin(bot)
        since, self.progress = bot.clock(), progress
        wanted = NEARLY_ALL * sum(each.fresh for each in self.feeds.health())
        newest: set[Market] = set()

        def enough(look: QuotesSeen) -> bool:
            return len(_add(newest, look, since)) >= wanted and bot.clock() - since >= self.least * SECOND

        await self._hear(bot, max(HEARING, self.least), enough)

    async def close(self, bot: Bot) -> None:
        """Listen until nothing is off its peg any more, and nothing that was bought is still held."""
        await self._hear(bot, CLOSING, lambda _: self._over(bot.state))

    async def _begin(self, bot: Bot) -> None:
        if (rules := bot.policy.rules) is not None:
            bot.policy = replace(bot.policy, rules=replace(rules, mandate=hastened(rules.mandate)))
        await self._hear(bot, OPENING, lambda _: self._opened())
        self.open = True

    def _opened(self) -> bool:
        """Whether those where we have accounts are heard, and most of the others."""
        live = {each.venue for each in self.feeds.health() if each.state == "live"}
        return self.accounts.venues <= live and len(live) >= MOST * len(self.feeds.health())

    def _over(self, state: State) -> bool:
        """Whether no order is open and no trade, and no exchange shows a coin off its peg; pools may still do."""
        shown = {venue for depeg in state.watching.depegs for venue in depeg.venues}
        account = state.desk.account
        return not (account.orders or account.trades) and not any(each.venue in shown for each in self.feeds.health())

    async def _hear(self, bot: Bot, seconds: float, enough: Callable[[QuotesSeen], bool]) -> None:
        """Listen while traders trade, until it is enough, or so long. At other times they rest."""
        trading = asyncio.create_task(self._trade())
        try:
            async with asyncio.timeout(seconds):
                async for look in self.feeds.looks():
                    for report in bot.errands.waiting():
                        await bot.tell(report)
                    await bot.on_look(look)
                    if enough(look):
                        return
        except TimeoutError:
            return
        finally:
            trading.cancel()
            await asyncio.gather(trading, return_exceptions=True)

    async def _trade(self) -> None:
        """Some markets in every round, and all of them now and then: an exchange is heard of when it has news."""
        for turn in count():
            if turn % ALL_EVERY == 0:
                self.traders.open(self.progress)
            for _ in range(TRADES):
                self.traders.trade(self.progress)
            await asyncio.sleep(TURN)


def hastened(mandate: Mandate) -> Mandate:
    """No more time before banks close than the story leaves for it, else the hour of a demo decided what is held.

    All else is as it is for everybody.
    """
    return replace(mandate, closing=round(HASTE.hold * SECOND))


def _add(markets: set[Market], look: QuotesSeen, since: int) -> set[Market]:
    """With those that were heard of since then."""
    markets |= {quote.market for quote in look.quotes if quote.seen_at >= since}
    return markets
