"""Kraken spot, websocket v2: a snapshot, then differences, each with a checksum over the ten best levels.

Source: docs.kraken.com, spot REST market data; spot websocket v2 book and ticker channels, book checksum guide.
"""

from collections.abc import Iterable
from decimal import Decimal
from zlib import crc32

from bot.model.markets import Asset
from bot.sandbox.wire.book import Book, Level, Levels, Listing, changes, listings
from bot.sandbox.wire.exchange import Bar, Exchange, Transit
from bot.sandbox.wire.wire import (
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
    iso,
)

LEGACY = {"BTC": "XXBT", "ETH": "XETH", "USD": "ZUSD", "EUR": "ZEUR"}
SHORT = {"BTC": "XBT"}
OLD_PAIRS = {"USDT/USD", "BTC/USD", "BTC/EUR", "ETH/USD", "ETH/EUR"}  # named by the legacy names of both sides
LEAST_COST = Decimal("0.5")  # of an order, quote units
PAGE = 720  # bars: older ones cannot be had


class Kraken(Wire):
    """Speaks as ws.kraken.com/v2 and api.kraken.com do."""

    venue = "kraken"
    hosts = ("kraken.com",)
    listed = listings(
        "USDC/USD USDT/USD DAI/USD USDC/USDT DAI/USDT PYUSD/USD USDG/USD RLUSD/USD USDS/USD USDE/USD TUSD/USD USD1/USD "
        "USDQ/USD EURC/USD USDC/EUR USDT/EUR EURC/EUR DAI/EUR EUR/USD BTC/USD BTC/USDT BTC/USDC BTC/EUR ETH/USD "
        "ETH/USDT ETH/USDC ETH/EUR"
    )
    refusals = REFUSALS | {
        Refusal.RATE_LIMITED: Answer({"error": ["EGeneral:Too many requests"]}, 429, {"Retry-After": "1"}),
        Refusal.MAINTENANCE: Answer({"error": ["EService:Unavailable"]}),
        Refusal.UNKNOWN_MARKET: Answer({"error": ["EQuery:Unknown asset pair"]}),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """The public endpoints of api.kraken.com."""
        match request.path.rsplit("/", 1)[-1]:
            case "Time":
                return _result({"unixtime": exchange.now_ms() // 1000})
            case "Assets":
                return _result({asset_id(each): _asset(each, exchange.transit[each]) for each in exchange.assets})
            case "AssetPairs":
                return _result({pair(each): _terms(each, exchange) for each in exchange.listings})
            case "Depth":
                return _result(_depth(find(exchange, request.query["pair"], pair), exchange))
            case "OHLC":
                return _result(_history(request, exchange))
        raise RefusedError(Refusal.UNKNOWN_PATH)

    def greeting(self) -> Iterable[Json]:
        """The state of the exchange."""
        status = {"api_version": "v2", "connection_id": 1, "system": "online", "version": "2.0.0"}
        return ({"channel": "status", "type": "update", "data": [status]},)

    def hear(self, message: Json, line: Line) -> None:
        """Subscribe, unsubscribe, ping."""
        if message["method"] == "ping":
            line.say({"method": "pong", "req_id": message.get("req_id")})
            return
        asked = message["params"]
        for symbol in asked["symbol"]:
            topic = f"{asked['channel']} {symbol}"
            listing = find(line.exchange, symbol, name)
            line.say(_confirmation(message, symbol, line.exchange.now()))
            if message["method"] == "unsubscribe":
                line.unsubscribe(topic)
            else:
                line.subscribe(topic, listing, asked.get("depth", 10))

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """A snapshot."""
        if subscription.topic.startswith("ticker"):
            return (_ticker(subscription, book, "snapshot"),)
        bids, asks = subscription.seen(book.bids), subscription.seen(book.asks)
        return (_book(subscription, book, "snapshot", bids, asks),)

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """What changed."""
        if subscription.topic.startswith("ticker"):
            return (_ticker(subscription, book, "update"),)
        told, seen = subscription.told, subscription.seen
        bids, asks = changes(seen(told.bids), seen(book.bids)), changes(seen(told.asks), seen(book.asks))
        return (_book(subscription, book, "update", bids, asks),)


def checksum(bids: Levels, asks: Levels) -> int:
    """CRC-32 of the ten best asks and bids, each number without its point and leading zeros."""
    best = (*asks[:10], *bids[:10])
    return crc32("".join(number.replace(".", "").lstrip("0") for level in best for number in level).encode())


def name(listing: Listing) -> str:
    """A market as websocket v2 calls it: BTC/USD."""
    return f"{listing.base}/{listing.quote}"


def short(listing: Listing) -> str:
    """A market by its other name: XBTUSD."""
    return SHORT.get(listing.base, listing.base) + listing.quote


def pair(listing: Listing) -> str:
    """A market's id: XXBTZUSD."""
    if name(listing) in OLD_PAIRS:
        return asset_id(listing.base) + LEGACY[listing.quote]
    return short(listing)


def asset_id(asset: Asset) -> str:
    """An asset's id: XXBT."""
    return LEGACY.get(asset, asset)


def least(listing: Listing) -> Decimal:
    """The least that can be ordered, base units."""
    return Decimal("0.0001") if listing.size_digits > 2 else Decimal(5)


def _result(result: Json) -> Answer:
    return Answer({"error": [], "result": result})


STATUS = {
    (True, True): "enabled",
    (True, False): "deposit_only",
    (False, True): "withdrawal_only",
    (False, False): "funding_temporarily_disabled",
}
"""Of an asset, by whether it comes in and goes out."""


def _asset(name: Asset, transit: Transit) -> Json:
    status = STATUS[transit.deposits, transit.withdrawals]
    return {"altname": SHORT.get(name, name), "aclass": "currency", "decimals": 8, "status": status}


def _terms(listing: Listing, exchange: Exchange) -> Json:
    return {
        "altname": short(listing),
        "wsname": f"{SHORT.get(listing.base, listing.base)}/{listing.quote}",
        "base": asset_id(listing.base),
        "quote": asset_id(listing.quote),
        "pair_decimals": listing.price_digits,
        "lot_decimals": listing.size_digits,
        "cost_decimals": 5,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [[0, exact(f"{100 * exchange.taker:f}")]],
        "fees_maker": [[0, exact(f"{100 * exchange.maker:f}")]],
        "ordermin": f"{least(listing):f}",
        "costmin": f"{LEAST_COST:f}",
        "tick_size": listing.tick,
        "status": "online",
    }


def _depth(listing: Listing, exchange: Exchange) -> Json:
    book = exchange.books[listing]
    seconds = book.changed // 10**9
    return {pair(listing): {side: [[*level, seconds] for level in getattr(book, side)] for side in ("bids", "asks")}}


def _history(request: Request, exchange: Exchange) -> Json:
    """Bars after `since`, but none older than the newest 720."""
    listing = find(exchange, request.query["pair"], pair)
    first = int(request.query.get("since", 0)) * 1000 + 1
    timeframe = int(request.query.get("interval", 1)) * MINUTE
    bars = exchange.bars(listing, timeframe, first, exchange.now_ms(), newest=PAGE)
    return {pair(listing): [_bar(bar) for bar in bars], "last": bars[-1].opened // 1000 if bars else 0}


def _bar(bar: Bar) -> Json:
    return [bar.opened // 1000, bar.open, bar.high, bar.low, bar.close, bar.close, bar.volume, 1]


def _confirmation(message: Json, symbol: str, now: int) -> Json:
    result = {"channel": message["params"]["channel"], "symbol": symbol, "snapshot": True}
    head = {"method": message["method"], "req_id": message.get("req_id"), "result": result, "success": True}
    return head | {"time_in": iso(now), "time_out": iso(now)}


def _book(subscription: Subscription, book: Book, kind: str, bids: Iterable[Level], asks: Iterable[Level]) -> Json:
    told = {
        "symbol": name(subscription.listing),
        "bids": _levels(bids),
        "asks": _levels(asks),
        "checksum": checksum(book.bids, book.asks),
        "timestamp": iso(book.changed),
    }
    return {"channel": "book", "type": kind, "data": [told]}


def _levels(side: Iterable[Level]) -> Json:
    return [{"price": exact(level.price), "qty": exact(level.size)} for level in side]


def _ticker(subscription: Subscription, book: Book, kind: str) -> Json:
    told = {
        "symbol": name(subscription.listing),
        "bid": exact(book.bid.price),
        "bid_qty": exact(book.bid.size),
        "ask": exact(book.ask.price),
        "ask_qty": exact(book.ask.size),
        "volume": 0,
        "change": 0,
        "change_pct": 0,
    }
    told |= {name: exact(book.last) for name in ("last", "vwap", "low", "high")}
    return {"channel": "ticker", "type": kind, "data": [told]}
