"""Phemex spot: prices and sizes as scaled integers; a snapshot, then differences.

Source: phemex-docs.github.io: public products, order book, kline; orderbook and spot_market24h. Its candles of spot
markets have no paging: the newest thousand.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from bot.sandbox.wire.book import Book, Level, Listing, listings
from bot.sandbox.wire.exchange import Bar, Exchange
from bot.sandbox.wire.usual import news, page
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
    find,
)

SCALE = 8  # digits after the point of every price and size
LENGTHS = (MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 4 * HOUR, DAY)
PAGE = 1000  # bars
DEPTH = 30  # levels
EVERYTHING = 5 * 10**18


class Phemex(Wire):
    """Speaks as api.phemex.com and ws.phemex.com do."""

    venue = "phemex"
    hosts = ("phemex.com",)
    listed = listings("USDC/USDT USDE/USDT USD1/USDT BTC/USDT BTC/USDC ETH/USDT ETH/USDC")
    refusals = REFUSALS | {
        Refusal.RATE_LIMITED: Answer({"code": 39995, "msg": "Too many requests."}, 429, {"Retry-After": "1"}),
        Refusal.UNKNOWN_MARKET: Answer({"code": 39997, "msg": "Symbol not listed", "data": None}, 400),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """Public REST."""
        match request.path.rsplit("/", 2)[1:]:
            case ["public", "products"]:
                return Answer({"code": 0, "msg": "", "data": _products(exchange) if "v1" not in request.path else []})
            case ["md", "orderbook" | "fullbook"]:
                listing = find(exchange, request.query["symbol"], _name)
                book = exchange.books[listing]
                return Answer(
                    {"error": None, "id": 0, "result": _push(listing, book, "snapshot", book.bids, book.asks)}
                )
            case ["v2", "kline"]:
                rows = [_candle(bar) for bar in _page(request.query, exchange)]
                return Answer({"code": 0, "msg": "OK", "data": {"total": -1, "rows": rows}})
        raise RefusedError(Refusal.UNKNOWN_PATH)

    def hear(self, message: Json, line: Line) -> None:
        """orderbook.subscribe with symbols, spot_market24h.subscribe, server.ping."""
        ping = message["method"] == "server.ping"
        line.say({"error": None, "id": message["id"], "result": "pong" if ping else {"status": "success"}})
        match message["method"]:
            case "orderbook.subscribe":
                for name in message["params"]:
                    line.subscribe(name, find(line.exchange, name, _name), DEPTH)
            case "spot_market24h.subscribe":  # of all markets
                for listing in line.exchange.listings:
                    line.subscribe(f"24h:{_name(listing)}", listing)

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """Everything."""
        if not subscription.depth:
            return (_ticker(subscription.listing, book),)
        bids, asks = subscription.seen(book.bids), subscription.seen(book.asks)
        return (_push(subscription.listing, book, "snapshot", bids, asks),)

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """What changed."""
        if not subscription.depth:
            return self.opening(subscription, book)
        return (_push(subscription.listing, book, "incremental", *news(subscription, book)),)


def _name(listing: Listing) -> str:
    return f"s{listing.base}{listing.quote}"


def _products(exchange: Exchange) -> Json:
    currencies = [_currency(each) for each in exchange.assets]
    return {"currencies": currencies, "products": [_terms(each) for each in exchange.listings], "perpProductsV2": []}


def _currency(symbol: str) -> Json:
    head = {"currency": symbol, "name": symbol, "status": "Listed"}
    return head | {"valueScale": SCALE, "minValueEv": 1, "maxValueEv": EVERYTHING}


def _terms(listing: Listing) -> Json:
    return {
        "symbol": _name(listing),
        "type": "Spot",
        "baseCurrency": listing.base,
        "quoteCurrency": listing.quote,
        "priceScale": SCALE,
        "ratioScale": SCALE,
        "baseTickSize": f"{listing.lot} {listing.base}",
        "quoteTickSize": f"{listing.tick} {listing.quote}",
        "minOrderValue": f"10 {listing.quote}",
        "maxBaseOrderSize": f"1000000000 {listing.base}",
        "maxOrderValue": f"5000000 {listing.quote}",
        "defaultTakerFee": "0.001",
        "defaultMakerFee": "0.001",
        "status": "Listed",
    }


def _scaled(number: str) -> int:
    return int(Decimal(number).scaleb(SCALE))


def _push(listing: Listing, book: Book, kind: str, bids: Iterable[Level], asks: Iterable[Level]) -> Json:
    sides = {name: [[*map(_scaled, level)] for level in side] for name, side in (("asks", asks), ("bids", bids))}
    head = {"symbol": _name(listing), "type": kind, "depth": DEPTH}
    return head | {"sequence": book.number, "timestamp": book.changed, "book": sides}


def _ticker(listing: Listing, book: Book) -> Json:
    last = dict.fromkeys(("openEp", "highEp", "lowEp", "lastEp"), _scaled(book.last))
    touch = {"bidEp": _scaled(book.bid.price), "askEp": _scaled(book.ask.price)}
    head = {"symbol": _name(listing), "timestamp": book.changed}
    return {"spot_market24h": head | touch | last, "timestamp": book.changed}


def _page(query: Mapping[str, str], exchange: Exchange) -> list[Bar]:
    length = int(query["resolution"]) * 1000
    if length not in LENGTHS:
        raise RefusedError(Refusal.BAD_REQUEST)
    limit = min(int(query.get("limit", PAGE)), PAGE)
    return page(exchange, find(exchange, query["symbol"], _name), length, limit)


def _candle(bar: Bar) -> Json:
    """Time in seconds, length, last close, open, high, low, close, volume, turnover."""
    prices = [_scaled(told) for told in (bar.open, bar.open, bar.high, bar.low, bar.close, bar.volume)]
    return [bar.opened // 1000, 0, *prices, 0]
