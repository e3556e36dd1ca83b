"""Several who carry orders as one: an order goes to whom its market's holder names, and all that any says is heard."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.app.run import Floor, Known
from bot.model.markets import Market
from bot.model.orders import Ordered, OrderEvent, Terms, Ticket

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Floors:
    """`named` by holder, as "chain"; `other` carries the orders of every holder that is not named."""

    named: Mapping[str, Floor]
    other: Floor
    _homes: dict[str, Floor] = field(default_factory=dict)  # by the ticket's id

    async def start(self, known: Sequence[Known]) -> list[OrderEvent]:
        """Each holds its own orders against the journal, all at once."""
        for each in known:
            if isinstance(each, Ordered):
                self._homes[each.ticket.id] = self._at(each.ticket.market)
        told = await asyncio.gather(*(floor.start(self._of(floor, known)) for floor in self._all()))
        return [event for each in told for event in each]

    async def events(self) -> AsyncIterator[OrderEvent]:
        """What any of them hears. Never ends by itself; one that fails silences no other."""
        heard: asyncio.Queue[OrderEvent] = asyncio.Queue()
        listening = [asyncio.create_task(_listen(floor, heard)) for floor in self._all()]
        try:
            while True:
                yield await heard.get()
        finally:
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)

    async def place(self, ticket: Ticket) -> list[OrderEvent]:
        """To its home."""
        floor = self._homes[ticket.id] = self._at(ticket.market)
        return await floor.place(ticket)

    async def pull(self, order_id: str, why: str) -> list[OrderEvent]:
        """From its home; an order that nobody knows is no error."""
        floor = self._homes.get(order_id)
        return [] if floor is None else await floor.pull(order_id, why)

    def terms(self, market: Market) -> Terms | None:
        """As its home says."""
        return self._at(market).terms(market)

    def _at(self, market: Market) -> Floor:
        return self.named.get(market.holder, self.other)

    def _all(self) -> list[Floor]:
        return [*self.named.values(), self.other]

    def _of(self, floor: Floor, known: Sequence[Known]) -> list[Known]:
        """What the journal holds of the orders of one of them."""
        names = (each.ticket.id if isinstance(each, Ordered) else each.order_id for each in known)
        return [each for each, name in zip(known, names, strict=True) if self._homes.get(name) is floor]


async def _listen(floor: Floor, heard: asyncio.Queue[OrderEvent]) -> None:
    try:
        async for event in floor.events():
            heard.put_nowait(event)
    except Exception:
        log.exception("no more is heard of some orders unasked")  # what calls answer is heard all the same
