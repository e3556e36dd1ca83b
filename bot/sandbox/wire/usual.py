"""What several exchanges do alike: names of bars, pages of candles, what changed, compression, a checksum."""

from collections.abc import Mapping
from gzip import compress
from zlib import crc32

import orjson

from bot.sandbox.wire.book import Book, Level, Listing, changes
from bot.sandbox.wire.exchange import MILLISECOND, Bar, Exchange
from bot.sandbox.wire.wire import DAY, HOUR, MINUTE, Json, Subscription

LENGTHS = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, DAY)
SIGN = 1 << 31


def intervals(names: str) -> dict[str, int]:
    """What an exchange calls bars of 1m 5m 15m 1h 4h 1d, to their lengths in ms: "1min 5min 15min 1h 4h 1day"."""
    return dict(zip(names.split(), LENGTHS, strict=True))


def page(
    exchange: Exchange,
    listing: Listing,
    length: int,
    limit: int,
    first: int | None = None,
    last: int | None = None,
    *,
    newest: bool = False,
) -> list[Bar]:
    """At most `limit` candles that begin from `first` to `last` (ms, both counted), ascending.

    The oldest of them where `first` is told, unless it is the `newest` the exchange prefers. `length` of a bar: ms.
    """
    last = exchange.now_ms() if last is None else last
    if newest or first is None:
        return exchange.bars(listing, length, first or 0, last, newest=limit)
    return exchange.bars(listing, length, first, last, oldest=limit)


def number(query: Mapping[str, str], name: str) -> int | None:
    """A whole number that was asked with; None where it was not."""
    return int(query[name]) if name in query else None


def seconds(query: Mapping[str, str], name: str) -> int | None:
    """A moment that was asked with in seconds, as ms; None where none was."""
    return int(query[name]) * 1000 if name in query else None


def before(query: Mapping[str, str], name: str) -> int | None:
    """The last moment before one that was asked with; None where none was."""
    return int(query[name]) - 1 if name in query else None


def ms(book: Book) -> int:
    """When it changed, ms UTC."""
    return book.changed // MILLISECOND


def news(subscription: Subscription, book: Book) -> tuple[list[Level], list[Level]]:
    """Bids and asks that changed, of those the stream shows."""
    told, seen = subscription.told, subscription.seen
    return changes(seen(told.bids), seen(book.bids)), changes(seen(told.asks), seen(book.asks))


def zipped(message: Json) -> bytes:
    """A message as gzip, the same bytes at any time."""
    return compress(orjson.dumps(message), compresslevel=1, mtime=0)


def signed_crc32(text: str) -> int:
    """CRC32 as a signed number of 32 bits."""
    return (crc32(text.encode()) ^ SIGN) - SIGN
