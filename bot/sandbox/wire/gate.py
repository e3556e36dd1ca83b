"""Gate spot, v4: the whole book, then differences with consecutive ids.

Source: gate.com/docs/developers/apiv4: spot endpoints; spot websocket order book v2, book ticker, tickers.
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

INTERVALS = intervals("1m 5m 15m 1h 4h 1d")
PAGE = 1_000  # bars: more are refused
REACH = 10_000  # bars back from now: older ones are refused
ELSEWHERE = ("margin", "futures", "delivery", "options")  # of which there are none here


class Gate(Wire):
    """Speaks as api.gateio.ws does."""

    venue = "gate"
    hosts = ("gateio.ws", "gate.io")
    listed = listings(
        "USDC/USDT DAI/USDT TUSD/USDT USDP/USDT FDUSD/USDT PYUSD/USDT USDD/USDT USDE/USDT USD1/USDT GUSD/USDT "
        "GHO/USDT FRAX/USDT CRVUSD/USDT LUSD/USDT USDG/USDT RLUSD/USDT USDC/USD USDT/USD EURC/USDT BTC/USDT BTC/USDC "
        "BTC/USD ETH/USDT ETH/USDC ETH/USD"
    )
    refusals = REFUSALS | {
        Refusal.RATE_LIMITED: Answer({"label": "TOO_MANY_REQUESTS", "message": "Request Rate limit Exceeded"}, 429),
        Refusal.MAINTENANCE: Answer({"label": "SERVER_ERROR", "message": "Under maintenance"}, 503),
        Refusal.UNKNOWN_MARKET: Answer({"label": "INVALID_CURRENCY_PAIR", "message": "Invalid currency pair"}, 400),
        Refusal.BAD_REQUEST: Answer({"label": "INVALID_PARAM_VALUE", "message": "Candlestick range too broad"}, 400),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """The public endpoints of api.gateio.ws/api/v4/spot."""
        match request.path.removeprefix("/api/v4/").split("/"):
            case ["spot", "time"]:
                return Answer({"server_time": exchange.now_ms()})
            case ["spot", "currencies"]:
                return Answer([{"currency": each, "name": each, "chains": []} for each in exchange.assets])
            case ["spot", "currency_pairs"]:
                return Answer([_terms(each) for each in exchange.listings])
            case ["spot", "order_book"]:
                book = exchange.books[find(exchange, request.query["currency_pair"], _id)]
                told = {"id": book.number, "current": exchange.now_ms(), "update": ms(book)}
                return Answer(told | {"bids": pairs(book.bids), "asks": pairs(book.asks)})
            case ["spot", "candlesticks"]:
                return Answer([_candle(bar) for bar in _page(request, exchange)])
            case [section, *_] if section in ELSEWHERE:
                return Answer([])
        raise RefusedError(Refusal.UNKNOWN_PATH)

    def hear(self, message: Json, line: Line) -> None:
        """Subscribe and unsubscribe: to ob.USDC_USDT.50, or to markets by name."""
        names = {name: message[name] for name in ("id", "channel", "event", "payload") if name in message}
        line.say(_stamped(line.exchange.now()) | names | {"result": {"status": "success"}})
        channel = message["channel"]
        for asked in message["payload"]:
            topic = f"{channel} {asked}"
            if message["event"] == "unsubscribe":
                line.unsubscribe(topic)
            elif channel == "spot.obu":
                _, market, depth = asked.split(".")
                line.subscribe(topic, find(line.exchange, market, _id), int(depth))
            else:
                line.subscribe(topic, find(line.exchange, asked, _id), 1)

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """The whole of it."""
        channel, name = subscription.topic.split()
        if channel != "spot.obu":
            return self.update(subscription, book)
        bids, asks = pairs(subscription.seen(book.bids)), pairs(subscription.seen(book.asks))
        return (_push(channel, book, {"full": True, "s": name, "u": book.number, "b": bids, "a": asks}),)

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """What changed."""
        channel, name = subscription.topic.split()
        match channel:
            case "spot.obu":
                return (_push(channel, book, {"s": name} | _difference(subscription, book)),)
            case "spot.book_ticker":
                touch = {"b": book.bid.price, "B": book.bid.size, "a": book.ask.price, "A": book.ask.size}
                return (_push(channel, book, {"u": book.number, "s": name} | touch),)
        return (_push(channel, book, _ticker(name, book)),)


def _id(listing: Listing) -> str:
    return f"{listing.base}_{listing.quote}"


def _stamped(at: int) -> dict[str, Json]:
    return {"time": at // 10**9, "time_ms": at // 1_000_000}


def _terms(listing: Listing) -> Json:
    return {
        "id": _id(listing),
        "base": listing.base,
        "quote": listing.quote,
        "fee": "0.2",
        "min_base_amount": listing.lot,
        "min_quote_amount": "1",
        "amount_precision": listing.size_digits,
        "precision": listing.price_digits,
        "trade_status": "tradable",
        "sell_start": 0,
        "buy_start": 0,
    }


def _page(request: Request, exchange: Exchange) -> list[Bar]:
    """From `from` to `to` (seconds, both counted), else the newest; neither too many nor too old."""
    query = request.query
    listing, timeframe = find(exchange, query["currency_pair"], _id), INTERVALS[query["interval"]]
    last = int(query["to"]) * 1000 if "to" in query else exchange.now_ms()
    limit = min(int(query.get("limit", 100)), PAGE)
    first = int(query["from"]) * 1000 if "from" in query else last - limit * timeframe + 1
    if last - first >= PAGE * timeframe or first < exchange.now_ms() - REACH * timeframe:
        raise RefusedError(Refusal.BAD_REQUEST)
    return exchange.bars(listing, timeframe, first, last)


def _candle(bar: Bar) -> Json:
    return [str(bar.opened // 1000), bar.volume, bar.close, bar.high, bar.low, bar.open, bar.volume, "true"]


def _difference(subscription: Subscription, book: Book) -> dict[str, Json]:
    told, seen = subscription.told, subscription.seen
    bids, asks = changes(seen(told.bids), seen(book.bids)), changes(seen(told.asks), seen(book.asks))
    return {"U": told.number + 1, "u": book.number, "b": pairs(bids), "a": pairs(asks)}


def _push(channel: str, book: Book, result: Json) -> Json:
    stamped = _stamped(book.changed)
    return stamped | {"channel": channel, "event": "update", "result": {"t": stamped["time_ms"]} | result}


def _ticker(name: str, book: Book) -> Json:
    day = dict.fromkeys(("last", "high_24h", "low_24h"), book.last)
    none = dict.fromkeys(("change_percentage", "base_volume", "quote_volume"), "0")
    return {"currency_pair": name, "lowest_ask": book.ask.price, "highest_bid": book.bid.price} | day | none
