"""Kraken spot, the private side: orders by REST, executions and balances by websocket v2.

Client order ids are unique among open orders only, fees are paid in the quote, and what is cancelled is told without
its market. Source: docs.kraken.com, spot REST trading and account data; websocket v2 executions and balances channels;
client order identifiers.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from bot.model.orders import Side, Style
from bot.sandbox.wire import kraken, kraken_executions
from bot.sandbox.wire.account import Account
from bot.sandbox.wire.desk import Desk, PrivateLine
from bot.sandbox.wire.orders import Asked, Denial, DeniedError, Fill, Filled, News, Order, Rules, State, plain
from bot.sandbox.wire.wire import Answer, Json, Refusal, RefusedError, Request, find, iso

TOKEN = "sandbox"  # noqa: S105 - of no worth
PAGE = 50  # orders or trades
IDS = r"[^A-Z]{1,18}|[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
"""Free text without capitals, or a UUID with or without hyphens."""
SECOND = 10**9
STATUS = {State.OPEN: "open", State.FILLED: "closed", State.CANCELLED: "canceled"}


def _error(text: str, status: int = 200) -> Answer:
    return Answer({"error": [text]}, status)


DENIALS: Mapping[Denial, Answer] = {
    Denial.UNSIGNED: _error("EAPI:Invalid key"),
    Denial.KEY: _error("EAPI:Invalid key"),
    Denial.ID: _error("EGeneral:Invalid arguments:cl_ord_id"),
    Denial.DUPLICATE: _error("EGeneral:Invalid arguments:cl_ord_id not unique"),
    Denial.PRICE: _error("EOrder:Invalid price"),
    Denial.AMOUNT: _error("EGeneral:Invalid arguments:volume"),
    Denial.TOO_LITTLE: _error("EGeneral:Invalid arguments:volume minimum not met"),
    Denial.TOO_CHEAP: _error("EOrder:Cost minimum not met"),
    Denial.FUNDS: _error("EOrder:Insufficient funds"),
    Denial.WOULD_TAKE: _error("EOrder:Post only order"),
    Denial.UNKNOWN: _error("EOrder:Invalid order"),
    Denial.ENDED: _error("EOrder:Unknown order"),
    Denial.LIMITED: _error("EOrder:Rate limit exceeded"),
    Denial.REFUSED: _error("EOrder:Orders limit exceeded"),
}


class KrakenDesk(Desk):
    """Speaks as api.kraken.com/0/private and ws-auth.kraken.com/v2 do."""

    rules = Rules(
        Decimal("0.002"),
        Decimal("0.002"),
        fee_in_quote=True,
        least=kraken.least,
        min_cost=kraken.LEAST_COST,
        ids=IDS,
    )
    denials = DENIALS

    def key(self, request: Request) -> str | None:
        """It stands in a header, beside the signature."""
        return request.headers.get("API-Key") if "API-Sign" in request.headers else None

    def asked(self, request: Request) -> bool:
        """Whatever is under private."""
        return request.path.startswith("/0/private/")

    def answer(self, request: Request, account: Account) -> Answer:
        """The endpoints of api.kraken.com/0/private."""
        sent = request.sent
        match request.path.rsplit("/", 1)[-1]:
            case "AddOrder":
                return _result(_placed(account.place(_order(sent, account)), sent))
            case "CancelOrder":
                account.cancel(_meant(sent, account).number)
                return _result({"count": 1})
            case "QueryOrders":
                return _result(_queried(sent, account))
            case "OpenOrders":
                return _result({"open": _orders(_named(account.open(), sent), account)})
            case "ClosedOrders":
                ended = _named(account.ended(), sent)
                return _result({"closed": _orders(_page(ended, sent), account), "count": len(ended)})
            case "TradesHistory":
                return _result(_history(sent, account))
            case "BalanceEx":
                held = {each: account.used(each) for each in account.held}
                return _result(
                    {kraken.asset_id(each): _holding(account.held[each], used) for each, used in held.items()}
                )
            case "TradeVolume":
                return _result(_fees(sent["pair"], account))
            case "GetWebSocketsToken":
                return _result({"token": TOKEN, "expires": 900})
        raise RefusedError(Refusal.UNKNOWN_PATH)

    def hear(self, message: Json, line: PrivateLine) -> bool:
        """Subscribe to executions and balances."""
        asked = message.get("params") or {}
        channel = asked.get("channel")
        if channel not in ("executions", "balances"):
            return False
        now = iso(line.exchange.now())
        head = {"method": message["method"], "req_id": message.get("req_id"), "time_in": now, "time_out": now}
        if asked.get("token") != TOKEN:
            line.say(head | {"success": False, "error": "ESession:Invalid session"})
            return True
        line.say(head | {"success": True, "result": {"channel": channel, "snapshot": True}})
        line.attend(channel)
        told = (
            kraken_executions.balances(line.account)
            if channel == "balances"
            else kraken_executions.standing(line.account, asked)
        )
        line.say({"channel": channel, "type": "snapshot", "data": told, "sequence": line.count() + 1})
        return True

    def news(self, news: News, line: PrivateLine) -> Iterable[Json]:
        """Each event of an order is a message of its own."""
        if "executions" in line.private:
            for told in kraken_executions.events(news):
                yield {"channel": "executions", "type": "update", "data": [told], "sequence": line.count() + 1}
        if "balances" in line.private and isinstance(news, Filled):
            yield {
                "channel": "balances",
                "type": "update",
                "data": kraken_executions.balances(line.account),
                "sequence": line.count() + 1,
            }


def _result(result: Json) -> Answer:
    return Answer({"error": [], "result": result})


def _order(sent: Mapping[str, Json], account: Account) -> Asked:
    listing = find(account.exchange, sent["pair"], kraken.pair)
    market = sent["ordertype"] == "market"
    style = Style.TAKE if market or sent.get("timeinforce") == "IOC" else Style.REST
    if "post" in sent.get("oflags", ""):
        style = Style.MAKE
    limit = None if market else Decimal(sent["price"])
    return Asked(listing, Side(sent["type"]), style, Decimal(sent["volume"]), limit, sent.get("cl_ord_id", ""))


def _placed(order: Order, sent: Mapping[str, Json]) -> Json:
    told: dict[str, Json] = {"descr": {"order": _words(order)}, "txid": [kraken_executions.order_id(order.number)]}
    return told | ({"cl_ord_id": sent["cl_ord_id"]} if "cl_ord_id" in sent else {})


def _words(order: Order) -> str:
    """An order in words: buy 10.00 USDCUSD @ limit 0.9990."""
    asked = order.asked
    price = "market" if asked.limit is None else f"limit {plain(asked.limit)}"
    return f"{asked.side} {plain(asked.amount)} {kraken.short(asked.listing)} @ {price}"


def _meant(sent: Mapping[str, Json], account: Account) -> Order:
    """Of ids that it did not give itself it says no more than that nothing of the kind stands."""
    if "cl_ord_id" not in sent:
        return account.numbered(_number(sent["txid"]))
    try:
        return account.named(sent["cl_ord_id"])
    except DeniedError:
        raise DeniedError(Denial.ENDED) from None


def _number(txid: str) -> int:
    digits = txid[1:6]
    return int(digits) if digits.isdigit() else 0


def _queried(sent: Mapping[str, Json], account: Account) -> Json:
    """Those that there are, of those asked for."""
    found = (account.orders.get(_number(each)) for each in sent["txid"].split(","))
    return _orders(_named([each for each in found if each is not None], sent), account)


def _orders(orders: Iterable[Order], account: Account) -> Json:
    return {kraken_executions.order_id(each.number): _told(each, account) for each in orders}


def _named(orders: list[Order], sent: Mapping[str, Json]) -> list[Order]:
    """Those of one client order id, where one is asked for."""
    return [each for each in orders if sent.get("cl_ord_id") in (None, each.asked.client_id)]


def _page(orders: list[Order], sent: Mapping[str, Json]) -> list[Order]:
    """Fifty at a time, those that ended from `start` on."""
    first, skipped = float(sent.get("start", 0)) * SECOND, int(sent.get("ofs", 0))
    return [each for each in orders if each.changed_at >= first][skipped : skipped + PAGE]


def _told(order: Order, account: Account) -> Json:
    asked = order.asked
    told = {
        "refid": None,
        "userref": None,
        "status": STATUS[order.state],
        "opentm": order.made_at / SECOND,
        "starttm": 0,
        "expiretm": 0,
        "descr": {
            "pair": kraken.short(asked.listing),
            "type": asked.side,
            "ordertype": kraken_executions.kind_of(order),
            "price": plain(asked.limit or Decimal(0)),
            "price2": "0",
            "leverage": "none",
            "order": _words(order),
            "close": "",
        },
        "vol": plain(asked.amount),
        "vol_exec": plain(order.filled),
        "cost": plain(order.cost),
        "fee": plain(order.fee),
        "price": plain(order.average),
        "stopprice": "0.00000",
        "limitprice": "0.00000",
        "misc": "",
        "oflags": "fciq,post" if asked.style is Style.MAKE else "fciq",
        "trades": [kraken_executions.trade_id(each.number) for each in account.fills_of(order)],
    }
    if order.state is not State.OPEN:
        told |= {"closetm": order.changed_at / SECOND, "reason": kraken_executions.REASONS.get(order.why)}
    return told | ({"cl_ord_id": asked.client_id} if asked.client_id else {})


def _history(sent: Mapping[str, Json], account: Account) -> Json:
    """Fifty at a time, newest first."""
    first, skipped = float(sent.get("start", 0)) * SECOND, int(sent.get("ofs", 0))
    fills = [each for each in reversed(account.fills) if each.at >= first]
    page = fills[skipped : skipped + PAGE]
    return {
        "trades": {kraken_executions.trade_id(each.number): _trade(each, account) for each in page},
        "count": len(fills),
    }


def _trade(fill: Fill, account: Account) -> Json:
    order = account.orders[fill.order]
    return {
        "ordertxid": kraken_executions.order_id(fill.order),
        "postxid": kraken_executions.trade_id(fill.number),
        "pair": kraken.pair(order.asked.listing),
        "time": fill.at / SECOND,
        "type": order.asked.side,
        "ordertype": kraken_executions.kind_of(order),
        "price": plain(fill.price),
        "cost": plain(fill.price * fill.amount),
        "fee": plain(fill.fee),
        "vol": plain(fill.amount),
        "margin": "0.00000",
        "leverage": "0",
        "misc": "",
        "trade_id": fill.number,
        "maker": fill.maker,
    }


def _holding(held: Decimal, used: Decimal) -> Json:
    return {"balance": plain(held), "hold_trade": plain(used)}


def _fees(pair: str, account: Account) -> Json:
    """Per cent."""
    taker, maker = ({"fee": plain(100 * each)} for each in (account.exchange.taker, account.exchange.maker))
    return {"currency": "ZUSD", "volume": "0.0000", "fees": {pair: taker}, "fees_maker": {pair: maker}}
