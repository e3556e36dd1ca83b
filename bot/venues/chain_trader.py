"""Orders in Curve's pools from a wallet of our own: approved, swapped, and told by what the receipt says was moved.

One order at a time, and of that one transaction at a time. What was signed is on disk before any node sees it, so a
restart finds what became of every order: mined, on its way, or never sent.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.model.coins import Coins
from bot.model.errors import UserError
from bot.model.markets import CHAIN, Market
from bot.model.orders import (
    NOTHING,
    OrderEnded,
    OrderEvent,
    OrderOpened,
    OrderRefused,
    Pulled,
    Terms,
    Ticket,
)
from bot.model.registry import Registry
from bot.venues import chain_orders, order_life, swap_log
from bot.venues.chain_aftermath import Aftermath
from bot.venues.chain_anchor import Anchor
from bot.venues.chain_courses import SILENT, Courses, Outcome
from bot.venues.chain_orders import Quoting, Refused, Unfilled
from bot.venues.chain_standing import Standing
from bot.venues.heads import Heads
from bot.venues.keys import Signer
from bot.venues.order_life import Known
from bot.venues.rpc import Rpc
from bot.venues.swap_log import SwapLog
from bot.venues.wallet import Wallet
from bot.venues.wallet_policy import WalletPolicy
from bot.venues.wallet_sending import Landed, Lost, WalletSender

log = logging.getLogger(__name__)

BROKEN = "an error of ours, see the log: nothing is sent before a restart"


class ChainTrader:
    """A wallet that trades in a registry's Curve pools. An event comes once: from `start` or `pull`, else `events`.

    `folder` is the wallet's own; `ether_usd` tells what an ether is worth now, dollars, `clock` ns UTC.
    """

    def __init__(
        self,
        rpc: Rpc,
        signer: Signer,
        registry: Registry,
        coins: Coins,
        folder: Path,
        ether_usd: Callable[[], float | None],
        policy: WalletPolicy,
        *,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._folder, self._ether_usd, self._policy, self._now = folder, ether_usd, policy, clock
        self._heads, self._anchor = Heads(rpc), Anchor(folder, rpc)
        wallet = Wallet(rpc, signer.address)
        self._quoting = Quoting(rpc, registry, coins, wallet, self._heads)
        self._sender = WalletSender(rpc, signer, self._heads, policy)
        self._pulled: dict[str, str] = {}  # why, by the ticket's id
        self._courses = Courses(rpc, wallet, self._sender, self._heads, self._pulled.get, clock)
        self._aftermath = Aftermath(self._courses, self._sender, self._heads)
        self._heard: asyncio.Queue[OrderEvent] = asyncio.Queue()
        self._named: set[str] = set()  # every order ever heard of
        self._open: set[str] = set()  # those whose end was not told
        self._filled: set[str] = set()  # those that an earlier run told as filled
        self._left: deque[SwapLog] = deque()  # of an earlier run, on their way
        self._waiting: deque[Ticket] = deque()
        self._standing = Standing(clock)
        self._reached = 0  # the newest block that moved anything of ours
        self._working: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Nothing is asked before `start`."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Follows nothing any more. What was sent stays sent."""
        if self._working is not None:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)
        await self._heads.close()

    async def start(self, known: Sequence[Known]) -> list[OrderEvent]:
        """What became of the journal's orders, and how the wallet stands: ready once nothing of ours is on its way."""
        lives = order_life.remembered(known)
        self._named = {name for name, life in lives.items() if life.ticket.market.holder == CHAIN}
        self._open = {name for name in self._named if not lives[name].complete}
        self._filled = {name for name in self._named - self._open if lives[name].filled}
        self._pulled |= {each.order_id: each.why for each in known if isinstance(each, Pulled)}
        records = swap_log.sent(self._folder)
        self._aftermath.settled = {each.swap.order_id for each in records} - self._open
        never = self._open - {each.swap.order_id for each in records}
        told: list[OrderEvent] = [self._ended(name, "never sent") for name in sorted(never)]
        told += await self._taken_up(records)
        self._heads.follow()
        self._working = asyncio.create_task(self._work())
        return told

    async def place(self, ticket: Ticket) -> list[OrderEvent]:
        """Takes an order. It is carried out after those before it, and `events` tells."""
        if ticket.id in self._named:
            return []
        self._named.add(ticket.id)
        if not self._standing.ready:
            return [self._refused(ticket.id, f"no new orders on chain now: {self._standing.reason}")]
        if not (ticket.id.isascii() and ticket.id.isalnum()):
            return [self._refused(ticket.id, f"{ticket.id!r} is no id: it takes letters and digits")]
        self._open.add(ticket.id)
        self._waiting.append(ticket)
        self._heads.ring()
        return []

    async def pull(self, order_id: str, why: str) -> list[OrderEvent]:
        """Takes an order back, by an empty transaction in its place if need be. One that was mined before stands."""
        for ticket in self._waiting:
            if ticket.id == order_id:
                self._waiting.remove(ticket)
                return [self._ended(order_id, why)]
        if order_id in self._open:
            self._pulled[order_id] = why
            self._heads.ring()
        return []

    async def events(self) -> AsyncIterator[OrderEvent]:
        """What becomes of orders, and of the wallet. Never ends by itself."""
        while True:
            yield await self._heard.get()

    def terms(self, market: Market) -> Terms | None:
        """What a market asks of orders; None where there is no swap, no price of ether, or nothing may be sent now."""
        if not self._standing.ready or self._sender.dear():
            return None
        return self._quoting.terms(market, self._heads.next_base_fee + self._policy.priority_fee, self._ether_usd)

    async def _taken_up(self, records: Sequence[SwapLog]) -> list[OrderEvent]:
        """What is known at once of an earlier run, and how the wallet stands; the rest is followed."""
        told: list[OrderEvent] = []
        self._left.extend(records)
        try:
            await self._heads.look()
            await self._anchor.check(self._heads.number)
            for record in records:
                landed = await self._sender.known(record)
                if isinstance(landed, Landed):
                    told += self._concluded(await self._courses.outcome(record, landed), record)
                    self._left.remove(record)
            untidy = await self._aftermath.untidy()
            if untidy:
                why = f"what {untidy[0].swap.order_id} left allowed is taken back"
                return [*told, *self._standing.hindered(why)]
            return [*told, *await self._looked()]
        except SILENT as error:
            return [*told, *self._standing.hindered(str(error))]

    async def _work(self) -> None:
        """For good: what was left, then orders, then looks."""
        while True:
            try:
                await self._turn()
            except SILENT as error:
                self._tell(self._standing.hindered(str(error)))
                await self._heads.news()
            except UserError as error:
                self._tell([*self._standing.stopped(str(error)), *self._given_up(str(error))])
                return
            except Exception:
                log.exception("the wallet trades no more")
                self._tell([*self._standing.stopped(BROKEN), *self._given_up(BROKEN)])
                return

    async def _turn(self) -> None:
        if not self._heads.known:
            await self._heads.look()
        await self._anchor.check(self._heads.number)
        if self._left:
            record = self._left[0]
            told = record.swap.order_id in self._filled
            end = await self._courses.resume(record, told=told)
            if told and (isinstance(end, Lost) or not end.worked):
                self._undone(record)
            await self._conclude(record, end)
            self._left.popleft()
        elif self._waiting and self._standing.ready:
            await self._trade(self._waiting.popleft())
        else:
            await self._aftermath.tidy()
            await self._look_back()
            self._tell(await self._looked())
            if not (self._waiting and self._standing.ready):
                await self._heads.news()

    async def _trade(self, ticket: Ticket) -> None:
        record: SwapLog | None = None
        try:
            match await self._quoting.wanted(ticket, self._sender):
                case Refused(reason):
                    self._tell([self._refused(ticket.id, reason)])
                case Unfilled(reason):
                    self._tell([self._ended(ticket.id, reason)])
                case swap:
                    record = swap_log.begin(self._folder, swap)
                    await self._conclude(record, await self._courses.carry(record, self._begun))
        except Exception as error:
            if record is None or not record.attempts:
                self._tell([self._ended(ticket.id, str(error) if isinstance(error, SILENT) else BROKEN)])
            raise

    def _begun(self, record: SwapLog) -> None:
        now, swap = self._now(), record.swap
        self._tell([OrderOpened(now, now, swap.order_id, record.attempts[0].hash)])

    async def _conclude(self, record: SwapLog, end: Landed | Lost) -> None:
        """Its end is told as soon as a node can be asked for it, however long that takes."""
        while True:
            try:
                outcome = await self._courses.outcome(record, end)
            except SILENT as error:
                self._tell(self._standing.hindered(str(error)))
                await self._heads.news()
            else:
                self._tell(self._concluded(outcome, record))
                return

    def _concluded(self, outcome: Outcome, record: SwapLog) -> list[OrderEvent]:
        """What is to be told of it. The record stays until a start finds that in the journal, and nothing allowed."""
        self._aftermath.add(record, outcome.swapped)
        self._reached = max(self._reached, outcome.block)
        if outcome.end.order_id not in self._open:
            return []
        self._open.discard(outcome.end.order_id)
        return [outcome.fill, outcome.end] if outcome.fill else [outcome.end]

    async def _look_back(self) -> None:
        """A fill that a reorg threw out is sent again, and nothing else is before it is mined."""
        while record := await self._aftermath.thrown_out():
            why = f"a reorganisation threw out {record.swap.order_id}, which was told as filled"
            self._tell(self._standing.hindered(why))
            if not await self._aftermath.follow_again(record):
                self._undone(record)

    def _undone(self, record: SwapLog) -> None:
        name = record.swap.order_id
        why = f"books and chain differ: {name} was told as filled, and a reorganisation undid it; look, then restart"
        log.error("%s", why)
        self._tell(self._standing.stopped(why))

    async def _looked(self) -> list[OrderEvent]:
        """How the wallet stands, if that is news. What waits for one that cannot pay its gas ends."""
        if self._left:
            return [*self._standing.hindered(f"{self._left[0].swap.order_id} is on its way")]
        await self._heads.look()
        if self._heads.number < self._reached:
            return []
        await self._quoting.triable()
        held = await self._quoting.holdings()
        if why := self._sender.dear():
            return [*self._standing.hindered(why, "dear", held), *self._given_up(why)]
        if why := chain_orders.penniless(held, self._sender.bid):
            return [*self._standing.hindered(why, "ether", held), *self._given_up(why)]
        return [*self._standing.stands(held)]

    def _given_up(self, reason: str) -> list[OrderEvent]:
        """The ends of orders that wait."""
        ends: list[OrderEvent] = [self._ended(ticket.id, reason) for ticket in self._waiting]
        self._waiting.clear()
        return ends

    def _ended(self, order_id: str, reason: str) -> OrderEnded:
        """With nothing filled."""
        self._open.discard(order_id)
        now = self._now()
        return OrderEnded(now, now, order_id, NOTHING, reason)

    def _refused(self, order_id: str, reason: str) -> OrderRefused:
        self._open.discard(order_id)
        now = self._now()
        return OrderRefused(now, now, order_id, reason)

    def _tell(self, events: Sequence[OrderEvent]) -> None:
        for each in events:
            self._heard.put_nowait(each)
