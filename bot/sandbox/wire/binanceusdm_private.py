"""Binance USD-M futures, the private side: orders and account by REST, the user data stream by a listen key.

Client order ids are unique among open orders only, fees are paid in USDT, and what an IOC order does not find expires.
Source: developers.binance.com, USDS-margined futures: trade and account endpoints, user data streams, error codes.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from bot.model.orders import Side, Style
from bot.sandbox.wire import binance, binanceusdm, binanceusdm_account, margin
from bot.sandbox.wire import binanceusdm_executions as words
from bot.sandbox.wire.account import Account
from bot.sandbox.wire.binance_private import DENIALS as SPOT
from bot.sandbox.wire.binance_private import BinanceDesk
from bot.sandbox.wire.binance_queries import error, fills, meant, page, parameters, within
from bot.sandbox.wire.desk import PrivateLine
from bot.sandbox.wire.orders import Asked, Denial, DeniedError, Filled, Funded, News, Order, Rules
from bot.sandbox.wire.wire import Answer, Json, Refusal, RefusedError, Request

IDS = r"[\.A-Z\:/a-z0-9_-]{1,36}"
LISTEN_KEY = "listens-to-the-one-account"
PRIVATE = "/private/ws"
STYLES = {each: style for style, each in words.IN_FORCE.items()}
OF_ORDERS = {"order", "openOrders", "allOrders", "allOpenOrders", "userTrades"}
OF_ACCOUNT = {"account", "balance", "positionRisk", "income", "commissionRate", "accountConfig", "symbolConfig"} | {
    "leverage",
    "leverageBracket",
    "marginType",
    "positionSide/dual",
}
DENIALS: Mapping[Denial, Answer] = {
    **SPOT,
    Denial.ID: error(-4015, "Client order id is not valid."),
    Denial.DUPLICATE: error(-4116, "ClientOrderId is duplicated."),
    Denial.PRICE: error(-4014, "Price not increased by tick size."),
    Denial.AMOUNT: error(-1111, "Precision is over the maximum defined for this asset."),
    Denial.TOO_LITTLE: error(-4004, "Quantity less than min quantity."),
    Denial.TOO_CHEAP: error(-4164, "Order's notional must be no smaller than 5 (unless you choose reduce only)."),
    Denial.FUNDS: error(-2019, "Margin is insufficient."),
    Denial.WOULD_TAKE: error(
        -5022, "Due to the order could not be executed as maker, the Post Only order will be rejected."
    ),
    Denial.REFUSED: error(-2025, "Reach max open order limit."),
    Denial.REDUCES: error(-2022, "ReduceOnly Order is rejected."),
}


class BinanceUsdmDesk(BinanceDesk):
    """Speaks as fapi.binance.com and fstream.binance.com do. The key stands in a header, as at spot."""

    rules = Rules(Decimal("0.0005"), Decimal("0.0002"), fee_in_quote=True, min_cost=binanceusdm.LEAST_COST, ids=IDS)
    denials = DENIALS
    account = margin.MarginAccount

    def key(self, request: Request) -> str | None:
        """Listen keys are given without a signature."""
        return request.headers.get("X-MBX-APIKEY") if _what(request) == "listenKey" else super().key(request)

    def stamp(self, request: Request) -> int | None:
        """It is among the parameters, where there are any."""
        return super().stamp(request) if "timestamp" in parameters(request) else None

    def asked(self, request: Request) -> bool:
        """Orders, account and listen keys."""
        return _what(request) in OF_ORDERS | OF_ACCOUNT | {"listenKey"}

    def answer(self, request: Request, account: Account) -> Answer:
        """The signed endpoints of fapi.binance.com."""
        sent, what = parameters(request), _what(request)
        if what == "listenKey":
            return Answer({} if request.method == "DELETE" else {"listenKey": LISTEN_KEY})
        if what in OF_ORDERS:
            return _of_orders(request.method, what, sent, account)
        return binanceusdm_account.answer(request, what, sent, margin.of(account))

    def dialled(self, line: PrivateLine) -> None:
        """A private socket's URL has the listen key. Raises RefusedError where it is another."""
        if PRIVATE not in line.path:
            return
        if LISTEN_KEY not in line.path:
            raise RefusedError(Refusal.BAD_REQUEST)
        line.attend("user")

    def hear(self, message: Json, line: PrivateLine) -> bool:  # noqa: ARG002 - there is nothing to ask for
        """No message is for the desk."""
        return False

    def news(self, news: News, line: PrivateLine) -> Iterable[Json]:
        """How the account stands after a trade, and what became of the order."""
        if isinstance(news, Filled):
            yield words.moved(news.order, margin.of(line.account))
        yield words.report(news)

    def funded(self, funded: Funded, line: PrivateLine) -> Iterable[Json]:
        """How the account stands after a payment."""
        return (words.paid(funded, margin.of(line.account)),)


def _what(request: Request) -> str:
    """What is asked for, of whatever version: /fapi/v1/order is "order"."""
    return request.path.removeprefix("/fapi/").partition("/")[2]


def _of_orders(method: str, what: str, sent: Mapping[str, Json], account: Account) -> Answer:
    match method, what:
        case "POST", "order":
            return _placed(sent, account)
        case "DELETE", "order":
            return Answer(words.told(_cancelled(sent, account)))
        case "DELETE", "allOpenOrders":
            for each in [each for each in account.open() if within(each, sent)]:
                account.cancel(each.number)
            return Answer({"code": 200, "msg": "The operation of cancel all open order is done."})
        case "GET", "order":
            return Answer(words.told(meant(sent, account)))
        case "GET", "openOrders":
            return Answer([words.told(each) for each in account.open() if within(each, sent)])
        case "GET", "allOrders":
            return Answer([words.told(each) for each in page(account.orders.values(), sent)])
        case "GET", "userTrades":
            return Answer([words.trade(each, account.orders[each.order]) for each in fills(sent, account)])
    raise RefusedError(Refusal.UNKNOWN_PATH)


def _placed(sent: Mapping[str, Json], account: Account) -> Answer:
    if sent.get("positionSide", "BOTH") != "BOTH":
        return error(-4061, "Order's position side does not match user's setting.")
    return Answer(words.told(account.place(_order(sent, account))))


def _order(sent: Mapping[str, Json], account: Account) -> Asked:
    listing, market = binance.meant(account.exchange, sent["symbol"]), sent["type"] == "MARKET"
    style = Style.TAKE if market else STYLES[sent["timeInForce"]]
    limit = None if market else Decimal(sent["price"])
    reduces = str(sent.get("reduceOnly", "false")).lower() == "true"
    client_id, side = sent.get("newClientOrderId", ""), Side(sent["side"].lower())
    return Asked(listing, side, style, Decimal(sent["quantity"]), limit, client_id, reduces)


def _cancelled(sent: Mapping[str, Json], account: Account) -> Order:
    """What there never was and what has ended is the same to it."""
    try:
        return account.cancel(meant(sent, account).number)
    except DeniedError:
        raise DeniedError(Denial.ENDED) from None
