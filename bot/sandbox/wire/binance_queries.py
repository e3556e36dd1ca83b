"""How Binance is asked about orders and trades, in spot and futures alike: what a request names, and pages of it.

Source: developers.binance.com, Spot API and USDS-margined futures: trading and account endpoints, error codes.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from bot.sandbox.wire import binance
from bot.sandbox.wire import binance_executions as words
from bot.sandbox.wire.account import Account
from bot.sandbox.wire.orders import Fill, Order
from bot.sandbox.wire.wire import Answer, Json, Request

PAGE = 500  # orders or trades
MOST = 1000
T = TypeVar("T")


def error(code: int, text: str, status: int = 400) -> Answer:
    """What is wrong, as Binance says it."""
    return Answer({"code": code, "msg": text}, status)


def parameters(request: Request) -> Mapping[str, Json]:
    """Everything that a request says, wherever it stands."""
    return {**request.query, **request.sent}


def meant(sent: Mapping[str, Json], account: Account) -> Order:
    """The order that is named, by its number or its client's id. Raises DeniedError where there is none."""
    if "orderId" in sent:
        return account.numbered(int(sent["orderId"]))
    return account.named(sent["origClientOrderId"])


def within(order: Order, sent: Mapping[str, Json]) -> bool:
    """Whether an order is of the market that is named, if one is."""
    name = binance.name(order.asked.listing)
    return bool(sent.get("symbol", name) == name)


def page(orders: Iterable[Order], sent: Mapping[str, Json]) -> list[Order]:
    """The newest, or the first from `startTime` on; oldest first."""
    first = int(sent.get("startTime", 0))
    return cut([each for each in orders if within(each, sent) and words.ms(each.made_at) >= first], sent)


def fills(sent: Mapping[str, Json], account: Account) -> list[Fill]:
    """Likewise; of one order where one is named."""
    first, number = int(sent.get("startTime", 0)), int(sent.get("orderId", 0))
    found = [each for each in account.fills if words.ms(each.at) >= first and number in (0, each.order)]
    return cut([each for each in found if within(account.orders[each.order], sent)], sent)


def cut(found: list[T], sent: Mapping[str, Json]) -> list[T]:
    """As many as are asked for, and no more than Binance gives."""
    limit = min(int(sent.get("limit", PAGE)), MOST)
    return found[:limit] if "startTime" in sent else found[-limit:]
