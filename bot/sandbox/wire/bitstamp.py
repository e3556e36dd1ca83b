"""Bitstamp: differences stamped to the microsecond on top of a snapshot by REST. It streams no best bid and ask.

Source: www.bitstamp.net/api: public data, www.bitstamp.net/websocket/v2: diff_order_book.
"""

from collections.abc import Iterable, Mapping

from bot.sandbox.wire.book import Book, Listing, listings
from bot.sandbox.wire.exchange import Bar, Exchange
from bot.sandbox.wire.usual import news, page, seconds
from bot.sandbox.wire.wire import (
    DAY,
    HOUR,
    MINUTE,
    REFUSALS,
    Answer,
    Json,
    Line,
    Refusal,
    RefusedError,
    Request,
    Subscription,
    Wire,
    find,
    pairs,
)

STEPS = (MINUTE, 3 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, 12 * HOUR, DAY)
PAGE = 1000  # bars
CHANNEL = "diff_order_book_"


class Bitstamp(Wire):
    """Speaks as www.bitstamp.net/api/v2 and ws.bitstamp.net do."""

    venue = "bitstamp"
    hosts = ("bitstamp.net",)
    listed = listings(
        "USDC/USD USDT/USD DAI/USD PYUSD/USD RLUSD/USD USDC/USDT USDC/EUR USDT/EUR EUR/USD EURC/EUR "
        "BTC/USD BTC/EUR BTC/USDT BTC/USDC ETH/USD ETH/EUR ETH/USDT ETH/USDC"
    )
    refusals = REFUSALS | {
        Refusal.UNKNOWN_MARKET: Answer({"status": "error", "reason": "Invalid pair", "code": "404.002"}, 404),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """Public REST."""
        match request.path.removeprefix("/api/v2/").strip("/").split("/"):
            case ["markets"]:
                return Answer([_terms(each) for each in exchange.listings])
            case ["order_book", name]:
                book = exchange.books[find(exchange, name, _name)]
                return Answer(_sides(book.bids, book.asks, book))
            case ["ohlc", name]:
                listing = find(exchange, name, _name)
                bars = [_candle(bar) for bar in _page(request.query, listing, exchange)]
                return Answer({"data": {"pair": f"{listing.base}/{listing.quote}", "ohlc": bars}})
        raise RefusedError(Refusal.UNKNOWN_PATH)

    def hear(self, message: Json, line: Line) -> None:
        """bts:subscribe, bts:unsubscribe and bts:heartbeat."""
        match message["event"], message["data"].get("channel", ""):
            case "bts:heartbeat", _:
                line.say({"event": "bts:heartbeat", "data": {"status": "success"}})
            case "bts:subscribe", topic:
                listing = find(line.exchange, topic.removeprefix(CHANNEL), _name)
                line.say({"event": "bts:subscription_succeeded", "channel": topic, "data": {}})
                line.subscribe(topic, listing)
            case "bts:unsubscribe", topic:
                line.say({"event": "bts:unsubscription_succeeded", "channel": topic, "data": {}})
                line.unsubscribe(topic)

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:  # noqa: ARG002 - tells nothing
        """Nothing: the client asks for a snapshot by REST."""
        return ()

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """What changed."""
        return ({"event": "data", "channel": subscription.topic, "data": _sides(*news(subscription, book), book)},)


def _name(listing: Listing) -> str:
    return (listing.base + listing.quote).lower()


def _terms(listing: Listing) -> Json:
    return {
        "name": f"{listing.base}/{listing.quote}",
        "market_symbol": _name(listing),
        "base_currency": listing.base,
        "base_decimals": listing.size_digits,
        "counter_currency": listing.quote,
        "counter_decimals": listing.price_digits,
        "minimum_order_value": "10",
        "minimum_order_amount": listing.lot,
        "trading": "Enabled",
        "market_type": "SPOT",
        "description": f"{listing.base} / {listing.quote}",
    }


def _sides(bids: Iterable[tuple[str, str]], asks: Iterable[tuple[str, str]], book: Book) -> Json:
    """No two books have the same microtimestamp, however fast they follow each other."""
    stamp = {"timestamp": str(book.changed // 10**9), "microtimestamp": str(book.changed // 1000 + book.number)}
    return stamp | {"bids": pairs(bids), "asks": pairs(asks)}


def _page(query: Mapping[str, str], listing: Listing, exchange: Exchange) -> list[Bar]:
    """Times in seconds. From `start` upward where it is given."""
    step = int(query["step"]) * 1000
    if step not in STEPS:
        raise RefusedError(Refusal.BAD_REQUEST)
    limit = min(int(query["limit"]), PAGE)
    return page(exchange, listing, step, limit, seconds(query, "start"), seconds(query, "end"))


def _candle(bar: Bar) -> Json:
    prices = {"open": bar.open, "high": bar.high, "low": bar.low, "close": bar.close, "volume": bar.volume}
    return {"timestamp": str(bar.opened // 1000)} | prices
