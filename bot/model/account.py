"""What we hold at exchanges, have asked for and have earned there: a fold over orders and their reports.

Reports of one order may come in any order and more than once: an order is what the set of them says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from bot.model.markets import PERPETUAL, Asset, Market, holder, perpetual
from bot.model.orders import (
    COVER,
    MARGIN,
    NOTHING,
    FundingPaid,
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
    WaysSeen,
    reserved,
)
from bot.model.trade import Trade, traded
from bot.model.ways import Way, Ways

REMEMBERED = 512  # orders and trades that are over: a fill may still be heard of

Purse = tuple[str, Asset]
"""Who holds it, and what: an exchange, or "chain"."""


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
    ways: Ways = field(default_factory=dict)  # in and out of the venues that tell
    tickets: int = 0  # ever decided: the next one's name
    funded: tuple[tuple[str, str], ...] = ()  # the newest payments of funding: venue and name
    realised_usd: float = 0.0  # of trades that are closed
    best_usd: float = 0.0  # the most that `realised_usd` ever was

    def ready(self, venue: str) -> str | None:
        """Why nothing may be ordered there; None where it may."""
        its = holder(venue)
        return self.unready.get(its) or (None if its in self.seen else f"{its} was not reconciled yet")

    def free(self, venue: str, asset: Asset) -> Decimal:
        """What is held there and neither promised to an order nor kept back to cover what was sold short."""
        its = holder(venue)
        held = self.balances.get((its, asset), NOTHING) - (self.cover(its) if asset == MARGIN else NOTHING)
        asked = (order for order in self.orders.values() if order.ticket.market.holder == its)
        return max(held - sum((reserved(order, asset) for order in asked), NOTHING), NOTHING)

    def cover(self, venue: str) -> Decimal:
        """Margin kept back there for what was sold short."""
        here = (held for (its, asset), held in self.balances.items() if its == venue and asset.endswith(PERPETUAL))
        return sum((-held * COVER for held in here if held < 0), NOTHING)

    def spare(self, venue: str, asset: Asset) -> Decimal:
        """What is free there and not held by a trade: whoever sells that must have it still when it wants to leave."""
        holds = (trade for trade in self.trades.values() if trade.coin == asset and trade.kind != "pair")
        held = sum((trade.held.get(holder(venue), NOTHING) for trade in holds), NOTHING)
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
        case FundingPaid():
            return _funded(account, event)
        case WaysSeen(venue=venue):
            return replace(account, ways={**account.ways, venue: _by_asset(event)})
        case Pulled() | OrderOpened() | OrderEnded() | OrderRefused():
            known = account.orders.get(event.order_id)
            if known is None:
                return account
            if isinstance(event, OrderEnded) and event.fee and known.final is None:
                account = _charged(account, known.ticket, event)
            return _settled(account, _told(known, event))


def _by_asset(seen: WaysSeen) -> Mapping[Asset, Mapping[str, Way]]:
    found: dict[Asset, dict[str, Way]] = {}
    for asset, network, way in seen.ways:
        found.setdefault(asset, {})[network] = way
    return found


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
    known = replace(account, balances=elsewhere | {(seen.venue, asset): held for asset, held in seen.balances})
    return _with_shorts_taken(account, known, seen.venue)


def _with_shorts_taken(before: Account, account: Account, venue: str) -> Account:
    """The account with what an exchange bought back without us, as where the margin is gone, for what went with it.

    Where what went is no price, because money came or went besides, at the worst.
    """
    gone = {each.id: _taken(each, before, account, venue) for each in before.trades.values()}
    gone = {name: amount for name, amount in gone.items() if amount > 0}
    if not gone:
        return account
    paid = before.balances.get((venue, MARGIN), NOTHING) - account.balances.get((venue, MARGIN), NOTHING)
    price = paid / sum(gone.values())
    price = price if COVER / 2 <= price <= COVER else COVER
    trades = dict(account.trades)
    for name, amount in gone.items():
        trades[name] = replace(trades[name], short=trades[name].short.taken(amount, float(amount * price)))
    account = replace(account, trades=trades)
    for name in gone:
        account = _closed(account, name)
    return account


def _taken(trade: Trade, before: Account, account: Account, venue: str) -> Decimal:
    """Of a trade's perpetual, what was bought back at a venue that no order of ours bought."""
    purse = venue, perpetual(trade.coin)
    less = account.balances.get(purse, NOTHING) - before.balances.get(purse, NOTHING)
    return min(less, trade.short.open) if venue in trade.short.venues else NOTHING


def _charged(account: Account, ticket: Ticket, ended: OrderEnded) -> Account:
    """The account after what an order cost besides its fills: about so many dollars as were thought."""
    purse, trade = (ticket.market.holder, ended.fee_asset), account.trades[ticket.trade]
    trade = replace(trade, spent_usd=trade.spent_usd + ticket.flat_usd, fees_usd=trade.fees_usd + ticket.flat_usd)
    balances = {**account.balances, purse: account.balances.get(purse, NOTHING) - ended.fee}
    return replace(account, balances=balances, trades={**account.trades, trade.id: trade})


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
    (_, base, quote), its = ticket.market, ticket.market.holder
    buys = ticket.side is Side.BUY
    cost = fill.amount * fill.price
    moves = {base: fill.amount if buys else -fill.amount, quote: -cost if buys else cost}
    moves[fill.fee_asset] = moves.get(fill.fee_asset, NOTHING) - fill.fee
    balances = dict(account.balances)
    for asset, move in moves.items():
        balances[its, asset] = balances.get((its, asset), NOTHING) + move
    account = _with_trade_of(account, ticket)
    trades = {**account.trades, ticket.trade: traded(account.trades[ticket.trade], ticket, fill, moves[base])}
    return replace(account, balances=balances, trades=trades)


def _funded(account: Account, paid: FundingPaid) -> Account:
    """A payment counts once, for the trade that is short there; after its end for none."""
    purse, payment = (paid.venue, paid.asset), (paid.venue, paid.payment_id)
    if payment in account.funded:
        return account
    trades = dict(account.trades)
    trade = next((each for each in trades.values() if _pays(each, paid)), None)
    if trade:
        carry = trade.carry_usd + float(paid.amount) * trade.short.usd
        trades[trade.id] = replace(trade, carry_usd=carry)
    return replace(
        account,
        balances={**account.balances, purse: account.balances.get(purse, NOTHING) + paid.amount},
        trades=trades,
        funded=(*account.funded, payment)[-REMEMBERED:],
    )


def _pays(trade: Trade, paid: FundingPaid) -> bool:
    its = perpetual(trade.coin) == paid.perpetual and paid.venue in trade.short.venues
    return its and bool(trade.short.open) and trade.opened <= paid.made_at
