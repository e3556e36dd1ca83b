"""What came of replaying a history: everything performance and reports are made from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from bot.model.decisions import Depeg
from bot.model.markets import Asset, Market
from bot.model.orders import Kind, Purpose, Side


@dataclass(frozen=True, slots=True)
class Fill:
    """One fill. Prices in the market's quote, `quote_usd` dollars for one of it when the order was decided."""

    order_id: str
    trade: str
    kind: Kind
    coin: Asset
    market: Market
    side: Side
    purpose: Purpose
    at: int  # ns UTC
    amount: Decimal  # base units
    price: Decimal
    seen_price: float  # that the order was decided on
    fee_usd: float
    quote_usd: float
    why: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What all was worth at one moment, dollars: cash and coins at fair value, and the coins that were bought alone."""

    at: int  # ns UTC
    equity: float
    exposure: float


@dataclass(frozen=True, slots=True)
class Declined:
    """A chance that was not taken, and why."""

    at: int
    coin: Asset
    kind: str  # "hold", "hedged", "pair", "loop"
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A history replayed through `step`."""

    capital: float
    episodes: tuple[Depeg, ...]
    fills: tuple[Fill, ...]  # in time order
    curve: tuple[Standing, ...]  # in time order, wherever it changed
    declined: tuple[Declined, ...]  # of each coin, kind and reason the first time in an episode
    best_exit: Callable[[str, int, int], float]
    """Dollars a coin of trade id could have been sold for at best, by closes of the markets it was traded in,
    after the moment and until the other (ns UTC): (trade id, after, until). Of a hedged coin: what it and buying back
    its perpetual would have brought together."""
    prices: Callable[[Asset, int, int], tuple[tuple[int, float], ...]]
    """A coin's closes in dollars from one moment to another, at most a few hundred of them: for drawing."""
    events: int  # that `step` saw
    looks: int  # that history held, the skipped ones counted
    carry: Mapping[str, float] = field(default_factory=dict)  # dollars of funding by trade id, below zero what was paid
