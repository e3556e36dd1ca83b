"""Every asset's dollar value from all quotes at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from bot.model.coins import Coins, shipped
from bot.model.decisions import FairValues, Value
from bot.model.events import Quote
from bot.model.markets import DOLLAR


@dataclass(frozen=True, slots=True)
class Pricing:
    """How quotes are weighed."""

    coins: Coins = field(default_factory=shipped)


def solve(quotes: Iterable[Quote], now: int, pricing: Pricing) -> FairValues:
    """What each quoted asset is worth at `now` (ns UTC)."""
    del pricing
    direct: dict[str, list[float]] = {}
    for quote in quotes:
        if quote.quote == DOLLAR and quote.bid and quote.ask:
            direct.setdefault(quote.base, []).append((quote.bid + quote.ask) / 2)
    return FairValues(now, {asset: Value(median(usd), 0.0, 1.0, anchored=True) for asset, usd in direct.items()})
