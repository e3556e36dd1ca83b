"""What decides: all that does not change while we run."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from bot.model.decisions import FairValues
from bot.model.events import Quote
from bot.model.registry import Address, Registry
from bot.model.times import MINUTE
from bot.strategy import fair_value, onchain, routing, worth
from bot.strategy.depeg import Thresholds
from bot.strategy.desk import Rules
from bot.strategy.fair_value import Pricing
from bot.strategy.planning import Bidding
from bot.strategy.pool_depth import Places, placed
from bot.strategy.risk import Limits

Solver = Callable[[Iterable[Quote], int, Pricing], FairValues]
"""What quotes say all assets are worth at a moment, ns UTC."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user decided, and the facts of the chain that do not change while we run."""

    registry: Registry
    atlas: routing.Atlas
    weth: Address
    usd: Mapping[Address, float]  # dollars a whole coin is taken for where its value is not known well enough
    limits: Limits = field(default_factory=Limits)
    bidding: Bidding = field(default_factory=Bidding)
    pricing: Pricing = field(default_factory=Pricing)
    thresholds: Thresholds = field(default_factory=Thresholds)
    stale_after: int = MINUTE  # ns: an older quote no longer counts
    rules: Rules | None = None  # of trading at exchanges; None: nothing is traded there
    solve: Solver = field(default=fair_value.solve, compare=False)  # histories are solved many moments at a time
    listed: onchain.Listing = field(init=False, compare=False)
    places: Places = field(init=False, compare=False)
    named: worth.Names = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "listed", onchain.listing(self.registry, self.pricing.coins))
        object.__setattr__(self, "places", placed(self.listed))
        object.__setattr__(self, "named", worth.names(self.registry, self.pricing.coins))
