"""The latest price of each coin from each venue, and what a coin is worth in dollars."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median

from bot.model.events import Quote
from bot.model.registry import Address


@dataclass(frozen=True, slots=True)
class Book:
    """The latest quote by coin and venue."""

    latest: Mapping[tuple[Address, str], Quote] = field(default_factory=dict)


def fold(book: Book, quote: Quote) -> Book:
    """Take a quote in; an older one than is held changes nothing."""
    key = (quote.coin, quote.venue)
    held = book.latest.get(key)
    if held is not None and held.made_at > quote.made_at:
        return book
    return Book({**book.latest, key: quote})


def value(book: Book, coin: Address, otherwise: float | None) -> float | None:
    """Dollars for one whole coin: the median over venues, or `otherwise` where nobody quotes it."""
    heard = [quote.usd for (quoted, _), quote in book.latest.items() if quoted == coin]
    return median(heard) if heard else otherwise
