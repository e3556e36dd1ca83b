"""Bitvavo: numbered differences on top of a snapshot that is asked for on the same socket.

Source: docs.bitvavo.com: REST market data, websocket subscriptions (ticker24h, book), action getBook.
"""

from collections.abc import Iterable, Mapping

from bot.sandbox.wire.book import Book, Listing, listings
from bot.sandbox.wire.exchange import Bar, Exchange
from bot.sandbox.wire.usual import before, intervals, ms, news, number, page
from bot.sandbox.wire.wire import (
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

INTERVALS = intervals("1m 5m 15m 1h 4h 1d")
PAGE = 1440  # bars


class Bitvavo(Wire):
    """Speaks as api.bitvavo.com/v2 and ws.bitvavo.com/v2 do."""

    venue = "bitvavo"
    hosts = ("bitvavo.com",)
    listed = listings(
        "USDC/EUR USDT/EUR DAI/EUR EURC/EUR PYUSD/EUR RLUSD/EUR USDE/EUR BTC/EUR BTC/USDC ETH/EUR ETH/USDC"
    )
    refusals = REFUSALS | {
        Refusal.RATE_LIMITED: Answer({"errorCode": 105, "error": "Your IP or API key has been banned."}, 429),
        Refusal.MAINTENANCE: Answer({"errorCode": 404, "error": "Could not complete this operation."}, 503),
        Refusal.UNKNOWN_MARKET: Answer({"errorCode": 205, "error": "symbol parameter is invalid."}, 400),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """Public REST."""
        match request.path.removeprefix("/v2/").split("/"):
            case ["time"]:
                return Answer({"time": exchange.now_ms()})
            case ["markets"]:
                return Answer([_terms(each) for each in exchange.listings])
            case ["assets"]:
                return Answer([_asset(each) for each in exchange.assets])
            case [name, "book"]:
                depth = int(request.query.get("depth", 1000))
                return Answer(_snapshot(name, exchange.books[find(exchange, name, _name)], depth))
            case [name, "candles"]:
                bars = _page(request.query, find(exchange, name, _name), exchange)
                return Answer([_candle(bar) for bar in reversed(bars)])
        raise RefusedError(Refusal.UNKNOWN_PATH)

    def hear(self, message: Json, line: Line) -> None:
        """Subscriptions, and getBook."""
        if message["action"] == "getBook":
            name = message["market"]
            book = line.exchange.books[find(line.exchange, name, _name)]
            line.say({"action": "getBook", "response": _snapshot(name, book)})
            return
        beginning = message["action"] == "subscribe"
        names = {channel["name"]: channel["markets"] for channel in message["channels"]}
        line.say({"event": "subscribed" if beginning else "unsubscribed", "subscriptions": names})
        for topic, name in ((f"{channel}:{name}", name) for channel, each in names.items() for name in each):
            if beginning:
                line.subscribe(topic, find(line.exchange, name, _name))
            else:
                line.unsubscribe(topic)

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """The ticker. Of a book only what changes."""
        return () if subscription.topic.startswith("book") else self.update(subscription, book)

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """One event."""
        channel, _, name = subscription.topic.partition(":")
        if channel == "ticker24h":
            return ({"event": channel, "data": [_ticker(name, book)]},)
        bids, asks = news(subscription, book)
        return ({"event": channel, "market": name, "nonce": book.number, "bids": pairs(bids), "asks": pairs(asks)},)


def _name(listing: Listing) -> str:
    return f"{listing.base}-{listing.quote}"


def _terms(listing: Listing) -> Json:
    return {
        "market": _name(listing),
        "status": "trading",
        "base": listing.base,
        "quote": listing.quote,
        "quantityDecimals": listing.size_digits,
        "tickSize": listing.tick,
        "notionalDecimals": 2,
        "minOrderInBaseAsset": listing.lot,
        "minOrderInQuoteAsset": "5.00",
        "maxOrderInBaseAsset": "1000000000.00",
        "maxOrderInQuoteAsset": "1000000000.00",
    }


def _asset(symbol: str) -> Json:
    return {"symbol": symbol, "name": symbol, "decimals": 8, "depositStatus": "OK", "withdrawalStatus": "OK"}


def _snapshot(name: str, book: Book, depth: int | None = None) -> Json:
    sides = {"bids": pairs(book.bids[:depth]), "asks": pairs(book.asks[:depth])}
    return {"market": name, "nonce": book.number} | sides


def _page(query: Mapping[str, str], listing: Listing, exchange: Exchange) -> list[Bar]:
    """The newest from `start` on, and before `end`."""
    limit, first, last = min(int(query.get("limit", PAGE)), PAGE), number(query, "start"), before(query, "end")
    return page(exchange, listing, INTERVALS[query["interval"]], limit, first, last, newest=True)


def _candle(bar: Bar) -> Json:
    return [bar.opened, bar.open, bar.high, bar.low, bar.close, bar.volume]


def _ticker(name: str, book: Book) -> Json:
    touch = {"bid": book.bid.price, "bidSize": book.bid.size, "ask": book.ask.price, "askSize": book.ask.size}
    return {"market": name, "last": book.last, "timestamp": ms(book)} | touch
