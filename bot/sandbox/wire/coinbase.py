"""Coinbase Advanced: a snapshot, then differences, numbered by socket.

Source: docs.cdp.coinbase.com, Advanced Trade API: public REST endpoints, level2 and ticker channels.
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from bot.sandbox.wire.book import Book, Level, Listing, changes, listings
from bot.sandbox.wire.exchange import Bar, Exchange
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
    iso,
)

GRANULARITIES = {
    "ONE_MINUTE": MINUTE,
    "FIVE_MINUTE": 5 * MINUTE,
    "FIFTEEN_MINUTE": 15 * MINUTE,
    "ONE_HOUR": HOUR,
    "SIX_HOUR": 6 * HOUR,
    "ONE_DAY": DAY,
}
LEAST_COST = Decimal(1)  # of an order, quote units
PAGE = 350  # bars: more are refused


class Coinbase(Wire):
    """Speaks as advanced-trade-ws.coinbase.com and api.coinbase.com do."""

    venue = "coinbase"
    hosts = ("coinbase.com",)
    listed = listings(
        "USDT/USD DAI/USD PYUSD/USD USDS/USD GUSD/USD PAX/USD USD1/USD USDE/USD EURC/USD USDT/USDC USDT/EUR USDC/EUR "
        "EURC/EUR BTC/USD BTC/USDT BTC/EUR ETH/USD ETH/USDT ETH/EUR"
    )
    refusals = REFUSALS | {
        Refusal.RATE_LIMITED: Answer({"error": "resource_exhausted", "message": "Too many requests"}, 429),
        Refusal.UNKNOWN_MARKET: Answer({"error": "NOT_FOUND", "message": "valid product_id is required"}, 404),
        Refusal.BAD_REQUEST: Answer({"error": "INVALID_ARGUMENT", "message": "number of candles requested"}, 400),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """Public endpoints of Advanced Trade, and those of v2 that ccxt's load_markets asks besides."""
        match request.path.removeprefix("/api/v3/brokerage/market/").split("/"):
            case ["", "v2", "time"]:
                return Answer({"data": {"iso": iso(exchange.now()), "epoch": exchange.now_ms() // 1000}})
            case ["", "v2", "currencies"] | ["", "v2", "currencies", "crypto"]:
                return Answer({"data": []})
            case ["", "v2", "exchange-rates"]:
                return Answer({"data": {"currency": "USD", "rates": {}}})
            case ["products"]:
                spot = request.query.get("product_type", "SPOT") == "SPOT"  # there are no futures here
                return Answer({"products": [_terms(each) for each in exchange.listings] if spot else []})
            case ["product_book"]:
                listing = find(exchange, request.query["product_id"], name)
                return Answer({"pricebook": _pricebook(listing, exchange.books[listing])})
            case ["products", product, "candles"]:
                return Answer({"candles": _candles(find(exchange, product, name), request, exchange)})
        raise RefusedError(Refusal.UNKNOWN_PATH)

    def hear(self, message: Json, line: Line) -> None:
        """Subscribe and unsubscribe; what runs afterwards is confirmed."""
        for product in message["product_ids"]:
            topic = f"{message['channel']} {product}"
            listing = find(line.exchange, product, name)
            if message["type"] == "unsubscribe":
                line.unsubscribe(topic)
            else:
                line.subscribe(topic, listing)
        running = defaultdict(list)
        for topic in line.topics():
            channel, product = topic.split()
            running[channel].append(product)
        line.say(_message("subscriptions", line.exchange.now(), line, {"subscriptions": running}))

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """A snapshot."""
        return (_event(subscription, book, "snapshot", book.bids, book.asks),)

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """What changed."""
        told = subscription.told
        return (_event(subscription, book, "update", changes(told.bids, book.bids), changes(told.asks, book.asks)),)


def name(listing: Listing) -> str:
    """A market as Coinbase calls it: USDT-USD."""
    return f"{listing.base}-{listing.quote}"


def _terms(listing: Listing) -> Json:
    return {
        "product_id": name(listing),
        "base_currency_id": listing.base,
        "quote_currency_id": listing.quote,
        "product_type": "SPOT",
        "trading_disabled": False,
        "base_increment": listing.lot,
        "quote_increment": listing.tick,
        "price_increment": listing.tick,
        "base_min_size": listing.lot,
        "base_max_size": "9000000",
        "quote_min_size": f"{LEAST_COST:f}",
        "quote_max_size": "9000000",
        "alias": "",
        "alias_to": [],
    }


def _pricebook(listing: Listing, book: Book) -> Json:
    sides = {"bids": book.bids, "asks": book.asks}
    told = {side: [{"price": each.price, "size": each.size} for each in levels] for side, levels in sides.items()}
    return {"product_id": name(listing), "time": iso(book.changed)} | told


def _candles(listing: Listing, request: Request, exchange: Exchange) -> Json:
    """Newest first, from `start` to `end` in seconds, both counted."""
    timeframe = GRANULARITIES[request.query["granularity"]]
    first, last = (int(float(request.query[name])) * 1000 for name in ("start", "end"))
    if (last - first) // timeframe >= PAGE:
        raise RefusedError(Refusal.BAD_REQUEST)
    return [_candle(bar) for bar in reversed(exchange.bars(listing, timeframe, first, last))]


def _candle(bar: Bar) -> Json:
    prices = {"low": bar.low, "high": bar.high, "open": bar.open, "close": bar.close}
    return {"start": str(bar.opened // 1000), "volume": bar.volume} | prices


def _message(channel: str, now: int, line: Line, event: Json) -> Json:
    head = {"channel": channel, "client_id": "", "timestamp": iso(now), "sequence_num": line.count()}
    return head | {"events": [event]}


def _event(subscription: Subscription, book: Book, kind: str, bids: Iterable[Level], asks: Iterable[Level]) -> Json:
    channel, product = subscription.topic.split()
    if channel != "level2":
        event = {"type": kind, "tickers": [_ticker(product, book)]}
        return _message(channel, book.changed, subscription.line, event)
    at = iso(book.changed)
    updates = [_level("bid", level, at) for level in bids] + [_level("offer", level, at) for level in asks]
    event = {"type": kind, "product_id": product, "updates": updates}
    return _message("l2_data", book.changed, subscription.line, event)


def _level(side: str, level: Level, at: str) -> Json:
    return {"side": side, "event_time": at, "price_level": level.price, "new_quantity": level.size}


def _ticker(product: str, book: Book) -> Json:
    return {
        "type": "ticker",
        "product_id": product,
        "price": book.last,
        "volume_24_h": "0",
        "low_24_h": book.last,
        "high_24_h": book.last,
        "price_percent_chg_24_h": "0",
        "best_bid": book.bid.price,
        "best_bid_quantity": book.bid.size,
        "best_ask": book.ask.price,
        "best_ask_quantity": book.ask.size,
    }
