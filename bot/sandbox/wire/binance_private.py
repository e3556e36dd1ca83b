"""Binance spot, the private side: orders by REST, the user data stream by the websocket API.

Client order ids are unique among open orders only, fees are paid in what comes in, and what an IOC order does not find
expires. Source: developers.binance.com, Spot API: trading and account endpoints, errors, user data stream.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from bot.model.markets import Asset
from bot.model.orders import Side, Style
from bot.sandbox.wire import binance
from bot.sandbox.wire import binance_executions as words
from bot.sandbox.wire.account import Account
from bot.sandbox.wire.binance_queries import error, fills, meant, page, parameters, within
from bot.sandbox.wire.desk import BAD_KEY, Desk, PrivateLine
from bot.sandbox.wire.orders import (
    Asked,
    Denial,
    DeniedError,
    Fill,
    News,
    Order,
    Rules,
    plain,
)
from bot.sandbox.wire.wire import Answer, Json, Refusal, RefusedError, Request, find

SUBSCRIBE = "userDataStream.subscribe.signature"
IDS = "[a-zA-Z0-9-_]{1,36}"


DENIALS: Mapping[Denial, Answer] = {
    Denial.UNSIGNED: error(-2014, "API-key format invalid.", 401),
    Denial.KEY: error(-2015, "Invalid API-key, IP, or permissions for action.", 401),
    Denial.CLOCK: error(-1021, "Timestamp for this request is outside of the recvWindow."),
    Denial.ID: error(-1100, f"Illegal characters found in parameter 'newClientOrderId'; legal range is '^{IDS}$'."),
    Denial.DUPLICATE: error(-2010, "Duplicate order sent."),
    Denial.PRICE: error(-1013, "Filter failure: PRICE_FILTER"),
    Denial.AMOUNT: error(-1013, "Filter failure: LOT_SIZE"),
    Denial.TOO_LITTLE: error(-1013, "Filter failure: LOT_SIZE"),
    Denial.TOO_CHEAP: error(-1013, "Filter failure: NOTIONAL"),
    Denial.FUNDS: error(-2010, "Account has insufficient balance for requested action."),
    Denial.WOULD_TAKE: error(-2010, "Order would immediately match and take."),
    Denial.UNKNOWN: error(-2013, "Order does not exist."),
    Denial.ENDED: error(-2011, "Unknown order sent."),
    Denial.LIMITED: error(-1015, "Too many new orders; current limit is 100 orders per 10 SECONDS.", 429),
    Denial.REFUSED: error(-1013, "Filter failure: MAX_NUM_ORDERS"),
}
PATHS = {f"/api/v3/{each}" for each in ("order", "openOrders", "allOrders", "myTrades", "account")}


class BinanceDesk(Desk):
    """Speaks as api.binance.com and ws-api.binance.com do."""

    rules = Rules(Decimal("0.001"), Decimal("0.001"), min_cost=binance.LEAST_COST, ids=IDS)
    denials = DENIALS

    def key(self, request: Request) -> str | None:
        """It stands in a header; the signature among the parameters."""
        return request.headers.get("X-MBX-APIKEY") if "signature" in parameters(request) else None

    def stamp(self, request: Request) -> int | None:
        """It is among the parameters."""
        return int(parameters(request)["timestamp"])

    def asked(self, request: Request) -> bool:
        """Spot orders and account, and what the wallet knows of assets and fees."""
        return request.path in PATHS or request.path.startswith("/sapi/")

    def answer(self, request: Request, account: Account) -> Answer:
        """The signed endpoints of api.binance.com."""
        sent = parameters(request)
        match request.method, request.path.rsplit("/", 1)[-1]:
            case "POST", "order":
                order = account.place(_order(sent, account))
                return Answer(_told(order) | {"fills": [_part(each) for each in account.fills_of(order)]})
            case "DELETE", "order":
                return Answer(_cancelled(sent, account))
            case "GET", "order":
                return Answer(_told(meant(sent, account)))
            case "GET", "openOrders":
                return Answer([_told(each) for each in account.open() if within(each, sent)])
            case "GET", "allOrders":
                return Answer([_told(each) for each in page(account.orders.values(), sent)])
            case "GET", "myTrades":
                return Answer([_trade(each, account) for each in fills(sent, account)])
            case _:
                return _of_account(request.path, sent, account)

    def hear(self, message: Json, line: PrivateLine) -> bool:
        """The websocket API's way to the user data stream."""
        if not isinstance(message, Mapping) or message.get("method") != SUBSCRIBE:
            return False
        if message["params"]["apiKey"] == BAD_KEY:
            line.say({"id": message["id"], "status": 401, "error": DENIALS[Denial.KEY].body})
            return True
        line.say({"id": message["id"], "status": 200, "result": {"subscriptionId": 0}})
        line.attend("user")
        return True

    def news(self, news: News, line: PrivateLine) -> Iterable[Json]:
        """A report of the execution, and how the account stands after it."""
        if not line.private:
            return
        yield words.report(news, line.exchange.now_ms())
        yield words.position(news.order, line.account)


def _order(sent: Mapping[str, Json], account: Account) -> Asked:
    listing, market = find(account.exchange, sent["symbol"], binance.name), sent["type"] == "MARKET"
    style = Style.TAKE if market or sent.get("timeInForce") == "IOC" else Style.REST
    if sent["type"] == "LIMIT_MAKER":
        style = Style.MAKE
    limit = None if market else Decimal(sent["price"])
    client_id = sent.get("newClientOrderId", "")
    return Asked(listing, Side(sent["side"].lower()), style, Decimal(sent["quantity"]), limit, client_id)


def _cancelled(sent: Mapping[str, Json], account: Account) -> Json:
    """What there never was and what has ended is the same to it."""
    try:
        order = account.cancel(meant(sent, account).number)
    except DeniedError:
        raise DeniedError(Denial.ENDED) from None
    return _told(order) | {"origClientOrderId": words.client_id(order), "clientOrderId": f"cancel{order.number}"}


def _of_account(path: str, sent: Mapping[str, Json], account: Account) -> Answer:
    match path:
        case "/api/v3/account":
            held = [words.holding(each, account, ("asset", "free", "locked")) for each in account.held]
            return Answer({"accountType": "SPOT", "updateTime": account.exchange.now_ms(), "balances": held})
        case "/sapi/v1/asset/tradeFee":
            fees = {"makerCommission": plain(account.exchange.maker), "takerCommission": plain(account.exchange.taker)}
            listed = [
                each
                for each in account.exchange.listings
                if sent.get("symbol", binance.name(each)) == binance.name(each)
            ]
            return Answer([{"symbol": binance.name(each)} | fees for each in listed])
        case "/sapi/v1/capital/config/getall":
            return Answer([_coin(each, account) for each in account.exchange.assets])
        case "/sapi/v1/margin/allPairs" | "/sapi/v1/margin/isolated/allPairs":
            return Answer([])  # nothing is lent here
    raise RefusedError(Refusal.UNKNOWN_PATH)


def _told(order: Order) -> dict[str, Json]:
    price, in_force = words.terms(order)
    return {
        "symbol": binance.name(order.asked.listing),
        "orderId": order.number,
        "orderListId": -1,
        "clientOrderId": words.client_id(order),
        "transactTime": words.ms(order.changed_at),
        "time": words.ms(order.made_at),
        "updateTime": words.ms(order.changed_at),
        "price": price,
        "origQty": plain(order.asked.amount),
        "executedQty": plain(order.filled),
        "cummulativeQuoteQty": plain(order.cost),
        "status": words.status(order),
        "timeInForce": in_force,
        "type": words.kind_of(order),
        "side": order.asked.side.upper(),
        "isWorking": True,
    }


def _part(fill: Fill) -> dict[str, Json]:
    return {
        "price": plain(fill.price),
        "qty": plain(fill.amount),
        "commission": plain(fill.fee),
        "commissionAsset": fill.fee_asset,
        "tradeId": fill.number,
    }


def _trade(fill: Fill, account: Account) -> Json:
    asked = account.orders[fill.order].asked
    return _part(fill) | {
        "symbol": binance.name(asked.listing),
        "id": fill.number,
        "orderId": fill.order,
        "orderListId": -1,
        "quoteQty": plain(fill.price * fill.amount),
        "time": words.ms(fill.at),
        "isBuyer": asked.side is Side.BUY,
        "isMaker": fill.maker,
        "isBestMatch": True,
    }


def _coin(asset: Asset, account: Account) -> Json:
    transit = account.exchange.transit[asset]
    terms = {
        "depositEnable": transit.deposits,
        "withdrawEnable": transit.withdrawals,
        "withdrawFee": plain(transit.fee),
    }
    network = {"network": "ETH", "coin": asset, "name": "Ethereum (ERC20)", "withdrawMin": "10", "isDefault": True}
    alls = {"depositAllEnable": transit.deposits, "withdrawAllEnable": transit.withdrawals}
    return {"coin": asset, "name": asset, "trading": True, "networkList": [network | terms]} | alls
