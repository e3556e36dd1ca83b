"""What we conclude. A decision is a value: nothing here does anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

from bot.model.markets import Asset, Market
from bot.model.orders import Kind, Ticket
from bot.model.outlooks import Outlook
from bot.model.registry import Address, LenderKind


@dataclass(frozen=True, slots=True)
class Value:
    """What one asset is worth, and how well we know."""

    usd: float
    sigma_bp: float  # one standard deviation, basis points
    anchor: float  # 0 to 1: how much of the knowledge comes from dollar books and par redemptions
    anchored: bool  # False: its dollars rest on an assumption (the majority of liquidity at par)


@dataclass(frozen=True, slots=True)
class FairValues:
    """Every asset's value from all quotes at once.

    Residuals: how far a market's price is above what the values say, basis points.
    """

    made_at: int = 0
    values: Mapping[Asset, Value] = field(default_factory=dict)
    residuals: Mapping[Market, float] = field(default_factory=dict)


class Severity(IntEnum):
    """How bad a depeg is. In JSON and on screens by its name in small letters."""

    WATCH = 0
    MINOR = 1
    MAJOR = 2
    SEVERE = 3
    CRITICAL = 4


@dataclass(frozen=True, slots=True)
class Depeg:
    """One coin away from its peg, everywhere (`scope` "coin") or at one venue only ("venue:<name>").

    Times are ns UTC. Prices and deviations are against the coin's own peg, so 0.87 is 0.87 dollars for a dollar coin.
    """

    coin: Asset
    scope: str
    direction: Literal["below", "above"]
    start: int  # the first sight of the deviation that was later confirmed
    alert: int  # when it was confirmed
    severity: Severity  # the worst so far
    trough_at: int
    trough: float  # the price farthest from the peg so far; above the peg it is a peak
    peak_bp: float  # its distance from the peg, positive
    anchored: bool
    venues: tuple[str, ...]  # that showed it
    evidence: tuple[str, ...] = ()  # what led to the alert, a line each
    end: int | None = None  # when it came back for good; None while it lasts


@dataclass(frozen=True, slots=True)
class Hop:
    """One leg of a loop: `pool`'s coin number `i` in, number `j` out."""

    pool: Address
    i: int
    j: int
    coin_in: Address
    coin_out: Address


@dataclass(frozen=True, slots=True)
class Loop:
    """Borrow `amount` of `token`, walk the hops, repay with `fee`, keep `profit`. All in base units of `token`.

    `flow` is what goes into each hop and, last, what comes out: flow[0] == amount, flow[-1] == amount + fee + profit.
    """

    hops: tuple[Hop, ...]
    token: Address
    lender: Address
    lender_kind: LenderKind
    amount: int
    flow: tuple[int, ...]
    fee: int
    profit: int
    gas: int  # estimate, units of gas
    profit_usd: float  # before gas
    net_usd: float  # after gas at the fee that will be bid, and the builder's tip


@dataclass(frozen=True, slots=True)
class Hold:
    """A coin below its peg, to be bought and kept until it is back. Prices are in units of the peg, estimates."""

    coin: Asset
    price: float  # what one is bought for now, the fee counted
    outlook: Outlook
    usd: float  # dollars for one unit of the peg
    sigma_bp: float  # how unsure the coin's value is
    net: float  # expected profit for each dollar, after every cost
    days: float  # that the money is expected to be bound
    severity: Severity

    @property
    def gain(self) -> float:
        """What a dollar earns when the coin comes back."""
        return 1.0 / self.price - 1.0

    @property
    def loss(self) -> float:
        """What a dollar loses when it falls to where the outlook was wrong."""
        return max(1.0 - self.outlook.worst / self.price, 0.0)

    @property
    def score(self) -> float:
        """Expected profit a day for each dollar that can be lost: what opportunities are ranked by."""
        return self.net / max(self.loss, 1e-4) / max(self.days, 1 / 24)


@dataclass(frozen=True, slots=True)
class Hedged:
    """A coin below its peg, bought here and sold short there: kept until both prices meet, wherever that is.

    Prices are dollars a coin after fees, estimates.
    """

    coin: Asset
    buy: Market
    short: Market  # a perpetual
    outlook: Outlook
    price: float  # what one is bought for
    short_price: float  # what selling one short brings
    amount: float  # coins that both books, our money and our margin bear
    net: float  # expected profit for each dollar, after every cost
    days: float  # that the money is expected to be bound
    parted: float  # what a dollar loses when the two prices part as far as they did at worst

    @property
    def score(self) -> float:
        """Expected profit a day for each dollar that can be lost: what opportunities are ranked by."""
        return self.net / max(self.parted, 1e-4) / max(self.days, 1 / 24)


@dataclass(frozen=True, slots=True)
class Pair:
    """One coin dearer at one venue than at another: bought here and sold there at once, from what lies there."""

    coin: Asset
    buy: Market
    sell: Market
    buy_price: float  # in the markets' quotes
    sell_price: float
    amount: float  # coins that both books and both purses bear
    net_bp: float  # of the dollars traded, after fees, impact, and bringing the coins back
    net_usd: float

    @property
    def score(self) -> float:
        """Profit for each dollar bound, as if for an hour: what opportunities are ranked by."""
        return self.net_bp / 1e4 * 24


Opportunity = Loop | Pair | Hold | Hedged


@dataclass(frozen=True, slots=True)
class Plan:
    """A loop with what the chain must hold us to. `id` is unique within a journal."""

    id: str
    loop: Loop
    made_for: int  # the block whose state it was made from
    parent_hash: str  # of that block where it must be mined on top of it; "" where a later one will do
    min_profit: int  # the executor reverts below this; never 0
    deadline: int  # unix seconds
    max_fee_per_gas: int  # wei
    priority_fee: int  # wei
    gas_limit: int
    tip_bps: int = 0  # share of the profit for the block's builder
    min_tip: int = 0  # wei: the executor reverts when the share is sold for less


@dataclass(frozen=True, slots=True)
class Approved:
    """The only key: executors accept nothing else, and only `risk.review` makes one."""

    plan: Plan
    kind: Literal["approved"] = "approved"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why not. Kept, because "why no trade?" is what operators ask most. `usd` is what was passed up."""

    reason: str
    block: int
    usd: float
    plan: Plan | None = None
    kind: Literal["refused"] = "refused"


Verdict = Approved | Refused


@dataclass(frozen=True, slots=True)
class ApprovedOrder:
    """The only key to an exchange: made by `risk.review_order` alone."""

    ticket: Ticket
    kind: Literal["approved order"] = "approved order"


@dataclass(frozen=True, slots=True)
class Passed:
    """A chance that was passed up, and why. Kept as `Refused` is."""

    made_at: int  # ns UTC
    coin: Asset
    chance: Kind
    reason: str
    ticket: Ticket | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """Simulate, sign and broadcast."""

    approved: Approved


@dataclass(frozen=True, slots=True)
class Replace:
    """Send the same chance again under the same nonce, with these higher fees."""

    plan_id: str
    approved: Approved


@dataclass(frozen=True, slots=True)
class Cancel:
    """The chance has passed: take the transaction back by an empty one under its nonce."""

    plan_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Warn:
    """Tell the operator. About a depeg: as it stands now."""

    text: str
    depeg: Depeg | None = None


@dataclass(frozen=True, slots=True)
class Halt:
    """Stop sending until somebody clears it by hand."""

    reason: str


@dataclass(frozen=True, slots=True)
class Place:
    """Send an order to its exchange."""

    approved: ApprovedOrder


@dataclass(frozen=True, slots=True)
class Pull:
    """Take an order back."""

    order_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Write down what all at exchanges was worth when the day began, and at best: dollars, the day since 1970 (UTC)."""

    day: int
    morning: float
    peak: float


Action = Send | Replace | Cancel | Warn | Halt | Place | Pull | Mark
