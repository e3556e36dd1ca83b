"""What perpetual futures are worth: what is bid and asked for them, and nothing that a coin's value hangs on."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from statistics import median

from bot.model.decisions import FairValues, Value
from bot.model.events import Quote
from bot.model.markets import Asset

BP = 1e4


def without(quotes: Iterable[Quote]) -> list[Quote]:
    """The quotes of what is no promise of a price but has one: coins and money."""
    return [quote for quote in quotes if not quote.market.perpetual]


def valued(values: FairValues, quotes: Iterable[Quote]) -> FairValues:
    """The values, and each perpetual's at the middle of its books, in dollars: the median where it has several."""
    found: dict[Asset, list[Value]] = {}
    for asset, value in _middles(quotes, values.values):
        found.setdefault(asset, []).append(value)
    if not found:
        return values
    middle = {asset: sorted(each, key=lambda one: one.usd) for asset, each in found.items()}
    its = {asset: replace(each[0], usd=median(one.usd for one in each)) for asset, each in middle.items()}
    return replace(values, values={**values.values, **its})


def _middles(quotes: Iterable[Quote], known: Mapping[Asset, Value]) -> Iterator[tuple[Asset, Value]]:
    for quote in quotes:
        paid = known.get(quote.quote)
        if quote.market.perpetual and paid and quote.bid and quote.ask and quote.bid <= quote.ask:
            half_bp = (quote.ask - quote.bid) / (quote.ask + quote.bid) * BP
            usd = (quote.bid + quote.ask) / 2 * paid.usd
            yield quote.base, Value(usd, paid.sigma_bp + half_bp, paid.anchor, paid.anchored)
