"""Two orders at once, or neither: what a pair and a hedge begin with."""

from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal

from bot.model.decisions import Action, ApprovedOrder, Passed, Place
from bot.model.markets import Asset
from bot.model.orders import Kind, Ordered, Purpose, Side, Ticket
from bot.strategy import risk, tickets
from bot.strategy.opportunities import Counter
from bot.strategy.ordering import Desk, Look, Rules, post, remembering
from bot.strategy.tickets import Wish


@dataclass(frozen=True, slots=True)
class Leg:
    """One of two orders."""

    counter: Counter
    side: Side
    purpose: Purpose = Purpose.ENTER


@dataclass(frozen=True, slots=True)
class Legs:
    """Two orders of the same amount, coins. `trade` is "" where they begin one."""

    kind: Kind
    coin: Asset
    trade: str
    amount: float
    both: tuple[Leg, Leg]
    slip_bp: float
    why: str


def place(desk: Desk, legs: Legs, look: Look, rules: Rules) -> tuple[Desk, list[Action]]:
    """Both orders, if the gate lets both through, for as many coins as both purses bear."""
    made = _tickets(desk, legs, look)
    if len(made) < len(legs.both) or made[0].amount != made[1].amount:
        why = "what lies there, or the least that a market takes, allows no two orders of one amount"
        return remembering(desk, Passed(look.now, legs.coin, legs.kind, why)), []
    made[1] = replace(made[1], id=tickets.name(desk.account.tickets + 1, look.now), trade=made[0].trade)
    verdicts = [risk.review_order(each, desk.account, desk.worth, look.standing, rules.mandate) for each in made]
    for verdict in verdicts:
        if isinstance(verdict, Passed):
            return remembering(desk, verdict), []
    placed: list[Action] = []
    for verdict in verdicts:
        if isinstance(verdict, ApprovedOrder):
            desk = post(desk, Ordered(look.now, look.now, verdict.ticket))
            placed.append(Place(verdict))
    return desk, placed


def _tickets(desk: Desk, legs: Legs, look: Look) -> list[Ticket]:
    """Orders of one amount: purses must bear slippage too, so the smaller of two is taken for both."""
    step = max(each.counter.terms.amount_step for each in legs.both)
    amount = (Decimal(repr(legs.amount)) / step).to_integral_value(ROUND_DOWN) * step
    made = _cut(desk, legs, amount, look)
    amounts = {each.amount for each in made}
    if len(amounts) <= 1:
        return made
    return _cut(desk, legs, (min(amounts) / step).to_integral_value(ROUND_DOWN) * step, look)


def _cut(desk: Desk, legs: Legs, amount: Decimal, look: Look) -> list[Ticket]:
    made: list[Ticket] = []
    for leg in legs.both:
        wish = Wish(
            legs.trade,
            legs.kind,
            legs.coin,
            leg.side,
            leg.purpose,
            amount,
            legs.slip_bp,
            legs.why,
            future=leg.counter.market.perpetual,
        )
        made += tickets.cut(wish, [leg.counter], desk.account, 1.0, look.now)
    return made
