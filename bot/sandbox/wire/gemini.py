"""Gemini: differences after a first message with everything, on one socket a kind of stream.

Source: docs.gemini.com: REST market data, websocket v2 market data (l2), v1 multi market data (top of book), whose
streams are named in the URL.
"""

from collections.abc import Iterable

import orjson
from yarl import URL

from bot.model.markets import FIAT
from bot.sandbox.wire.book import GONE, Book, Level, Listing, listings
from bot.sandbox.wire.exchange import Bar, Exchange
from bot.sandbox.wire.usual import ms, news
from bot.sandbox.wire.wire import (
    DAY,
    HOUR,
    MINUTE,
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

INTERVALS = {"1m": MINUTE, "5m": 5 * MINUTE, "15m": 15 * MINUTE, "30m": 30 * MINUTE, "1hr": HOUR, "1day": DAY}
KEPT = {"1m": DAY, "5m": 7 * DAY, "15m": 14 * DAY, "30m": 30 * DAY, "1hr": 62 * DAY, "1day": 365 * DAY}  # no older bars
TOP, WHOLE = "top", "whole"


class Gemini(Wire):
    """Speaks as api.gemini.com does, and exchange.gemini.com, whose page tells the terms of trade."""

    venue = "gemini"
    hosts = ("gemini.com",)
    listed = listings("USDC/USD USDT/USD DAI/USD GUSD/USD RLUSD/USD BTC/USD BTC/USDT BTC/EUR ETH/USD ETH/USDT ETH/EUR")
    refusals = REFUSALS | {
        Refusal.RATE_LIMITED: Answer({"result": "error", "reason": "RateLimit", "message": "Too many requests"}, 429),
        Refusal.MAINTENANCE: Answer({"result": "error", "reason": "Maintenance", "message": "Maintenance"}, 503),
        Refusal.UNKNOWN_MARKET: Answer({"result": "error", "reason": "Bad Request", "message": "Supplied value"}, 400),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """Public REST, and the page."""
        if request.host == "exchange.gemini.com":
            return Answer(_web_page(exchange))
        match request.path.strip("/").split("/"):
            case ["v1", "symbols"]:
                return Answer([_name(each) for each in exchange.listings])
            case ["v1", "book", name]:
                book = exchange.books[find(exchange, name, _name)]
                bids, asks = (int(request.query.get(side, 50)) for side in ("limit_bids", "limit_asks"))
                return Answer({"bids": _orders(book.bids[:bids], book), "asks": _orders(book.asks[:asks], book)})
            case ["v2", "candles", name, interval]:
                bars = _kept(interval, find(exchange, name, _name), exchange)
                return Answer([_candle(bar) for bar in reversed(bars)])
        raise RefusedError(Refusal.UNKNOWN_PATH)

    def dialled(self, line: Line) -> None:
        """The streams that the URL of v1 names."""
        query = URL(line.path).query
        for name in query.get("symbols", "").lower().split(","):
            if name:
                kind = TOP if query.get("top_of_book") == "true" else WHOLE
                line.subscribe(f"{kind}:{name}", find(line.exchange, name, _name))

    def hear(self, message: Json, line: Line) -> None:
        """Subscriptions of v2."""
        for name in (name for each in message["subscriptions"] for name in each["symbols"]):
            if message["type"] == "subscribe":
                line.subscribe(f"l2:{name}", find(line.exchange, name.lower(), _name))
            else:
                line.unsubscribe(f"l2:{name}")

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """Everything."""
        if subscription.topic.startswith("l2"):
            sides = _changes(book.bids, book.asks)
            return (_l2(subscription, sides) | {"trades": [], "auction_events": []},)
        depth = 1 if subscription.topic.startswith(TOP) else None
        return (_events(subscription, book, "initial", book.bids[:depth], book.asks[:depth]),)

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """What changed."""
        told = subscription.told
        if subscription.topic.startswith(TOP):
            bids, asks = _top(told.bid, book.bid), _top(told.ask, book.ask)
            return (_events(subscription, book, "top-of-book", bids, asks),) if bids or asks else ()
        bids, asks = news(subscription, book)
        if subscription.topic.startswith("l2"):
            return (_l2(subscription, _changes(bids, asks)),)
        return (_events(subscription, book, "place", bids, asks),)


def _name(listing: Listing) -> str:
    return (listing.base + listing.quote).lower()


def _web_page(exchange: Exchange) -> str:
    pairs = [[_name(each).upper(), each.price_digits, each.size_digits, each.lot] for each in exchange.listings]
    rows = [[name, name, "", "", "", 8, "", "fiat" if name in FIAT else "", "", None] for name in exchange.assets]
    data = orjson.dumps({"tradingPairs": pairs, "currencies": rows}).decode()
    return f'<html><script type="application/json" id="currencyData">{data}</script></html>'


def _orders(levels: Iterable[Level], book: Book) -> Json:
    at = str(book.changed // 10**9)
    return [{"price": level.price, "amount": level.size, "timestamp": at} for level in levels]


def _kept(interval: str, listing: Listing, exchange: Exchange) -> list[Bar]:
    now = exchange.now_ms()
    return exchange.bars(listing, INTERVALS[interval], now - KEPT[interval], now)


def _candle(bar: Bar) -> Json:
    return [bar.opened, *(exact(told) for told in (bar.open, bar.high, bar.low, bar.close, bar.volume))]


def _changes(bids: Iterable[Level], asks: Iterable[Level]) -> Json:
    return [["buy", *level] for level in bids] + [["sell", *level] for level in asks]


def _l2(subscription: Subscription, told: Json) -> dict[str, Json]:
    return {"type": "l2_updates", "symbol": _name(subscription.listing).upper(), "changes": told}


def _top(was: Level, now: Level) -> list[Level]:
    """The best level where it is another; where nobody is left, that the old one went."""
    if was == now:
        return []
    return [now] if now.size != GONE else [Level(was.price, GONE)]


def _events(subscription: Subscription, book: Book, reason: str, bids: Iterable[Level], asks: Iterable[Level]) -> Json:
    symbol = _name(subscription.listing).upper()
    head = {"type": "change", "reason": reason, "symbol": symbol}
    sides = (("bid", bids), ("ask", asks))
    events = [head | {"side": side, "price": at.price, "remaining": at.size} for side, each in sides for at in each]
    return {"type": "update", "eventId": book.number, "timestampms": ms(book), "events": events}
