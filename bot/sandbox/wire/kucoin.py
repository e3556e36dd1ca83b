"""KuCoin spot: differences on top of a snapshot by REST, on a socket whose address is asked for first.

Source: kucoin.com/docs-new: spot market data endpoints; public websocket level 2, level 1 and ticker.
"""

from collections.abc import Iterable

from bot.sandbox.wire.book import Book, Listing, changes, listings
from bot.sandbox.wire.exchange import Bar, Exchange
from bot.sandbox.wire.usual import intervals, ms
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

TYPES = intervals("1min 5min 15min 1hour 4hour 1day")
PAGE = 1_500  # bars
SOCKETS = "ws-api-spot.kucoin.com"
SUBJECTS = {
    "/market/level2": "trade.l2update",
    "/market/ticker": "trade.ticker",
    "/market/snapshot": "trade.snapshot",
    "/spotMarket/level1": "level1",
    "/spotMarket/level2Depth5": "level2",
    "/spotMarket/level2Depth50": "level2",
}


class Kucoin(Wire):
    """Speaks as api.kucoin.com does, and the sockets it sends one to."""

    venue = "kucoin"
    hosts = ("kucoin.com",)
    listed = listings(
        "USDC/USDT DAI/USDT TUSD/USDT USDP/USDT FDUSD/USDT PYUSD/USDT USDD/USDT USDE/USDT USD1/USDT USDG/USDT "
        "RLUSD/USDT FRAX/USDT USDT/USDC USDT/EUR USDC/EUR EURC/USDT BTC/USDT BTC/USDC BTC/EUR ETH/USDT ETH/USDC ETH/EUR"
    )
    refusals = REFUSALS | {
        Refusal.RATE_LIMITED: Answer({"code": "429000", "msg": "Too many requests"}, 429),
        Refusal.MAINTENANCE: Answer({"code": "503", "msg": "Service unavailable"}, 503),
        Refusal.UNKNOWN_MARKET: Answer({"code": "900001", "msg": "symbol not exists"}),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """The public endpoints of api.kucoin.com/api."""
        match request.path.split("/")[3:]:  # after /api/v1, v2 or v3
            case ["timestamp"]:
                return _data(exchange.now_ms())
            case ["bullet-public"]:
                return _data({"token": "sandbox", "instanceServers": [_server(exchange)]})
            case ["currencies"]:
                return _data([{"currency": each, "fullName": each, "precision": 8} for each in exchange.assets])
            case ["symbols"]:
                return _data([_terms(each) for each in exchange.listings])
            case ["market", "allTickers"]:
                return _data({"time": exchange.now_ms(), "ticker": []})
            case ["contracts", "active"]:  # there are no futures here
                return _data([])
            case ["market", "orderbook", level]:
                book = exchange.books[find(exchange, request.query["symbol"], _id)]
                return _data(_snapshot(book, int(level.partition("_")[2] or 0)))
            case ["market", "candles"]:
                return _data([_candle(bar) for bar in reversed(_page(request, exchange))])
        raise RefusedError(Refusal.UNKNOWN_PATH)

    def greeting(self) -> Iterable[Json]:
        """A welcome."""
        return ({"id": "sandbox", "type": "welcome"},)

    def hear(self, message: Json, line: Line) -> None:
        """Subscribe, unsubscribe, ping; one topic may name many markets, /market/level2:USDC-USDT,DAI-USDT."""
        if message["type"] == "ping":
            line.say({"id": message["id"], "type": "pong", "timestamp": line.exchange.now() // 1_000})
            return
        channel, _, names = message["topic"].partition(":")
        line.say({"id": message["id"], "type": "ack"})
        for name in names.split(","):
            if message["type"] == "unsubscribe":
                line.unsubscribe(f"{channel}:{name}")
            else:
                depth = channel.partition("Depth")[2]
                line.subscribe(f"{channel}:{name}", find(line.exchange, name, _id), int(depth or 0))

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """Differences need no beginning: the client asks for a snapshot by REST. The others tell how it stands."""
        return () if subscription.topic.startswith("/market/level2") else self.update(subscription, book)

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """One message of the stream."""
        channel, _, name = subscription.topic.partition(":")
        match channel:
            case "/market/level2":
                data = {"symbol": name, "time": ms(book)} | _difference(subscription.told, book)
            case "/spotMarket/level1":
                data = {"bids": list(book.bid), "asks": list(book.ask), "timestamp": ms(book)}
            case "/market/ticker":
                data = _ticker(book)
            case "/market/snapshot":
                data = {"sequence": str(book.number), "data": _day(name, book)}
            case _:
                bids, asks = subscription.seen(book.bids), subscription.seen(book.asks)
                data = {"bids": pairs(bids), "asks": pairs(asks), "timestamp": ms(book)}
        return ({"topic": subscription.topic, "type": "message", "subject": SUBJECTS[channel], "data": data},)


def _id(listing: Listing) -> str:
    return f"{listing.base}-{listing.quote}"


def _data(data: Json) -> Answer:
    return Answer({"code": "200000", "data": data})


def _server(exchange: Exchange) -> Json:
    endpoint = f"{exchange.address.replace('http', 'ws', 1)}/{SOCKETS}/"
    return {"endpoint": endpoint, "protocol": "websocket", "pingInterval": 18_000, "pingTimeout": 10_000}


def _terms(listing: Listing) -> Json:
    return {
        "symbol": _id(listing),
        "baseCurrency": listing.base,
        "quoteCurrency": listing.quote,
        "baseMinSize": listing.lot,
        "baseMaxSize": "9000000",
        "quoteMinSize": "1",
        "quoteMaxSize": "9000000",
        "baseIncrement": listing.lot,
        "quoteIncrement": "0.000001",
        "priceIncrement": listing.tick,
        "enableTrading": True,
        "isMarginEnabled": False,
    }


def _snapshot(book: Book, depth: int) -> Json:
    bids, asks = (pairs(side[:depth] if depth else side) for side in (book.bids, book.asks))
    return {"time": ms(book), "sequence": str(book.number), "bids": bids, "asks": asks}


def _page(request: Request, exchange: Exchange) -> list[Bar]:
    """The newest ones from `startAt` to before `endAt`, in seconds."""
    query = request.query
    listing = find(exchange, query["symbol"], _id)
    last = int(query["endAt"]) * 1000 - 1 if "endAt" in query else exchange.now_ms()
    return exchange.bars(listing, TYPES[query["type"]], int(query.get("startAt", 0)) * 1000, last, newest=PAGE)


def _candle(bar: Bar) -> Json:
    return [str(bar.opened // 1000), bar.open, bar.close, bar.high, bar.low, bar.volume, bar.volume]


def _difference(told: Book, book: Book) -> dict[str, Json]:
    """Each level with the number of the change that made it."""
    sides = {"bids": changes(told.bids, book.bids), "asks": changes(told.asks, book.asks)}
    numbered = {name: [[*level, str(book.number)] for level in side] for name, side in sides.items()}
    return {"sequenceStart": told.number + 1, "sequenceEnd": book.number, "changes": numbered}


def _ticker(book: Book) -> Json:
    touch = {
        "bestBid": book.bid.price,
        "bestBidSize": book.bid.size,
        "bestAsk": book.ask.price,
        "bestAskSize": book.ask.size,
    }
    return touch | {"sequence": str(book.number), "price": book.last, "size": "0", "time": ms(book)}


def _day(name: str, book: Book) -> Json:
    touch = {"symbol": name, "buy": book.bid.price, "sell": book.ask.price, "datetime": ms(book)}
    return touch | dict.fromkeys(("lastTradedPrice", "high", "low", "open"), book.last)
