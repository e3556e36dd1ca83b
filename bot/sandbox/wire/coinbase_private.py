"""Coinbase Advanced, the private side: orders by REST, their states (no single trades) by the user channel.

A client order id that is known already is answered with the order it belongs to; fees are paid in the quote; what an
order lacks is told in an answer that is no error by HTTP. Source: docs.cdp.coinbase.com, Advanced Trade API: orders,
accounts, fees, user channel.
"""

from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import orjson

from bot.model.markets import FIAT, Asset
from bot.model.orders import Side, Style
from bot.sandbox.wire import coinbase, coinbase_orders
from bot.sandbox.wire.account import Account
from bot.sandbox.wire.desk import BAD_KEY, Desk, PrivateLine
from bot.sandbox.wire.exchange import MILLISECOND
from bot.sandbox.wire.orders import Asked, Denial, DeniedError, News, Order, Rules, State, plain
from bot.sandbox.wire.wire import Answer, Json, Refusal, RefusedError, Request, find, iso

PAGE = 100  # orders or trades, unless asked for
BROKERAGE = "/api/v3/brokerage/"
STATES = {"OPEN": State.OPEN, "FILLED": State.FILLED, "CANCELLED": State.CANCELLED}


def _failure(error: str, preview: str) -> Answer:
    told = {"error": error, "message": "", "error_details": "", "preview_failure_reason": preview}
    return Answer({"success": False, "error_response": told})


NOT_FOUND = {"error": "NOT_FOUND", "error_details": "order with this orderID was not found", "message": "not found"}
DENIALS: Mapping[Denial, Answer] = {
    Denial.UNSIGNED: Answer("Unauthorized", 401),
    Denial.KEY: Answer("Unauthorized", 401),
    Denial.ID: Answer({"error": "INVALID_ARGUMENT", "message": "invalid client_order_id"}, 400),
    Denial.PRICE: _failure("INVALID_PRICE_PRECISION", "PREVIEW_INVALID_PRICE_PRECISION"),
    Denial.AMOUNT: _failure("INVALID_SIZE_PRECISION", "PREVIEW_INVALID_SIZE_PRECISION"),
    Denial.TOO_LITTLE: _failure("UNKNOWN_FAILURE_REASON", "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL"),
    Denial.TOO_CHEAP: _failure("UNKNOWN_FAILURE_REASON", "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL"),
    Denial.FUNDS: _failure("INSUFFICIENT_FUND", "PREVIEW_INSUFFICIENT_FUND"),
    Denial.WOULD_TAKE: _failure("INVALID_LIMIT_PRICE_POST_ONLY", "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY"),
    Denial.UNKNOWN: Answer(NOT_FOUND, 404),
    Denial.LIMITED: Answer({"error": "resource_exhausted", "message": "Too many requests"}, 429),
    Denial.REFUSED: _failure("COMMANDER_REJECTED_NEW_ORDER", "UNKNOWN_PREVIEW_FAILURE_REASON"),
}
STYLES = {"sor_limit_ioc": Style.TAKE, "market_market_ioc": Style.TAKE, "limit_limit_gtc": Style.REST}


class CoinbaseDesk(Desk):
    """Speaks as api.coinbase.com/api/v3/brokerage and advanced-trade-ws.coinbase.com do. The fees are stable pairs'."""

    rules = Rules(
        Decimal("0.00001"),
        Decimal(0),
        fee_in_quote=True,
        min_cost=coinbase.LEAST_COST,
        ids=".{1,128}",
        ids_forever=True,
    )
    denials = DENIALS

    def key(self, request: Request) -> str | None:
        """It stands in a header beside the signature, or is the subject of a token."""
        if "CB-ACCESS-SIGN" in request.headers:
            return request.headers.get("CB-ACCESS-KEY")
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return _subject(token) if token else None

    def asked(self, request: Request) -> bool:
        """What is under brokerage and not public, and the accounts of v2, which ccxt asks for balances."""
        private = request.path.startswith(BROKERAGE) and not request.path.startswith(f"{BROKERAGE}market/")
        return private or request.path == "/v2/accounts"

    def answer(self, request: Request, account: Account) -> Answer:
        """The private endpoints of api.coinbase.com/api/v3/brokerage."""
        query = request.query
        match request.method, request.path.removeprefix(BROKERAGE).split("/"):
            case "POST", ["orders"]:
                return _placed(request.sent, account)
            case "POST", ["orders", "batch_cancel"]:
                return Answer({"results": [_cancelled(each, account) for each in request.sent["order_ids"]]})
            case "GET", ["orders", "historical", "batch"]:
                orders = [coinbase_orders.told(each) for each in _orders(query, account)]
                return Answer({"orders": orders, "has_next": False, "cursor": ""})
            case "GET", ["orders", "historical", "fills"]:
                return Answer({"fills": _fills(query, account), "cursor": ""})
            case "GET", ["orders", "historical", order]:
                number = coinbase_orders.number(order)
                return Answer({"order": coinbase_orders.told(account.numbered(number))})
            case "GET", ["accounts"]:
                held = [_holding(each, account) for each in account.held]
                return Answer({"accounts": held, "has_next": False, "cursor": "", "size": len(held)})
            case "GET", ["", "v2", "accounts"]:
                return Answer({"data": [_wallet(each, account) for each in account.held], "pagination": {}})
            case "GET", ["transaction_summary"]:
                fees = {"taker_fee_rate": account.exchange.taker, "maker_fee_rate": account.exchange.maker}
                return Answer({"fee_tier": {name: plain(fee) for name, fee in fees.items()}})
        raise RefusedError(Refusal.UNKNOWN_PATH)

    def hear(self, message: Json, line: PrivateLine) -> bool:
        """Subscriptions to the user channel, each with its own authentication."""
        if message["channel"] != "user":
            return False
        key = message["api_key"] if "api_key" in message else _subject(message.get("jwt", ""))
        if not key or key == BAD_KEY:
            line.say({"type": "error", "message": "authentication failure"})
            return True
        line.attend("user")
        stand = [coinbase_orders.pushed(each) for each in line.account.open()]
        line.say(_message("user", line, {"type": "snapshot", "orders": stand}))
        line.say(_message("subscriptions", line, {"subscriptions": {"user": ["sandbox"]}}))
        return True

    def news(self, news: News, line: PrivateLine) -> Iterable[Json]:
        """How the order stands now."""
        if line.private:
            yield _message("user", line, {"type": "update", "orders": [coinbase_orders.pushed(news.order)]})


def _subject(token: str) -> str:
    """Whose a token is: what it says as `sub`."""
    payload = token.split(".")[1]
    return str(orjson.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"])


def _message(channel: str, line: PrivateLine, event: Json) -> Json:
    head = {"channel": channel, "client_id": "", "timestamp": iso(line.exchange.now()), "sequence_num": line.count()}
    return head | {"events": [event]}


def _placed(sent: Mapping[str, Json], account: Account) -> Answer:
    """An order, or the one that was placed under that id before."""
    try:
        order = account.place(_order(sent, account))
    except DeniedError as denied:
        if denied.why is not Denial.DUPLICATE:
            raise
        order = account.named(sent["client_order_id"])
    told = coinbase_orders.told(order)
    named = {name: told[name] for name in ("order_id", "product_id", "side", "client_order_id")}
    return Answer({"success": True, "success_response": named, "order_configuration": sent["order_configuration"]})


def _order(sent: Mapping[str, Json], account: Account) -> Asked:
    """At any price a purchase tells what it spends, which is not taken here."""
    ((kind, terms),) = sent["order_configuration"].items()
    listing = find(account.exchange, sent["product_id"], coinbase.name)
    limit = Decimal(terms["limit_price"]) if "limit_price" in terms else None
    asked = Asked(listing, Side(sent["side"].lower()), STYLES[kind], Decimal(terms["base_size"]), limit)
    asked = replace(asked, client_id=sent["client_order_id"])
    return replace(asked, style=Style.MAKE) if terms.get("post_only") else asked


def _cancelled(order: str, account: Account) -> Json:
    """What there never was and what has ended is the same to it."""
    try:
        account.cancel(coinbase_orders.number(order))
    except DeniedError:
        return {"success": False, "failure_reason": "UNKNOWN_CANCEL_ORDER", "order_id": order}
    return {"success": True, "failure_reason": "UNKNOWN_CANCEL_FAILURE_REASON", "order_id": order}


def _orders(query: Mapping[str, str], account: Account) -> list[Order]:
    """Newest first."""
    state = STATES.get(query.get("order_status", ""))
    found = [each for each in reversed(account.orders.values()) if state is None or each.state is state]
    found = [each for each in found if query.get("product_id") in (None, coinbase.name(each.asked.listing))]
    found = [each for each in found if each.made_at >= _since(query, "start_date")]
    return found[: int(query.get("limit", PAGE))]


def _fills(query: Mapping[str, str], account: Account) -> Json:
    """Newest first."""
    fills = [each for each in reversed(account.fills) if each.at >= _since(query, "start_sequence_timestamp")]
    told = [coinbase_orders.trade(each, account.orders[each.order]) for each in fills]
    terms = {
        mine: query[name] for name, mine in (("product_id", "product_id"), ("order_id", "order_id")) if name in query
    }
    kept = [each for each in told if all(each[name] == value for name, value in terms.items())]
    return kept[: int(query.get("limit", PAGE))]


def _since(query: Mapping[str, str], name: str) -> int:
    """A moment that was asked with, ns UTC; 0 where none was."""
    return round(datetime.fromisoformat(query[name]).timestamp() * 1_000) * MILLISECOND if name in query else 0


def _wallet(asset: Asset, account: Account) -> Json:
    """As v2 tells it: all there is, used or not."""
    balance = {"amount": plain(account.held[asset]), "currency": asset}
    return {"id": f"sandbox-{asset}", "type": "wallet", "currency": {"code": asset}, "balance": balance}


def _holding(asset: Asset, account: Account) -> Json:
    kind = "ACCOUNT_TYPE_FIAT" if asset in FIAT else "ACCOUNT_TYPE_CRYPTO"
    free = {"value": plain(account.free(asset)), "currency": asset}
    used = {"value": plain(account.used(asset)), "currency": asset}
    names = {"uuid": f"sandbox-{asset}", "name": f"{asset} Wallet", "currency": asset, "type": kind}
    return names | {"available_balance": free, "hold": used}
