"""Bitfinex: one change a message on numbered channels, with a checksum over 25 levels after each round of them.

Source: docs.bitfinex.com: REST public endpoints, websocket books (precision P0), ticker, checksum. The checksum comes
whether or not the client asked for it: ccxt's class always does.
"""

from collections.abc import Iterable
from decimal import Decimal
from itertools import chain, zip_longest

from bot.sandbox.wire.book import GONE, Book, Level, Listing, listings
from bot.sandbox.wire.exchange import Bar, Exchange
from bot.sandbox.wire.usual import intervals, news, number, page, signed_crc32
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
    exact,
    find,
)

INTERVALS = intervals("1m 5m 15m 1h 4h 1D")
PAGE = 10_000  # bars
SHORT = {"USDT": "UST", "USDC": "UDC", "TUSD": "TSD"}
CHECKED = 25  # levels a side under the checksum


class Bitfinex(Wire):
    """Speaks as api-pub.bitfinex.com (v2) does."""

    venue = "bitfinex"
    hosts = ("bitfinex.com",)
    listed = listings(
        "USDT/USD USDC/USD USDC/USDT DAI/USD TUSD/USD TUSD/USDT USDE/USD EUR/USD EUR/USDT "
        "BTC/USD BTC/USDT BTC/EUR ETH/USD ETH/USDT ETH/EUR"
    )
    refusals = REFUSALS | {
        Refusal.RATE_LIMITED: Answer(["error", 11010, "ratelimit: error"], 429, {"Retry-After": "1"}),
        Refusal.MAINTENANCE: Answer(["error", 20060, "maintenance"], 500),
        Refusal.UNKNOWN_MARKET: Answer(["error", 10020, "symbol: invalid"], 500),
    }

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """Public REST."""
        match request.path.removeprefix("/v2/").split("/"):
            case ["platform", "status"]:
                return Answer([1])
            case ["conf", config]:
                return Answer([_setting(label, exchange) for label in config.split(",")])
            case ["book", name, precision]:
                depth = int(request.query.get("len", 25))
                return Answer(_snapshot(exchange.books[find(exchange, name, _name)], depth, raw=precision == "R0"))
            case ["candles", key, "hist"]:
                return Answer([_candle(bar) for bar in _history(key, request, exchange)])
        raise RefusedError(Refusal.UNKNOWN_PATH)

    def greeting(self) -> Iterable[Json]:
        """Its version, and that it is at work."""
        return ({"event": "info", "version": 2, "serverId": "sandbox", "platform": {"status": 1}},)

    def hear(self, message: Json, line: Line) -> None:
        """Subscriptions to channels, which get numbers; flags; pings."""
        match message["event"]:
            case "subscribe":
                listing = find(line.exchange, message["symbol"], _name)
                channel = line.count() + 1
                line.say(message | {"event": "subscribed", "chanId": channel, "pair": message["symbol"][1:]})
                line.subscribe(f"{channel}:{message['channel']}", listing, int(message.get("len", 25)))
            case "unsubscribe":
                line.say({"event": "unsubscribed", "status": "OK", "chanId": message["chanId"]})
                for topic in line.topics():
                    if topic.startswith(f"{message['chanId']}:"):
                        line.unsubscribe(topic)
            case "conf":
                line.say({"event": "conf", "status": "OK", "flags": message["flags"]})
            case "ping":
                line.say({"event": "pong", "cid": message.get("cid"), "ts": line.exchange.now_ms()})

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """Everything."""
        channel, _, kind = subscription.topic.partition(":")
        if kind == "ticker":
            return ([int(channel), _ticker(book)],)
        return ([int(channel), _snapshot(book, subscription.depth)], _checksum(int(channel), book))

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """The ticker, or each level that changed and a checksum over all."""
        channel, _, kind = subscription.topic.partition(":")
        if kind == "ticker":
            return self.opening(subscription, book)
        rows = [[int(channel), row] for row in _rows(*news(subscription, book))]
        return (*rows, _checksum(int(channel), book))


def _name(listing: Listing) -> str:
    base, quote = (SHORT.get(each, each) for each in (listing.base, listing.quote))
    return f"t{base}{quote}" if len(base + quote) == 6 else f"t{base}:{quote}"


def _setting(label: str, exchange: Exchange) -> Json:
    match label:
        case "pub:info:pair":
            return [[_name(each)[1:], [None, None, None, each.lot, "1000000.0"]] for each in exchange.listings]
        case "pub:list:currency":
            return [SHORT.get(each, each) for each in exchange.assets]
    return []


def _history(key: str, request: Request, exchange: Exchange) -> list[Bar]:
    """`key` like trade:1h:tUDCUSD. The newest first, unless sorted the other way."""
    _, interval, name = key.split(":", 2)
    first, last = number(request.query, "start"), number(request.query, "end")
    ascending = request.query.get("sort") == "1"
    limit = min(int(request.query.get("limit", 100)), PAGE)
    listing = find(exchange, name, _name)
    bars = page(exchange, listing, INTERVALS[interval], limit, first if ascending else None, last)
    return bars if ascending else [bar for bar in reversed(bars) if bar.opened >= (first or 0)]


def _candle(bar: Bar) -> Json:
    return [bar.opened, *(exact(told) for told in (bar.open, bar.close, bar.high, bar.low, bar.volume))]


def _snapshot(book: Book, depth: int, *, raw: bool = False) -> Json:
    """Price, orders (or the order's number first), and the size: below 0 where it is offered."""
    rows = _rows(book.bids[:depth], book.asks[:depth])
    return [[k, price, size] for k, (price, _, size) in enumerate(rows, start=1)] if raw else rows


def _rows(bids: Iterable[Level], asks: Iterable[Level]) -> list[Json]:
    return [_row(level, "") for level in bids] + [_row(level, "-") for level in asks]


def _row(level: Level, sign: str) -> Json:
    if level.size == GONE:
        return [exact(level.price), 0, exact(f"{sign}1")]
    return [exact(level.price), 1, exact(sign + level.size)]


def _checksum(channel: int, book: Book) -> Json:
    """Bids and asks in turn, price and size, as a program writes numbers: 10000.00 is 10000."""
    bids = [f"{_plain(level.price)}:{_plain(level.size)}" for level in book.bids[:CHECKED]]
    asks = [f"{_plain(level.price)}:-{_plain(level.size)}" for level in book.asks[:CHECKED]]
    turns = chain.from_iterable(zip_longest(bids, asks))
    return [channel, "cs", signed_crc32(":".join(told for told in turns if told is not None))]


def _plain(number: str) -> str:
    return f"{Decimal(number).normalize():f}"


def _ticker(book: Book) -> Json:
    """Bid, its size, ask, its size, change, relative change, last price, volume, high, low."""
    touch = (*book.bid, *book.ask, "0", "0", book.last, "0", book.last, book.last)
    return [exact(told) for told in touch]
