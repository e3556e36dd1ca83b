"""What the desk knows and remembers, and the one way from an order that is wanted to one that is placed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.model import account as books
from bot.model.account import Account
from bot.model.coins import Coins
from bot.model.decisions import Action, ApprovedOrder, Depeg, FairValues, Passed, Place
from bot.model.events import Quote
from bot.model.markets import DOLLAR, Asset, Market
from bot.model.orders import Ordered, OrderEvent, Terms, Ticket
from bot.model.outlooks import Outlook
from bot.strategy import risk, tickets
from bot.strategy.drying import Liquidity
from bot.strategy.mandate import Mandate
from bot.strategy.memory import Memory
from bot.strategy.opportunities import Counter
from bot.strategy.outlook import Evidence
from bot.strategy.pool_depth import Pools
from bot.strategy.progress import Progress
from bot.strategy.risk import Standing, Worth

REMEMBERED = 256  # chances passed up


@dataclass(frozen=True, slots=True)
class Rules:
    """What does not change while we trade."""

    coins: Coins
    mandate: Mandate
    memory: Memory
    terms: Mapping[Market, Terms]  # of the markets where orders may go


@dataclass(frozen=True, slots=True)
class Look:
    """What is known at one moment."""

    now: int  # ns UTC
    values: FairValues
    latest: Mapping[Market, Quote]
    depegs: tuple[Depeg, ...]  # that last
    standing: Standing
    shown: Mapping[Asset, Evidence] = field(default_factory=dict)  # by the chain, of the coins off their peg
    pools: Pools = field(default_factory=Pools)  # of the chain


@dataclass(frozen=True, slots=True)
class Desk:
    """What the desk remembers."""

    account: Account = field(default_factory=Account)
    worth: Worth = field(default_factory=Worth)
    usd: Mapping[Asset, float] = field(default_factory=dict)  # what all that was ever held was last worth
    outlooks: Mapping[Asset, Outlook] = field(default_factory=dict)  # of the coins off their peg
    liquidity: Liquidity = field(default_factory=Liquidity)  # of the markets where orders may go
    passed: tuple[Passed, ...] = ()  # the newest chances that were passed up
    told: Mapping[tuple[Asset, str], str] = field(default_factory=dict)  # why, last, of each coin and kind
    progress: Progress = field(default_factory=dict)  # what was said last of each hold's way back
    stuck: frozenset[str] = frozenset()  # trades of which it was said that no fair price makes them even


def post(desk: Desk, event: OrderEvent) -> Desk:
    """Enter what happened at an exchange."""
    return replace(desk, account=books.post(desk.account, event))


def reviewed(desk: Desk, ticket: Ticket, look: Look, rules: Rules) -> tuple[Desk, list[Action]]:
    """Through the gate: promised at once and to be placed, or remembered as passed up."""
    ticket = replace(ticket, id=tickets.name(desk.account.tickets, look.now))  # of those before it some were refused
    match risk.review_order(ticket, desk.account, desk.worth, look.standing, rules.mandate):
        case ApprovedOrder() as approved:
            return post(desk, Ordered(look.now, look.now, ticket)), [Place(approved)]
        case Passed() as passed:
            return remembering(desk, passed), []


def remembering(desk: Desk, passed: Passed) -> Desk:
    """Keep why a chance was passed up, unless it is the last thing that was said of it."""
    key, text = (passed.coin, passed.chance), "".join(each for each in passed.reason if not each.isdigit())
    if desk.told.get(key) == text:
        return desk
    return replace(desk, passed=(*desk.passed, passed)[-REMEMBERED:], told={**desk.told, key: text})


def rests(counter: Counter, desk: Desk, look: Look, rules: Rules) -> bool:
    """Whether nobody was found there just now: the book that we see is not the one that stands."""
    since = look.now - rules.mandate.patience
    return refuses(counter, desk, look, rules) or desk.account.found_nobody(counter.market, since)


def refuses(counter: Counter, desk: Desk, look: Look, rules: Rules) -> bool:
    """Whether an order was refused there just now: at once it would be refused again, and exchanges lose patience."""
    return desk.account.refused(counter.market, look.now - rules.mandate.patience)


def peg_usd(coin: Asset, look: Look, rules: Rules) -> float:
    """Dollars for one unit of what the coin is pegged to."""
    peg = rules.coins.peg(coin) or DOLLAR
    value = look.values.values.get(peg)
    return 1.0 if peg == DOLLAR or value is None else value.usd
