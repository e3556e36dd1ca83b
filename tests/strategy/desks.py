"""A desk with accounts at two exchanges, coins off their peg there, and the lives of its orders."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

from bot.model.account import Account, post
from bot.model.coins import Coins, Mechanism, Stablecoin
from bot.model.decisions import Action, Depeg, Hold, Mark, Place, Pull, Severity
from bot.model.events import Command, Event, Marked, Quote, QuotesSeen
from bot.model.markets import DOLLAR, Asset, Market
from bot.model.orders import (
    Ordered,
    OrderEnded,
    OrderEvent,
    OrderFilled,
    OrderOpened,
    OrderRefused,
    Pulled,
    Purpose,
    Side,
    Style,
    Terms,
    Ticket,
    VenueSeen,
)
from bot.model.outlooks import Outlook, Stance
from bot.model.registry import Registry
from bot.model.times import DAY, MINUTE, SECOND
from bot.strategy.engine import Policy, State, step
from bot.strategy.fair_value import Pricing
from bot.strategy.mandate import Mandate
from bot.strategy.ordering import Rules
from bot.strategy.outlook import Memory
from bot.strategy.routing import Atlas

T0 = 1_700_000_000 * SECOND
USDC, USDT, UST, PYUSD = "USDC", "USDT", "UST", "PYUSD"
ALPHA, BETA = "alpha", "beta"
TERMS = Terms(taker=Decimal("0.001"), maker=Decimal(0), min_cost=Decimal(5))
COINS = Coins(
    {
        USDC: Stablecoin(USDC, "one", Mechanism.FIAT, issuer="Circle"),
        PYUSD: Stablecoin(PYUSD, "two", Mechanism.FIAT, issuer="Circle"),
        USDT: Stablecoin(USDT, "three", Mechanism.FIAT, issuer="Tether"),
        "DAI": Stablecoin("DAI", "four", Mechanism.CRYPTO, issuer="Maker", backing=(USDC,)),
        "USDE": Stablecoin("USDE", "five", Mechanism.DELTA_NEUTRAL, issuer="Ethena"),
        UST: Stablecoin(UST, "six", Mechanism.ALGORITHMIC, issuer="Terra"),
    }
)
NOTHING = Registry(chain_id=1, coins={}, pools={}, lenders=())


def market(venue: str = ALPHA, base: Asset = USDC, quote: Asset = DOLLAR) -> Market:
    """Where USDC is priced in dollars, unless told otherwise."""
    return Market(venue, base, quote)


def ticket(**told: Any) -> Ticket:
    """An order for 1000 USDC at 0.90, unless told otherwise."""
    usual: dict[str, Any] = {
        "id": "rp1",
        "trade": "t1",
        "kind": "hold",
        "coin": USDC,
        "market": market(),
        "side": Side.BUY,
        "amount": Decimal(1000),
        "limit": Decimal("0.9"),
        "style": Style.TAKE,
        "purpose": Purpose.ENTER,
        "quote_usd": 1.0,
        "made_at": T0,
        "seen_price": 0.9,
    }
    return Ticket(**(usual | told))


def ordered(of: Ticket) -> Ordered:
    """It was decided."""
    return Ordered(of.made_at, of.made_at, of)


def fill(of: Ticket, number: int, amount: Decimal, fee: Decimal = Decimal(0), fee_asset: Asset = DOLLAR) -> OrderFilled:
    """A part of it was traded at its limit."""
    return OrderFilled(T0, T0, of.id, f"{of.id}-{number}", amount, of.limit, fee, fee_asset)


def ended(of: Ticket, filled: Decimal) -> OrderEnded:
    """It stands no more."""
    return OrderEnded(T0, T0, of.id, filled)


def opened(of: Ticket) -> OrderOpened:
    """The exchange has it."""
    return OrderOpened(T0, T0, of.id, f"x-{of.id}")


def pulled(of: Ticket) -> Pulled:
    """It is being taken back."""
    return Pulled(T0, T0, of.id, "test")


def refused(of: Ticket, at: int = T0) -> OrderRefused:
    """The exchange did not want it."""
    return OrderRefused(at, at, of.id, "test")


def seen(venue: str, at: int = T0, *, ready: bool = True, **balances: float) -> VenueSeen:
    """An exchange's account, known."""
    held = tuple((asset, Decimal(str(amount))) for asset, amount in balances.items())
    return VenueSeen(at, at, venue, ready=ready, balances=held if ready else None)


def told(account: Account, events: Iterable[OrderEvent]) -> Account:
    """The books after all this."""
    for event in events:
        account = post(account, event)
    return account


def filled(account: Account, of: Ticket) -> Account:
    """The books after an order that was filled at its limit, without a fee."""
    return told(account, [ordered(of), fill(of, 0, of.amount), ended(of, of.amount)])


def outlook(coin: Asset = USDC, **told: Any) -> Outlook:
    """One that allows to hold, unless told otherwise."""
    usual: dict[str, Any] = {
        "coin": coin,
        "made_at": T0,
        "recovery": 0.95,
        "recovery_low": 0.90,
        "recovery_high": 0.98,
        "fair": 0.985,
        "worst": 0.80,
        "median_time": 2 * DAY,
        "late_time": 10 * DAY,
        "stance": Stance.HOLD,
        "likeness": 10,
        "reasons": ("as told",),
    }
    return Outlook(**(usual | told))


def hold(coin: Asset = USDC, price: float = 0.9, **told: Any) -> Hold:
    """A chance that promises what lies between the price and what the outlook says the coin is worth."""
    view = outlook(coin, **told)
    return Hold(coin, price, view, 1.0, 10.0, view.fair / price - 1, 2.0, Severity.SEVERE)


def depeg(coin: Asset = USDC, price: float = 0.9, **told: Any) -> Depeg:
    """A coin off its peg everywhere."""
    usual: dict[str, Any] = {
        "coin": coin,
        "scope": "coin",
        "direction": "below",
        "start": T0,
        "alert": T0 + MINUTE,
        "severity": Severity.SEVERE,
        "trough_at": T0,
        "trough": price,
        "peak_bp": (1 - price) * 1e4,
        "anchored": True,
        "venues": (ALPHA, BETA),
    }
    return Depeg(**(usual | told))


def quote(venue: str, at: int, mid: float, base: Asset = USDC, size: float = 1e6, against: Asset = DOLLAR) -> Quote:
    """A book four steps wide, in which it pays to wait."""
    bid = round(mid - 2e-4, 4)
    return Quote(at, at, venue, base, against, bid, round(bid + 4e-4, 4), size, size)


def policy(mandate: Mandate | None = None, markets: Sequence[Market] | None = None) -> Policy:
    """Orders may go to these markets, by default to those of all coins against dollars at both exchanges."""
    known = markets or [market(venue, coin) for venue in (ALPHA, BETA) for coin in COINS.by_symbol]
    rules = Rules(COINS, mandate or Mandate(), Memory(()), dict.fromkeys(known, TERMS))
    return Policy(NOTHING, Atlas.of(NOTHING), "0x" + "1" * 40, {}, pricing=Pricing(COINS), rules=rules)


@dataclass
class World:
    """`step`, and what went in and came out of it. Nothing is carried out unless a test says what became of it."""

    policy: Policy = field(default_factory=policy)
    state: State = field(default_factory=State)
    now: int = T0
    journal: list[Event] = field(default_factory=list)

    def tell(self, *events: Event) -> list[Action]:
        """What comes of these; the journal holds them, and orders, cancellations and marks as they are carried out."""
        came: list[Action] = []
        for event in events:
            self.journal.append(event)
            self.state, actions = step(self.state, event, self.policy)
            came += actions
            self.journal += [self._record(each) for each in actions if isinstance(each, Place | Pull | Mark)]
        return came

    def look(self, prices: Mapping[tuple[str, Asset], float], after: int = SECOND, size: float = 1e6) -> list[Action]:
        """What comes of a look at these prices, by exchange and coin."""
        self.now += after
        quotes = tuple(quote(venue, self.now, price, coin, size) for (venue, coin), price in prices.items())
        return self.tell(QuotesSeen(self.now, self.now, quotes))

    def fall(self, coin: Asset, price: float, venues: Sequence[str] = (ALPHA, BETA), **others: float) -> list[Action]:
        """A coin stands at a price at these exchanges until it is ordered, or for two minutes."""
        came: list[Action] = []
        prices = {(venue, coin): price for venue in venues} | {(ALPHA, name): each for name, each in others.items()}
        for _ in range(8):
            came += self.look(prices, 15 * SECOND)
            if placed(came):
                break
        return came

    def fill(self, of: Ticket, part: Decimal = Decimal(1), fee: Decimal = Decimal("0.001")) -> list[Action]:
        """So much of an order is filled at its limit, and the rest of it is not."""
        amount = (of.amount * part).quantize(Decimal("0.01"))
        happened: list[Event] = [opened(of)]
        if amount:
            happened.append(fill(of, 0, amount, amount * of.limit * fee, of.market.quote))
        return self.tell(*happened, ended(of, amount))

    @property
    def account(self) -> Account:
        """The books."""
        return self.state.desk.account

    def _record(self, action: Place | Pull | Mark) -> Event:
        match action:
            case Place(approved):
                return Ordered(self.now, self.now, approved.ticket)
            case Pull(order_id, reason):
                return Pulled(self.now, self.now, order_id, reason)
            case Mark(day, morning, peak):
                return Marked(self.now, self.now, day, morning, peak)


def placed(actions: Iterable[Action], purpose: Purpose | None = None) -> list[Ticket]:
    """The orders among what is to be done."""
    tickets = [each.approved.ticket for each in actions if isinstance(each, Place)]
    return [each for each in tickets if purpose in (None, each.purpose)]


def at(world: World, **changes: Any) -> World:
    """The same world with some of its mandate changed."""
    rules = world.policy.rules
    assert rules
    world.policy = replace(world.policy, rules=replace(rules, mandate=replace(rules.mandate, **changes)))
    return world


THOUGHTS: dict[Asset, Outlook] = {}  # of a coin; of others one thinks well


def thinks(fall: Depeg, *_: object) -> Outlook:
    """In the place of bot.strategy.outlook.assess: a desk must be safe with the most reckless outlook."""
    return THOUGHTS.get(fall.coin, outlook(fall.coin))


def world(mandate: Mandate | None = None, **coins: float) -> World:
    """A hundred thousand dollars at each of two exchanges, and coins as told at the second."""
    made = World(policy(mandate))
    made.tell(seen(ALPHA, USD=100_000), seen(BETA, USD=100_000, **coins))
    return made


def both(price: float) -> dict[tuple[str, Asset], float]:
    """USDC at one price at both exchanges."""
    return {(ALPHA, USDC): price, (BETA, USDC): price}


def command(made: World, word: Literal["pause", "resume", "kill", "clear"]) -> Command:
    """An operator's word."""
    return Command(made.now, made.now, word, "test")
