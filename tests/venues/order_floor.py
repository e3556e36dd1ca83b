"""A trader at the sandbox's exchanges, a journal as a shell would keep it, and the books that follow from it."""

import asyncio
import time
from collections import defaultdict
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count

from pydantic import SecretStr

from bot.model.coins import shipped
from bot.model.markets import Market
from bot.model.orders import (
    FundingPaid,
    Ordered,
    OrderEnded,
    OrderFilled,
    OrderRefused,
    Pulled,
    Purpose,
    Side,
    Style,
    Ticket,
    VenueSeen,
    WaysSeen,
)
from bot.sandbox.exchange import Exchanges
from bot.venues.backoff import Waits
from bot.venues.credentials import Credentials
from bot.venues.order_patience import OrderPatience
from bot.venues.trader import Trader

COINS = shipped()
PAIR = {
    "kraken": ("USDC", "USD"),
    "binance": ("USDC", "USDT"),
    "okx": ("USDC", "USDT"),
    "bybit": ("USDC", "USDT"),
    "binanceusdm": ("USDC-PERP", "USDT"),
}
VENUES = tuple(PAIR)
MARKETS = {venue: "/".join(pair) for venue, pair in PAIR.items()}
FUNDS = Decimal(100_000)
START = {venue: dict.fromkeys(pair, FUNDS) for venue, pair in PAIR.items()} | {
    "binanceusdm": {"USDC-PERP": -FUNDS, "USDT": 3 * FUNDS}  # what is bought there was sold short before
}
HURRY = OrderPatience(
    request=1.0,
    settle=0.4,
    limited=0.05,
    first_wait=0.02,
    longest_wait=0.1,
    first_look=0.15,
    longest_look=0.5,
    tick=0.01,
    quiet=0.2,
    refused=0.2,
    fees=0.0,
    rates=1.0,
    pace=0.0001,
    waits=Waits(first=0.03, most=0.2, failures=50, rest=0.2, longest_rest=0.2),
)


def keys(venue, api_key="k3y-of-the-sandbox"):
    return Credentials(venue, SecretStr(api_key), SecretStr("c2VjcmV0LW9mLXNhbmRib3g="), SecretStr("passphrase-1"))


def ticket(venue, number, side=Side.BUY, amount="100", limit="1.01", style=Style.TAKE, **more):
    return Ticket(
        id=f"rp{number:06d}",
        trade="t1",
        kind="hold",
        coin="USDC",
        market=Market(venue, *PAIR[venue]),
        side=side,
        amount=Decimal(amount),
        limit=Decimal(limit),
        style=style,
        purpose=Purpose.ENTER,
        quote_usd=1.0,
        made_at=1,
        seen_price=1.0,
        **more,
    )


@dataclass
class Floor:
    """Exchanges, what the journal holds, and the trader that runs now, if one does."""

    exchanges: Exchanges
    journal: list = field(default_factory=list)
    trader: Trader | None = None
    numbers: count = field(default_factory=lambda: count(1))
    listener: asyncio.Task | None = None
    patience: OrderPatience = HURRY

    async def start(self, *venues, watched=("USDC", "USDT")):
        """A new trader takes up the journal."""
        venues = venues or self.exchanges.venues
        self.trader = Trader(
            [keys(venue) for venue in venues], COINS, watched, self.exchanges.url, patience=self.patience
        )
        for account in self.trader._accounts.values():
            account._exchange.timeout_on_exit = 0  # a quarter of a second each time
        known = [each for each in self.journal if not isinstance(each, VenueSeen | FundingPaid | WaysSeen)]
        self.journal += await self.trader.start(known)
        self.listener = asyncio.create_task(self._listen())

    async def stop(self):
        """The process is gone: whatever was not written is lost."""
        if self.listener is not None:
            self.listener.cancel()
            with suppress(asyncio.CancelledError):
                await self.listener
        if self.trader is not None:
            await self.trader.__aexit__(None, None, None)
        self.trader = self.listener = None

    def order(self, venue, **terms):
        """A ticket, written down and not sent."""
        made = ticket(venue, next(self.numbers), **terms)
        self.journal.append(Ordered(made.made_at, self.now(), made))
        return made

    async def place(self, venue, **terms):
        """Written, sent, and what came of it written."""
        made = self.order(venue, **terms)
        self.journal += await self.trader.place(made)
        return made

    def decide_pull(self, made):
        self.journal.append(Pulled(1, self.now(), made.id, "test"))

    async def pull(self, made):
        self.decide_pull(made)
        self.journal += await self.trader.pull(made.id, "test")

    def now(self):
        return time.time_ns()

    def of(self, made, kind=object):
        return [each for each in self.journal if isinstance(each, kind) and getattr(each, "order_id", "") == made.id]

    def final(self, made):
        finals = self.of(made, OrderEnded | OrderRefused)
        assert len(finals) <= 1, finals
        return finals[0] if finals else None

    def complete(self, made):
        """Its final report is there, and its fills add up to it."""
        end = self.final(made)
        filled = sum((each.amount for each in self.of(made, OrderFilled)), Decimal())
        return end is not None and (isinstance(end, OrderRefused) or filled == end.filled)

    def seen(self, venue):
        """How the venue was told to stand last."""
        told = [each for each in self.journal if isinstance(each, VenueSeen) and each.venue == venue]
        return told[-1] if told else None

    def ready(self, venue):
        told = self.seen(venue)
        return told is not None and told.ready

    async def until(self, holds):
        """Waits for `holds()`."""
        async with asyncio.timeout(10):
            while not (held := holds()):  # noqa: ASYNC110 - it changes by many ways
                await asyncio.sleep(0.005)
        return held

    async def done(self, *tickets):
        await self.until(lambda: all(self.complete(each) for each in tickets))

    def books(self, venue):
        """What the account holds by the journal: each fill once."""
        held = defaultdict(Decimal, START[venue])
        tickets = {each.ticket.id: each.ticket for each in self.journal if isinstance(each, Ordered)}
        fills = {(each.order_id, each.fill_id): each for each in self.journal if isinstance(each, OrderFilled)}
        assert len(fills) == sum(isinstance(each, OrderFilled) for each in self.journal), "a fill was told twice"
        for each in fills.values():
            made = tickets[each.order_id]
            if made.market.venue != venue:
                continue
            sign = 1 if made.side is Side.BUY else -1
            held[made.market.base] += sign * each.amount
            held[made.market.quote] -= sign * each.amount * each.price
            held[each.fee_asset] -= each.fee
        return dict(held)

    def agrees(self, venue):
        """Whether the books and the exchange hold the same, to the last digit."""
        return self.books(venue) == self.held(venue)

    def held(self, venue):
        """What the account holds by the exchange: of a perpetual sold short less than nothing, and the money for it."""
        return {asset: held for asset, held in self.exchanges.account(venue).held.items() if held}

    async def _listen(self):
        async for each in self.trader.events():
            self.journal.append(each)


@asynccontextmanager
async def floor(*venues, start=True, patience=HURRY):
    """Exchanges with money and a two-sided book, and a trader that has started."""
    async with Exchanges(venues, markets={venue: MARKETS[venue] for venue in venues}) as exchanges:
        for venue in venues:
            for asset, held in START[venue].items():
                exchanges.fund(venue, asset, held)
            exchanges.quote(venue, *PAIR[venue], 0.999, 1.001, 5_000.0, 5_000.0)
        made = Floor(exchanges, patience=patience)
        if start:
            await made.start()
        try:
            yield made
        finally:
            await made.stop()
