"""The latest quote of each market."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.model.events import Quote, QuotesSeen
from bot.model.markets import Market


@dataclass(frozen=True, slots=True)
class Book:
    """The newest quote of every market that still counts."""

    latest: Mapping[Market, Quote] = field(default_factory=dict)


def fold(book: Book, seen: QuotesSeen) -> Book:
    """Take news in; a quote older than the one held changes nothing."""
    latest = {market: quote for market, quote in book.latest.items() if market not in seen.gone}
    for quote in seen.quotes:
        held = latest.get(quote.market)
        if held is None or held.seen_at <= quote.seen_at:
            latest[quote.market] = quote
    return Book(latest)
