"""What we hold at exchanges, have asked for and have earned there: a fold over orders and their reports.

Reports of one order may come in any order and more than once: an order is what the set of them says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from bot.model.markets import Asset, Market
from bot.model.orders import (
    NOTHING,
    Kind,
    Order,
    Ordered,
    OrderEnded,
    OrderEvent,
    OrderFilled,
    OrderOpened,
    OrderRefused,
    Pulled,
    Purpose,
    Side,
    Style,
    Ticket,
    VenueSeen,
    reserved,
)

REMEMBERED = 512  # orders and trades that are over: a fill may still be heard of
DUST_USD = 10.0  # exchanges take no order of less: a trade of which no more is left to sell is over
STRANGE_FEE = 0.002  # of what was traded, where a fee was paid in an asset that the market does not trade

Purse = tuple[str, Asset]
"""A venue, and what is held there."""


@dataclass(frozen=True, slots=True)
class Trade:
    """Orders that belong together, of one coin: a hold, or a pair. Coins are exact, dollars are estimates."""

    id: str
    kind: Kind
    coin: Asset
    opened: int  # ns UTC, when its first order was decided
    bought: Decimal = NOTHING  # coins, less fees taken in the coin
    sold: Decimal = NOTHING
    spent_usd: float = 0.0  # for what was bought, fees included
    got_usd: float = 0.0  # for what was sold, less fees
    fees_usd: float = 0.0
    held: Mapping[str, Decimal] = field(default_factory=dict)  # coins by venue; of a pair, below zero where it sold
    exits: int = 0  # steps of the way out that were ordered

    @property
    def net(self) -> Decimal:
        """Coins bought and not sold; below zero where more was sold."""
        return self.bought - self.sold

    @property
    def cost_usd(self) -> float:
        """Dollars that a coin of it cost on average, fees included; 0 before any was bought."""
        return self.spent_usd / float(self.bought) if self.bought else 0.0

    @property
    def basis_usd(self) -> float:
        """Dollars that what is still held cost."""
        return self.cost_usd * max(float(self.net), 0.0)

    @property
    def realised_usd(self) -> float:
        """Profit on what was sold, after fees."""
        return self.got_usd - self.cost_usd * float(self.sold)

    @property
    def earned_usd(self) -> float:
        """Profit after fees once it is over: what is left counts for nothing."""
        return self.got_usd - self.spent_usd

    @property
    def over(self) -> bool:
        """Whether nothing is left of it; or, on the way out, no more than exchanges take an order for."""
        traded = float(self.bought + self.sold)
        left_usd = abs(float(self.net)) * (self.spent_usd + self.got_usd) / traded if traded else 0.0
        return self.net == 0 or (left_usd < DUST_USD and (self.exits > 0 or self.kind == "pair"))


@dataclass(frozen=True, slots=True)
class Account:
    """Books of all exchanges."""

    orders: Mapping[str, Order] = field(default_factory=dict)  # that may still change
    past: dict[str, Order] = field(default_factory=dict)  # the newest that are over
    trades: Mapping[str, Trade] = field(default_factory=dict)
    closed: Mapping[str, Trade] = field(default_factory=dict)  # the newest
    balances: Mapping[Purse, Decimal] = field(default_factory=dict)
    unready: Mapping[str, str] = field(default_factory=dict)  # venues that are not known well enough, and why
    seen: frozenset[str] = frozenset()  # venues that were ever known
    tickets: int = 0  # ever decided: the next one's name
    realised_usd: float = 0.0  # of trades that are closed
    best_usd: float = 0.0  # the most that `realised_usd` ever was

    def ready(self, venue: str) -> str | None:
        """Why nothing may be ordered there; None where it may."""
        return self.unready.get(venue) or (None if venue in self.seen else f"{venue} was not reconciled yet")

    def free(self, venue: str, asset: Asset) -> Decimal:
        """What is held there and not promised to an order."""
        held = self.balances.get((venue, asset), NOTHING)
        asked = (order for order in self.orders.values() if order.ticket.market.venue == venue)
        return max(held - sum((reserved(order, asset) for order in asked), NOTHING), NOTHING)

    def spare(self, venue: str, asset: Asset) -> Decimal:
        """What is free there and not held by a trade: whoever sells that must have it still when it wants to leave."""
        holds = (trade for trade in self.trades.values() if (trade.kind, trade.coin) == ("hold", asset))
        held = sum((trade.held.get(venue, NOTHING) for trade in holds), NOTHING)
        return max(self.free(venue, asset) - max(held, NOTHING), NOTHING)

    def found_nobody(self, market: Market, since: int) -> bool:
        """Whether the last order there was to be filled at once and came back empty, `since` then or later, ns UTC."""
        for order in reversed(self.past.values()):
            if order.final is None or order.final.seen_at < since:
                return False
            if order.ticket.market == market:
                return order.ticket.style is Style.TAKE and isinstance(order.final, OrderEnded) and not order.fills
        return False

    def refused(self, market: Market, since: int) -> bool:
        """Whether the last order there that is over was refused, `since` then or later, ns UTC."""
        for order in reversed(self.past.values()):
            if order.final is None or order.final.seen_at < since:
                return False
            if order.ticket.market == market:
                return isinstance(order.final, OrderRefused)
        return False

    def pending(self, trade: str) -> bool:
        """Whether an order of the trade may still be filled."""
        return any(order.ticket.trade == trade for order in self.orders.values())

    def find(self, trade: str) -> Trade | None:
        """A trade by its name, open or among the newest closed."""
        return self.trades.get(trade) or self.closed.get(trade)


def post(account: Account, event: OrderEvent) -> Account:
    """Enter what happened. About an order nobody knows it changes nothing."""
    match event:
        case Ordered(ticket=ticket):
            return _ordered(account, ticket)
        case VenueSeen():
            return _seen(account, event)
        case OrderFilled():
            return _filled(account, event)
        case Pulled() | OrderOpened() | OrderEnded() | OrderRefused():
            known = account.orders.get(event.order_id)
            return _settled(account, _told(known, event)) if known else account


def _ordered(account: Account, ticket: Ticket) -> Account:
    if ticket.id in account.orders or ticket.id in account.past:
        return account
    account = _with_trade_of(account, ticket)
    trade = account.trades[ticket.trade]
    trade = replace(trade, exits=trade.exits + (ticket.purpose is Purpose.EXIT))
    return replace(
        account,
        orders={**account.orders, ticket.id: Order(ticket)},
        trades={**account.trades, trade.id: trade},
        tickets=account.tickets + 1,
    )


def _with_trade_of(account: Account, ticket: Ticket) -> Account:
    """The account with the trade of this order among the open ones; if it was closed, what it earned is open again."""
    if ticket.trade in account.trades:
        return account
    trade = account.closed.get(ticket.trade) or Trade(ticket.trade, ticket.kind, ticket.coin, ticket.made_at)
    return replace(
        account,
        trades={**account.trades, trade.id: trade},
        closed={name: each for name, each in account.closed.items() if name != trade.id},
        realised_usd=account.realised_usd - trade.earned_usd,
    )


def _closed(account: Account, name: str) -> Account:
    """The account with a trade put away if it is over, and no order of it may still be filled."""
    trade = account.trades.get(name)
    if trade is None or not trade.over or account.pending(name):
        return account
    realised = account.realised_usd + trade.earned_usd
    return replace(
        account,
        trades={each: open_ for each, open_ in account.trades.items() if each != name},
        closed=dict([*account.closed.items(), (name, trade)][-REMEMBERED:]),
        realised_usd=realised,
        best_usd=max(account.best_usd, realised),
    )


def _seen(account: Account, seen: VenueSeen) -> Account:
    others = {venue: why for venue, why in account.unready.items() if venue != seen.venue}
    account = replace(
        account,
        unready=others if seen.ready else {**others, seen.venue: seen.reason or "its account is not known"},
        seen=account.seen | {seen.venue} if seen.ready else account.seen,
    )
    if seen.balances is None:
        return account
    elsewhere = {purse: held for purse, held in account.balances.items() if purse[0] != seen.venue}
    return replace(account, balances=elsewhere | {(seen.venue, asset): held for asset, held in seen.balances})


def _told(order: Order, event: Pulled | OrderOpened | OrderEnded | OrderRefused) -> Order:
    match event:
        case Pulled():
            return replace(order, pulled=True)
        case OrderOpened():
            return replace(order, exchange_id=event.exchange_id)
        case OrderEnded() | OrderRefused():
            return replace(order, final=order.final or event)


def _settled(account: Account, order: Order) -> Account:
    """The account with this order as it is now, put away when it is over, and its trade with it."""
    name = order.ticket.id
    if not order.over:
        return replace(account, orders={**account.orders, name: order})
    standing = {each: kept for each, kept in account.orders.items() if each != name}
    past = dict([*((each, kept) for each, kept in account.past.items() if each != name), (name, order)][-REMEMBERED:])
    return _closed(replace(account, orders=standing, past=past), order.ticket.trade)


def _filled(account: Account, fill: OrderFilled) -> Account:
    """A fill counts once, whenever it is heard of."""
    order = account.orders.get(fill.order_id) or account.past.get(fill.order_id)
    if order is None or fill.fill_id in order.fills:
        return account
    order = replace(order, fills={**order.fills, fill.fill_id: fill})
    return _settled(_traded(account, order.ticket, fill), order)


def _traded(account: Account, ticket: Ticket, fill: OrderFilled) -> Account:
    """Balances and the trade after a fill."""
    venue, base, quote = ticket.market
    buys = ticket.side is Side.BUY
    cost = fill.amount * fill.price
    moves = {base: fill.amount if buys else -fill.amount, quote: -cost if buys else cost}
    moves[fill.fee_asset] = moves.get(fill.fee_asset, NOTHING) - fill.fee
    balances = dict(account.balances)
    for asset, move in moves.items():
        balances[venue, asset] = balances.get((venue, asset), NOTHING) + move
    account = _with_trade_of(account, ticket)
    trades = {**account.trades, ticket.trade: _with(account.trades[ticket.trade], ticket, fill, moves[base])}
    return replace(account, balances=balances, trades=trades)


def _with(trade: Trade, ticket: Ticket, fill: OrderFilled, moved: Decimal) -> Trade:
    """`moved`: coins that came, below zero those that went, the fee taken in coins counted."""
    buys, venue = ticket.side is Side.BUY, ticket.market.venue
    dollars, fee = float(fill.amount * fill.price) * ticket.quote_usd, fee_usd(ticket, fill)
    in_coin = fill.fee_asset == ticket.market.base  # then the coins that came are fewer, for the same dollars
    return replace(
        trade,
        bought=trade.bought + (moved if buys else NOTHING),
        sold=trade.sold - (NOTHING if buys else moved),
        spent_usd=trade.spent_usd + (dollars + (0.0 if in_coin else fee) if buys else 0.0),
        got_usd=trade.got_usd + (0.0 if buys else dollars - (0.0 if in_coin else fee)),
        fees_usd=trade.fees_usd + fee,
        held={**trade.held, venue: trade.held.get(venue, NOTHING) + moved},
    )


def fee_usd(ticket: Ticket, fill: OrderFilled) -> float:
    """Dollars that a fill cost in fees; about, where they were paid in what the market does not trade."""
    if fill.fee_asset == ticket.market.quote:
        return float(fill.fee) * ticket.quote_usd
    if fill.fee_asset == ticket.market.base:
        return float(fill.fee * fill.price) * ticket.quote_usd
    return float(fill.amount * fill.price) * ticket.quote_usd * STRANGE_FEE
