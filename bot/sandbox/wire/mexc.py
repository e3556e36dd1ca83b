"""MEXC spot: REST as Binance's, websocket in protocol buffers, differences on top of a snapshot by REST.

Source: mexcdevelop.github.io/apidocs/spot_v3_en, github.com/mexcdevelop/websocket-proto (the numbers of the fields).
"""

from collections.abc import Iterable, Mapping

from bot.sandbox.wire.book import Book, Level, Listing, listings
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

INTERVALS = intervals("1m 5m 15m 60m 4h 1d")
CHANNEL, SYMBOL, SENT = 1, 3, 6  # fields of every push
DEPTH, TICKER = 313, 315  # and its body
ASKS, BIDS, FROM_VERSION, TO_VERSION = 1, 2, 4, 5  # of DEPTH


class Mexc(Wire):
    """Speaks as api.mexc.com (v3) and wbs-api.mexc.com do."""

    venue = "mexc"
    hosts = ("mexc.com",)
    listed = listings(
        "USDC/USDT FDUSD/USDT DAI/USDT USDE/USDT USD1/USDT USDP/USDT TUSD/USDT "
        "BTC/USDT BTC/USDC BTC/EUR ETH/USDT ETH/USDC ETH/EUR USDT/EUR USDC/EUR"
    )
    refusals = REFUSALS | {
        Refusal.RATE_LIMITED: Answer({"code": 429, "msg": "Too Many Requests"}, 429, {"Retry-After": "1"}),
        Refusal.MAINTENANCE: Answer({"code": 801, "msg": "System under maintenance"}, 503),
        Refusal.UNKNOWN_MARKET: Answer({"code": -1121, "msg": "Invalid symbol."}, 400),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """Public REST."""
        match request.path:
            case "/api/v3/exchangeInfo":
                return Answer({"symbols": [_terms(each) for each in exchange.listings]})
            case "/api/v3/time":
                return Answer({"serverTime": exchange.now_ms()})
            case "/api/v1/contract/detail":
                return Answer({"success": True, "code": 0, "data": []})
            case "/api/v3/depth":
                return Answer(_snapshot(exchange.books[find(exchange, request.query["symbol"], _name)]))
            case "/api/v3/klines":
                return Answer([_kline(bar) for bar in _page(request.query, exchange)])
        raise RefusedError(Refusal.UNKNOWN_PATH)

    def hear(self, message: Json, line: Line) -> None:
        """SUBSCRIPTION and UNSUBSCRIPTION to channels that end in the symbol; ping."""
        if message["method"] == "ping":
            line.say({"id": 0, "code": 0, "msg": "PONG"})
            return
        for topic in message["params"]:
            listing = find(line.exchange, topic.rpartition("@")[2], _name)
            line.say({"id": 0, "code": 0, "msg": topic})
            if message["method"] == "SUBSCRIPTION":
                line.subscribe(topic, listing)
            else:
                line.unsubscribe(topic)

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """Differences need no beginning: the client asks for a snapshot by REST."""
        return () if "depth" in subscription.topic else self.update(subscription, book)

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """One push, in protocol buffers."""
        if "depth" in subscription.topic:
            body = _field(DEPTH, _difference(subscription, book))
        else:
            touch = (*book.bid, *book.ask)
            body = _field(TICKER, b"".join(_field(k, text) for k, text in enumerate(touch, start=1)))
        head = _field(CHANNEL, subscription.topic) + _field(SYMBOL, _name(subscription.listing))
        return (head + _field(SENT, ms(book)) + body,)


def _name(listing: Listing) -> str:
    return listing.base + listing.quote


def _terms(listing: Listing) -> Json:
    return {
        "symbol": _name(listing),
        "status": "1",
        "baseAsset": listing.base,
        "baseAssetPrecision": listing.size_digits,
        "quoteAsset": listing.quote,
        "quoteAssetPrecision": listing.price_digits,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "quoteAmountPrecision": "1",
        "baseSizePrecision": listing.lot,
        "maxQuoteAmount": "2000000",
        "makerCommission": "0",
        "takerCommission": "0.0005",
    }


def _snapshot(book: Book) -> Json:
    return {"lastUpdateId": book.number, "bids": pairs(book.bids), "asks": pairs(book.asks), "timestamp": ms(book)}


def _page(query: Mapping[str, str], exchange: Exchange) -> list[Bar]:
    """`endTime` is not counted; 500 at most, whatever the documents say."""
    limit, listing = min(int(query.get("limit", 500)), 500), find(exchange, query["symbol"], _name)
    first, last = number(query, "startTime"), before(query, "endTime")
    return page(exchange, listing, INTERVALS[query["interval"]], limit, first, last)


def _kline(bar: Bar) -> Json:
    return [bar.opened, bar.open, bar.high, bar.low, bar.close, bar.volume]


def _difference(subscription: Subscription, book: Book) -> bytes:
    bids, asks = news(subscription, book)
    sides = [_field(ASKS, _item(level)) for level in asks] + [_field(BIDS, _item(level)) for level in bids]
    versions = _field(FROM_VERSION, str(subscription.told.number + 1)) + _field(TO_VERSION, str(book.number))
    return b"".join(sides) + versions


def _item(level: Level) -> bytes:
    return _field(1, level.price) + _field(2, level.size)


def _field(tag: int, value: str | bytes | int) -> bytes:
    """One field of a message (protobuf.dev/programming-guides/encoding): a number, or text or a message in it."""
    if isinstance(value, int):
        return _varint(tag << 3) + _varint(value)
    told = value.encode() if isinstance(value, str) else value
    return _varint(tag << 3 | 2) + _varint(len(told)) + told


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the highest bit says that more follow."""
    told = bytearray()
    while value > 0x7F:
        told.append(value & 0x7F | 0x80)
        value >>= 7
    told.append(value)
    return bytes(told)
