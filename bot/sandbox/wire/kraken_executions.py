"""What Kraken's private streams say: executions and balances of websocket v2.

Source: docs.kraken.com, websocket v2 executions and balances channels.
"""

from collections.abc import Iterable, Mapping

from bot.model.orders import Style
from bot.sandbox.wire import kraken
from bot.sandbox.wire.account import Account
from bot.sandbox.wire.orders import Ended, Fill, Filled, News, Opened, Order, State, plain
from bot.sandbox.wire.wire import Json, exact, iso

PAGE = 50  # trades in a snapshot
REASONS = {"cancelled": "User requested", "found nobody": "Immediate or cancel", "post only": "Post only order"}


def order_id(number: int) -> str:
    """An order's id as Kraken writes them."""
    return f"O{number:05d}-SANDB-OXKRKN"


def trade_id(number: int) -> str:
    """A trade's id, likewise."""
    return f"T{number:05d}-SANDB-OXKRKN"


def kind_of(order: Order) -> str:
    """Limit or market."""
    return "market" if order.asked.limit is None else "limit"


def balances(account: Account) -> Json:
    """All that is held."""
    return [
        {"asset": asset, "asset_class": "currency", "balance": exact(plain(held))}
        for asset, held in account.held.items()
    ]


def standing(account: Account, asked: Mapping[str, Json]) -> Json:
    """Open orders, and the last fifty trades if they are asked for."""
    orders = account.open() if asked.get("snap_orders", True) else []
    fills = account.fills[-PAGE:] if asked.get("snap_trades", False) else []
    return [_whole(each, "new") for each in orders] + [_execution(account.orders[each.order], each) for each in fills]


def events(news: News) -> Iterable[Json]:
    """What became of an order, each event apart."""
    match news:
        case Opened(order):
            yield _whole(order, "pending_new")
            yield _named(order) | {"exec_type": "new", "order_status": "new", "timestamp": iso(order.made_at)}
        case Filled(order, fill):
            yield _execution(order, fill)
            if order.state is State.FILLED:
                yield _closing(order, "filled")
        case Ended(order):
            why = REASONS[order.why]
            yield _closing(order, "canceled") | {"cancel_reason": why, "reason": why}


def _named(order: Order) -> dict[str, Json]:
    client_id = {"cl_ord_id": order.asked.client_id} if order.asked.client_id else {}
    return {"order_id": order_id(order.number), "order_userref": 0} | client_id


def _whole(order: Order, kind: str) -> Json:
    asked = order.asked
    status = "partially_filled" if order.filled and kind == "new" else kind
    told = _named(order) | {
        "symbol": kraken.name(asked.listing),
        "order_qty": exact(plain(asked.amount)),
        "cum_qty": exact(plain(order.filled)),
        "cum_cost": exact(plain(order.cost)),
        "time_in_force": "IOC" if asked.style is Style.TAKE and asked.limit is not None else "GTC",
        "exec_type": kind,
        "side": asked.side,
        "order_type": kind_of(order),
        "limit_price_type": "static",
        "stop_price": 0.0,
        "order_status": status,
        "fee_usd_equiv": 0.0,
        "fee_ccy_pref": "fciq",
        "timestamp": iso(order.made_at),
    }
    return told if asked.limit is None else told | {"limit_price": exact(plain(asked.limit))}


def _execution(order: Order, fill: Fill) -> Json:
    """A trade. Whether it was the last one is told apart: the status is never more than partly filled."""
    return _named(order) | {
        "exec_id": trade_id(fill.number),
        "exec_type": "trade",
        "trade_id": fill.number,
        "symbol": kraken.name(order.asked.listing),
        "side": order.asked.side,
        "last_qty": exact(plain(fill.amount)),
        "last_price": exact(plain(fill.price)),
        "liquidity_ind": "m" if fill.maker else "t",
        "cost": exact(plain(fill.amount * fill.price)),
        "order_status": "partially_filled",
        "order_type": kind_of(order),
        "fee_usd_equiv": exact(plain(fill.fee)),
        "fees": [{"asset": fill.fee_asset, "qty": exact(plain(fill.fee))}],
        "timestamp": iso(fill.at),
    }


def _closing(order: Order, kind: str) -> dict[str, Json]:
    """What an order ends with."""
    return _named(order) | {
        "timestamp": iso(order.changed_at),
        "order_status": kind,
        "exec_type": kind,
        "cum_qty": exact(plain(order.filled)),
        "cum_cost": exact(plain(order.cost)),
        "fee_usd_equiv": exact(plain(order.fee)),
        "avg_price": exact(plain(order.average)),
    }
