"""What ccxt makes of exchanges' words about orders, in ours. Numbers are the venue's digits, which ccxt keeps."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.model.markets import Asset
from bot.venues.order_life import Sighting, Trade

MILLISECOND = 1_000_000  # ns
OVER = frozenset({"closed", "canceled", "cancelled", "expired", "rejected"})
REASONS = ("cancel_reason", "reason", "cancelSourceReason", "rejectReason")  # in venues' own words
CLIENT_IDS = ("cl_ord_id", "clOrdId", "orderLinkId", "origClientOrderId", "clientOrderId", "C", "c")
SIZES = ("amount", "filled", "remaining")
NOTHING_SAID = frozenset({"", "EC_NoError", "null", "None"})

Told = Mapping[str, Any]
"""One of ccxt's structures."""


def exact(value: object) -> Decimal | None:
    """A number as it was written; None for what is none."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def contract(market: Told) -> Decimal:
    """Coins in what a market counts as one: a coin, or a contract of several."""
    return exact(market.get("contractSize")) or Decimal(1)


def in_coins(told: Told, size: Decimal) -> Told:
    """An order or a trade told in contracts of `size` coins, in coins."""
    if size == 1:
        return told
    sizes = {name: exact(told.get(name)) for name in SIZES}
    return {**told, **{name: f"{each * size:f}" for name, each in sizes.items() if each is not None}}


def sighting(order: Told, now: int) -> Sighting | None:
    """How an order stands; None where ccxt's structure does not tell."""
    exchange_id, status = order.get("id"), order.get("status")
    if not exchange_id or status is None:
        return None
    filled = exact(order.get("filled")) or Decimal(0)
    over = status in OVER
    return Sighting(str(exchange_id), _moment(order, now), over, filled, _reason(order, status) if over else "")


def trade(told: Told, asset: Callable[[str], Asset], now: int) -> Trade | None:
    """A fill; None where something of it is not told, so that it has to be asked for."""
    order_id, fill_id = told.get("order"), told.get("id")
    amount, price = exact(told.get("amount")), exact(told.get("price"))
    fee, currency = _fee(told)
    if not order_id or not fill_id or not amount or price is None or fee is None or not currency:
        return None
    return Trade(str(order_id), str(fill_id), _moment(told, now), amount, price, fee, asset(currency))


def client_ids(told: Told) -> list[str]:
    """What may be our id of the order, first what ccxt takes for it."""
    info = told.get("info")
    raw = info if isinstance(info, Mapping) else {}
    return [str(each) for each in (told.get("clientOrderId"), *(raw.get(name) for name in CLIENT_IDS)) if each]


def _fee(told: Told) -> tuple[Decimal | None, str]:
    """What was paid. OKX writes it below zero; ccxt turns what is asked for, and leaves what is pushed as it is."""
    info = told.get("info")
    pushed = exact(info.get("fillFee")) if isinstance(info, Mapping) else None
    if pushed is not None and isinstance(info, Mapping) and info.get("fillFeeCcy"):
        return -pushed, str(info["fillFeeCcy"])
    for each in (told.get("fee"), *(told.get("fees") or ())):
        if isinstance(each, Mapping) and each.get("currency") and exact(each.get("cost")) is not None:
            return exact(each["cost"]), str(each["currency"])
    return None, ""


def _moment(told: Told, now: int) -> int:
    """The venue's time in ns, ours where it tells none."""
    at = exact(told.get("lastUpdateTimestamp") or told.get("timestamp"))
    return int(at) * MILLISECOND if at else now


def _reason(order: Told, status: str) -> str:
    info = order.get("info")
    raw = info if isinstance(info, Mapping) else {}
    said = next((str(raw[name]) for name in REASONS if str(raw.get(name) or "") not in NOTHING_SAID), "")
    return said or ("filled" if status == "closed" else str(status))
