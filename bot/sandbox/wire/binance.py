"""Binance spot: differences of depth on top of a snapshot by REST, with consecutive update ids.

Source: developers.binance.com, Spot API: market data endpoints, diff. depth stream, individual symbol streams.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from bot.model.markets import PERPETUAL
from bot.sandbox.wire.book import Book, Listing, changes, listings
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
LEAST_COST = Decimal(5)  # of an order, quote units


class Binance(Wire):
    """Speaks as stream.binance.com and api.binance.com do."""

    venue = "binance"
    hosts: tuple[str, ...] = ("binance.com",)
    listed = listings(
        "USDC/USDT FDUSD/USDT FDUSD/USDC TUSD/USDT USD1/USDT USDE/USDT USDP/USDT DAI/USDT RLUSD/USDT EURI/USDT "
        "USDT/EUR USDC/EUR BTC/USDT BTC/USDC BTC/FDUSD BTC/EUR ETH/USDT ETH/USDC ETH/FDUSD ETH/EUR"
    )
    refusals = REFUSALS | {
        Refusal.RATE_LIMITED: Answer({"code": -1003, "msg": "Too many requests."}, 429, {"Retry-After": "1"}),
        Refusal.MAINTENANCE: Answer({"code": 1, "msg": "System is under maintenance."}, 503),
        Refusal.UNKNOWN_MARKET: Answer({"code": -1121, "msg": "Invalid symbol."}, 400),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """The spot market data of api.binance.com."""
        match request.path.rsplit("/", 1)[-1]:
            case "exchangeInfo":
                spot = request.path == "/api/v3/exchangeInfo"  # there are no futures here
                return Answer({"symbols": [_terms(each) for each in exchange.listings] if spot else []})
            case "time":
                return Answer({"serverTime": exchange.now_ms()})
            case "depth":
                book = exchange.books[meant(exchange, request.query["symbol"])]
                return Answer({"lastUpdateId": book.number, "bids": pairs(book.bids), "asks": pairs(book.asks)})
            case "klines":
                return Answer(klines(request.query, exchange))
        raise RefusedError(Refusal.UNKNOWN_PATH)

    def hear(self, message: Json, line: Line) -> None:
        """SUBSCRIBE and UNSUBSCRIBE to streams like usdcusdt@depth@100ms, usdcusdt@bookTicker, usdcusdt@miniTicker."""
        line.say({"result": None, "id": message["id"]})
        for topic in message["params"]:
            if message["method"] == "UNSUBSCRIBE":
                line.unsubscribe(topic)
            else:
                line.subscribe(topic, meant(line.exchange, topic.partition("@")[0].upper()))

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """Differences need no beginning: the client asks for a snapshot by REST. The others tell how it stands."""
        return () if "@depth" in subscription.topic else self.update(subscription, book)

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """One event of the stream."""
        symbol, _, channel = subscription.topic.partition("@")
        head = {"s": symbol.upper(), "E": ms(book)}
        if channel.startswith("depth"):
            return (head | difference(subscription.told, book),)
        if channel == "bookTicker":  # which has no time
            return ({"u": book.number, "s": head["s"]} | touch(book),)
        if channel == "miniTicker":
            return (head | {"e": "24hrMiniTicker"} | _day(book),)
        return (head | {"e": "24hrTicker", "C": head["E"]} | touch(book) | _day(book),)


def name(listing: Listing) -> str:
    """A market as Binance calls it: USDCUSDT, be it the coin or, at another host, its perpetual future."""
    return listing.base.removesuffix(PERPETUAL) + listing.quote


def meant(exchange: Exchange, symbol: str) -> Listing:
    """The market that Binance calls so. Raises RefusedError where there is none."""
    return find(exchange, symbol, name)


def _terms(listing: Listing) -> Json:
    return {
        "symbol": name(listing),
        "status": "TRADING",
        "baseAsset": listing.base,
        "baseAssetPrecision": 8,
        "quoteAsset": listing.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "permissions": ["SPOT"],
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": listing.tick, "maxPrice": "1000000", "tickSize": listing.tick},
            {"filterType": "LOT_SIZE", "minQty": listing.lot, "maxQty": "9000000", "stepSize": listing.lot},
            {"filterType": "NOTIONAL", "minNotional": f"{LEAST_COST:f}"},
        ],
    }


def difference(told: Book, book: Book) -> dict[str, Json]:
    """What changed from one book to the next."""
    bids, asks = changes(told.bids, book.bids), changes(told.asks, book.asks)
    return {"e": "depthUpdate", "U": told.number + 1, "u": book.number, "b": pairs(bids), "a": pairs(asks)}


def touch(book: Book) -> dict[str, Json]:
    """The best bid and ask."""
    return {"b": book.bid.price, "B": book.bid.size, "a": book.ask.price, "A": book.ask.size}


def _day(book: Book) -> Json:
    same = dict.fromkeys("ohlcwx", book.last)
    return same | dict.fromkeys("vqpP", "0")


def klines(query: Mapping[str, str], exchange: Exchange, most: int = 1000) -> list[Json]:
    """From startTime upward where it is given, else the newest; 500 unless asked for up to `most`."""
    listing, length = meant(exchange, query["symbol"]), INTERVALS[query["interval"]]
    limit = min(int(query.get("limit", 500)), most)
    bars = page(exchange, listing, length, limit, number(query, "startTime"), number(query, "endTime"))
    return [_kline(bar) for bar in bars]


def _kline(bar: Bar) -> Json:
    return [bar.opened, bar.open, bar.high, bar.low, bar.close, bar.volume]
