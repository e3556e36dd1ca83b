"""One connection to one exchange: what is heard on it, until something breaks."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from bot.model.markets import Market
from bot.venues import faults, quoting
from bot.venues.board import Board
from bot.venues.ccxt_client import Exchange
from bot.venues.clocks import Clock
from bot.venues.dialects import DIALECTS
from bot.venues.health import SECOND, Pulse
from bot.venues.order_parsing import contract
from bot.venues.patience import Patience
from bot.venues.quoting import MILLISECOND


class Session:
    """The ear at one connection. What it hears goes to `board`; how it goes, to `pulse` and `clock`."""

    def __init__(self, board: Board, pulse: Pulse, clock: Clock, patience: Patience, now: Callable[[], int]) -> None:
        self.gaps = 0
        self.first_quote = 0  # ns; 0 before there was one
        self.last_quote = 0
        self.complaint: BaseException | None = None  # the last fault, fatal or not
        self._board, self._pulse, self._clock = board, pulse, clock
        self._patience, self._now = patience, now
        self._markets: Mapping[str, Market] = {}
        self._contracts: Mapping[Market, float] = {}  # coins in what a market counts as one
        self._streams: list[asyncio.Task[None] | None] = []  # one a call of ccxt; None: to be asked for
        self._asking: asyncio.Task[None] | None = None
        self._asked = 0  # ns, when the venue was last asked for its time
        self._broken: BaseException | None = None
        self._stirred = asyncio.Event()
        self._gapped = False
        self._refused: BaseException | None = None  # the last fault of one stream only

    async def listen(self, exchange: Exchange, markets: Mapping[str, Market]) -> None:
        """Watches `markets`, named by ccxt's symbols. Ends by raising what broke it."""
        self._markets = markets
        self._contracts = {each: float(contract(exchange.markets[symbol])) for symbol, each in markets.items()}
        self.last_quote = self._now()
        calls = DIALECTS[exchange.id].calls(tuple(markets))
        watch = getattr(exchange, DIALECTS[exchange.id].method)
        self._streams = [None] * len(calls)
        try:
            while True:
                for number, call in enumerate(calls):
                    if self._streams[number] is None:
                        self._streams[number] = asyncio.create_task(self._watch(watch, call))
                self._check_clock(exchange)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._patience.look):  # before 3.12 wait_for forgets a cancellation
                        await self._stirred.wait()
                self._look()
        finally:
            await self._stop()

    def message(self) -> None:
        """A message arrived."""
        self._pulse.beat(self._now())

    def told(self, result: object) -> None:
        """What ccxt made of it. Some exchanges' classes tell one ticker, some many by their symbols."""
        if not isinstance(result, dict):
            return
        market = self._markets.get(result.get("symbol", ""))
        if market is not None:
            self._quoted(market, result)
        elif "symbol" not in result:
            for symbol, told in result.items():
                if symbol in self._markets and isinstance(told, dict):
                    self._quoted(self._markets[symbol], told)

    def fault(self, error: BaseException) -> None:
        """One fault may be told several times: to each that waits for the same socket."""
        if error is self.complaint or isinstance(error, asyncio.CancelledError):
            return
        self.complaint = error
        if isinstance(error, faults.GAPS):
            self.gaps += 1
            self._gapped = True
        elif isinstance(error, faults.OF_ONE_STREAM):
            self._refused = error
        else:
            self._broken = self._broken or error
            self._stirred.set()

    def _quoted(self, market: Market, told: Mapping[str, object]) -> None:
        now = self._now()
        quote = quoting.quote(market, told, now, self._contracts.get(market, 1.0))
        if quote.made_at:
            self._pulse.lag(self._clock.lag(quote.made_at, now))
            quote = quote if self._clock.trusted else quoting.undated(quote)
        self._board.post(quote)
        self.last_quote = now
        self.first_quote = self.first_quote or now

    def _look(self) -> None:
        """Raises what ends the session; takes silent markets out; asks for broken books anew."""
        if self._broken is not None:
            raise self._broken
        now = self._now()
        self._board.expire(now)
        if now - self.last_quote > self._patience.silent_after * SECOND:
            raise faults.SilentError(f"said nothing for {self._patience.silent_after:.0f} s") from self._refused
        if self._gapped:  # ccxt forgot the stream, and asks for what it has forgotten
            self._gapped = False
            self._streams = [None if task is None or task.done() else task for task in self._streams]

    async def _watch(self, watch: Callable[..., Awaitable[object]], call: tuple[object, ...]) -> None:
        """Asks for one stream; what comes of it is told to the ear."""
        try:
            await watch(*call)
        except Exception as error:  # noqa: BLE001 - whatever ccxt raises
            self.fault(error)

    def _check_clock(self, exchange: Exchange) -> None:
        """At first, and again while in doubt."""
        now = self._now()
        due = now - self._asked > self._patience.clock * SECOND
        if due and exchange.has.get("fetchTime") and (not self._asked or self._clock.ask()):
            self._asking = asyncio.create_task(self._ask_time(exchange))
        if due:
            self._asked = now

    async def _ask_time(self, exchange: Exchange) -> None:
        before = self._now()
        with suppress(Exception):  # a venue that does not tell keeps the clock we believe it has
            told = await exchange.fetch_time()
            self._clock.told(int(told) * MILLISECOND, before, self._now())

    async def _stop(self) -> None:
        tasks = [task for task in (*self._streams, self._asking) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
