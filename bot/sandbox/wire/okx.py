"""OKX spot, v5: a snapshot, then differences, each naming the one before it.

Source: okx.com/docs-v5: instruments, order book, candlesticks; websocket books, bbo-tbt and tickers channels.
"""

from collections.abc import Iterable

from bot.sandbox.wire.book import Book, Level, Listing, changes, listings
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
)

BARS = intervals("1m 5m 15m 1H 4H 1Dutc")
PAGE = 300  # bars
RECENT = 1440  # bars: older ones are at history-candles
DEPTHS = {"books": 400, "books5": 5, "bbo-tbt": 1}


class Okx(Wire):
    """Speaks as ws.okx.com and www.okx.com do."""

    venue = "okx"
    hosts = ("okx.com",)
    listed = listings(
        "USDC/USDT DAI/USDT TUSD/USDT USDG/USDT PYUSD/USDT USDE/USDT USD1/USDT RLUSD/USDT USDC/USD USDT/USD USDG/USD "
        "USDC/EUR USDT/EUR EURC/USDT BTC/USDT BTC/USDC BTC/USD BTC/EUR ETH/USDT ETH/USDC ETH/USD ETH/EUR"
    )
    refusals = REFUSALS | {
        Refusal.RATE_LIMITED: Answer({"code": "50011", "msg": "Too Many Requests", "data": []}, 429),
        Refusal.MAINTENANCE: Answer({"code": "50001", "msg": "Service temporarily unavailable", "data": []}, 503),
        Refusal.UNKNOWN_MARKET: Answer({"code": "51001", "msg": "Instrument ID does not exist", "data": []}),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """The public endpoints of www.okx.com/api/v5."""
        match request.path.removeprefix("/api/v5/"):
            case "public/time":
                return _data([{"ts": str(exchange.now_ms())}])
            case "public/instruments":
                spot = request.query["instType"] == "SPOT"  # there are no futures here
                return _data([_terms(each) for each in exchange.listings] if spot else [])
            case "market/books":
                book = exchange.books[find(exchange, request.query["instId"], name)]
                return _data([_sides(book.bids, book.asks) | {"ts": str(ms(book))}])
            case "market/candles":
                return _data(_candles(request, exchange, RECENT))
            case "market/history-candles":
                return _data(_candles(request, exchange, None))
        raise RefusedError(Refusal.UNKNOWN_PATH)

    def hear(self, message: Json, line: Line) -> None:
        """Subscribe, unsubscribe, and ping in plain text."""
        if message == "ping":
            line.say("pong")
            return
        for asked in message["args"]:
            topic = f"{asked['channel']} {asked['instId']}"
            listing = find(line.exchange, asked["instId"], name)
            line.say({"event": message["op"], "arg": asked, "connId": "sandbox"})
            if message["op"] == "unsubscribe":
                line.unsubscribe(topic)
            else:
                line.subscribe(topic, listing, DEPTHS.get(asked["channel"], 1))

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """A snapshot."""
        if not subscription.topic.startswith("books "):
            return self.update(subscription, book)
        levels = _sides(subscription.seen(book.bids), subscription.seen(book.asks))
        return (_push(subscription, levels | _numbered(book, -1), action="snapshot"),)

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """What changed; all of it where the stream is of few levels."""
        told, seen = subscription.told, subscription.seen
        match subscription.topic.split()[0]:
            case "books":
                bids, asks = changes(seen(told.bids), seen(book.bids)), changes(seen(told.asks), seen(book.asks))
                return (_push(subscription, _sides(bids, asks) | _numbered(book, told.number), action="update"),)
            case "tickers":
                return (_push(subscription, _ticker(subscription.listing, book)),)
        return (_push(subscription, _sides(seen(book.bids), seen(book.asks)) | _numbered(book, told.number)),)


def name(listing: Listing) -> str:
    """A market as OKX calls it: USDC-USDT."""
    return f"{listing.base}-{listing.quote}"


def _data(data: Json) -> Answer:
    return Answer({"code": "0", "msg": "", "data": data})


def _terms(listing: Listing) -> Json:
    return {
        "instType": "SPOT",
        "instId": name(listing),
        "baseCcy": listing.base,
        "quoteCcy": listing.quote,
        "lotSz": listing.lot,
        "minSz": listing.lot,
        "tickSz": listing.tick,
        "maxLmtSz": "9000000",
        "maxMktSz": "1000000",
        "lever": "",
        "state": "live",
        "listTime": "0",
    }


def _sides(bids: Iterable[Level], asks: Iterable[Level]) -> dict[str, Json]:
    """Each level with a field that is always 0, and the number of its orders."""
    return {"bids": [[*level, "0", "1"] for level in bids], "asks": [[*level, "0", "1"] for level in asks]}


def _numbered(book: Book, before: int) -> dict[str, Json]:
    return {"ts": str(ms(book)), "seqId": book.number, "prevSeqId": before}


def _candles(request: Request, exchange: Exchange, recent: int | None) -> Json:
    """Newest first, later than `before` and earlier than `after`."""
    timeframe = BARS[request.query.get("bar", "1m")]
    first = int(request.query.get("before", -1)) + 1
    last = int(request.query.get("after", exchange.now_ms() + 1)) - 1
    if recent is not None:
        first = max(first, exchange.now_ms() - recent * timeframe)
    limit = min(int(request.query.get("limit", 100)), PAGE)
    bars = exchange.bars(find(exchange, request.query["instId"], name), timeframe, first, last, newest=limit)
    return [_candle(bar) for bar in reversed(bars)]


def _candle(bar: Bar) -> Json:
    return [str(bar.opened), bar.open, bar.high, bar.low, bar.close, bar.volume, bar.volume, bar.volume, "1"]


def _push(subscription: Subscription, told: Json, **more: str) -> Json:
    channel, market = subscription.topic.split()
    return {"arg": {"channel": channel, "instId": market}, **more, "data": [told]}


def _ticker(listing: Listing, book: Book) -> Json:
    touch = {"bidPx": book.bid.price, "bidSz": book.bid.size, "askPx": book.ask.price, "askSz": book.ask.size}
    day = dict.fromkeys(("last", "open24h", "high24h", "low24h"), book.last)
    names = {"instType": "SPOT", "instId": name(listing), "ts": str(ms(book))}
    return names | touch | day | {"lastSz": "0", "vol24h": "0", "volCcy24h": "0"}
