"""BingX spot: whole books and tickers, compressed by gzip.

Source: bingx-api.github.io/docs: spot market interface, spot websocket (partial depth, 24-hour ticker).
"""

from collections.abc import Iterable, Mapping

from bot.sandbox.wire.book import Book, Listing, listings
from bot.sandbox.wire.exchange import Bar, Exchange
from bot.sandbox.wire.usual import intervals, ms, number, page, zipped
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
    pairs,
)

INTERVALS = intervals("1m 5m 15m 1h 4h 1d")
PAGE = 1440  # bars


class BingX(Wire):
    """Speaks as open-api.bingx.com and open-api-ws.bingx.com do."""

    venue = "bingx"
    hosts = ("bingx.com",)
    listed = listings("USDC/USDT DAI/USDT USDE/USDT USD1/USDT TUSD/USDT BTC/USDT BTC/USDC ETH/USDT ETH/USDC")
    refusals = REFUSALS | {
        Refusal.RATE_LIMITED: Answer({"code": 100410, "msg": "rate limited"}, 429, {"Retry-After": "1"}),
        Refusal.UNKNOWN_MARKET: Answer({"code": 109425, "msg": "not exist, please verify it", "data": {}}),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """Public REST."""
        return Answer({"code": 0, "msg": "", "data": _data(request, exchange)})

    def hear(self, message: Json, line: Line) -> None:
        """Subscriptions to dataTypes like USDC-USDT@depth20 and USDC-USDT@ticker, and Pongs."""
        if message == "Pong":
            return
        topic = message["dataType"]
        name, _, channel = topic.partition("@")
        line.say(zipped({"id": message["id"], "code": 0, "msg": "SUCCESS"}))
        if message.get("reqType", "sub") == "sub":
            line.subscribe(
                topic, find(line.exchange, name, _name), int(channel.removeprefix("depth").strip("ticker") or 0)
            )
        else:
            line.unsubscribe(topic)

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """How it stands."""
        return self.update(subscription, book)

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """How it stands now."""
        data = _sides(book, subscription.depth) if subscription.depth else _ticker(subscription.listing, book)
        head = {"code": 0, "success": True, "dataType": subscription.topic, "timestamp": ms(book)}
        return (zipped(head | {"data": data}),)


def _name(listing: Listing) -> str:
    return f"{listing.base}-{listing.quote}"


def _data(request: Request, exchange: Exchange) -> Json:
    match request.path.removeprefix("/openApi/"):
        case "swap/v2/server/time":
            return {"serverTime": exchange.now_ms()}
        case "swap/v2/quote/contracts" | "cswap/v1/market/contracts":
            return []
        case "spot/v1/common/symbols":
            return {"symbols": [_terms(each) for each in exchange.listings]}
        case "spot/v1/market/depth":
            listing = find(exchange, request.query["symbol"], _name)
            book = exchange.books[listing]
            return _sides(book, int(request.query.get("limit", 20))) | {"ts": ms(book)}
        case "spot/v1/market/kline":
            return [_kline(bar) for bar in reversed(_page(request.query, exchange))]
    raise RefusedError(Refusal.UNKNOWN_PATH)


def _terms(listing: Listing) -> Json:
    return {
        "symbol": _name(listing),
        "tickSize": exact(listing.tick),
        "stepSize": exact(listing.lot),
        "minNotional": 5,
        "maxNotional": 5_000_000,
        "status": 1,
        "apiStateBuy": True,
        "apiStateSell": True,
        "timeOnline": 0,
    }


def _sides(book: Book, depth: int) -> dict[str, Json]:
    """Asks come the worst first."""
    asks = reversed(book.asks[:depth])
    return {"lastUpdateId": book.number, "bids": pairs(book.bids[:depth]), "asks": pairs(asks)}


def _ticker(listing: Listing, book: Book) -> Json:
    touch = {"B": book.bid.price, "b": book.bid.size, "A": book.ask.price, "a": book.ask.size}
    told = touch | dict.fromkeys("cohl", book.last) | dict.fromkeys("vqp", "0")
    return {"e": "24hTicker", "s": _name(listing), "C": ms(book)} | {name: exact(each) for name, each in told.items()}


def _page(query: Mapping[str, str], exchange: Exchange) -> list[Bar]:
    """From startTime upward where it is given."""
    first, last = number(query, "startTime"), number(query, "endTime")
    listing, limit = find(exchange, query["symbol"], _name), min(int(query.get("limit", 500)), PAGE)
    return page(exchange, listing, INTERVALS[query["interval"]], limit, first, last)


def _kline(bar: Bar) -> Json:
    return [bar.opened, *(exact(told) for told in (bar.open, bar.high, bar.low, bar.close, bar.volume))]
