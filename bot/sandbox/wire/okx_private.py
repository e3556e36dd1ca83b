"""OKX spot, v5, the private side: orders by REST in batches, orders and fills by one channel of the websocket.

A client order id is taken once and for ever, fees are paid in what comes in and written below zero, and a post-only
order that would take is accepted and then cancelled. Source: okx.com/docs-v5: order book trading, trading account,
funding account, private channels, error codes.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from bot.model.markets import Asset
from bot.model.orders import Side, Style
from bot.sandbox.wire import okx, okx_orders
from bot.sandbox.wire.account import Account
from bot.sandbox.wire.desk import BAD_KEY, Desk, PrivateLine
from bot.sandbox.wire.orders import Asked, Denial, DeniedError, News, Order, Rules, State, plain
from bot.sandbox.wire.wire import Answer, Json, Refusal, RefusedError, Request, find

PAGE = 100  # orders or trades
CHANNELS = ("orders", "account")


def _error(code: str, text: str, status: int = 200) -> Answer:
    return Answer({"code": code, "msg": text, "data": []}, status)


DENIALS: Mapping[Denial, Answer] = {
    Denial.UNSIGNED: _error("50103", 'Request header "OK-ACCESS-KEY" cannot be empty.', 401),
    Denial.KEY: _error("50111", "Invalid OK-ACCESS-KEY", 401),
    Denial.CLOCK: _error("50102", "Timestamp request expired", 401),
    Denial.ID: _error("51000", "Parameter clOrdId error"),
    Denial.DUPLICATE: _error("51016", "Client order ID already exists."),
    Denial.PRICE: _error("51000", "Parameter px error"),
    Denial.AMOUNT: _error("51121", "Order quantity must be a multiple of the lot size."),
    Denial.TOO_LITTLE: _error("51020", "Your order should meet or exceed the minimum order amount."),
    Denial.TOO_CHEAP: _error("51020", "Your order should meet or exceed the minimum order amount."),
    Denial.FUNDS: _error("51008", "Order failed. Insufficient balance in account."),
    Denial.UNKNOWN: _error("51603", "Order does not exist"),
    Denial.ENDED: _error("51400", "Cancellation failed as the order has been filled, canceled or does not exist."),
    Denial.LIMITED: _error("50011", "Too Many Requests", 429),
    Denial.REFUSED: _error("51174", "The number of pending orders reached the upper limit."),
}
EACH = frozenset(DENIALS) - {
    Denial.UNSIGNED,
    Denial.KEY,
    Denial.CLOCK,
    Denial.LIMITED,
}  # of one order among others
STYLES = {"limit": Style.REST, "post_only": Style.MAKE, "ioc": Style.TAKE, "market": Style.TAKE}


class OkxDesk(Desk):
    """Speaks as www.okx.com and ws.okx.com:8443/ws/v5/private do."""

    rules = Rules(Decimal("0.001"), Decimal("0.0008"), ids="[a-zA-Z0-9]{1,32}", ids_forever=True, post_only_ends=True)
    denials = DENIALS
    window = 30_000

    def key(self, request: Request) -> str | None:
        """It stands in a header, beside passphrase and signature."""
        return request.headers.get("OK-ACCESS-KEY") if "OK-ACCESS-SIGN" in request.headers else None

    def stamp(self, request: Request) -> int | None:
        """It stands in a header, as a date."""
        return round(datetime.fromisoformat(request.headers["OK-ACCESS-TIMESTAMP"]).timestamp() * 1_000)

    def asked(self, request: Request) -> bool:
        """Orders, the account, and what the funding account knows of assets."""
        return request.path.startswith(("/api/v5/trade/", "/api/v5/account/", "/api/v5/asset/"))

    def answer(self, request: Request, account: Account) -> Answer:
        """The private endpoints of www.okx.com/api/v5."""
        sent = request.sent
        match request.method, request.path.removeprefix("/api/v5/"):
            case "POST", "trade/batch-orders":
                return _each(sent, lambda each: account.place(_order(each, account)))
            case "POST", "trade/order":
                return _each([sent], lambda each: account.place(_order(each, account)))
            case "POST", "trade/cancel-order":
                return _each([sent], lambda each: _cancelled(each, account))
            case "GET", "trade/order":
                return _data([okx_orders.told(_meant(request.query, account))])
        return _data(_asked(request, account))

    def hear(self, message: Json, line: PrivateLine) -> bool:
        """Login, and subscriptions to orders and the account."""
        if not isinstance(message, Mapping):
            return False
        if message["op"] == "login":
            _log_in(message["args"][0]["apiKey"], line)
            return True
        asked = [each for each in message["args"] if each["channel"] in CHANNELS]
        for each in asked:
            _begin(each, line)
        return bool(asked)

    def news(self, news: News, line: PrivateLine) -> Iterable[Json]:
        """How the order stands now; with the trade, if it was one."""
        if "orders" in line.private:
            yield {"arg": {"channel": "orders", "instType": "ANY", "uid": "1"}, "data": [okx_orders.pushed(news)]}
        if "account" in line.private:
            yield {"arg": {"channel": "account", "uid": "1"}, "data": [_holdings(line.account)]}


def _data(data: Json) -> Answer:
    return Answer({"code": "0", "msg": "", "data": data})


def _log_in(key: str, line: PrivateLine) -> None:
    if key == BAD_KEY:
        line.say({"event": "error", "code": "60005", "msg": "Invalid apiKey", "connId": "sandbox"})
        return
    line.attend("login")
    line.say({"event": "login", "code": "0", "msg": "", "connId": "sandbox"})


def _begin(asked: Json, line: PrivateLine) -> None:
    if "login" not in line.private:
        line.say({"event": "error", "code": "60011", "msg": "Please log in", "connId": "sandbox"})
        return
    line.say({"event": "subscribe", "arg": asked, "connId": "sandbox"})
    line.attend(asked["channel"])
    if asked["channel"] == "account":
        line.say({"arg": asked, "data": [_holdings(line.account)]})


def _each(sent: Iterable[Json], act: Callable[[Json], Order]) -> Answer:
    """What became of each: the whole is an error where none succeeded."""
    told = [_tried(each, act) for each in sent]
    failed = sum(each["sCode"] != "0" for each in told)
    code = "0" if not failed else "1" if failed == len(told) else "2"
    return Answer({"code": code, "msg": "" if code == "0" else "All operations failed", "data": told})


def _tried(sent: Json, act: Callable[[Json], Order]) -> dict[str, Json]:
    try:
        order = act(sent)
    except DeniedError as denied:
        if denied.why not in EACH:
            raise
        body = DENIALS[denied.why].body
        told = {"ordId": sent.get("ordId", ""), "clOrdId": sent.get("clOrdId", ""), "tag": ""}
        return told | {"sCode": body["code"], "sMsg": body["msg"]}
    told = {"ordId": okx_orders.order_id(order.number), "clOrdId": order.asked.client_id, "tag": ""}
    return told | {"ts": okx_orders.ms(order.changed_at), "sCode": "0", "sMsg": ""}


def _order(sent: Json, account: Account) -> Asked:
    listing, kind = find(account.exchange, sent["instId"], okx.name), sent["ordType"]
    limit = None if kind == "market" else Decimal(sent["px"])
    return Asked(listing, Side(sent["side"]), STYLES[kind], Decimal(sent["sz"]), limit, sent.get("clOrdId", ""))


def _meant(sent: Mapping[str, Json], account: Account) -> Order:
    if "ordId" in sent:
        return account.numbered(okx_orders.number(sent["ordId"]))
    return account.named(sent["clOrdId"])


def _cancelled(sent: Json, account: Account) -> Order:
    """What there never was and what has ended is the same to it."""
    try:
        return account.cancel(_meant(sent, account).number)
    except DeniedError:
        raise DeniedError(Denial.ENDED) from None


def _asked(request: Request, account: Account) -> Json:
    query = request.query
    match request.path.removeprefix("/api/v5/"):
        case "trade/orders-pending":
            return [okx_orders.told(each) for each in _page(reversed(account.open()), query)]
        case "trade/orders-history" | "trade/orders-history-archive":
            return [okx_orders.told(each) for each in _page(account.ended(), query)]
        case "trade/fills" | "trade/fills-history":
            return _fills(query, account)
        case "account/balance":
            return [_holdings(account)]
        case "account/trade-fee":
            fees = {"maker": plain(-account.exchange.maker), "taker": plain(-account.exchange.taker)}
            return [fees | {"instType": "SPOT", "level": "Lv1", "ts": str(account.exchange.now_ms())}]
        case "asset/currencies":
            return [_coin(each, account) for each in account.exchange.assets]
    raise RefusedError(Refusal.UNKNOWN_PATH)


def _page(orders: Iterable[Order], query: Mapping[str, str]) -> list[Order]:
    """A hundred at most, newest first."""
    first, state = int(query.get("begin", 0)), query.get("state")
    found = [
        each for each in orders if okx.name(each.asked.listing) == query.get("instId", okx.name(each.asked.listing))
    ]
    found = [each for each in found if int(okx_orders.ms(each.made_at)) >= first]
    found = [each for each in found if state is None or (each.state is State.FILLED) == (state == "filled")]
    return found[: int(query.get("limit", PAGE))]


def _fills(query: Mapping[str, str], account: Account) -> Json:
    first, wanted = int(query.get("begin", 0)), okx_orders.number(query.get("ordId", ""))
    found = [each for each in reversed(account.fills) if int(okx_orders.ms(each.at)) >= first]
    found = [each for each in found if wanted in (0, each.order)]
    told = [okx_orders.trade(each, account.orders[each.order]) for each in found]
    kept = [each for each in told if query.get("instId") in (None, each["instId"])]
    return kept[: int(query.get("limit", PAGE))]


def _holdings(account: Account) -> Json:
    now = str(account.exchange.now_ms())
    details = [
        {
            "ccy": asset,
            "eq": plain(held),
            "cashBal": plain(held),
            "availBal": plain(account.free(asset)),
            "availEq": plain(account.free(asset)),
            "frozenBal": plain(account.used(asset)),
            "uTime": now,
        }
        for asset, held in account.held.items()
    ]
    return {"uTime": now, "details": details}


def _coin(asset: Asset, account: Account) -> Json:
    transit = account.exchange.transit[asset]
    return {
        "ccy": asset,
        "name": asset,
        "chain": f"{asset}-ERC20",
        "canDep": transit.deposits,
        "canWd": transit.withdrawals,
        "canInternal": True,
        "fee": plain(transit.fee),
        "minFee": plain(transit.fee),
        "maxFee": plain(transit.fee),
        "minWd": "10",
        "minDep": "0",
        "maxWd": "1000000",
        "wdTickSz": "6",
        "mainNet": True,
    }
