"""Orders at all exchanges: each has an account of its own, and one that fails disturbs no other."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from types import TracebackType
from typing import Self

from bot.model.coins import Coins
from bot.model.errors import UserError
from bot.model.markets import Asset, Market
from bot.model.orders import OrderEvent, OrderRefused, Terms, Ticket, VenueSeen
from bot.model.ways import Way
from bot.venues import order_life
from bot.venues.account_health import AccountHealth
from bot.venues.ccxt_client import is_gate
from bot.venues.credentials import Credentials
from bot.venues.order_dialects import ORDER_DIALECTS
from bot.venues.order_life import Known, Life
from bot.venues.order_patience import OrderPatience
from bot.venues.trading_account import TradingAccount

PREFIX = "rp"
"""What the ids of all our tickets begin with."""


class Trader:
    """Our accounts, one a set of credentials.

    `watched` are the coins whose markets are traded. Orders that stand under ids beginning with `prefix` are ours.
    `through` is a URL behind which every exchange's host is the first part of the path. `clock` tells ns UTC.
    UserError for an exchange where orders cannot be sent, or no URL. An event comes once: from `start`, `place` or
    `pull` where it was heard there, else from `events`.
    """

    def __init__(
        self,
        credentials: Sequence[Credentials],
        coins: Coins,
        watched: Collection[Asset],
        through: str | None = None,
        *,
        prefix: str = PREFIX,
        clock: Callable[[], int] = time.time_ns,
        patience: OrderPatience | None = None,
    ) -> None:
        unknown = [each.venue for each in credentials if each.venue not in ORDER_DIALECTS]
        if unknown:
            there = ", ".join(ORDER_DIALECTS)
            raise UserError(f"orders cannot be sent to {', '.join(unknown)}; they can to {there}")
        if through is not None and not is_gate(through):
            raise UserError(f"{through} is no gateway: what is wanted is like http://127.0.0.1:8590")
        self._now = clock
        self._heard: asyncio.Queue[OrderEvent] = asyncio.Queue()
        self._homes: dict[str, str] = {}  # venues by ticket's id
        patience = patience or OrderPatience()
        self._accounts = {
            each.venue: TradingAccount(each, coins, frozenset(watched), through, prefix, patience, clock, self._tell)
            for each in credentials
        }

    async def __aenter__(self) -> Self:
        """Nothing is asked before `start`."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hangs up on every exchange. Orders stay as they are."""
        await asyncio.gather(*(each.close() for each in self._accounts.values()))

    async def start(self, known: Sequence[Known]) -> list[OrderEvent]:
        """Holds every account against the journal's past: the reports that were missed, and a VenueSeen of each venue.

        A venue that cannot be asked, or does not know yet, is not ready; it is asked on, and `events` tells.
        """
        homes: dict[str, dict[str, Life]] = defaultdict(dict)
        for order_id, life in order_life.remembered(known).items():
            self._homes[order_id] = life.ticket.market.venue
            homes[life.ticket.market.venue][order_id] = life
        told = await asyncio.gather(*(each.open(homes[venue]) for venue, each in self._accounts.items()))
        lost = [venue for venue, lives in homes.items() if not all(life.complete for life in lives.values())]
        strange = [self._without_keys(venue) for venue in lost if venue not in self._accounts]
        return [event for each in told for event in each] + strange

    async def place(self, ticket: Ticket) -> list[OrderEvent]:
        """Sends an order. Where it is not known whether it arrived, the venue is not ready until it is."""
        account = self._accounts.get(ticket.market.venue)
        if account is None:
            now = self._now()
            return [OrderRefused(now, now, ticket.id, f"there are no keys for {ticket.market.venue}")]
        self._homes[ticket.id] = ticket.market.venue
        return await account.place(ticket)

    async def pull(self, order_id: str, why: str) -> list[OrderEvent]:  # noqa: ARG002 - exchanges take no reasons
        """Takes an order back. One that was filled before, or is not known, is no error."""
        account = self._accounts.get(self._homes.get(order_id, ""))
        return [] if account is None else await account.pull(order_id)

    async def events(self) -> AsyncIterator[OrderEvent]:
        """What is heard between calls, in order. Never ends by itself."""
        while True:
            yield await self._heard.get()

    def terms(self, market: Market) -> Terms | None:
        """What a market asks of orders; None where it is not listed, or its exchange has not answered yet."""
        account = self._accounts.get(market.venue)
        return None if account is None else account.terms(market)

    async def transfers(self, venue: str) -> Mapping[Asset, Mapping[str, Way]]:
        """Of each coin, by network. Empty where the exchange does not tell."""
        account = self._accounts.get(venue)
        return {} if account is None else await account.transfers.ask()

    def health(self) -> tuple[AccountHealth, ...]:
        """How each account stands, in the order they were named."""
        return tuple(each.health() for each in self._accounts.values())

    def _tell(self, events: Sequence[OrderEvent]) -> None:
        for each in events:
            self._heard.put_nowait(each)

    def _without_keys(self, venue: str) -> VenueSeen:
        now = self._now()
        return VenueSeen(
            now, now, venue, ready=False, reason=f"orders are open there, and there are no keys for {venue}"
        )
