"""LBank: whole books each time.

Source: www.lbank.com/en-US/docs: spot REST v2, websocket v2 (depth). It has contracts too, here are none.
"""

from collections.abc import Callable, Iterable, Mapping

from bot.sandbox.wire.book import Book, Listing, listings
from bot.sandbox.wire.exchange import Bar, Exchange
from bot.sandbox.wire.usual import intervals, ms, page
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
    iso,
)

INTERVALS = intervals("minute1 minute5 minute15 hour1 hour4 day1")
PAGE = 2000  # bars


class LBank(Wire):
    """Speaks as api.lbank.info/v2 and www.lbkex.net/ws/V2 do."""

    venue = "lbank"
    hosts = ("lbank.info", "lbank.com", "lbkex.net", "lbkex.com")
    listed = listings("USDC/USDT DAI/USDT TUSD/USDT USDD/USDT USDE/USDT USD1/USDT BTC/USDT BTC/USDC ETH/USDT ETH/USDC")
    refusals = REFUSALS | {
        Refusal.RATE_LIMITED: Answer({"result": "false", "error_code": 10004}, 429, {"Retry-After": "1"}),
        Refusal.UNKNOWN_MARKET: Answer({"result": "false", "error_code": 10008}),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """Public REST."""
        head = {"result": "true", "error_code": 0, "ts": exchange.now_ms()}
        return Answer(head | {"data": _data(request, exchange)})

    def hear(self, message: Json, line: Line) -> None:
        """Subscriptions to the depth of a pair, pings and pongs."""
        action, topic = message["action"], f"{message.get('subscribe')}:{message.get('pair')}"
        match action:
            case "ping":
                line.say({"action": "pong", "pong": message["ping"]})
            case "subscribe":
                listing = find(line.exchange, message["pair"], _name)
                line.subscribe(topic, listing, int(message.get("depth", 0)))
            case "unsubscribe":
                line.unsubscribe(topic)

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """How it stands."""
        return self.update(subscription, book)

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """How it stands now."""
        kind, _, pair = subscription.topic.partition(":")
        told = _sides(book, subscription.depth, exact) if kind == "depth" else {"latest": exact(book.last)}
        return ({"type": kind, "pair": pair, kind: told, "SERVER": "V2", "TS": iso(book.changed)[:-4]},)


def _name(listing: Listing) -> str:
    return f"{listing.base}_{listing.quote}".lower()


def _data(request: Request, exchange: Exchange) -> Json:
    match request.path.rsplit("/", 1)[-1]:
        case "timestamp.do":
            return exchange.now_ms()
        case "accuracy.do":
            return [_terms(each) for each in exchange.listings]
        case "withdrawConfigs.do":
            return [{"assetCode": each.lower(), "canWithDraw": True} for each in exchange.assets]
        case "instrument":
            return []
        case "depth.do":
            book = exchange.books[find(exchange, request.query["symbol"], _name)]
            return _sides(book, int(request.query.get("size", 60))) | {"timestamp": ms(book)}
        case "kline.do":
            return [_candle(bar) for bar in _page(request.query, exchange)]
    raise RefusedError(Refusal.UNKNOWN_PATH)


def _terms(listing: Listing) -> Json:
    accuracies = {"quantityAccuracy": str(listing.size_digits), "priceAccuracy": str(listing.price_digits)}
    return {"symbol": _name(listing), "minTranQua": listing.lot} | accuracies


def _sides(book: Book, depth: int, written: Callable[[str], Json] = str) -> dict[str, Json]:
    """Text by REST, numbers on sockets."""
    sides = (("asks", book.asks), ("bids", book.bids))
    return {name: [[*map(written, level)] for level in side[:depth]] for name, side in sides}


def _page(query: Mapping[str, str], exchange: Exchange) -> list[Bar]:
    """From `time`, in seconds, upward."""
    listing, limit = find(exchange, query["symbol"], _name), min(int(query["size"]), PAGE)
    return page(exchange, listing, INTERVALS[query["type"]], limit, int(query["time"]) * 1000)


def _candle(bar: Bar) -> Json:
    return [bar.opened // 1000, *(exact(told) for told in (bar.open, bar.high, bar.low, bar.close, bar.volume))]
