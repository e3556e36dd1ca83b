"""Orders and executions as Bybit writes them, by REST and on its streams.

Source: bybit-exchange.github.io/docs/v5: order history, trade history, enums, order and execution streams.
"""

from bot.model.orders import Style
from bot.sandbox.wire import bybit
from bot.sandbox.wire.exchange import MILLISECOND
from bot.sandbox.wire.orders import Fill, Order, State, plain
from bot.sandbox.wire.wire import Json

FIRST = 1_523_347_543_495_000_000  # order ids count from here
REASONS = {
    "cancelled": "EC_PerCancelRequest",
    "found nobody": "EC_CancelByMMP",
    "post only": "EC_PostOnlyWillTakeLiquidity",
}


def order_id(number: int) -> str:
    """An order's id."""
    return str(FIRST + number)


def number(order_id: str) -> int:
    """The number of an order with that id; one that nothing has where it is none."""
    return int(order_id) - FIRST if order_id.isdigit() else 0


def ms(at: int) -> str:
    """A time in ms."""
    return str(at // MILLISECOND)


def told(order: Order) -> dict[str, Json]:
    """How an order stands."""
    asked = order.asked
    return {
        "category": "spot",
        "symbol": bybit.name(asked.listing),
        "orderId": order_id(order.number),
        "orderLinkId": asked.client_id,
        "side": asked.side.capitalize(),
        "orderType": "Market" if asked.limit is None else "Limit",
        "timeInForce": {Style.TAKE: "IOC", Style.MAKE: "PostOnly", Style.REST: "GTC"}[asked.style],
        "marketUnit": "baseCoin" if asked.limit is None else "",
        "price": plain(asked.limit or order.average),
        "qty": plain(asked.amount),
        "orderStatus": _status(order),
        "rejectReason": REASONS.get(order.why, "EC_NoError"),
        "avgPrice": plain(order.average) if order.filled else "",
        "leavesQty": plain(order.left if order.state is State.OPEN else 0 * order.left),
        "cumExecQty": plain(order.filled),
        "cumExecValue": plain(order.cost),
        "cumExecFee": plain(order.fee),
        "cumFeeDetail": {order.fee_asset: plain(order.fee)} if order.fee_asset else {},
        "createdTime": ms(order.made_at),
        "updatedTime": ms(order.changed_at),
    }


def trade(fill: Fill, order: Order) -> dict[str, Json]:
    """One trade of an order."""
    asked = order.asked
    return {
        "category": "spot",
        "symbol": bybit.name(asked.listing),
        "orderId": order_id(order.number),
        "orderLinkId": asked.client_id,
        "side": asked.side.capitalize(),
        "orderType": "Market" if asked.limit is None else "Limit",
        "orderPrice": plain(asked.limit or fill.price),
        "orderQty": plain(asked.amount),
        "execId": str(FIRST + fill.number),
        "execType": "Trade",
        "execPrice": plain(fill.price),
        "execQty": plain(fill.amount),
        "execValue": plain(fill.price * fill.amount),
        "execFee": plain(fill.fee),
        "feeCurrency": fill.fee_asset,
        "isMaker": fill.maker,
        "execTime": ms(fill.at),
        "leavesQty": plain(order.left),
    }


def _status(order: Order) -> str:
    if order.state is State.OPEN:
        return "PartiallyFilled" if order.filled else "New"
    if order.state is State.FILLED:
        return "Filled"
    if order.why == "post only":
        return "Rejected"
    return "PartiallyFilledCanceled" if order.filled else "Cancelled"
