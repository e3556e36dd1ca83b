"""Binance USD-M futures: perpetuals of stablecoins, settled in USDT. The streams are as spot's, with more in them.

Source: developers.binance.com, USDS-margined futures: market data endpoints, websocket market streams.
"""

from collections.abc import Iterable
from decimal import Decimal

from bot.model.markets import perpetual
from bot.model.orders import MARGIN
from bot.sandbox.wire import binance
from bot.sandbox.wire.book import Book, Listing
from bot.sandbox.wire.exchange import Exchange
from bot.sandbox.wire.orders import plain
from bot.sandbox.wire.usual import ms
from bot.sandbox.wire.wire import HOUR, Answer, Json, Refusal, RefusedError, Request, Subscription, pairs

LEAST_COST = Decimal(5)  # of an order, USDT
FUNDED_EVERY = 8  # hours, UTC
MOST_BARS = 1500


class BinanceUsdm(binance.Binance):
    """Speaks as fstream.binance.com and fapi.binance.com do."""

    venue = "binanceusdm"
    hosts = ("fapi.binance.com", "fstream.binance.com")
    refusals = binance.Binance.refusals | {
        Refusal.BAD_REQUEST: Answer({"code": -1102, "msg": "A mandatory parameter was malformed."}, 400)
    }
    listed = tuple(Listing(perpetual(coin), MARGIN, 5, 0) for coin in ("USDC", "USDE", "FDUSD"))

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """The market data of fapi.binance.com."""
        query = request.query
        match request.path.removeprefix("/fapi/v1/"):
            case "ping":
                return Answer({})
            case "time":
                return Answer({"serverTime": exchange.now_ms()})
            case "exchangeInfo":
                return Answer({"symbols": [_terms(each) for each in exchange.listings]})
            case "depth":
                book = exchange.books[binance.meant(exchange, query["symbol"])]
                head = {"lastUpdateId": book.number, "E": exchange.now_ms(), "T": ms(book)}
                return Answer(head | {"bids": pairs(book.bids), "asks": pairs(book.asks)})
            case "klines":
                return Answer(binance.klines(query, exchange, MOST_BARS))
            case "fundingInfo":
                return Answer([_interval(each) for each in exchange.listings])
            case _:
                return _of_one_or_all(request, exchange)

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """One event of the stream: each has two times, and a difference tells which one it follows."""
        symbol, _, channel = subscription.topic.partition("@")
        head = {"s": symbol.upper(), "E": ms(book), "T": ms(book)}
        if channel.startswith("depth"):
            follows = {"pu": subscription.told.number}
            return (head | follows | binance.difference(subscription.told, book),)
        if channel == "bookTicker":
            return (head | {"e": "bookTicker", "u": book.number} | binance.touch(book),)
        if channel.startswith("markPrice"):
            return (_marked(subscription.listing, subscription.line.exchange) | {"E": head["E"]},)
        return super().update(subscription, book)


def _terms(listing: Listing) -> Json:
    return {
        "symbol": binance.name(listing),
        "pair": binance.name(listing),
        "contractType": "PERPETUAL",
        "deliveryDate": 4133404800000,
        "status": "TRADING",
        "baseAsset": listing.base.removesuffix(perpetual("")),
        "quoteAsset": listing.quote,
        "marginAsset": listing.quote,
        "pricePrecision": listing.price_digits,
        "quantityPrecision": listing.size_digits,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "orderTypes": ["LIMIT", "MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": listing.tick, "maxPrice": "2000", "tickSize": listing.tick},
            {"filterType": "LOT_SIZE", "minQty": listing.lot, "maxQty": "10000000", "stepSize": listing.lot},
            {"filterType": "MARKET_LOT_SIZE", "minQty": listing.lot, "maxQty": "5000000", "stepSize": listing.lot},
            {"filterType": "MIN_NOTIONAL", "notional": plain(LEAST_COST)},
        ],
    }


def _interval(listing: Listing) -> Json:
    caps = {"adjustedFundingRateCap": "0.02000000", "adjustedFundingRateFloor": "-0.02000000"}
    return caps | {"symbol": binance.name(listing), "fundingIntervalHours": FUNDED_EVERY, "disclaimer": False}


def _of_one_or_all(request: Request, exchange: Exchange) -> Answer:
    """What is told of the market that is named, or of each."""
    tell = {"premiumIndex": _premium, "ticker/bookTicker": _best, "ticker/24hr": _day}
    what = request.path.removeprefix("/fapi/v1/")
    if what not in tell:
        raise RefusedError(Refusal.UNKNOWN_PATH)
    if "symbol" in request.query:
        return Answer(tell[what](binance.meant(exchange, request.query["symbol"]), exchange))
    return Answer([tell[what](each, exchange) for each in exchange.listings])


def _premium(listing: Listing, exchange: Exchange) -> Json:
    mark = plain(exchange.mark(listing))
    return {
        "symbol": binance.name(listing),
        "markPrice": mark,
        "indexPrice": mark,
        "estimatedSettlePrice": mark,
        "lastFundingRate": plain(exchange.funding[listing]),
        "interestRate": "0.00010000",
        "nextFundingTime": _next_funding(exchange),
        "time": exchange.now_ms(),
    }


def _marked(listing: Listing, exchange: Exchange) -> dict[str, Json]:
    told = _premium(listing, exchange)
    names = {"s": "symbol", "p": "markPrice", "i": "indexPrice", "r": "lastFundingRate", "T": "nextFundingTime"}
    return {"e": "markPriceUpdate"} | {short: told[long] for short, long in names.items()}


def _next_funding(exchange: Exchange) -> int:
    """Ms UTC."""
    every = FUNDED_EVERY * HOUR
    return (exchange.now_ms() // every + 1) * every


def _best(listing: Listing, exchange: Exchange) -> Json:
    book = exchange.books[listing]
    names = zip(("bidPrice", "bidQty", "askPrice", "askQty"), (*book.bid, *book.ask), strict=True)
    return {"symbol": binance.name(listing), "lastUpdateId": book.number, "time": ms(book), **dict(names)}


def _day(listing: Listing, exchange: Exchange) -> Json:
    book = exchange.books[listing]
    prices = dict.fromkeys(("lastPrice", "openPrice", "highPrice", "lowPrice", "weightedAvgPrice"), book.last)
    return {"symbol": binance.name(listing), "closeTime": ms(book), "volume": "0", "quoteVolume": "0", **prices}
