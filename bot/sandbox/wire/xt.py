"""XT spot: numbered differences without a time, on top of a snapshot by REST.

Source: doc.xt.com: spot REST v4, websocket depth_update, ticker, tickers. It has contracts too, here are none.
"""

from collections.abc import Iterable, Mapping

from bot.sandbox.wire.book import Book, Listing, listings
from bot.sandbox.wire.exchange import Bar, Exchange
from bot.sandbox.wire.usual import intervals, ms, news, number, page
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
PAGE = 1000  # bars


class Xt(Wire):
    """Speaks as sapi.xt.com (v4) and stream.xt.com/public do."""

    venue = "xt"
    hosts = ("xt.com",)
    listed = listings("USDC/USDT DAI/USDT TUSD/USDT USDD/USDT USDE/USDT USD1/USDT BTC/USDT BTC/USDC ETH/USDT ETH/USDC")
    refusals = REFUSALS | {
        Refusal.RATE_LIMITED: Answer({"rc": 1, "mc": "429", "result": None}, 429, {"Retry-After": "1"}),
        Refusal.MAINTENANCE: Answer({"rc": 1, "mc": "503", "result": None}, 503),
        Refusal.UNKNOWN_MARKET: Answer({"rc": 1, "mc": "SYMBOL_001", "ma": [], "result": None}),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """Public REST."""
        return Answer({"rc": 0, "mc": "SUCCESS", "ma": [], "result": _result(request, exchange)})

    def hear(self, message: Json, line: Line) -> None:
        """Subscriptions to topics like depth_update@usdc_usdt, and a ping in plain text."""
        if message == "ping":
            line.say("pong")
            return
        line.say({"id": message["id"], "code": 0, "msg": "success"})
        for topic in (each for asked in message["params"] for each in _topics(asked, line.exchange)):
            if message["method"] == "subscribe":
                line.subscribe(topic, find(line.exchange, topic.partition("@")[2], _name))
            else:
                line.unsubscribe(topic)

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """Differences need no beginning: the client asks for a snapshot by REST."""
        return () if subscription.topic.startswith("depth") else self.update(subscription, book)

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """What changed, or the last price."""
        topic, _, name = subscription.topic.partition("@")
        if topic == "tickers":
            return ({"topic": topic, "event": topic, "data": [{"s": name} | _day(book)]},)
        told = _difference(subscription, book) if topic == "depth_update" else _day(book)
        return ({"topic": topic, "event": subscription.topic, "data": {"s": name} | told},)


def _name(listing: Listing) -> str:
    return f"{listing.base}_{listing.quote}".lower()


def _topics(asked: str, exchange: Exchange) -> list[str]:
    """One a market: "tickers" are those of all."""
    return [f"{asked}@{_name(each)}" for each in exchange.listings] if asked == "tickers" else [asked]


def _result(request: Request, exchange: Exchange) -> Json:
    match request.path:
        case "/v4/public/time":
            return {"serverTime": exchange.now_ms()}
        case "/v4/public/symbol":
            return {"symbols": [_terms(each) for each in exchange.listings]}
        case "/v4/public/currencies":
            return {"currencies": [_currency(each) for each in exchange.assets]}
        case "/v4/public/wallet/support/currency" | "/future/market/v1/public/symbol/list":
            return []
        case "/v4/public/depth":
            book = exchange.books[find(exchange, request.query["symbol"], _name)]
            return _snapshot(book, int(request.query.get("limit", 50)))
        case "/v4/public/kline":
            return [_kline(bar) for bar in reversed(_page(request.query, exchange))]
    raise RefusedError(Refusal.UNKNOWN_PATH)


def _terms(listing: Listing) -> Json:
    return {
        "symbol": _name(listing),
        "state": "ONLINE",
        "tradingEnabled": True,
        "openapiEnabled": True,
        "baseCurrency": listing.base.lower(),
        "quoteCurrency": listing.quote.lower(),
        "pricePrecision": listing.price_digits,
        "quantityPrecision": listing.size_digits,
        "takerFeeRate": "0.002",
        "makerFeeRate": "0.002",
        "filters": [{"filter": "QUANTITY", "min": listing.lot, "max": None, "tickSize": listing.lot}],
    }


def _currency(symbol: str) -> Json:
    head = {"currency": symbol.lower(), "fullName": symbol, "type": "FT"}
    return head | {"maxPrecision": 8, "depositStatus": 1, "withdrawStatus": 1}


def _snapshot(book: Book, depth: int) -> Json:
    sides = {"bids": pairs(book.bids[:depth]), "asks": pairs(book.asks[:depth])}
    return {"timestamp": ms(book), "lastUpdateId": book.number} | sides


def _difference(subscription: Subscription, book: Book) -> dict[str, Json]:
    bids, asks = news(subscription, book)
    return {"fi": subscription.told.number + 1, "i": book.number, "b": pairs(bids), "a": pairs(asks)}


def _day(book: Book) -> dict[str, Json]:
    return {"t": ms(book), "cv": "0", "cr": "0", "q": "0", "v": "0"} | dict.fromkeys("cohl", book.last)


def _page(query: Mapping[str, str], exchange: Exchange) -> list[Bar]:
    """From startTime upward where it is given."""
    first, last = number(query, "startTime"), number(query, "endTime")
    listing, limit = find(exchange, query["symbol"], _name), min(int(query.get("limit", 100)), PAGE)
    return page(exchange, listing, INTERVALS[query["interval"]], limit, first, last)


def _kline(bar: Bar) -> Json:
    prices = {"o": bar.open, "h": bar.high, "l": bar.low, "c": bar.close, "q": bar.volume}
    return {"t": bar.opened} | prices
