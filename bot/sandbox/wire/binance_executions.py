"""What Binance's user data stream says of orders and balances, and the words it shares with REST.

Source: developers.binance.com, Spot API: user data stream, order update and account update; enums.
"""

from collections.abc import Iterable
from decimal import Decimal

from bot.model.markets import Asset
from bot.model.orders import Style
from bot.sandbox.wire import binance
from bot.sandbox.wire.account import Account
from bot.sandbox.wire.exchange import MILLISECOND
from bot.sandbox.wire.orders import Ended, Fill, Filled, News, Opened, Order, State, plain
from bot.sandbox.wire.wire import Json

NOBODY = "none"  # a client order id that an order has which was given none


def ms(at: int) -> int:
    """A time in ms."""
    return at // MILLISECOND


def client_id(order: Order) -> str:
    """Its client's id, or the one it was given."""
    return order.asked.client_id or f"{NOBODY}{order.number}"


def status(order: Order) -> str:
    """How it stands."""
    if order.state is State.FILLED:
        return "FILLED"
    if order.state is State.CANCELLED:
        return "CANCELED" if order.why == "cancelled" else "EXPIRED"
    return "PARTIALLY_FILLED" if order.filled else "NEW"


def kind_of(order: Order) -> str:
    """Limit, post only or market."""
    if order.asked.limit is None:
        return "MARKET"
    return "LIMIT_MAKER" if order.asked.style is Style.MAKE else "LIMIT"


def terms(order: Order) -> tuple[str, str]:
    """Price and time in force."""
    asked = order.asked
    return plain(asked.limit or Decimal(0)), "IOC" if asked.style is Style.TAKE and asked.limit is not None else "GTC"


def holding(asset: Asset, account: Account, names: Iterable[str]) -> Json:
    """An asset, how much of it is free and how much is not, under those names."""
    return dict(zip(names, (asset, plain(account.free(asset)), plain(account.used(asset))), strict=True))


def position(order: Order, account: Account) -> Json:
    """How the account stands in what an order trades."""
    now, listing = account.exchange.now_ms(), order.asked.listing
    held = [holding(each, account, "afl") for each in (listing.base, listing.quote)]
    return _event({"e": "outboundAccountPosition", "E": now, "u": ms(order.changed_at), "B": held})


def _event(event: Json) -> Json:
    return {"subscriptionId": 0, "event": event}


def report(news: News, now: int) -> Json:
    """What became of an order."""
    order = news.order
    price, in_force = terms(order)
    kind = {Opened: "NEW", Filled: "TRADE", Ended: status(order)}[type(news)]
    head = {
        "e": "executionReport",
        "E": now,
        "s": binance.name(order.asked.listing),
        "c": f"cancel{order.number}" if kind == "CANCELED" else client_id(order),
        "S": order.asked.side.upper(),
        "o": kind_of(order),
        "f": in_force,
        "q": plain(order.asked.amount),
        "p": price,
        "P": "0",
        "C": client_id(order) if kind == "CANCELED" else "",
        "x": kind,
        "X": status(order),
        "r": "NONE",
        "i": order.number,
        "z": plain(order.filled),
        "Z": plain(order.cost),
        "T": ms(order.changed_at),
        "O": ms(order.made_at),
        "w": order.state is State.OPEN,
    }
    return _event(head | (_traded(news.fill) if isinstance(news, Filled) else _untraded()))


def _traded(fill: Fill) -> dict[str, Json]:
    return {
        "l": plain(fill.amount),
        "L": plain(fill.price),
        "Y": plain(fill.amount * fill.price),
        "n": plain(fill.fee),
        "N": fill.fee_asset,
        "t": fill.number,
        "m": fill.maker,
    }


def _untraded() -> dict[str, Json]:
    return {"l": "0", "L": "0", "Y": "0", "n": "0", "N": None, "t": -1, "m": False}
