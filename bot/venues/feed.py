"""One exchange, watched for good: connected, its markets found, listened to, and connected anew when it breaks."""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress

from bot.model.coins import Coins
from bot.model.markets import Asset, Market
from bot.venues import ccxt_client, discovery, faults
from bot.venues.backoff import Breaker
from bot.venues.board import Board
from bot.venues.ccxt_client import Exchange
from bot.venues.clocks import Clock
from bot.venues.dialects import DIALECTS
from bot.venues.health import SECOND, FeedHealth, FeedState, Pulse
from bot.venues.mailbox import Mailbox
from bot.venues.patience import Patience
from bot.venues.session import Session


class Feed:
    """Puts one exchange's quotes into a mailbox for as long as `run` runs. Whatever fails ends in its health."""

    def __init__(
        self, venue: str, mailbox: Mailbox, patience: Patience, through: str | None, now: Callable[[], int]
    ) -> None:
        self.venue = venue
        self._patience, self._through, self._now = patience, through, now
        self._board = Board(mailbox, patience.stale_after, patience.repeat)
        self._breaker = Breaker(patience.waits)
        self._pulse, self._clock = Pulse(), Clock()
        self._failed_as = FeedState.STARTING
        self._session: Session | None = None
        self._markets: dict[str, Market] = {}  # by ccxt's symbol
        self._listed: tuple[Exchange, int] | None = None  # a client that knows what is listed, and since when, ns
        self._lives = self._gaps = 0  # of sessions that are over
        self._last_error = ""

    async def run(self, coins: Coins, assets: Collection[Asset]) -> None:
        """Never ends by itself."""
        while True:
            self._breaker.trying()
            try:
                await self._live(coins, assets)
            except Exception as error:  # noqa: BLE001 - one bad exchange never disturbs another
                await asyncio.sleep(self._wait(error))

    def health(self) -> FeedHealth:
        """How it stands."""
        now, session = self._now(), self._session
        live = session is not None and session.first_quote > 0
        return FeedHealth(
            venue=self.venue,
            state=self._state(session),
            markets=len(self._markets),
            fresh=len(self._board),
            age=self._pulse.age(now),
            rate=self._pulse.rate(now),
            latency_p50_ms=self._pulse.latency(0.5),
            latency_p99_ms=self._pulse.latency(0.99),
            reconnects=max(self._lives + live - 1, 0),
            crossed=self._board.crossed,
            gaps=self._gaps + (session.gaps if session else 0),
            skew_ms=self._clock.skew_ms,
            last_error=faults.reason(session.complaint) if session and session.complaint else self._last_error,
        )

    def _state(self, session: Session | None) -> FeedState:
        if session is None:
            return self._failed_as
        if len(self._board):
            return FeedState.LIVE
        silent = self._now() - session.last_quote > self._patience.stale_after * SECOND
        return FeedState.STALE if silent or session.first_quote else self._failed_as

    async def _live(self, coins: Coins, assets: Collection[Asset]) -> None:
        """One connection, from beginning to end."""
        session = Session(self._board, self._pulse, self._clock, self._patience, self._now)
        exchange = ccxt_client.connect(self.venue, session, through=self._through, timeout=self._patience.request)
        try:
            await self._list(exchange)
            self._markets = discovery.watched(self.venue, exchange.markets.values(), coins, assets)
            if not self._markets:
                raise faults.NothingWatchedError("lists none of the watched markets")
            self._session = session
            await session.listen(exchange, DIALECTS[self.venue].carried(self._markets))
        except Exception as error:
            self._failed_as, self._last_error = faults.state_of(error), faults.reason(error)
            raise
        finally:
            self._ended(session)
            await _hang_up(exchange, self._patience.close)

    async def _list(self, exchange: Exchange) -> None:
        """The exchange's markets: those it told lately, else asked for now."""
        known, since = self._listed or (None, 0)
        if known is not None and self._now() - since < self._patience.relist * SECOND:
            exchange.set_markets_from_exchange(known)
            return
        try:
            async with asyncio.timeout(self._patience.listing):
                await exchange.load_markets()
        except TimeoutError:
            raise faults.SilentError(f"did not list its markets within {self._patience.listing:.0f} s") from None
        if not exchange.markets:
            raise faults.FeedError("lists no market at all")
        self._listed = exchange, self._now()

    def _ended(self, session: Session) -> None:
        """What remains of a session: failures before one that went well are forgotten, and a list that led nowhere."""
        if session.first_quote == 0:
            self._listed = None
        elif session.last_quote - session.first_quote > self._patience.steady_after * SECOND:
            self._breaker.succeeded()
        self._lives += session.first_quote > 0
        self._gaps += session.gaps
        self._session = None
        self._board.clear()

    def _wait(self, error: Exception) -> float:
        """Seconds before the next try, after one that ended so."""
        wait = self._breaker.failed()
        match self._failed_as:
            case FeedState.MAINTENANCE:
                return max(wait, self._patience.maintenance)
            case FeedState.REFUSED:
                return max(wait, self._patience.refused)
            case _:
                return max(wait, self._patience.limited) if isinstance(error, faults.LIMITED) else wait


async def _hang_up(exchange: Exchange, seconds: float) -> None:
    with suppress(Exception):  # it is given up either way
        async with asyncio.timeout(seconds):
            await exchange.close()
