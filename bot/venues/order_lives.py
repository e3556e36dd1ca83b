"""The orders of one exchange: what is known of each, and when each is to be looked at next."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from bot.model.orders import OrderReport, Style
from bot.venues import order_life
from bot.venues.order_life import Life, Sighting, Step, Trade
from bot.venues.order_parsing import Told, client_ids
from bot.venues.order_patience import OrderPatience


@dataclass(frozen=True, slots=True)
class Look:
    """The next look at an order, on the monotonic clock, and how long the one after it waits, seconds."""

    due: float
    wait: float


class Lives:
    """Every order ever heard of, by the ticket's id. What is folded in gives the reports that are new."""

    def __init__(self, patience: OrderPatience, now: Callable[[], int]) -> None:
        self._patience, self._now = patience, now
        self._lives: dict[str, Life] = {}
        self._named: dict[str, str] = {}  # tickets' ids by the exchange's
        self._looks: dict[str, Look] = {}  # of orders that are not complete
        self.changes = 0  # how many reports there were

    def load(self, lives: Mapping[str, Life]) -> None:
        """What a journal knows."""
        for life in lives.values():
            self.keep(life)

    def keep(self, life: Life) -> None:
        """What is known of an order from now on."""
        self._lives[life.ticket.id] = life
        if life.exchange_id:
            self._named[life.exchange_id] = life.ticket.id
        if life.complete:
            self._looks.pop(life.ticket.id, None)
        elif life.ticket.id not in self._looks:
            self._heard(life)

    def get(self, order_id: str) -> Life | None:
        """An order by its ticket's id."""
        return self._lives.get(order_id)

    def meant(self, told: Told, exchange_id: object) -> Life | None:
        """The order that ccxt's structure tells of; None for one that is not ours."""
        known = self._named.get(str(exchange_id))
        ids = [known] if known else client_ids(told)
        return next((self._lives[each] for each in ids if each in self._lives), None)

    def latest(self, life: Life) -> Life:
        """What is known of it now."""
        return self._lives[life.ticket.id]

    def incomplete(self) -> list[Life]:
        """Those of which more is to be heard."""
        return [self._lives[each] for each in self._looks]

    def due(self) -> list[Life]:
        """Those of them that are to be looked at now."""
        now = time.monotonic()
        return [self._lives[order_id] for order_id, look in self._looks.items() if look.due <= now]

    def looked(self, life: Life) -> None:
        """The next look waits twice as long as this one did."""
        look = self._looks.get(life.ticket.id)
        if look is not None:
            wait = min(2 * look.wait, self._patience.longest_look)
            self._looks[life.ticket.id] = Look(time.monotonic() + look.wait, wait)

    def ring(self, lives: Iterable[Life] | None = None) -> None:
        """Something happened to them, or perhaps to all: they are looked at soon."""
        for life in self.incomplete() if lives is None else lives:
            if life.ticket.id in self._looks:
                self._looks[life.ticket.id] = Look(time.monotonic(), self._patience.first_look)

    def sent(self, life: Life) -> None:
        """It may have left us just now."""
        self.keep(replace(self.latest(life), sent_at=self._now()))

    def pulled(self, life: Life) -> None:
        """It is to be taken back."""
        self.keep(replace(self.latest(life), pulled=True))

    def opened(self, life: Life, exchange_id: str) -> list[OrderReport]:
        """The exchange has it."""
        now = self._now()
        return self._fold(order_life.opened(self.latest(life), exchange_id, now, now))

    def traded(self, life: Life, trades: Iterable[Trade]) -> list[OrderReport]:
        """Some of it was traded."""
        told: list[OrderReport] = []
        for trade in sorted(trades, key=lambda each: (each.made_at, each.fill_id)):
            told += self._fold(order_life.traded(self.latest(life), trade, self._now()))
        return told

    def seen(self, life: Life, sighting: Sighting) -> list[OrderReport]:
        """The exchange tells how it stands."""
        return self._fold(order_life.seen(self.latest(life), sighting, self._now()))

    def refused(self, life: Life, reason: str) -> list[OrderReport]:
        """It never stood."""
        return self._fold(order_life.refused(self.latest(life), reason, self._now()))

    def gone(self, life: Life) -> list[OrderReport]:
        """It stood, and the exchange knows it no more: what was traded is all there was."""
        known, now = self.latest(life), self._now()
        return self._fold(order_life.ended(known, now, known.filled, "the exchange no longer knows it", now))

    def _fold(self, step: Step) -> list[OrderReport]:
        life, told = step
        if told:
            self.changes += 1
            self._looks.pop(life.ticket.id, None)  # it was heard of
        self.keep(life)
        return told

    def _heard(self, life: Life) -> None:
        """One that takes is soon over; one that rests may be left alone for longer."""
        patience = self._patience
        quick = life.ticket.style is Style.TAKE or not life.exchange_id or not life.stands or life.pulled
        wait = patience.first_look if quick else min(8 * patience.first_look, patience.longest_look)
        self._looks[life.ticket.id] = Look(time.monotonic() + wait, wait)
