"""WhiteBIT: a snapshot of the best levels, then their differences.

Source: docs.whitebit.com: public HTTP v4 and v1, public websocket (depth, market).
"""

from collections.abc import Iterable, Mapping

from bot.sandbox.wire.book import Book, Level, Listing, listings
from bot.sandbox.wire.exchange import Bar, Exchange
from bot.sandbox.wire.usual import intervals, news, page, seconds
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
DEEPEST = 100  # levels


class WhiteBit(Wire):
    """Speaks as whitebit.com/api and api.whitebit.com/ws do."""

    venue = "whitebit"
    hosts = ("whitebit.com",)
    listed = listings(
        "USDC/USDT DAI/USDT TUSD/USDT USDE/USDT USD1/USDT USDT/EUR USDC/EUR USDT/USD "
        "BTC/USDT BTC/USDC BTC/EUR BTC/USD ETH/USDT ETH/USDC ETH/EUR ETH/USD"
    )
    refusals = REFUSALS | {
        Refusal.UNKNOWN_MARKET: Answer(
            {"success": False, "message": {"market": ["Market is not available"]}, "result": []}, 400
        ),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """Public REST."""
        match request.path.removeprefix("/api/").removesuffix("/").split("/"):
            case ["v4", "public", "time"]:
                return Answer({"time": exchange.now_ms() // 1000})
            case ["v4", "public", "markets"]:
                return Answer([_terms(each) for each in exchange.listings])
            case ["v4", "public", "assets"]:
                return Answer({each: _asset(each) for each in exchange.assets})
            case ["v4", "public", "orderbook", name]:
                book, depth = exchange.books[find(exchange, name, _name)], int(request.query.get("limit", DEEPEST))
                return Answer(_sides(book.bids[:depth], book.asks[:depth], book))
            case ["v1", "public", "kline"]:
                bars = [_candle(bar) for bar in _page(request.query, exchange)]
                return Answer({"success": True, "message": "", "result": bars})
        raise RefusedError(Refusal.UNKNOWN_PATH)

    def hear(self, message: Json, line: Line) -> None:
        """depth_subscribe [market, levels, interval, as well as others], market_subscribe [market, ...], ping."""
        method, params = message["method"], message["params"]
        line.say({"id": message["id"], "result": "pong" if method == "ping" else {"status": "success"}, "error": None})
        match method:
            case "depth_subscribe":
                line.subscribe(f"depth:{params[0]}", find(line.exchange, params[0], _name), int(params[1]))
            case "market_subscribe":
                for name in params:
                    line.subscribe(f"market:{name}", find(line.exchange, name, _name))
            case "depth_unsubscribe" | "market_unsubscribe":
                for topic in line.topics():
                    if topic.startswith(method.removesuffix("unsubscribe").replace("_", ":")):
                        line.unsubscribe(topic)

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """Everything."""
        if subscription.topic.startswith("market"):
            day = dict.fromkeys(("last", "open", "close", "high", "low"), book.last)
            return (_push("market_update", _name(subscription.listing), day | {"volume": "0", "deal": "0"}),)
        return (_depth(subscription, book, subscription.seen(book.bids), subscription.seen(book.asks), whole=True),)

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """What changed."""
        if subscription.topic.startswith("market"):
            return self.opening(subscription, book)
        return (_depth(subscription, book, *news(subscription, book), whole=False),)


def _name(listing: Listing) -> str:
    return f"{listing.base}_{listing.quote}"


def _terms(listing: Listing) -> Json:
    return {
        "name": _name(listing),
        "stock": listing.base,
        "money": listing.quote,
        "stockPrec": str(listing.size_digits),
        "moneyPrec": str(listing.price_digits),
        "makerFee": "0.1",
        "takerFee": "0.1",
        "minAmount": listing.lot,
        "minTotal": "5.05",
        "maxTotal": "1000000000",
        "tradesEnabled": True,
        "isCollateral": False,
        "type": "spot",
    }


def _asset(symbol: str) -> Json:
    return {"name": symbol, "currency_precision": 8, "can_deposit": True, "can_withdraw": True}


def _page(query: Mapping[str, str], exchange: Exchange) -> list[Bar]:
    """Times in seconds. From `start` upward where it is given."""
    listing, limit = find(exchange, query["market"], _name), min(int(query.get("limit", PAGE)), PAGE)
    return page(exchange, listing, INTERVALS[query["interval"]], limit, seconds(query, "start"), seconds(query, "end"))


def _candle(bar: Bar) -> Json:
    return [bar.opened // 1000, bar.open, bar.close, bar.high, bar.low, bar.volume]


def _sides(bids: Iterable[tuple[str, str]], asks: Iterable[tuple[str, str]], book: Book) -> Json:
    return {"timestamp": book.changed / 1e9, "bids": pairs(bids), "asks": pairs(asks)}


def _depth(
    subscription: Subscription, book: Book, bids: Iterable[Level], asks: Iterable[Level], *, whole: bool
) -> Json:
    return _push("depth_update", whole, _sides(bids, asks, book), _name(subscription.listing))


def _push(method: str, *params: Json) -> Json:
    return {"method": method, "params": params, "id": None}
