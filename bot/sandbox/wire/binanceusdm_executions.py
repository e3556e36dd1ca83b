"""What Binance's futures say of orders, fills and positions, by REST and on the user data stream.

Source: developers.binance.com, USDS-margined futures: user data streams (order update, balance and position update),
trade endpoints, enums.
"""

from decimal import Decimal

from bot.model.orders import MARGIN, Side, Style
from bot.sandbox.wire import binance
from bot.sandbox.wire.account import CENT
from bot.sandbox.wire.binance_executions import client_id, ms, status
from bot.sandbox.wire.book import Listing
from bot.sandbox.wire.margin import LIQUIDATES, MarginAccount
from bot.sandbox.wire.orders import Ended, Fill, Filled, Funded, News, Opened, Order, plain
from bot.sandbox.wire.wire import Json

IN_FORCE = {Style.REST: "GTC", Style.TAKE: "IOC", Style.MAKE: "GTX"}


def eight(number: Decimal) -> str:
    """An estimate, to eight digits."""
    return plain(number.quantize(CENT))


def kind_of(order: Order) -> str:
    """Limit or market; an order of its owner's it is not where a position was liquidated."""
    if order.asked.client_id.startswith(LIQUIDATES):
        return "LIQUIDATION"
    return "MARKET" if order.asked.limit is None else "LIMIT"


def told(order: Order) -> dict[str, Json]:
    """An order as REST tells it."""
    asked = order.asked
    return {
        "symbol": binance.name(asked.listing),
        "orderId": order.number,
        "clientOrderId": client_id(order),
        "status": status(order),
        "price": plain(asked.limit or Decimal(0)),
        "avgPrice": eight(order.average),
        "origQty": plain(asked.amount),
        "executedQty": plain(order.filled),
        "cumQty": plain(order.filled),
        "cumQuote": plain(order.cost),
        "timeInForce": _in_force(order),
        "type": kind_of(order),
        "origType": kind_of(order),
        "side": asked.side.upper(),
        "positionSide": "BOTH",
        "reduceOnly": asked.reduce_only,
        "closePosition": False,
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "time": ms(order.made_at),
        "updateTime": ms(order.changed_at),
    }


def trade(fill: Fill, order: Order) -> Json:
    """A fill as REST tells it."""
    return {
        "symbol": binance.name(order.asked.listing),
        "id": fill.number,
        "orderId": fill.order,
        "side": order.asked.side.upper(),
        "price": plain(fill.price),
        "qty": plain(fill.amount),
        "quoteQty": plain(fill.price * fill.amount),
        "realizedPnl": plain(fill.realised),
        "commission": plain(fill.fee),
        "commissionAsset": fill.fee_asset,
        "time": ms(fill.at),
        "positionSide": "BOTH",
        "buyer": order.asked.side is Side.BUY,
        "maker": fill.maker,
    }


def report(news: News) -> Json:
    """What became of an order."""
    order, liquidated = news.order, kind_of(news.order) == "LIQUIDATION"
    filled = "CALCULATED" if liquidated else "TRADE"
    happened = {
        "x": {Opened: "NEW", Filled: filled, Ended: status(order)}[type(news)],
        **(_traded(news.fill) if isinstance(news, Filled) else _untraded()),
    }
    at = ms(order.changed_at)
    return {"e": "ORDER_TRADE_UPDATE", "E": at, "T": at, "o": _stands(order) | happened}


def _stands(order: Order) -> dict[str, Json]:
    asked = order.asked
    return {
        "s": binance.name(asked.listing),
        "c": client_id(order),
        "S": asked.side.upper(),
        "o": kind_of(order),
        "ot": kind_of(order),
        "f": _in_force(order),
        "q": plain(asked.amount),
        "p": plain(asked.limit or Decimal(0)),
        "ap": eight(order.average),
        "sp": "0",
        "X": status(order),
        "i": order.number,
        "z": plain(order.filled),
        "T": ms(order.changed_at),
        "R": asked.reduce_only,
        "wt": "CONTRACT_PRICE",
        "ps": "BOTH",
        "cp": False,
    }


def _traded(fill: Fill) -> dict[str, Json]:
    return {
        "l": plain(fill.amount),
        "L": plain(fill.price),
        "n": plain(fill.fee),
        "N": fill.fee_asset,
        "t": fill.number,
        "m": fill.maker,
        "rp": plain(fill.realised),
    }


def _untraded() -> dict[str, Json]:
    return {"l": "0", "L": "0", "t": 0, "m": False, "rp": "0"}


def _in_force(order: Order) -> str:
    return "GTC" if kind_of(order) == "MARKET" else IN_FORCE[order.asked.style]


def moved(order: Order, account: MarginAccount) -> Json:
    """How the wallet stands, and the position in what an order trades."""
    told = {"P": [_position(order.asked.listing, account)]} | _wallet(account, Decimal(0))
    return _update("ORDER", order.changed_at, told)


def paid(funded: Funded, account: MarginAccount) -> Json:
    """How the wallet stands after a position paid: cross margined positions are not told with it."""
    return _update("FUNDING_FEE", funded.at, _wallet(account, funded.amount))


def _update(why: str, at: int, told: dict[str, Json]) -> Json:
    return {"e": "ACCOUNT_UPDATE", "E": ms(at), "T": ms(at), "a": {"m": why} | told}


def _wallet(account: MarginAccount, change: Decimal) -> dict[str, Json]:
    """`change` is what came or went besides trades and their fees."""
    wallet = plain(account.wallet())
    return {"B": [{"a": MARGIN, "wb": wallet, "cw": wallet, "bc": plain(change)}]}


def _position(listing: Listing, account: MarginAccount) -> Json:
    amount, entry = account.position(listing)
    earned = (each.realised for each in account.fills if account.orders[each.order].asked.listing == listing)
    return {
        "s": binance.name(listing),
        "pa": plain(amount),
        "ep": plain(entry),
        "cr": plain(sum(earned, Decimal(0))),
        "up": eight(account.unrealised(listing)),
        "mt": "cross",
        "iw": "0",
        "ps": "BOTH",
        "ma": listing.quote,
    }
