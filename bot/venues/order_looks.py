"""What became of an order, from the exchange that is asked: found, over, or never arrived."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from bot.model.markets import Market
from bot.model.orders import OrderEvent
from bot.venues import order_faults, order_parsing
from bot.venues.health import SECOND
from bot.venues.order_calls import Calls
from bot.venues.order_faults import NotKnownError
from bot.venues.order_life import Life
from bot.venues.order_lives import Lives
from bot.venues.order_parsing import MILLISECOND, Told
from bot.venues.order_patience import OrderPatience

Heard = list[OrderEvent]
MANY = 3  # orders that are asked for one by one, at most


class Looks:
    """Asks one exchange, and folds what it says into `lives`. Reports go to the list that is given, as they come.

    Raises what ccxt raises, and NotKnownError while nobody can tell whether an order will arrive.
    """

    def __init__(
        self, calls: Calls, lives: Lives, patience: OrderPatience, now: Callable[[], int], prefix: str
    ) -> None:
        self._calls, self._lives, self._patience, self._now, self._prefix = calls, lives, patience, now, prefix
        self.symbols: Mapping[Market, str] = {}  # ccxt's, of what is watched

    def symbol(self, market: Market) -> str:
        """What ccxt calls a market, also one that is no longer watched."""
        return self.symbols.get(market, f"{market.base}/{market.quote}")

    async def find(self, life: Life, told: Heard) -> bool:
        """Whether the exchange has it."""
        known = self._lives.latest(life)
        symbol = self.symbol(known.ticket.market)
        order = await self._calls.find(known.ticket.id, known.exchange_id, symbol)
        if order is None:
            return False
        sighting = order_parsing.sighting(order, self._now())
        if sighting is None:
            raise order_faults.GarbledError("does not tell how an order stands")
        told += self._lives.opened(life, sighting.exchange_id)
        if sighting.filled > self._lives.latest(life).filled:
            since = int(order.get("timestamp") or known.ticket.made_at // MILLISECOND)
            trades = await self._calls.trades(sighting.exchange_id, symbol, since, sighting.filled)
            told += self._lives.traded(life, trades)
        told += self._lives.seen(life, sighting)
        return True

    async def look(self, life: Life, told: Heard) -> None:
        """How an order stands. One that the exchange does not know did not arrive, once it can arrive no more."""
        asked_at = self._now()
        self._lives.looked(life)
        if await self.find(life, told):
            return
        known = self._lives.latest(life)
        settled = asked_at - known.sent_at > self._patience.settle * SECOND
        if settled and known.exchange_id:
            since = known.ticket.made_at // MILLISECOND
            trades = await self._calls.trades(known.exchange_id, self.symbol(known.ticket.market), since)
            told += self._lives.traded(life, trades)
            told += self._lives.gone(life)
        elif settled:
            told += self._lives.refused(life, "never arrived")
        elif not known.exchange_id:
            raise NotKnownError(f"does not know {life.ticket.id} yet")

    async def changed(self, lives: Sequence[Life]) -> Sequence[Life]:
        """Those of which there is more to ask: one request for all of them, instead of one each."""
        if len(lives) <= MANY:
            return lives
        told = {str(each["id"]): order_parsing.sighting(each, self._now()) for each in await self._calls.open_orders()}
        changed = []
        for life in lives:
            sighting = told.get(life.exchange_id)
            if life.pulled or sighting is None or sighting.over or sighting.filled != life.filled:
                changed.append(life)
            else:
                self._lives.looked(life)
        return changed

    async def take_back(self, life: Life, told: Heard) -> None:
        """Cancels it, and tells what became of it: it may have been filled, or gone, before."""
        with suppress(Exception):  # whatever the exchange says, it is looked at
            await self._calls.cancel(self._lives.latest(life).exchange_id, self.symbol(life.ticket.market))
        await self.look(life, told)

    async def clear(self, told: Heard) -> list[str]:
        """Cancels orders of ours that should not stand, and says which: no journal has them, or they were given up."""
        cancelled = []
        for order in await self._calls.open_orders():
            life = self._lives.meant(order, order["id"])
            ids = order_parsing.client_ids(order)
            if (life is None and any(each.startswith(self._prefix) for each in ids)) or (life and not life.stands):
                cancelled += await self._clear(order, life, told)
        return cancelled

    async def _clear(self, order: Told, life: Life | None, told: Heard) -> list[str]:
        try:
            await self._calls.cancel(order["id"], order["symbol"])
        except order_faults.REFUSALS:  # it is gone, or it stands and is found the next time
            return []
        if life is not None:
            await self.find(life, told)
        name = next(iter(order_parsing.client_ids(order)), order["id"])
        return [f"{name} ({order['side']} {order['amount']} {order['symbol']})"]
