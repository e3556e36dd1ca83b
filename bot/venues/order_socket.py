"""What an exchange pushes about our orders. It may be silent, broken or wrong: who listens asks again what counts."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bot.venues.backoff import Breaker
from bot.venues.ccxt_client import Exchange
from bot.venues.order_parsing import Told
from bot.venues.order_patience import OrderPatience


class OrderSocket:
    """The private streams of one connection. The ear of its client: `connected` tells whether they are believed."""

    def __init__(
        self,
        patience: OrderPatience,
        order: Callable[[Told], None],
        trade: Callable[[Told], None],
        broke: Callable[[BaseException], None],
        back: Callable[[], None],
    ) -> None:
        """`order` and `trade` get what is pushed; `broke` each new fault; `back` the first word after one."""
        self._order, self._trade, self._broke, self._back = order, trade, broke, back
        self._patience = patience
        self._fault: BaseException | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.connected = True  # until it is found not to be

    def listen(self, exchange: Exchange) -> None:
        """Begins to listen, for good."""
        streams = ((exchange.watch_orders, self._order), (exchange.watch_my_trades, self._trade))
        self._tasks = [asyncio.create_task(self._follow(*each)) for each in streams]

    async def close(self) -> None:
        """Listens no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def message(self) -> None:
        """A message arrived."""
        if not self.connected:
            self.connected = True
            self._back()

    def told(self, result: object) -> None:
        """What ccxt made of it comes to those who wait for it."""

    def fault(self, error: BaseException) -> None:
        """One fault may be told several times: to each that waits for the same socket."""
        if error is self._fault or isinstance(error, asyncio.CancelledError):
            return
        self._fault = error
        if self.connected:
            self.connected = False
            self._broke(error)

    async def _follow(self, watch: Callable[[], Awaitable[Any]], tell: Callable[[Told], None]) -> None:
        breaker = Breaker(self._patience.waits)
        while True:
            try:
                for told in await watch():
                    tell(told)
                breaker.succeeded()
            except Exception as error:  # noqa: BLE001 - whatever a socket can bring about
                self.fault(error)
                await asyncio.sleep(breaker.failed())
