"""HTX spot: everything compressed by gzip; numbered differences on top of a snapshot asked for on the same socket.

Source: www.htx.com/en-us/opend/newApiPages: reference and market data, websocket market.{symbol}.bbo, .mbp.{levels}.
HTX has futures too, here are none: ccxt's class finds no market unless told to look for spot only.
"""

from collections.abc import Iterable, Mapping

from bot.sandbox.wire.book import Book, Level, Listing, listings
from bot.sandbox.wire.exchange import Bar, Exchange
from bot.sandbox.wire.usual import intervals, ms, news, page, seconds, zipped
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
    exact,
    find,
)

INTERVALS = intervals("1min 5min 15min 60min 4hour 1day")
PAGE = 1000  # bars


class Htx(Wire):
    """Speaks as api.huobi.pro does: REST, /ws and /feed."""

    venue = "htx"
    hosts = ("huobi.pro", "htx.com", "hbdm.com")
    listed = listings("USDC/USDT DAI/USDT TUSD/USDT USDD/USDT USDE/USDT USD1/USDT BTC/USDT BTC/USDC ETH/USDT ETH/USDC")
    refusals = REFUSALS | {
        Refusal.RATE_LIMITED: Answer({"status": "error", "err-code": "rate-too-many-requests"}, 429),
        Refusal.MAINTENANCE: Answer({"status": "error", "err-code": "system-maintenance"}, 503),
        Refusal.UNKNOWN_MARKET: Answer(
            {"status": "error", "err-code": "invalid-parameter", "err-msg": "invalid symbol"}
        ),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """Public REST."""
        return Answer({"status": "ok", "code": 200, "ts": exchange.now_ms()} | _result(request, exchange))

    def hear(self, message: Json, line: Line) -> None:
        """Subscriptions, questions for a snapshot, and answers to pings."""
        for asked, topic in message.items():
            if asked in ("sub", "unsub", "req"):
                listing = find(line.exchange, topic.split(".")[1], _name)
                head = {"id": message.get("id"), "status": "ok", "ts": line.exchange.now_ms()}
                _act(asked, topic, listing, head, line)

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """How it stands. Of a book the last number, so that the client knows from where differences count."""
        if ".mbp." in subscription.topic:
            return (_push(subscription, book, {"prevSeqNum": book.number - 1, "seqNum": book.number}),)
        return self.update(subscription, book)

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """One push."""
        if ".mbp." not in subscription.topic:
            return (_push(subscription, book, _touch(subscription.listing, book)),)
        bids, asks = news(subscription, book)
        numbers = {"prevSeqNum": subscription.told.number, "seqNum": book.number}
        return (_push(subscription, book, numbers | {"bids": _levels(bids), "asks": _levels(asks)}),)


def _name(listing: Listing) -> str:
    return (listing.base + listing.quote).lower()


def _act(asked: str, topic: str, listing: Listing, head: Json, line: Line) -> None:
    depth = int(topic.rpartition(".")[2]) if ".mbp." in topic else 0
    if asked == "req":
        book = line.exchange.books[listing]
        line.say(zipped(head | {"rep": topic, "data": {"seqNum": book.number} | _sides(book, depth)}))
        return
    line.say(zipped(head | {f"{asked}bed": topic}))
    if asked == "sub":
        line.subscribe(topic, listing, depth)
    else:
        line.unsubscribe(topic)


def _result(request: Request, exchange: Exchange) -> dict[str, Json]:
    match request.path:
        case "/v1/common/timestamp":
            return {"data": exchange.now_ms()}
        case "/v1/common/symbols":
            return {"data": [_terms(each) for each in exchange.listings]}
        case "/v2/reference/currencies":
            return {"data": [_currency(each) for each in exchange.assets]}
        case "/market/depth":
            book = exchange.books[find(exchange, request.query["symbol"], _name)]
            return {
                "tick": _sides(book, int(request.query.get("depth", 150))) | {"version": book.number, "ts": ms(book)}
            }
        case "/market/history/candles":
            return {"data": [_candle(bar) for bar in reversed(_page(request.query, exchange))]}
    raise RefusedError(Refusal.UNKNOWN_PATH)


def _terms(listing: Listing) -> Json:
    return {
        "symbol": _name(listing),
        "base-currency": listing.base.lower(),
        "quote-currency": listing.quote.lower(),
        "price-precision": listing.price_digits,
        "amount-precision": listing.size_digits,
        "value-precision": 8,
        "min-order-amt": exact(listing.lot),
        "max-order-amt": 1_000_000_000,
        "min-order-value": 10,
        "state": "online",
    }


def _currency(symbol: str) -> Json:
    return {"currency": symbol.lower(), "assetType": 1, "instStatus": "normal", "chains": []}


def _page(query: Mapping[str, str], exchange: Exchange) -> list[Bar]:
    """Times in seconds. From `from` upward where it is given."""
    listing, limit = find(exchange, query["symbol"], _name), min(int(query.get("size", 150)), PAGE)
    return page(exchange, listing, INTERVALS[query["period"]], limit, seconds(query, "from"), seconds(query, "to"))


def _candle(bar: Bar) -> Json:
    prices = {"open": bar.open, "high": bar.high, "low": bar.low, "close": bar.close, "amount": bar.volume}
    return {"id": bar.opened // 1000} | {name: exact(told) for name, told in prices.items()}


def _push(subscription: Subscription, book: Book, tick: Json) -> bytes:
    return zipped({"ch": subscription.topic, "ts": ms(book), "tick": tick})


def _levels(levels: Iterable[Level]) -> Json:
    return [[exact(level.price), exact(level.size)] for level in levels]


def _sides(book: Book, depth: int) -> dict[str, Json]:
    return {"bids": _levels(book.bids[:depth]), "asks": _levels(book.asks[:depth])}


def _touch(listing: Listing, book: Book) -> Json:
    bid, ask = book.bid, book.ask
    told = {"bid": bid.price, "bidSize": bid.size, "ask": ask.price, "askSize": ask.size}
    head = {"seqId": book.number, "symbol": _name(listing), "quoteTime": ms(book)}
    return head | {name: exact(each) for name, each in told.items()}
