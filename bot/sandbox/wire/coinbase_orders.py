"""Orders and trades as Coinbase Advanced writes them, by REST and on the user channel.

Source: docs.cdp.coinbase.com, Advanced Trade API: get order, list fills, user channel.
"""

from bot.model.orders import Style
from bot.sandbox.wire import coinbase
from bot.sandbox.wire.orders import Fill, Order, State, plain
from bot.sandbox.wire.wire import Json, iso

HEAD = "5a4db0c5-0000-4000-8000-"  # of every id


def order_id(number: int) -> str:
    """An order's id, which looks like a UUID."""
    return f"{HEAD}{number:012d}"


def number(order_id: str) -> int:
    """The number of an order with that id; 0, which nothing has, where it is none."""
    digits = order_id.removeprefix(HEAD)
    return int(digits) if digits.isdigit() else 0


def told(order: Order) -> dict[str, Json]:
    """How an order stands, by REST."""
    asked = order.asked
    return {
        "order_id": order_id(order.number),
        "product_id": coinbase.name(asked.listing),
        "order_configuration": _configuration(order),
        "side": asked.side.upper(),
        "client_order_id": asked.client_id,
        "status": _status(order),
        "time_in_force": _in_force(order),
        "created_time": iso(order.made_at),
        "last_update_time": iso(order.changed_at),
        "filled_size": plain(order.filled),
        "average_filled_price": plain(order.average),
        "filled_value": plain(order.cost),
        "total_fees": plain(order.fee),
        "size_in_quote": False,
        "order_type": _kind(order),
        "cancel_message": order.why,
        "product_type": "SPOT",
    }


def pushed(order: Order) -> dict[str, Json]:
    """The same on the user channel. What is left of one that ended is nothing."""
    asked = order.asked
    return {
        "order_id": order_id(order.number),
        "client_order_id": asked.client_id,
        "product_id": coinbase.name(asked.listing),
        "product_type": "SPOT",
        "order_side": asked.side.upper(),
        "order_type": _kind(order).capitalize(),
        "status": _status(order),
        "time_in_force": _in_force(order),
        "creation_time": iso(order.made_at),
        "limit_price": "" if asked.limit is None else plain(asked.limit),
        "cumulative_quantity": plain(order.filled),
        "leaves_quantity": plain(order.left if order.state is State.OPEN else 0 * order.left),
        "avg_price": plain(order.average),
        "filled_value": plain(order.cost),
        "total_fees": plain(order.fee),
        "cancel_reason": order.why,
    }


def trade(fill: Fill, order: Order) -> dict[str, Json]:
    """One trade of an order."""
    return {
        "entry_id": f"entry-{fill.number}",
        "trade_id": f"{HEAD}{fill.number:012d}",
        "order_id": order_id(fill.order),
        "trade_time": iso(fill.at),
        "trade_type": "FILL",
        "price": plain(fill.price),
        "size": plain(fill.amount),
        "commission": plain(fill.fee),
        "product_id": coinbase.name(order.asked.listing),
        "sequence_timestamp": iso(fill.at),
        "liquidity_indicator": "MAKER" if fill.maker else "TAKER",
        "size_in_quote": False,
        "side": order.asked.side.upper(),
    }


def _configuration(order: Order) -> Json:
    asked, size = order.asked, {"base_size": plain(order.asked.amount)}
    if asked.limit is None:
        return {"market_market_ioc": size}
    terms = size | {"limit_price": plain(asked.limit)}
    if asked.style is Style.TAKE:
        return {"sor_limit_ioc": terms}
    return {"limit_limit_gtc": terms | {"post_only": asked.style is Style.MAKE}}


def _status(order: Order) -> str:
    return {State.OPEN: "OPEN", State.FILLED: "FILLED", State.CANCELLED: "CANCELLED"}[order.state]


def _kind(order: Order) -> str:
    return "MARKET" if order.asked.limit is None else "LIMIT"


def _in_force(order: Order) -> str:
    return "IMMEDIATE_OR_CANCEL" if order.asked.style is Style.TAKE else "GOOD_UNTIL_CANCELLED"
