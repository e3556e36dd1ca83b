"""Our account at one exchange: orders go out, and what became of each comes back, whatever fails on the way.

The socket is quick and not trusted: how an order ended is what the exchange answers when it is asked. As long as it is
not known whether an order stands, nothing new goes there.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from random import uniform

from bot.model.coins import Coins
from bot.model.markets import Asset, Market
from bot.model.orders import OrderEnded, OrderEvent, Side, Terms, Ticket, VenueSeen
from bot.venues import ccxt_client, order_faults, order_parsing
from bot.venues.account_health import AccountHealth
from bot.venues.backoff import Breaker
from bot.venues.credentials import Credentials
from bot.venues.dialects import PERPETUALS
from bot.venues.order_calls import Calls
from bot.venues.order_dialects import ORDER_DIALECTS
from bot.venues.order_faults import KEYS_REFUSED, NotKnownError
from bot.venues.order_life import Life
from bot.venues.order_lives import Lives
from bot.venues.order_looks import Heard, Looks
from bot.venues.order_markets import OrderMarkets
from bot.venues.order_parsing import Told
from bot.venues.order_patience import OrderPatience
from bot.venues.order_sending import Sender
from bot.venues.order_socket import OrderSocket
from bot.venues.order_terms import Fitted
from bot.venues.perpetual_account import PerpetualAccount
from bot.venues.transfers import Transfers

Holdings = tuple[tuple[Asset, Decimal], ...]


class TradingAccount:
    """Orders at one exchange. `tell` gets what is heard between calls. Nothing raises for what an exchange does."""

    def __init__(
        self,
        credentials: Credentials,
        coins: Coins,
        watched: Collection[Asset],
        through: str | None,
        prefix: str,
        patience: OrderPatience,
        now: Callable[[], int],
        tell: Callable[[Sequence[OrderEvent]], None],
    ) -> None:
        self.venue = credentials.venue
        dialect = ORDER_DIALECTS[self.venue]
        self._credentials, self._watched = credentials, watched
        self._patience, self._now, self._tell = patience, now, tell
        self._ready, self._reason, self._last_error = False, "it was not asked yet", ""
        self._breaker, self._next_try = Breaker(patience.waits), 0.0
        self._sending: set[str] = set()
        self._balanced, self._changed = 0, (0, 0.0)  # changes when balances were read; the last seen, and when
        self._held: Holdings | None = None  # told last; None: to be told again
        self._tasks: list[asyncio.Task[None]] = []
        self._lives = Lives(patience, now)
        self._socket = OrderSocket(patience, self._order_told, self._trade_told, self._deaf, self._lives.ring)
        self._exchange = ccxt_client.private(
            self.venue,
            self._socket,
            credentials.for_ccxt(),
            dialect.options,
            through=through,
            timeout=patience.request,
            pace=patience.pace,
            burst=dialect.burst,
            rising=dialect.rising,
        )
        self._calls = Calls(self._exchange, coins, patience, now, credentials.scrub)
        self.transfers = Transfers(self.venue, self._calls, coins.by_symbol, now)
        self._perpetuals = PerpetualAccount(self._exchange, self._calls, coins, now)
        self._markets = OrderMarkets(self._exchange, self._calls, coins, watched, self._perpetuals.carry)
        self._looks = Looks(self._calls, self._lives, patience, now, prefix)
        self._sender = Sender(self._calls, self._lives, self._looks, patience, self._line)

    async def open(self, lives: Mapping[str, Life]) -> Heard:
        """Takes up what a journal knows, and goes on from there: the reports that were missed, and how it stands."""
        self._lives.load(lives)
        told: Heard = []
        try:
            async with asyncio.timeout(self._patience.start):
                await self._reconcile(told)
        except Exception as error:  # noqa: BLE001 - whatever an exchange does
            told += self._unready(error) or [self._seen(self._reason, None)]
        self._tasks = [asyncio.create_task(each) for each in (self._keep(), self._learn(), self._ask_ways())]
        return told

    async def close(self) -> None:
        """Hangs up. Orders stay as they are."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._socket.close()
        with suppress(Exception):  # it is given up either way
            async with asyncio.timeout(self._patience.close):
                await self._exchange.close()

    async def place(self, ticket: Ticket) -> Heard:
        """Sends an order, once as far as the exchange can tell, and says what is known of it then."""
        if self._lives.get(ticket.id) is not None:
            return []  # its reports come, or came, from the first time
        fitted = self._fitted(ticket)
        life = Life(ticket, self._now(), fitted.amount if isinstance(fitted, Fitted) else None)
        self._lives.keep(life)
        if not isinstance(fitted, Fitted):
            return [*self._lives.refused(life, fitted)]
        self._sending.add(ticket.id)
        try:
            return await self._collected(lambda told: self._send(life, fitted, told))
        finally:
            self._lives.sent(life)
            self._sending.discard(ticket.id)

    async def pull(self, order_id: str) -> Heard:
        """Takes an order back. One that stands no more, or was filled meanwhile, is told as it is."""
        life = self._lives.get(order_id)
        if life is None or not life.stands:
            return []
        self._lives.pulled(life)
        return await self._collected(lambda told: self._pull(life, told)) if life.exchange_id else []

    def terms(self, market: Market) -> Terms | None:
        """What the market asks of orders; None where it is not listed, or has not been asked for yet."""
        return self._markets.terms(market)

    def health(self) -> AccountHealth:
        """How it stands."""
        reason, waiting = "" if self._ready else self._reason, len(self._lives.incomplete())
        return AccountHealth(self.venue, self._ready, reason, waiting, self._socket.connected, self._last_error)

    def _fitted(self, ticket: Ticket) -> Fitted | str:
        """The order as it is sent, or why it is not."""
        if not self._ready:
            return f"no new orders to {self.venue} now: {self._reason}"
        return self._markets.fitted(ticket)

    async def _pull(self, life: Life, told: Heard) -> None:
        try:
            await self._looks.take_back(life, told)
        except Exception as error:  # noqa: BLE001 - whatever an exchange does
            told += self._unready(error)

    async def _reconcile(self, told: Heard) -> None:
        """Makes what we know what the exchange knows; ready when that is done. Raises what is in the way."""
        if await self._markets.load():
            self._looks.symbols = self._markets.symbols
            self._socket.listen(self._exchange)
            told += await self.transfers.news()
        await self._calls.set_clock()
        if self.venue in PERPETUALS:
            await self._perpetuals.check()
            told += await self._perpetuals.renew(self._markets.watched())
        for life in self._idle(self._lives.incomplete()):
            await self._looks.look(life, told)
        cancelled = await self._looks.clear(told)
        for life in self._idle(self._lives.incomplete()):
            if life.pulled and life.stands:
                await self._looks.take_back(life, told)
        balances = await self._balances()
        self._ready, self._reason = True, ""
        self._breaker.succeeded()
        reason = f"cancelled what no journal holds: {', '.join(cancelled)}" if cancelled else ""
        told.append(self._seen(reason, balances))

    async def _balances(self) -> Holdings | None:
        """What is held, if no order of ours could change it meanwhile."""
        changes = self._lives.changes
        if self._lives.incomplete():
            return None
        held = await (self._perpetuals.holdings() if self.venue in PERPETUALS else self._calls.balances())
        if self._lives.incomplete() or changes != self._lives.changes:
            return None
        self._balanced = changes
        return held

    async def _keep(self) -> None:
        """Looks at what is due, for good, and puts right what is not known."""
        while True:
            await asyncio.sleep(self._patience.tick)
            told: Heard = []
            try:
                if self._ready:
                    await self._look_around(told)
                elif time.monotonic() >= self._next_try:
                    await self._reconcile(told)
            except Exception as error:  # noqa: BLE001 - whatever an exchange does
                told += self._unready(error)
            self._tell(told)

    async def _look_around(self, told: Heard) -> None:
        """At orders of which nothing was heard for long enough, and at what is held once all are over."""
        for life in await self._looks.changed(self._idle(self._lives.due())):
            look = self._looks.take_back if life.pulled and life.stands and life.exchange_id else self._looks.look
            await look(life, told)
        if self._changed[0] != self._lives.changes:
            self._changed = self._lives.changes, time.monotonic()
        if self._balanced != self._lives.changes and time.monotonic() - self._changed[1] > self._patience.quiet:
            again, held = self._balanced < 0, await self._balances()
            if held is not None and self._ready and not (again and held == self._held):
                told.append(self._seen("", held))

    async def _learn(self) -> None:
        """Our own fees, and of perpetuals what funding costs and cost, again and again while the account is ready."""
        while not self._ready:  # noqa: ASYNC110 - it changes by many ways
            await asyncio.sleep(self._patience.tick)
        await self._markets.ask_fees()
        while self.venue in PERPETUALS:
            await asyncio.sleep(self._patience.rates)
            paid = await self._perpetuals.renew(self._markets.watched()) if self._ready else []
            self._held = None if paid else self._held  # balances that were read meanwhile may have it already
            self._balanced = -1  # an exchange closes positions that nobody ordered to close
            self._tell(paid)

    async def _ask_ways(self) -> None:
        """While the account is ready; not all exchanges at the same time, because their answers are long."""
        while True:
            await asyncio.sleep(self._patience.ways * uniform(0.8, 1.2))  # noqa: S311 - no secret
            self._tell(await self.transfers.news() if self._ready else [])

    async def _send(self, life: Life, fitted: Fitted, told: Heard) -> None:
        """What sells a perpetual short waits until its margin is as the books count on; what buys back for nothing."""
        market = life.ticket.market
        try:
            if market.perpetual and life.ticket.side is Side.SELL:
                await self._perpetuals.prepare(self._looks.symbol(market))
        except Exception as error:  # noqa: BLE001 - whatever an exchange does
            told += self._lives.refused(life, f"its margin cannot be set: {self._line(error)}")
        else:
            await self._sender.send(life, fitted, told)

    async def _collected(self, act: Callable[[Heard], Awaitable[None]]) -> Heard:
        """What `act` heard. If it is cancelled, what it heard till then is told all the same."""
        told: Heard = []
        try:
            await act(told)
        except NotKnownError as error:
            told += self._unready(error)
        except BaseException:
            self._tell(told)
            raise
        return told

    def _idle(self, lives: Sequence[Life]) -> list[Life]:
        """Those that may be looked at: their answer is not on its way."""
        return [life for life in lives if life.ticket.id not in self._sending]

    def _unready(self, error: BaseException) -> Heard:
        """Nothing new goes there until it is known how it stands."""
        reason, was = self._line(error), (self._ready, self._reason)
        self._ready, self._reason, self._last_error = False, reason, reason
        pause = self._patience.refused if isinstance(error, KEYS_REFUSED) else 0.0
        self._next_try = time.monotonic() + max(self._breaker.failed(), pause)
        return [] if was == (False, reason) else [self._seen(reason, None)]

    def _seen(self, reason: str, balances: Holdings | None) -> VenueSeen:
        now = self._now()
        self._held = self._held if balances is None else balances
        return VenueSeen(now, now, self.venue, self._ready, reason, balances)

    def _line(self, error: BaseException) -> str:
        """What is wrong in one line, without our keys."""
        if isinstance(error, TimeoutError):
            return f"{self.venue} did not answer in time"
        return self._credentials.scrub(order_faults.said(error))

    def _order_told(self, told: Told) -> None:
        """A socket told how an order stands: that it is over is asked for."""
        life = self._lives.meant(told, told.get("id"))
        sighting = order_parsing.sighting(self._calls.in_coins(told), self._now())
        if life is None or sighting is None or isinstance(life.final, OrderEnded):
            return
        if life.final is not None and not sighting.over:
            self._tell(self._unready(NotKnownError(f"{life.ticket.id} arrived after it was given up")))
        self._tell(self._lives.opened(life, sighting.exchange_id))
        if sighting.over:
            self._lives.ring([life])

    def _trade_told(self, told: Told) -> None:
        """A socket told a trade, in full or in part."""
        life, trade = self._lives.meant(told, told.get("order")), self._calls.trade(told)
        if life is None:
            self._sender.orphans.append(told)
        elif trade is None:
            self._lives.ring([life])
        else:
            self._tell(self._lives.traded(life, [trade]))

    def _deaf(self, error: BaseException) -> None:
        """The socket broke: what it did not tell is asked for before anything new goes there."""
        self._tell(self._unready(error))
        self._next_try = 0.0
