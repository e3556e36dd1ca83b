"""Bybit spot, v5, unified account: orders by REST, orders, executions and the wallet by websocket.

What is placed or cancelled is only acknowledged: how it went is pushed, or asked for. A client order id is taken once
and for ever, fees are paid in what comes in, and a post-only order that would take is accepted and then rejected.
Source: bybit-exchange.github.io/docs/v5: order, position executions, account; private streams; error codes.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from bot.model.markets import Asset
from bot.model.orders import Side, Style
from bot.sandbox.wire import bybit, bybit_orders
from bot.sandbox.wire.account import Account
from bot.sandbox.wire.desk import BAD_KEY, Desk, PrivateLine
from bot.sandbox.wire.orders import Asked, Denial, DeniedError, Filled, News, Order, Rules, State, plain
from bot.sandbox.wire.wire import Answer, Json, Refusal, RefusedError, Request, find

PAGE = 20  # orders or trades, unless asked for
MOST = 50
TOPICS = ("order", "execution", "wallet")


def _error(code: int, text: str) -> Answer:
    return Answer({"retCode": code, "retMsg": text, "result": {}})


DENIALS: Mapping[Denial, Answer] = {
    Denial.UNSIGNED: _error(10001, "Request parameter error."),
    Denial.KEY: _error(10003, "API key is invalid."),
    Denial.CLOCK: _error(10002, "The request time exceeds the time window range."),
    Denial.ID: _error(10001, "The parameter orderLinkId is not valid."),
    Denial.DUPLICATE: _error(170141, "Duplicate clientOrderId"),
    Denial.PRICE: _error(170134, "Order price has too many decimals."),
    Denial.AMOUNT: _error(170137, "Order quantity has too many decimals."),
    Denial.TOO_LITTLE: _error(170136, "Order quantity exceeded lower limit."),
    Denial.TOO_CHEAP: _error(170140, "Order value exceeded lower limit."),
    Denial.FUNDS: _error(170131, "Insufficient balance."),
    Denial.UNKNOWN: _error(170213, "Order does not exist."),
    Denial.ENDED: _error(170213, "Order does not exist."),
    Denial.LIMITED: _error(10006, "Too many visits!"),
    Denial.REFUSED: _error(170210, "New order rejected."),
}


class BybitDesk(Desk):
    """Speaks as api.bybit.com/v5 and stream.bybit.com/v5/private do."""

    rules = Rules(
        Decimal("0.001"),
        Decimal("0.001"),
        min_cost=bybit.LEAST_COST,
        ids="[a-zA-Z0-9-_]{1,36}",
        ids_forever=True,
        post_only_ends=True,
    )
    denials = DENIALS

    def key(self, request: Request) -> str | None:
        """It stands in a header, beside the signature."""
        return request.headers.get("X-BAPI-API-KEY") if "X-BAPI-SIGN" in request.headers else None

    def stamp(self, request: Request) -> int | None:
        """It stands in a header."""
        return int(request.headers["X-BAPI-TIMESTAMP"])

    def asked(self, request: Request) -> bool:
        """Everything that is not of the market."""
        return request.path.startswith("/v5/") and not request.path.startswith("/v5/market/")

    def answer(self, request: Request, account: Account) -> Answer:
        """The private endpoints of api.bybit.com/v5."""
        match request.method, request.path.removeprefix("/v5/"):
            case "POST", "order/create":
                return _result(_named(account.place(_order(request.sent, account))), account)
            case "POST", "order/cancel":
                return _result(_named(account.cancel(_meant(request.sent, account).number)), account)
            case "GET", path:
                return _result(_asked(path, request.query, account), account)
        raise RefusedError(Refusal.UNKNOWN_PATH)

    def hear(self, message: Json, line: PrivateLine) -> bool:
        """Auth, and subscriptions to orders, executions and the wallet."""
        args = message.get("args", ())
        if message["op"] == "auth":
            good = args[0] != BAD_KEY
            if good:
                line.attend("auth")
            line.say(_confirmed(message) | {"success": good, "ret_msg": "" if good else "10003: API key is invalid."})
            return True
        asked = [each for each in args if each in TOPICS]
        if asked and "auth" not in line.private:
            line.say(_confirmed(message) | {"success": False, "ret_msg": "Request not authorized"})
        elif asked:
            for topic in asked:
                line.attend(topic)
            line.say(_confirmed(message))
        return bool(asked)

    def news(self, news: News, line: PrivateLine) -> Iterable[Json]:
        """The execution, the order after it, and the wallet after both."""
        now = line.exchange.now_ms()
        if "execution" in line.private and isinstance(news, Filled):
            yield _push("execution", now, bybit_orders.trade(news.fill, news.order))
        if "order" in line.private:
            yield _push("order", now, bybit_orders.told(news.order))
        if "wallet" in line.private:
            yield _push("wallet", now, _wallet(line.account))


def _result(result: Json, account: Account) -> Answer:
    return Answer({"retCode": 0, "retMsg": "OK", "result": result, "time": account.exchange.now_ms()})


def _confirmed(message: Json) -> dict[str, Json]:
    head = {"success": True, "ret_msg": "", "op": message["op"], "conn_id": "sandbox"}
    return head | ({"req_id": message["req_id"]} if "req_id" in message else {})


def _push(topic: str, now: int, told: Json) -> Json:
    return {"id": f"sandbox_{topic}_{now}", "topic": topic, "creationTime": now, "data": [told]}


def _order(sent: Mapping[str, Json], account: Account) -> Asked:
    """At any price the quantity is in the quote, unless it is said to be in the base: only that is taken here."""
    listing, market = find(account.exchange, sent["symbol"], bybit.name), sent["orderType"] == "Market"
    if market and sent["side"] == "Buy" and sent.get("marketUnit") != "baseCoin":
        raise RefusedError(Refusal.BAD_REQUEST)
    in_force = "IOC" if market else sent.get("timeInForce", "GTC")
    style = {"IOC": Style.TAKE, "PostOnly": Style.MAKE, "GTC": Style.REST}[in_force]
    limit = None if market else Decimal(sent["price"])
    client_id = sent.get("orderLinkId", "")
    return Asked(listing, Side(sent["side"].lower()), style, Decimal(sent["qty"]), limit, client_id)


def _meant(sent: Mapping[str, Json], account: Account) -> Order:
    if "orderId" in sent:
        return account.numbered(bybit_orders.number(sent["orderId"]))
    return account.named(sent["orderLinkId"])


def _named(order: Order) -> Json:
    return {"orderId": bybit_orders.order_id(order.number), "orderLinkId": order.asked.client_id}


def _asked(path: str, query: Mapping[str, str], account: Account) -> Json:
    match path:
        case "order/realtime" | "order/history":
            return _list([bybit_orders.told(each) for each in _orders(path, query, account)], query)
        case "execution/list":
            fills = [each for each in reversed(account.fills) if int(bybit_orders.ms(each.at)) >= _first(query)]
            return _list([bybit_orders.trade(each, account.orders[each.order]) for each in fills], query)
        case "account/wallet-balance":
            return {"list": [_wallet(account)]}
        case "account/fee-rate":
            fees = {"takerFeeRate": plain(account.exchange.taker), "makerFeeRate": plain(account.exchange.maker)}
            return {"list": [{"symbol": query.get("symbol", "")} | fees]}
        case "user/query-api":
            return {"unified": 0, "uta": 1, "readOnly": 0}
        case "account/info":
            return {"unifiedMarginStatus": 6, "marginMode": "REGULAR_MARGIN"}
        case "asset/coin/query-info":
            return {"rows": [_coin(each, account) for each in account.exchange.assets]}
    raise RefusedError(Refusal.UNKNOWN_PATH)


def _orders(path: str, query: Mapping[str, str], account: Account) -> list[Order]:
    """Newest first. Of those that ended, `realtime` tells only when it is asked for one order."""
    if "orderId" in query or "orderLinkId" in query:
        try:
            found = [_meant(query, account)]
        except DeniedError:
            found = []
    else:
        found = account.ended() if path.endswith("history") else account.open()[::-1]
    if path.endswith("history"):
        found = [each for each in found if each.state is not State.OPEN]
    return [each for each in found if int(bybit_orders.ms(each.made_at)) >= _first(query)]


def _first(query: Mapping[str, str]) -> int:
    return int(query.get("startTime", 0))


def _list(told: list[dict[str, Json]], query: Mapping[str, str]) -> Json:
    """Those that match what else was asked for, a page of them."""
    terms = {name: query[name] for name in ("symbol", "orderStatus", "orderId", "orderLinkId") if name in query}
    kept = [each for each in told if all(each.get(name) == value for name, value in terms.items())]
    return {"category": "spot", "list": kept[: min(int(query.get("limit", PAGE)), MOST)], "nextPageCursor": ""}


def _wallet(account: Account) -> Json:
    coins = [
        {
            "coin": asset,
            "walletBalance": plain(held),
            "equity": plain(held),
            "locked": plain(account.used(asset)),
            "availableToWithdraw": "",
            "totalPositionIM": "0",
            "totalOrderIM": "0",
        }
        for asset, held in account.held.items()
    ]
    return {"accountType": "UNIFIED", "coin": coins}


def _coin(asset: Asset, account: Account) -> Json:
    transit = account.exchange.transit[asset]
    chain = {
        "chain": "ETH",
        "chainType": "Ethereum",
        "chainDeposit": "1" if transit.deposits else "0",
        "chainWithdraw": "1" if transit.withdrawals else "0",
        "withdrawFee": plain(transit.fee),
        "withdrawMin": "10",
        "minAccuracy": "6",
    }
    return {"coin": asset, "name": asset, "chains": [chain]}
