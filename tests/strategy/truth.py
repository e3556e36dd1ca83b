"""Exchanges as they really are beside the books: orders are refused, filled in part, late, told twice, out of turn."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random

from bot.model.decisions import Place
from bot.model.events import Event, Quote, QuotesSeen
from bot.model.markets import DOLLAR, Asset, Market
from bot.model.orders import (
    FundingPaid,
    OrderEnded,
    OrderEvent,
    OrderFilled,
    OrderOpened,
    OrderRefused,
    Side,
    Ticket,
    VenueSeen,
)
from bot.model.times import SECOND
from strategy.desks import ALPHA, BETA, TERMS, USDC, USDT, World, market, policy
from strategy.futures import CARRIED, FUTURE, GAMMA, SHORT

VENUES = (ALPHA, BETA, GAMMA)
LOTS = (("0.01", "0.01"), ("0.01", "1"), ("1", "0.01"), ("0.001", "0.1"))
NOTHING = Decimal(0)


@dataclass
class Truth:
    """A desk that may hedge USDC, and what its exchanges hold. `calm`: nothing goes wrong any more."""

    chance: Random
    world: World
    held: dict[tuple[str, Asset], Decimal]
    calm: bool = False
    open: dict[str, Ticket] = field(default_factory=dict)
    late: list[list[OrderEvent]] = field(default_factory=list)
    ready: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(VENUES, True))
    fills: int = 0
    payments: int = 0

    @classmethod
    def of(cls, seed: int) -> "Truth":
        """Some money at each exchange, and lots as the seed has them."""
        chance = Random(seed)
        spot, future = map(Decimal, chance.choice(LOTS))
        world = World(policy(None, [market(), market(BETA), market(ALPHA, USDT), SHORT]))
        rules = world.policy.rules
        assert rules
        terms = {
            **rules.terms,
            market(): replace(TERMS, amount_step=spot),
            market(BETA): replace(TERMS, amount_step=spot),
            SHORT: replace(CARRIED, amount_step=future),
        }
        world.policy = replace(world.policy, rules=replace(rules, terms=terms))
        money = {
            (ALPHA, DOLLAR): Decimal(chance.choice([1_000, 20_000, 100_000])),
            (BETA, DOLLAR): Decimal(chance.choice([0, 20_000, 100_000])),
            (GAMMA, USDT): Decimal(chance.choice([1_000, 10_000, 50_000])),
        }
        made = cls(chance, world, money)
        for venue in VENUES:
            made.see(venue)
        return made

    @property
    def short(self) -> Decimal:
        """What is really sold short; below zero it would be long."""
        return -self.held.get((GAMMA, FUTURE), NOTHING)

    def see(self, venue: str) -> None:
        """Its account is read, if no order could change it meanwhile."""
        quiet = not any(each.market.venue == venue for each in self.open.values()) and not self.late
        told = tuple((asset, amount) for (its, asset), amount in self.held.items() if its == venue)
        now, ready = self.world.now, self.ready[venue]
        self.tell(VenueSeen(now, now, venue, ready=ready, balances=told if quiet and ready else None))

    def tell(self, *events: Event) -> None:
        """What is to be done is done by `trade`."""
        for action in self.world.tell(*events):
            if isinstance(action, Place):
                self.open[action.approved.ticket.id] = action.approved.ticket

    def look(self, prices: Mapping[Market, float], after: int, size: float) -> None:
        """A look at these prices, some of which nobody quotes."""
        self.world.now += after
        now = self.world.now
        stand = [each for each in prices if self.calm or self.chance.random() > 0.03]
        self.tell(QuotesSeen(now, now, tuple(_quote(each, prices[each], now, size) for each in stand)))

    def trade(self) -> None:
        """What becomes of open orders; some are not answered yet."""
        for name, ticket in list(self.open.items()):
            if self.calm or self.chance.random() > 0.2:
                del self.open[name]
                self.late.append(self._answer(ticket))

    def deliver(self) -> None:
        """What the exchanges say is heard, or some of it."""
        late, self.late = self.late, []
        for reports in late:
            heard = len(reports) if self.calm or self.chance.random() < 0.7 else self.chance.randint(0, len(reports))
            self.tell(*reports[:heard])
            self.late += [reports[heard:]] if reports[heard:] else []

    def fund(self) -> None:
        """The short pays."""
        self.payments += 1
        paid = -(self.short * Decimal("0.0005")).quantize(Decimal("0.0001"))
        self.held[GAMMA, USDT] += paid
        now = self.world.now
        self.tell(FundingPaid(now, now, GAMMA, FUTURE, str(self.payments), paid, USDT))

    def _answer(self, ticket: Ticket) -> list[OrderEvent]:
        now, name = self.world.now, ticket.id
        if not self.calm and self.chance.random() < 0.12:
            return [OrderRefused(now, now, name, "test")]
        amount = self._filled(ticket)
        reports: list[OrderEvent] = [OrderOpened(now, now, name, name), *self._fills(ticket, amount)]
        reports.append(OrderEnded(now, now, name, amount))
        if not self.calm:
            self.chance.shuffle(reports)
            reports += [self.chance.choice(reports)]
        return reports

    def _filled(self, ticket: Ticket) -> Decimal:
        rules = self.world.policy.rules
        assert rules
        step, part = rules.terms[ticket.market].amount_step, Decimal(1)
        if not self.calm and self.chance.random() < 0.4:
            part = Decimal(str(round(self.chance.random(), 3)))
        amount = ticket.amount * part // step * step
        if ticket.market.perpetual and ticket.side is Side.BUY:
            return min(amount, max(self.short, NOTHING))  # reduce only
        return amount

    def _fills(self, ticket: Ticket, amount: Decimal) -> list[OrderEvent]:
        now, taker = self.world.now, Decimal("0.001")
        half = (amount / 2).quantize(Decimal("0.01")) if not self.calm else NOTHING
        made: list[OrderEvent] = []
        for part in filter(None, (half, amount - half)):
            self.fills += 1
            in_coin = ticket.side is Side.BUY and not ticket.market.perpetual and self.chance.random() < 0.3
            fee, paid_in = (part * taker, USDC) if in_coin else (part * ticket.limit * taker, ticket.market.quote)
            made.append(OrderFilled(now, now, ticket.id, str(self.fills), part, ticket.limit, fee, paid_in))
            sign, venue = 1 if ticket.side is Side.BUY else -1, ticket.market.venue
            for asset, moved in (
                (ticket.market.base, sign * part),
                (ticket.market.quote, -sign * part * ticket.limit),
                (paid_in, -fee),
            ):
                self.held[venue, asset] = self.held.get((venue, asset), NOTHING) + moved
        return made


def _quote(of: Market, price: float, now: int, size: float) -> Quote:
    return Quote(now, now, *of, round(price - 1e-4, 4), round(price + 1e-4, 4), size, size)


def prices(spot: float, future: float) -> dict[Market, float]:
    """USDC at both exchanges, its perpetual, and USDT at a dollar."""
    return {market(): spot, market(BETA): spot, SHORT: future, market(ALPHA, USDT): 1.0}


def lived(seed: int, looks: int = 50) -> Truth:
    """Some wild hours, and then calm ones in which both prices meet at par."""
    truth = Truth.of(seed)
    chance, spot, gap = truth.chance, 0.93, 0.03
    for _ in range(looks):
        if chance.random() < 0.1:
            spot = min(max(spot + chance.uniform(-0.05, 0.05), 0.6), 1.0)
        if chance.random() < 0.15:
            gap = chance.uniform(-0.01, 0.05)
        if chance.random() < 0.07:
            venue = chance.choice(VENUES)
            truth.ready[venue] = not truth.ready[venue]
            truth.see(venue)
        if chance.random() < 0.05 and truth.short > 0:
            truth.fund()
        truth.look(prices(spot, spot + gap), chance.choice([1, 5, 15, 60]) * SECOND, chance.choice([1e3, 1e4, 1e6]))
        truth.trade()
        truth.deliver()
        assert truth.short >= 0
        assert truth.held[GAMMA, USDT] >= truth.short * Decimal("1.25") * Decimal("0.95")
    _calm(truth, spot, spot + gap, 12, 15 * SECOND)
    return truth


def _calm(truth: Truth, spot: float, future: float, looks: int, every: int) -> None:
    truth.calm, truth.ready = True, dict.fromkeys(VENUES, True)
    truth.trade()
    truth.deliver()
    for _ in range(looks):
        for venue in VENUES:
            truth.see(venue)
        truth.look(prices(spot, future), every, 1e6)
        truth.trade()
        truth.deliver()


def met(truth: Truth) -> None:
    """Both prices meet at par."""
    _calm(truth, 0.9999, 0.9999, 40, 3600 * SECOND)
