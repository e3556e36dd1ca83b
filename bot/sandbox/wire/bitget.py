"""Bitget spot: a snapshot and differences with a checksum over 25 levels, or the best few levels whole each time.

Source: www.bitget.com/api-doc/spot: market endpoints, websocket public channels (ticker, depth).
"""

from collections.abc import Iterable, Mapping
from itertools import chain, zip_longest

from bot.sandbox.wire.book import Book, Levels, Listing, listings
from bot.sandbox.wire.exchange import Bar, Exchange
from bot.sandbox.wire.usual import before, intervals, ms, news, number, page, signed_crc32
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

INTERVALS = intervals("1min 5min 15min 1h 4h 1Dutc")
PAGES = {"candles": 1000, "history-candles": 200}
CHECKED = 25  # levels a side under the checksum


class Bitget(Wire):
    """Speaks as api.bitget.com (v2) and ws.bitget.com do."""

    venue = "bitget"
    hosts = ("bitget.com",)
    listed = listings(
        "USDC/USDT DAI/USDT USDE/USDT USD1/USDT TUSD/USDT BTC/USDT BTC/USDC BTC/EUR ETH/USDT ETH/USDC ETH/EUR USDT/EUR"
    )
    refusals = REFUSALS | {
        Refusal.RATE_LIMITED: Answer({"code": "429", "msg": "Too Many Requests"}, 429, {"Retry-After": "1"}),
        Refusal.MAINTENANCE: Answer({"code": "40200", "msg": "Server upgrade, please try again later"}, 503),
        Refusal.UNKNOWN_MARKET: Answer({"code": "30032", "msg": "pair does not exist"}, 400),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """Public REST."""
        head = {"code": "00000", "msg": "success", "requestTime": exchange.now_ms()}
        return Answer(head | {"data": _data(request, exchange)})

    def hear(self, message: Json, line: Line) -> None:
        """Subscriptions by instrument and channel, and a ping in plain text."""
        if message == "ping":
            line.say("pong")
            return
        for arg in message["args"]:
            listing = find(line.exchange, arg["instId"], _name)
            topic = f"{arg['channel']}:{arg['instId']}"
            line.say({"event": message["op"], "arg": arg})
            if message["op"] == "subscribe":
                line.subscribe(topic, listing, int(arg["channel"].removeprefix("books") or 0) if _books(topic) else 0)
            else:
                line.unsubscribe(topic)

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """Everything."""
        if not _books(subscription.topic):
            return (_push(subscription, "snapshot", _ticker(subscription.listing, book), book),)
        bids, asks = subscription.seen(book.bids), subscription.seen(book.asks)
        return (_push(subscription, "snapshot", _sides(bids, asks, book), book),)

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """The whole book's differences; of all else, everything again."""
        if subscription.depth or not _books(subscription.topic):
            return self.opening(subscription, book)
        sides = _sides(*news(subscription, book), book) | {"checksum": _checksum(book.bids, book.asks)}
        return (_push(subscription, "update", sides, book),)


def _name(listing: Listing) -> str:
    return listing.base + listing.quote


def _books(topic: str) -> bool:
    return topic.startswith("books")


def _data(request: Request, exchange: Exchange) -> Json:
    match request.path.removeprefix("/api/v2/"):
        case "public/time":
            return {"serverTime": str(exchange.now_ms())}
        case "spot/public/symbols":
            return [_terms(each) for each in exchange.listings]
        case "spot/public/coins":
            return [{"coin": each, "chains": []} for each in exchange.assets]
        case "mix/market/contracts" | "margin/currencies":
            return []
    listing = find(exchange, request.query.get("symbol", ""), _name)
    match request.path.removeprefix("/api/v2/spot/market/"):
        case "orderbook":
            book, depth = exchange.books[listing], int(request.query.get("limit", 150))
            return {"asks": pairs(book.asks[:depth]), "bids": pairs(book.bids[:depth]), "ts": str(ms(book))}
        case "candles" | "history-candles" as kind:
            return [_candle(bar) for bar in _page(request.query, PAGES[kind], listing, exchange)]
    raise RefusedError(Refusal.UNKNOWN_PATH)


def _terms(listing: Listing) -> Json:
    return {
        "symbol": _name(listing),
        "baseCoin": listing.base,
        "quoteCoin": listing.quote,
        "minTradeAmount": "0",
        "maxTradeAmount": "900000000000000000000",
        "takerFeeRate": "0.001",
        "makerFeeRate": "0.001",
        "pricePrecision": str(listing.price_digits),
        "quantityPrecision": str(listing.size_digits),
        "status": "online",
        "minTradeUSDT": "1",
    }


def _page(query: Mapping[str, str], most: int, listing: Listing, exchange: Exchange) -> list[Bar]:
    """The newest that begin before endTime."""
    limit, first = min(int(query.get("limit", 100)), most), number(query, "startTime")
    length, last = INTERVALS[query["granularity"]], before(query, "endTime")
    return page(exchange, listing, length, limit, first, last, newest=True)


def _candle(bar: Bar) -> list[str]:
    return [str(bar.opened), bar.open, bar.high, bar.low, bar.close, bar.volume]


def _push(subscription: Subscription, action: str, data: Json, book: Book) -> Json:
    channel, _, name = subscription.topic.partition(":")
    arg = {"instType": "SPOT", "channel": channel, "instId": name}
    return {"action": action, "arg": arg, "data": [data], "ts": ms(book)}


def _ticker(listing: Listing, book: Book) -> Json:
    touch = {"bidPr": book.bid.price, "bidSz": book.bid.size, "askPr": book.ask.price, "askSz": book.ask.size}
    return {"instId": _name(listing), "lastPr": book.last, "ts": str(ms(book))} | touch


def _sides(bids: Iterable[tuple[str, str]], asks: Iterable[tuple[str, str]], book: Book) -> dict[str, Json]:
    return {"asks": pairs(asks), "bids": pairs(bids), "seq": book.number, "ts": str(ms(book))}


def _checksum(bids: Levels, asks: Levels) -> int:
    """Bids and asks in turn, price and size."""
    turns = chain.from_iterable(zip_longest(bids[:CHECKED], asks[:CHECKED]))
    return signed_crc32(":".join(":".join(level) for level in turns if level is not None))
