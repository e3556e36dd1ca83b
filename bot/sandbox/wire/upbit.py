"""Upbit, and Bithumb whose second API is its twin: whole books each time, in binary frames, markets named quote first.

Source: docs.upbit.com, apidocs.bithumb.com (2.1): market/all, orderbook, candles; websocket orderbook.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import zip_longest

import orjson

from bot.model.times import moment
from bot.sandbox.wire.book import Book, Level, Listing, listings
from bot.sandbox.wire.exchange import MILLISECOND, Bar, Exchange
from bot.sandbox.wire.usual import ms, page
from bot.sandbox.wire.wire import (
    DAY,
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

PAGE = 200  # bars
DEEPEST = 30  # levels
SEOUL = 9 * 60 * MINUTE  # its time zone, ms


class Upbit(Wire):
    """Speaks as api.upbit.com does: REST and /websocket/v1."""

    venue = "upbit"
    hosts = ("upbit.com",)
    listed = listings("USDT/KRW USDC/KRW USD1/KRW USDE/KRW BTC/KRW ETH/KRW ETH/BTC USDC/USDT BTC/USDT ETH/USDT")
    refusals = REFUSALS | {
        Refusal.RATE_LIMITED: Answer("Too many API requests.", 429),
        Refusal.UNKNOWN_MARKET: Answer({"error": {"name": 404, "message": "Code not found"}}, 404),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """Public REST."""
        match request.path.removeprefix("/v1/").split("/"):
            case ["market", "all"]:
                return Answer([_terms(each) for each in exchange.listings])
            case ["orderbook"]:
                depth = int(request.query.get("count", DEEPEST))
                names = request.query["markets"].split(",")
                books = ((name, exchange.books[find(exchange, name, _name)]) for name in names)
                return Answer([{"market": name, "timestamp": ms(book)} | _units(book, depth) for name, book in books])
            case ["candles", "minutes", unit]:
                return Answer(_candles(int(unit) * MINUTE, request.query, exchange))
            case ["candles", "days"]:
                return Answer(_candles(DAY, request.query, exchange))
        raise RefusedError(Refusal.UNKNOWN_PATH)

    def hear(self, message: Json, line: Line) -> None:
        """A list of everything the socket is to stream, instead of what it streamed before; or PING."""
        if message == "PING":
            line.say({"status": "UP"})
            return
        for topic in line.topics():
            line.unsubscribe(topic)
        for each in message:
            for name in each.get("codes", ()):
                line.subscribe(f"{each['type']}:{name}", find(line.exchange, name, _name), DEEPEST)

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """How it stands."""
        return (self._push(subscription, book, "SNAPSHOT"),)

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """How it stands now."""
        return (self._push(subscription, book, "REALTIME"),)

    def stamp(self, book: Book) -> Json:
        """When a book that is pushed changed."""
        return ms(book)

    def _push(self, subscription: Subscription, book: Book, stream: str) -> bytes:
        kind, _, name = subscription.topic.partition(":")
        body = _units(book, subscription.depth) if kind == "orderbook" else _ticker(book)
        return orjson.dumps({"type": kind, "code": name, "stream_type": stream, "timestamp": self.stamp(book)} | body)


def _name(listing: Listing) -> str:
    return f"{listing.quote}-{listing.base}"


def _terms(listing: Listing) -> Json:
    return {"market": _name(listing), "korean_name": listing.base, "english_name": listing.base}


def _units(book: Book, depth: int) -> dict[str, Json]:
    """Bids and asks side by side."""
    sides = zip_longest(book.bids[:depth], book.asks[:depth])
    return {"orderbook_units": [_side("bid", bid) | _side("ask", ask) for bid, ask in sides]}


def _side(side: str, level: Level | None) -> dict[str, Json]:
    return {} if level is None else {f"{side}_price": exact(level.price), f"{side}_size": exact(level.size)}


def _ticker(book: Book) -> dict[str, Json]:
    names = ("opening_price", "high_price", "low_price", "trade_price", "prev_closing_price")
    return {name: exact(book.last) for name in names} | {"trade_timestamp": ms(book)}


def _candles(length: int, query: Mapping[str, str], exchange: Exchange) -> list[Json]:
    """The newest that begin before `to`, newest first."""
    listing, limit = find(exchange, query["market"], _name), min(int(query.get("count", 1)), PAGE)
    last = moment(query["to"]) // MILLISECOND - 1 if "to" in query else None
    return [_candle(query["market"], bar) for bar in reversed(page(exchange, listing, length, limit, last=last))]


def _candle(name: str, bar: Bar) -> Json:
    prices = {
        "opening_price": bar.open,
        "high_price": bar.high,
        "low_price": bar.low,
        "trade_price": bar.close,
        "candle_acc_trade_volume": bar.volume,
    }
    times = {"candle_date_time_utc": _written(bar.opened), "candle_date_time_kst": _written(bar.opened + SEOUL)}
    return {"market": name} | times | {name: exact(told) for name, told in prices.items()}


def _written(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
