"""Orders and trades as OKX writes them, by REST and on the orders channel. Fees are below zero where they are paid.

Source: okx.com/docs-v5: order details, transaction details, order channel.
"""

from bot.model.markets import Asset
from bot.model.orders import Side, Style
from bot.sandbox.wire import okx
from bot.sandbox.wire.exchange import MILLISECOND
from bot.sandbox.wire.orders import Fill, Filled, News, Order, State, plain
from bot.sandbox.wire.wire import Json

FIRST = 680_800_019_749_900_000  # order ids count from here
REASONS = {"cancelled": "1", "found nobody": "14", "post only": "31"}  # an IOC order; a maker order that would take


def order_id(number: int) -> str:
    """An order's id."""
    return str(FIRST + number)


def number(order_id: str) -> int:
    """The number of an order with that id; 0 or one that nothing has where it is none."""
    return int(order_id) - FIRST if order_id.isdigit() else 0


def ms(at: int) -> str:
    """A time in ms."""
    return str(at // MILLISECOND)


def told(order: Order) -> dict[str, Json]:
    """How an order stands."""
    asked = order.asked
    return {
        "instType": "SPOT",
        "instId": okx.name(asked.listing),
        "ordId": order_id(order.number),
        "clOrdId": asked.client_id,
        "tag": "",
        "px": "" if asked.limit is None else plain(asked.limit),
        "sz": plain(asked.amount),
        "tgtCcy": "base_ccy" if asked.limit is None else "",
        "ordType": _kind(order),
        "side": asked.side,
        "tdMode": "cash",
        "accFillSz": plain(order.filled),
        "avgPx": plain(order.average) if order.filled else "",
        "state": _state(order),
        "fee": plain(-order.fee),
        "feeCcy": order.fee_asset or _comes_in(order),
        "cancelSource": REASONS.get(order.why, ""),
        "cTime": ms(order.made_at),
        "uTime": ms(order.changed_at),
    }


def pushed(news: News) -> dict[str, Json]:
    """How it stands after what happened, and the trade, where it was one."""
    if not isinstance(news, Filled):
        none = dict.fromkeys(("tradeId", "fillPx", "fillTime", "execType", "fillFeeCcy"), "")
        return told(news.order) | none | {"fillSz": "0", "fillFee": "0"}
    fill = news.fill
    return told(news.order) | {
        "tradeId": str(fill.number),
        "fillPx": plain(fill.price),
        "fillSz": plain(fill.amount),
        "fillTime": ms(fill.at),
        "fillFee": plain(-fill.fee),
        "fillFeeCcy": fill.fee_asset,
        "execType": "M" if fill.maker else "T",
    }


def trade(fill: Fill, order: Order) -> dict[str, Json]:
    """One trade of an order."""
    return {
        "instType": "SPOT",
        "instId": okx.name(order.asked.listing),
        "tradeId": str(fill.number),
        "billId": str(FIRST + fill.number),
        "ordId": order_id(order.number),
        "clOrdId": order.asked.client_id,
        "side": order.asked.side,
        "fillPx": plain(fill.price),
        "fillSz": plain(fill.amount),
        "execType": "M" if fill.maker else "T",
        "fee": plain(-fill.fee),
        "feeCcy": fill.fee_asset,
        "fillTime": ms(fill.at),
        "ts": ms(fill.at),
    }


def _kind(order: Order) -> str:
    if order.asked.limit is None:
        return "market"
    return {Style.MAKE: "post_only", Style.TAKE: "ioc", Style.REST: "limit"}[order.asked.style]


def _state(order: Order) -> str:
    if order.state is State.OPEN:
        return "partially_filled" if order.filled else "live"
    return "filled" if order.state is State.FILLED else "canceled"


def _comes_in(order: Order) -> Asset:
    listing = order.asked.listing
    return listing.base if order.asked.side is Side.BUY else listing.quote
