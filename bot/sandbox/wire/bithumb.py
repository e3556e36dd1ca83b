"""Bithumb, second generation of its API: Upbit's words at other hosts.

Source: apidocs.bithumb.com (2.1).
"""

from bot.sandbox.wire.book import Book, listings
from bot.sandbox.wire.upbit import Upbit
from bot.sandbox.wire.wire import Json


class Bithumb(Upbit):
    """Speaks as api.bithumb.com/v1 and ws-api.bithumb.com/websocket/v1 do."""

    venue = "bithumb"
    hosts = ("bithumb.com",)
    listed = listings("USDT/KRW USDC/KRW USD1/KRW USDE/KRW BTC/KRW ETH/KRW ETH/BTC USDC/BTC USDT/BTC")

    def stamp(self, book: Book) -> Json:
        """Microseconds, as text."""
        return str(book.changed // 1000)
