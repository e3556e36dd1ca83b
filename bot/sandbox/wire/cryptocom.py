"""Crypto.com Exchange: a snapshot, then differences each of which names its predecessor.

Source: exchange-docs.crypto.com/exchange/v1: public REST, book.{instrument_name}.{depth}, ticker.{instrument_name}.
"""

from collections.abc import Iterable, Mapping

from bot.sandbox.wire.book import GONE, Book, Level, Listing, listings
from bot.sandbox.wire.exchange import Bar, Exchange
from bot.sandbox.wire.usual import before, intervals, ms, news, page
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
)

INTERVALS = intervals("1m 5m 15m 1h 4h 1D")
PAGE = 300  # bars
DEEPEST = 50  # levels


class CryptoCom(Wire):
    """Speaks as api.crypto.com/exchange/v1 and stream.crypto.com/exchange/v1/market do."""

    venue = "cryptocom"
    hosts = ("crypto.com",)
    listed = listings(
        "USDC/USD USDT/USD DAI/USD PYUSD/USD RLUSD/USD USDC/USDT BTC/USD BTC/USDT ETH/USD ETH/USDT USDT/EUR EUR/USD"
    )
    refusals = REFUSALS | {
        Refusal.RATE_LIMITED: Answer({"code": 42901, "message": "RATE_LIMIT"}, 429, {"Retry-After": "1"}),
        Refusal.MAINTENANCE: Answer({"code": 9010001, "message": "SYSTEM_MAINTENANCE"}, 503),
        Refusal.UNKNOWN_MARKET: Answer({"code": 30003, "message": "SYMBOL_NOT_FOUND"}, 400),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """Public REST."""
        method = request.path.removeprefix("/exchange/v1/")
        return Answer({"id": -1, "method": method, "code": 0, "result": _result(method, request.query, exchange)})

    def hear(self, message: Json, line: Line) -> None:
        """Subscriptions to channels: ticker.USDC_USD, book.USDC_USD.50."""
        line.say({"id": message.get("id", -1), "method": message["method"], "code": 0})
        for topic in message["params"]["channels"]:
            channel, name, *depth = topic.split(".")
            if message["method"] == "unsubscribe":
                line.unsubscribe(topic)
            else:
                line.subscribe(topic, find(line.exchange, name, _name), int(depth[0]) if channel == "book" else 0)

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """Everything."""
        if not subscription.depth:
            return (_push(subscription, "ticker", _ticker(subscription.listing, book)),)
        bids, asks = subscription.seen(book.bids), subscription.seen(book.asks)
        return (_push(subscription, "book", _sides(bids, asks) | _stamp(book)),)

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """The book's differences; the ticker again."""
        if not subscription.depth:
            return self.opening(subscription, book)
        changed = {"update": _sides(*news(subscription, book)), "pu": subscription.told.number}
        return (_push(subscription, "book.update", changed | _stamp(book)),)


def _name(listing: Listing) -> str:
    return f"{listing.base}_{listing.quote}"


def _result(method: str, query: Mapping[str, str], exchange: Exchange) -> Json:
    if method == "public/get-instruments":
        return {"data": [_terms(each) for each in exchange.listings]}
    listing = find(exchange, query.get("instrument_name", ""), _name)
    match method:
        case "public/get-book":
            book, depth = exchange.books[listing], int(query.get("depth", DEEPEST))
            return {"depth": depth, "data": [_sides(book.bids[:depth], book.asks[:depth]) | _stamp(book)]}
        case "public/get-candlestick":
            return {"interval": query["timeframe"], "data": [_candle(bar) for bar in _page(query, listing, exchange)]}
    raise RefusedError(Refusal.UNKNOWN_PATH)


def _terms(listing: Listing) -> Json:
    return {
        "symbol": _name(listing),
        "inst_type": "CCY_PAIR",
        "base_ccy": listing.base,
        "quote_ccy": listing.quote,
        "price_tick_size": listing.tick,
        "qty_tick_size": listing.lot,
        "max_leverage": "50",
        "tradable": True,
        "expiry_timestamp_ms": 0,
        "margin_buy_enabled": False,
        "margin_sell_enabled": False,
    }


def _page(query: Mapping[str, str], listing: Listing, exchange: Exchange) -> list[Bar]:
    """The newest between start_ts and end_ts, neither counted."""
    first, limit = int(query.get("start_ts", -1)) + 1, min(int(query.get("count", 25)), PAGE)
    length, last = INTERVALS[query["timeframe"]], before(query, "end_ts")
    return page(exchange, listing, length, limit, first, last, newest=True)


def _candle(bar: Bar) -> Json:
    return {"o": bar.open, "h": bar.high, "l": bar.low, "c": bar.close, "v": bar.volume, "t": bar.opened}


def _push(subscription: Subscription, channel: str, data: Json) -> Json:
    told = {"channel": channel, "subscription": subscription.topic, "data": [data]}
    head = {"instrument_name": _name(subscription.listing), "depth": subscription.depth or None}
    return {"id": -1, "method": "subscribe", "code": 0, "result": head | told}


def _sides(bids: Iterable[Level], asks: Iterable[Level]) -> dict[str, Json]:
    """Price, size and the number of orders, one a level."""
    return {name: [[*level, _orders(level)] for level in side] for name, side in (("bids", bids), ("asks", asks))}


def _orders(level: Level) -> str:
    return "0" if level.size == GONE else "1"


def _stamp(book: Book) -> dict[str, Json]:
    return {"t": ms(book), "tt": ms(book), "u": book.number}


def _ticker(listing: Listing, book: Book) -> Json:
    touch = {"b": book.bid.price, "bs": book.bid.size, "k": book.ask.price, "ks": book.ask.size}
    return {"i": _name(listing), "a": book.last, "t": ms(book)} | touch
