"""An order on its way out: sent once, as far as the exchange can tell."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

import ccxt

from bot.venues import order_faults
from bot.venues.order_calls import Calls
from bot.venues.order_faults import Fate, NotKnownError
from bot.venues.order_life import Life
from bot.venues.order_lives import Lives
from bot.venues.order_looks import Heard, Looks
from bot.venues.order_parsing import Told
from bot.venues.order_patience import OrderPatience
from bot.venues.order_terms import Fitted

ORPHANS = 64  # trades that are kept


class Sender:
    """Sends to one exchange. `orphans` are trades that were pushed before the answer which says whose they are."""

    def __init__(
        self,
        calls: Calls,
        lives: Lives,
        looks: Looks,
        patience: OrderPatience,
        line: Callable[[BaseException], str],
    ) -> None:
        """`line` says what an error says, without our keys."""
        self._calls, self._lives, self._looks, self._patience, self._line = calls, lives, looks, patience, line
        self.orphans: deque[Told] = deque(maxlen=ORPHANS)

    async def send(self, life: Life, fitted: Fitted, told: Heard) -> None:
        """Sent again only when the exchange said that it was not taken, and says that it is not there.

        NotKnownError when nobody can tell whether it arrived. What else goes wrong is its final report.
        """
        symbol = self._looks.symbol(life.ticket.market)
        failed: Exception | None = None
        for attempt in range(self._patience.sends):
            if attempt:
                await asyncio.sleep(self._patience.limited * 2 ** (attempt - 1))
            try:
                if not (attempt and await self._looks.find(life, told)):
                    self._answered(life, await self._calls.create(life.ticket, fitted, symbol), told)
            except Exception as error:  # noqa: BLE001 - whatever it was, the order may stand
                failed = error
                if order_faults.fate(error) is not Fate.PUT_OFF:
                    break
            else:
                return
        await self._failed(life, failed, told)

    def _answered(self, life: Life, order: Told, told: Heard) -> None:
        """Some exchanges answer with the id only, some with fills. Whether it is over is heard, or asked for."""
        order_id = str(order["id"])
        told += self._lives.opened(life, order_id)
        trades = [{**each, "order": order_id} for each in order.get("trades") or ()]
        trades += [dict(each) for each in self.orphans if each.get("order") == order_id]
        told += self._lives.traded(life, [trade for each in trades if (trade := self._calls.trade(each))])

    async def _failed(self, life: Life, error: Exception | None, told: Heard) -> None:
        """What to make of an order whose last answer was an error."""
        fate, said = (Fate.REFUSED, "") if error is None else (order_faults.fate(error), self._line(error))
        if fate in (Fate.REFUSED, Fate.PUT_OFF):
            told += self._lives.refused(life, said)
            if isinstance(error, ccxt.InvalidNonce):
                raise NotKnownError(f"what time it is there: {said}")  # and so it is asked
            return
        self._lives.sent(life)
        if fate is Fate.DOUBTFUL:
            await asyncio.sleep(self._patience.first_look)  # some exchanges need a moment to find what they took
        with suppress(Exception):  # it is asked for again later
            if not await self._looks.find(life, told) and fate is Fate.DOUBTFUL:
                told += self._lives.refused(life, said)
        known = self._lives.latest(life)
        if known.stands and not known.exchange_id:
            raise NotKnownError(f"it is not known whether {life.ticket.id} arrived: {said}")
