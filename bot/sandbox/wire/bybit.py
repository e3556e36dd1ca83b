"""Bybit spot, v5: a snapshot, then differences with consecutive ids; of one level always the whole.

Source: bybit-exchange.github.io/docs/v5: instruments info, kline, orderbook; websocket orderbook and ticker.
"""

from collections.abc import Iterable
from decimal import Decimal

from bot.sandbox.wire.book import Book, Level, Listing, changes, listings
from bot.sandbox.wire.exchange import Bar, Exchange
from bot.sandbox.wire.usual import intervals, ms, number, page
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

INTERVALS = intervals("1 5 15 60 240 D")
PAGE = 1000  # bars
LEAST_COST = Decimal(1)  # of an order, quote units


class Bybit(Wire):
    """Speaks as stream.bybit.com and api.bybit.com do."""

    venue = "bybit"
    hosts = ("bybit.com",)
    listed = listings(
        "USDC/USDT USDE/USDT USDE/USDC DAI/USDT FDUSD/USDT TUSD/USDT PYUSD/USDT USD1/USDT RLUSD/USDT USDTB/USDT "
        "USDR/USDT EURC/USDT USDC/EUR USDT/EUR BTC/USDT BTC/USDC BTC/EUR BTC/DAI ETH/USDT ETH/USDC ETH/EUR"
    )
    refusals = REFUSALS | {
        Refusal.RATE_LIMITED: Answer({"retCode": 10006, "retMsg": "Too many visits!", "result": {}}, 429),
        Refusal.UNKNOWN_MARKET: Answer({"retCode": 10001, "retMsg": "Not supported symbols", "result": {}}),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """The public endpoints of api.bybit.com/v5/market."""
        spot = request.query.get("category", "spot") == "spot"  # there are no futures here
        match request.path.rsplit("/", 1)[-1]:
            case "time":
                return _result({"timeSecond": str(exchange.now_ms() // 1000)}, exchange)
            case "instruments-info":
                listed = [_terms(each) for each in exchange.listings] if spot else []
                return _result({"category": request.query["category"], "list": listed}, exchange)
            case "orderbook":
                listing = find(exchange, request.query["symbol"], name)
                book = exchange.books[listing]
                told = _levels(listing, book, book.bids, book.asks) | {"ts": ms(book)}
                return _result(told, exchange)
            case "kline":
                return _result({"list": [_kline(bar) for bar in reversed(_page(request, exchange))]}, exchange)
        raise RefusedError(Refusal.UNKNOWN_PATH)

    def hear(self, message: Json, line: Line) -> None:
        """Subscribe, unsubscribe, ping."""
        told = "pong" if message["op"] == "ping" else message["op"]
        head = {"success": True, "ret_msg": told, "conn_id": "sandbox", "op": message["op"]}
        line.say(head | {"req_id": message.get("req_id", "")})
        for topic in message.get("args", ()):
            if message["op"] == "unsubscribe":
                line.unsubscribe(topic)
            else:
                *channel, symbol = topic.split(".")
                depth = int(channel[1]) if channel[0] == "orderbook" else 1
                line.subscribe(topic, find(line.exchange, symbol, name), depth)

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """A snapshot."""
        bids, asks = subscription.seen(book.bids), subscription.seen(book.asks)
        return (_push(subscription, book, "snapshot", bids, asks),)

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """What changed; all of it where the stream is of one level."""
        if subscription.depth == 1:
            return self.opening(subscription, book)
        told, seen = subscription.told, subscription.seen
        bids, asks = changes(seen(told.bids), seen(book.bids)), changes(seen(told.asks), seen(book.asks))
        return (_push(subscription, book, "delta", bids, asks),)


def name(listing: Listing) -> str:
    """A market as Bybit calls it: USDCUSDT."""
    return listing.base + listing.quote


def _result(result: Json, exchange: Exchange) -> Answer:
    return Answer({"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": exchange.now_ms()})


def _terms(listing: Listing) -> Json:
    return {
        "symbol": name(listing),
        "baseCoin": listing.base,
        "quoteCoin": listing.quote,
        "status": "Trading",
        "marginTrading": "none",
        "lotSizeFilter": {
            "basePrecision": listing.lot,
            "quotePrecision": "0.0000001",
            "minOrderQty": listing.lot,
            "maxOrderQty": "9000000",
            "minOrderAmt": f"{LEAST_COST:f}",
            "maxOrderAmt": "9000000",
        },
        "priceFilter": {"tickSize": listing.tick},
    }


def _levels(listing: Listing, book: Book, bids: Iterable[Level], asks: Iterable[Level]) -> dict[str, Json]:
    return {"s": name(listing), "b": pairs(bids), "a": pairs(asks), "u": book.number, "seq": book.number}


def _page(request: Request, exchange: Exchange) -> list[Bar]:
    """The first ones from `start` where there is no `end`, else the last ones up to it; 200 unless asked for."""
    query = request.query
    limit = min(int(query.get("limit", 200)), PAGE)
    first, last = number(query, "start"), number(query, "end")
    listing, length = find(exchange, query["symbol"], name), INTERVALS[query["interval"]]
    return page(exchange, listing, length, limit, first, last, newest=last is not None)


def _kline(bar: Bar) -> Json:
    return [str(bar.opened), bar.open, bar.high, bar.low, bar.close, bar.volume, bar.volume]


def _push(subscription: Subscription, book: Book, kind: str, bids: Iterable[Level], asks: Iterable[Level]) -> Json:
    if subscription.topic.startswith("tickers"):
        told = _ticker(subscription.listing, book)
    else:
        told = _levels(subscription.listing, book, bids, asks)
    return {"topic": subscription.topic, "type": kind, "ts": ms(book), "cts": ms(book), "data": told}


def _ticker(listing: Listing, book: Book) -> dict[str, Json]:
    day = dict.fromkeys(("lastPrice", "highPrice24h", "lowPrice24h", "prevPrice24h"), book.last)
    none = dict.fromkeys(("volume24h", "turnover24h", "price24hPcnt"), "0")
    return {"symbol": name(listing), "usdIndexPrice": book.last} | day | none
