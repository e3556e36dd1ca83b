"""HashKey Global: whole books each time.

Source: hashkeyglobal-apidoc.readme.io: exchangeInfo, depth, klines; websocket v1 depth.
"""

from collections.abc import Iterable, Mapping

from bot.sandbox.wire.book import Book, Listing, listings
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

INTERVALS = intervals("1m 5m 15m 1h 4h 1d")
PAGE = 1000  # bars
DEEPEST = 200  # levels


class HashKey(Wire):
    """Speaks as api-glb.hashkey.com and stream-glb.hashkey.com do."""

    venue = "hashkey"
    hosts = ("hashkey.com",)
    listed = listings("USDC/USDT USDT/USD USDC/USD FDUSD/USDT BTC/USDT BTC/USD BTC/USDC ETH/USDT ETH/USD ETH/USDC")
    refusals = REFUSALS | {
        Refusal.RATE_LIMITED: Answer({"code": "0003", "msg": "Rate limit exceeded"}, 429, {"Retry-After": "1"}),
        Refusal.UNKNOWN_MARKET: Answer({"code": "-100010", "msg": "Invalid Symbols!"}, 400),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """Public REST."""
        match request.path:
            case "/api/v1/time":
                return Answer({"serverTime": exchange.now_ms()})
            case "/api/v1/exchangeInfo":
                coins = [_coin(each) for each in exchange.assets]
                return Answer(
                    {"symbols": [_terms(each) for each in exchange.listings], "contracts": [], "coins": coins}
                )
            case "/quote/v1/depth":
                book = exchange.books[find(exchange, request.query["symbol"], _name)]
                return Answer(_sides(book, int(request.query.get("limit", 100))))
            case "/quote/v1/klines":
                return Answer([_kline(bar) for bar in _page(request.query, exchange)])
        raise RefusedError(Refusal.UNKNOWN_PATH)

    def hear(self, message: Json, line: Line) -> None:
        """Events sub and cancel of a topic, for symbols that commas part; pings."""
        if "ping" in message:
            line.say({"pong": message["ping"]})
            return
        for name in message["symbol"].split(","):
            topic = f"{message['topic']}:{name}"
            if message["event"] == "sub":
                line.subscribe(topic, find(line.exchange, name, _name), DEEPEST)
            else:
                line.unsubscribe(topic)

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """How it stands."""
        return (_push(subscription, book) | {"f": True},)

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """How it stands now."""
        return (_push(subscription, book) | {"f": False},)


def _name(listing: Listing) -> str:
    return listing.base + listing.quote


def _coin(symbol: str) -> Json:
    head = {"coinId": symbol, "coinName": symbol, "coinFullName": symbol, "tokenType": "ERC20_TOKEN"}
    return head | {"allowDeposit": True, "allowWithdraw": True, "chainTypes": []}


def _terms(listing: Listing) -> Json:
    return {
        "symbol": _name(listing),
        "status": "TRADING",
        "baseAsset": listing.base,
        "quoteAsset": listing.quote,
        "allowMargin": False,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": listing.tick, "maxPrice": "100000", "tickSize": listing.tick},
            {"filterType": "LOT_SIZE", "minQty": listing.lot, "maxQty": "9000000", "stepSize": listing.lot},
            {"filterType": "MIN_NOTIONAL", "minNotional": "10"},
        ],
    }


def _sides(book: Book, depth: int) -> dict[str, Json]:
    return {"t": ms(book), "b": pairs(book.bids[:depth]), "a": pairs(book.asks[:depth])}


def _push(subscription: Subscription, book: Book) -> dict[str, Json]:
    topic, _, name = subscription.topic.partition(":")
    data = _sides(book, subscription.depth) if topic == "depth" else _day(book)
    return {"symbol": name, "topic": topic, "data": [{"s": name} | data], "sendTime": ms(book), "id": str(book.number)}


def _day(book: Book) -> dict[str, Json]:
    return {"t": ms(book), "v": "0", "qv": "0"} | dict.fromkeys("cohl", book.last)


def _page(query: Mapping[str, str], exchange: Exchange) -> list[Bar]:
    """From startTime upward where it is given."""
    first, last = number(query, "startTime"), number(query, "endTime")
    listing, limit = find(exchange, query["symbol"], _name), min(int(query.get("limit", PAGE)), PAGE)
    return page(exchange, listing, INTERVALS[query["interval"]], limit, first, last)


def _kline(bar: Bar) -> Json:
    return [bar.opened, bar.open, bar.high, bar.low, bar.close, bar.volume]
