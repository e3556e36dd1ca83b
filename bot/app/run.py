"""The shell around `step`: turns the world into events, writes them down, and carries out what `step` says."""

from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from bot.app.errands import Errands
from bot.app.killswitch import KillSwitch
from bot.model.decisions import Action, Approved, Cancel, Depeg, Halt, Mark, Place, Pull, Replace, Send, Warn
from bot.model.events import BlockSeen, Command, Decided, Event, Marked, QuotesSeen, Report, Tick
from bot.model.markets import Market
from bot.model.orders import (
    Ordered,
    OrderEnded,
    OrderEvent,
    OrderFilled,
    OrderOpened,
    OrderRefused,
    Pulled,
    Terms,
    Ticket,
)
from bot.records.journal import Journal
from bot.records.transactions import Sending
from bot.strategy import quotes
from bot.strategy.engine import Policy, State, step

REPEATED = 5 * 10**9  # ns: a quote that says the same again is not told to `step` for so long
TERMS_EVERY = 60 * 10**9  # ns
TIDY_EVERY = 60 * 10**9  # ns
TIDY_ROWS = 10_000  # forgotten at a time: more than come between two times, few enough not to be noticed

Known = Ordered | Pulled | OrderOpened | OrderFilled | OrderEnded | OrderRefused
"""What the journal keeps of orders: what a floor starts from."""

Witness = Callable[[Event | Action, State], None]
"""Shown every event after it was acted on, and every action before it is carried out."""


class Sender(Protocol):
    """Carries plans to the chain and tells what became of them. What it returns has not been recorded yet."""

    async def start(self, history: Iterable[Sending]) -> list[Report]:
        """Adopt whatever the journal says is in flight."""
        ...

    async def send(self, approved: Approved) -> list[Report]:
        """Simulate, sign, broadcast."""
        ...

    async def replace(self, plan_id: str, approved: Approved) -> list[Report]:
        """Take the place of the plan's last transaction."""
        ...

    async def cancel(self, plan_id: str, reason: str) -> list[Report]:
        """Take the plan's transaction back."""
        ...

    async def on_block(self, block: BlockSeen) -> list[Report]:
        """Look what the new block did to the transactions in flight."""
        ...


class Floor(Protocol):
    """Carries orders to exchanges and tells what became of them. What it returns has not been recorded yet."""

    async def start(self, known: Sequence[Known]) -> list[OrderEvent]:
        """Hold every account against what the journal says, and tell what was missed and which venues are known."""
        ...

    def events(self) -> AsyncIterator[OrderEvent]:
        """What is heard between calls."""
        ...

    async def place(self, ticket: Ticket) -> list[OrderEvent]:
        """Send an order."""
        ...

    async def pull(self, order_id: str, why: str) -> list[OrderEvent]:
        """Take one back."""
        ...

    def terms(self, market: Market) -> Terms | None:
        """What a market asks of orders; None where none may go."""
        ...


def ignore(_happened: Event | Action, _state: State) -> None:
    """A witness that looks away."""


def forget(_depeg: Depeg) -> None:
    """Keeps no depeg."""


@dataclass(slots=True)
class Bot:
    """One chain, one operator, one journal."""

    policy: Policy
    journal: Journal
    sender: Sender
    switch: KillSwitch
    clock: Callable[[], int]  # ns UTC
    state: State
    floor: Floor | None = None  # None: no orders go to exchanges
    errands: Errands = field(default_factory=Errands)
    witness: Witness = ignore
    remember: Callable[[Depeg], None] = forget  # for the depeg database; not to be waited for
    keep: int | None = None  # ns: how long blocks and quotes stay in the journal; None for ever
    tidied: int = 0
    learnt: int = 0  # when all markets were last asked for their terms

    async def settle(self, *, clear_halt: bool = False) -> None:
        """After a start: learn what became of everything that was in flight, and whether we may trade at all."""
        if clear_halt:
            self.switch.clear()
            await self._command("clear", "by hand")
        for report in await self.sender.start(self.journal.sendings()):
            await self.tell(report)
        if self.floor is not None:
            known = [each for each in self.journal.but_the_world() if isinstance(each, Known)]
            for event in await self.floor.start(known):
                await self.tell(event)
            self.errands.follow(self.floor.events())
            await self._pull_again({each.order_id for each in known if isinstance(each, Pulled)})
        await self._obey_switch()

    async def on_block(self, block: BlockSeen) -> None:
        """Hear what the block did to our transactions, decide on it, and then look what it says of prices."""
        for report in await self.sender.on_block(block):
            await self.tell(report)
        await self._obey_switch()
        await self.tell(block)
        self.journal.flush()
        now = self.clock()
        await self.tell(Tick(made_at=now, seen_at=now))
        self._tidy()

    async def on_look(self, look: QuotesSeen) -> None:
        """Decide on what is new in it, if anything is. The kill switch counts between blocks, too."""
        await self._obey_switch()
        news = quotes.news(self.state.book, look, REPEATED)
        if news is not None:
            self._learn_terms(news)
            await self.tell(news)

    async def on_silence(self, tick: Tick) -> None:
        """Time has passed, and the kill switch counts though nothing else is heard."""
        await self._obey_switch()
        await self.tell(tick)

    async def tell(self, event: Event) -> None:
        """Record an event, decide, and carry the decisions out; what comes of them is told in turn."""
        waiting: deque[Event] = deque([event])
        while waiting:
            for action in self.take(waiting.popleft()):
                waiting.extend(await self._carry_out(action))

    def take(self, event: Event) -> tuple[Action, ...]:
        """Write an event down, then let `step` have it. The journal is on disk before any action leaves."""
        self.journal.append(event)
        self.state, actions = step(self.state, event, self.policy)
        if actions:
            self.journal.flush()
        self.witness(event, self.state)
        return actions

    async def _carry_out(self, action: Action) -> Iterable[Event]:
        self.witness(action, self.state)
        match action:
            case Send(approved):
                self._decided(approved)
                return await self.sender.send(approved)
            case Replace(plan_id, approved):
                self._decided(approved)
                return await self.sender.replace(plan_id, approved)
            case Cancel(plan_id, reason):
                return await self.sender.cancel(plan_id, reason)
            case Place(approved):
                now = self.clock()
                self.record(Ordered(now, now, approved.ticket))
                return self._sent(lambda floor: floor.place(approved.ticket))
            case Pull(order_id, reason):
                now = self.clock()
                self.record(Pulled(now, now, order_id, reason))
                return self._sent(lambda floor: floor.pull(order_id, reason))
            case Mark(day, morning, peak):
                now = self.clock()
                self.record(Marked(now, now, day, morning, peak))
                return ()
            case Halt(reason):
                self.switch.pull(reason)
                return ()
            case Warn(depeg=depeg):
                if depeg is not None:
                    self.remember(depeg)
                return ()

    def _sent(self, call: Callable[[Floor], Coroutine[Any, Any, list[OrderEvent]]]) -> Iterable[Event]:
        """Begin a call to an exchange, for whose answer nobody waits."""
        if self.floor is not None:
            self.errands.run(call(self.floor))
        return ()

    def _learn_terms(self, news: QuotesSeen) -> None:
        """What the markets that are new to us ask of orders: a fact of the world, which the rules hold."""
        rules = self.policy.rules
        if rules is None or self.floor is None:
            return
        pools = {each.market for pairs in self.policy.listed.values() for each in pairs}
        asked = (pools | {quote.market for quote in news.quotes}) - rules.terms.keys()
        if news.seen_at - self.learnt >= TERMS_EVERY:  # our own fees are known some time after the start
            self.learnt, asked = news.seen_at, asked | rules.terms.keys()
        found = {market: terms for market in asked if (terms := self.floor.terms(market)) is not None}
        if any(rules.terms.get(market) != terms for market, terms in found.items()):
            self.policy = replace(self.policy, rules=replace(rules, terms={**rules.terms, **found}))

    async def _pull_again(self, written: Collection[str]) -> None:
        """What was to be taken back when we were killed, before that was written down."""
        orders = self.state.desk.account.orders
        for name in [name for name, order in orders.items() if order.pulled and not order.final]:
            if name not in written:
                await self._carry_out(Pull(name, "decided before the restart"))

    def _tidy(self) -> None:
        now = self.clock()
        if self.keep is not None and now - self.tidied >= TIDY_EVERY:
            self.tidied = now
            self.journal.forget(now - self.keep, TIDY_ROWS)

    def record(self, event: Event) -> None:
        """For a sender, in the midst of an action: on disk for good before it goes on."""
        self.take(event)
        self.journal.flush()

    def _decided(self, approved: Approved) -> None:
        now = self.clock()
        self.take(Decided(made_at=now, seen_at=now, plan=approved.plan))

    async def _obey_switch(self) -> None:
        reason = self.switch.reason()
        if reason is None and self.switch.resumed(self.journal.path.stem):
            await self._command("clear", "by hand")
        if reason is not None and self.state.standing.halted is None:
            await self._command("kill", reason)

    async def _command(self, word: Literal["kill", "clear"], why: str) -> None:
        now = self.clock()
        await self.tell(Command(made_at=now, seen_at=now, word=word, why=why))
