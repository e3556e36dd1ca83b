"""The latest quote of each market."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.model.events import Quote, QuotesSeen
from bot.model.markets import Market

STIRRED = 2.0  # a size that changed by less than this factor, with the price unmoved, is not news


@dataclass(frozen=True, slots=True)
class Book:
    """The newest quote of every market that still counts."""

    latest: Mapping[Market, Quote] = field(default_factory=dict)


def fold(book: Book, seen: QuotesSeen) -> Book:
    """Take news in; a quote older than the one held changes nothing, and one of neither side ends its market."""
    latest = dict(book.latest)
    for market in seen.gone:
        latest.pop(market, None)
    for quote in seen.quotes:
        held = latest.get(market := quote.market)
        if held is not None and held.seen_at > quote.seen_at:
            continue
        if quote.bid is None and quote.ask is None:
            latest.pop(market, None)
        else:
            latest[market] = quote
    return Book(latest)


def fresh(book: Book, oldest: int) -> Book:
    """Without the quotes seen before `oldest`, ns UTC: a feed that says nothing is not believed for ever."""
    stale = [market for market, quote in book.latest.items() if quote.seen_at < oldest]
    if not stale:
        return book
    latest = dict(book.latest)
    for market in stale:
        del latest[market]
    return Book(latest)


def joined(earlier: QuotesSeen, later: QuotesSeen) -> QuotesSeen:
    """Two looks as one: of each market what is known last."""
    newest = {quote.market: quote for quote in earlier.quotes}
    gone = dict.fromkeys(earlier.gone)
    for market in later.gone:
        newest.pop(market, None)
        gone[market] = None
    for quote in later.quotes:
        newest[quote.market] = quote
        gone.pop(quote.market, None)
    return replace(later, quotes=tuple(newest.values()), gone=tuple(gone))


def news(book: Book, seen: QuotesSeen, patience: int) -> QuotesSeen | None:
    """What of a look says more than the book; None when nothing does.

    A market that only repeats itself is told again when what is held is `patience` ns old, so that it does not age.
    """
    went = frozenset(seen.gone)
    quotes = tuple(
        quote
        for quote in seen.quotes
        if quote.market in went or _is_news(quote, book.latest.get(quote.market), patience)
    )
    gone = tuple(market for market in seen.gone if market in book.latest)
    return replace(seen, quotes=quotes, gone=gone) if quotes or gone else None


def _is_news(quote: Quote, held: Quote | None, patience: int) -> bool:
    if held is None or quote.seen_at - held.seen_at >= patience:
        return True
    if (quote.bid, quote.ask) != (held.bid, held.ask):
        return True
    return _stirred(quote.bid_size, held.bid_size) or _stirred(quote.ask_size, held.ask_size)


def _stirred(size: float, before: float) -> bool:
    return max(size, before) > STIRRED * min(size, before)
