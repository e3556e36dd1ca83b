"""What must be known of each exchange to send orders there, besides ccxt: ids, styles, and how an order is found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.model.orders import Side, Style, Ticket

Params = Mapping[str, Any]

STYLES: Mapping[Style, Params] = {
    Style.TAKE: {"timeInForce": "IOC"},
    Style.MAKE: {"postOnly": True},
    Style.REST: {"timeInForce": "GTC"},
}


@dataclass(frozen=True, slots=True)
class OrderDialect:
    """How to trade at one exchange through ccxt."""

    longest_id: int  # characters of a client order id
    params: Params = field(default_factory=dict)  # of every order, besides its style's
    named_in_lists: str = ""  # an order is found by our id in the lists of open and ended orders, under this parameter;
    # else it is asked for by our id
    known_in_lists: str = ""  # the same of the exchange's id
    ended: str = "fetch_closed_orders"  # ccxt's method that lists every order which ended
    trades_page: str = ""  # the parameter that skips so many trades; "": the trades of one order are asked for
    trades_of: str = ""  # the parameter that names this order among all trades, where ccxt has no method for it
    open_limit: int | None = None  # as many open orders as are listed at once, where the venue lists fewer unasked
    fees_at_once: bool = False  # our fees of all spot markets are told at once, else of each
    burst: float = 0.0  # what may be asked at once after a pause, in ccxt's costs; 0: what may be in a second
    rising: bool = False  # requests carry numbers that only rise, else the time by the venue's clock
    options: Params = field(default_factory=dict)  # ccxt's, over those of bot.venues.dialects

    def sending(self, ticket: Ticket) -> dict[str, Any]:
        """The parameters of a new order. Who buys a perpetual buys back what was sold, and never more than that."""
        closes = ticket.market.perpetual and ticket.side is Side.BUY
        reduces = {"reduceOnly": True} if closes else {}
        return {**STYLES[ticket.style], **self.params, **reduces, "clientOrderId": ticket.id}


ORDER_DIALECTS: Mapping[str, OrderDialect] = {
    # It counts to 15, ccxt takes 3 for each of that, and a part is left to others. Fees in the quote, as ccxt takes
    # them to be. Ids of at most 18 characters, else a UUID.
    "kraken": OrderDialect(
        18, {"oflags": "fciq"}, named_in_lists="clientOrderId", trades_page="ofs", burst=36.0, rising=True
    ),
    "binance": OrderDialect(
        36, fees_at_once=True, options={"recvWindow": 5_000, "fetchOpenOrders": {"warnWithoutSymbol": False}}
    ),
    "okx": OrderDialect(32),
    "bybit": OrderDialect(
        36,
        named_in_lists="orderLinkId",
        known_in_lists="orderId",
        ended="fetch_canceled_and_closed_orders",
        open_limit=50,
    ),
    # Of 2,400 a minute that it allows ccxt uses half over time. What was paid in funding costs 30 at once.
    "binanceusdm": OrderDialect(
        36,
        trades_of="orderId",
        burst=300.0,
        options={
            "recvWindow": 5_000,
            "fetchOpenOrders": {"warnWithoutSymbol": False},
            "watchPositions": {"fetchPositionsSnapshot": False},  # positions are asked for, and its own reading fails
        },
    ),
}
"""By ccxt's id. Sources: the exchanges' pages on placing and asking for orders, and ccxt's classes."""
