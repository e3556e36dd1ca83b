"""What is sold of holds, and made even of pairs, at one look."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.model.account import Account
from bot.model.decisions import Action, Depeg, Warn
from bot.model.episodes import Redemption
from bot.model.markets import Asset, perpetual
from bot.model.orders import Purpose, Side
from bot.model.outlooks import Outlook
from bot.model.redeeming import access
from bot.model.times import DAY
from bot.model.trade import Trade
from bot.strategy import exits, hedging, legged, tickets, unhedging, unwinding
from bot.strategy.deviation import in_peg
from bot.strategy.legged import Legs
from bot.strategy.opportunities import BP, Counter, Counters
from bot.strategy.ordering import Desk, Look, Rules, peg_usd, refuses, rests, reviewed
from bot.strategy.tickets import Wish

WEEKEND = DAY  # closed for longer than this is no mere night
ALL = 1.0
NEAR = 20e-4  # of the best price
ALONE = frozenset({Purpose.UNWIND, Purpose.HEDGE})  # what makes even again, and is told of


def leave(
    desk: Desk, falls: Mapping[Asset, Depeg], counters: Counters, look: Look, rules: Rules
) -> tuple[Desk, list[Action]]:
    """Orders that lead out of what is held."""
    actions: list[Action] = []
    for wanted in _wanted(desk, falls, counters, look, rules):
        if isinstance(wanted, Legs):
            desk, more = legged.place(desk, wanted, look, rules)
        else:
            desk, more = _left(desk, wanted, falls, counters, look, rules)
        actions += more
    return desk, actions


def _left(
    desk: Desk, wish: Wish, falls: Mapping[Asset, Depeg], counters: Counters, look: Look, rules: Rules
) -> tuple[Desk, list[Action]]:
    """Orders of one wish. In a hurry all that stands in a book is taken, else a share of it."""
    hurry, actions = wish.kind == "hedged" or wish.slip_bp > rules.mandate.slippage_bp, list[Action]()
    offers = _where(wish, desk.account, counters)
    offers = [each for each in offers if not (refuses if hurry else rests)(each, desk, look, rules)]
    if wish.purpose in ALONE:  # rather where it was not tried in vain
        offers = _fair(wish, offers, look, rules)
        desk, actions = _stuck(desk, wish, offers, rules)
        offers = [each for each in offers if not rests(each, desk, look, rules)] or offers
    offers = offers if hurry or wish.coin not in falls else _near_the_best(offers)
    for ticket in tickets.cut(wish, offers, desk.account, ALL if hurry else rules.mandate.share, look.now):
        desk, placed = reviewed(desk, ticket, look, rules)
        actions += placed
        if placed and wish.purpose in ALONE:
            way = "selling it short" if wish.purpose is Purpose.HEDGE else "unwinding"
            actions.append(Warn(f"{wish.coin} {wish.kind} {wish.trade} {wish.why}: {way} at {ticket.market.venue}"))
    return desk, actions


def _stuck(desk: Desk, wish: Wish, offers: list[Counter], rules: Rules) -> tuple[Desk, list[Action]]:
    """Told once of each trade: it may cost no more to make it even, and for that nobody does."""
    most = wish.slip_bp >= rules.mandate.unwind_bp * unwinding.AT_MOST
    if offers or not most or wish.trade in desk.stuck:
        return desk, []
    text = (
        f"{wish.coin} {wish.kind} {wish.trade} {wish.why}: nobody trades it within {wish.slip_bp:.0f} bp of its value"
    )
    return replace(desk, stuck=desk.stuck & desk.account.trades.keys() | {wish.trade}), [Warn(text)]


def _wanted(
    desk: Desk, falls: Mapping[Asset, Depeg], counters: Counters, look: Look, rules: Rules
) -> Iterator[Wish | Legs]:
    """What is to be sold of holds, made even of pairs, and both of hedges."""
    for trade in desk.account.trades.values():
        view, depeg = desk.outlooks.get(trade.coin), falls.get(trade.coin)
        if trade.kind == "hedged":
            yield from _hedged(trade, view, depeg, desk, counters, look, rules)
            continue
        if trade.kind == "pair":
            wish = unwinding.wish(trade, desk.account, look.now, rules.mandate)
        else:
            wish = _exit(trade, view, depeg, counters, look, rules)
        if wish and (more := _besides(wish, desk.account, rules)):
            yield more


def _hedged(
    trade: Trade, view: Outlook | None, depeg: Depeg | None, desk: Desk, counters: Counters, look: Look, rules: Rules
) -> Iterator[Wish | Legs]:
    spot, futures = (
        [each for each in counters.get(asset, ()) if not refuses(each, desk, look, rules)]
        for asset in (trade.coin, perpetual(trade.coin))
    )
    there = unhedging.There(spot, futures, rests=lambda counter: rests(counter, desk, look, rules))
    yield from unhedging.steps(
        trade,
        there,
        desk.account,
        rules.mandate,
        price=in_peg(look.values.values, trade.coin, rules.coins),
        outlook=view,
        age=look.now - min(depeg.start, trade.opened) if depeg else 0,
        now=look.now,
    )


def _besides(wish: Wish, account: Account, rules: Rules) -> Wish | None:
    """What is wanted besides the trade's open orders. In a hurry they are not waited for, only reckoned with."""
    open_ = [order for order in account.orders.values() if order.ticket.trade == wish.trade]
    if not open_:
        return wish
    if wish.slip_bp <= rules.mandate.slippage_bp:
        return None
    amount = wish.amount - sum(order.remaining for order in open_ if order.ticket.side is Side.SELL)
    return replace(wish, amount=amount) if amount > 0 else None


def _exit(
    trade: Trade, view: Outlook | None, depeg: Depeg | None, counters: Counters, look: Look, rules: Rules
) -> Wish | None:
    worth, usd = in_peg(look.values.values, trade.coin, rules.coins), peg_usd(trade.coin, look, rules)
    offers = [each for each in counters.get(trade.coin, ()) if each.buys and trade.held.get(each.market.holder)]
    if worth is None or not offers:
        return None
    price = min(worth, max((each.quote.bid or 0.0) * each.proceeds_usd for each in offers) / usd)
    age = look.now - min(depeg.start, trade.opened) if depeg else 0  # a restart sees it begin anew
    way_out = exits.due(trade, price, usd, view, worth=worth, closing=_closing(trade.coin, look.now, rules), age=age)
    if way_out is None:
        return None
    slip = rules.mandate.urgent_bp if way_out.urgent else rules.mandate.slippage_bp
    return Wish(
        trade.id, "hold", trade.coin, Side.SELL, Purpose.EXIT, way_out.amount, slip, way_out.why, not way_out.urgent
    )


def _closing(coin: Asset, now: int, rules: Rules) -> bool:
    """Whether redemption ends soon, for longer than a night."""
    known = rules.coins.by_symbol.get(coin)
    if known is None or access(known, now).state is not Redemption.OPEN:
        return False
    then = access(known, now + rules.mandate.closing)
    return then.until is not None and then.until - now > WEEKEND


def _near_the_best(offers: list[Counter]) -> list[Counter]:
    """Who is in no hurry does not sell where a coin fetches less than elsewhere."""
    best = max((each.bid_usd for each in offers), default=0.0)
    return [each for each in offers if each.bid_usd >= best * (1 - NEAR)]


def _fair(wish: Wish, offers: list[Counter], look: Look, rules: Rules) -> list[Counter]:
    """Where unwinding costs no more, of what all books say the coin is worth, than it may; any, if that is not sure."""
    value = look.values.values.get(wish.asset)
    if value is None or value.sigma_bp > rules.mandate.sure_bp:
        return offers
    if wish.side is Side.SELL:
        least = value.usd * (1 - wish.slip_bp / BP)
        return [each for each in offers if (each.quote.bid or 0.0) * each.proceeds_usd >= least]
    most = value.usd * (1 + wish.slip_bp / BP)
    return [each for each in offers if each.sells and (each.quote.ask or 0.0) * each.quote_usd <= most]


def _where(wish: Wish, account: Account, counters: Counters) -> list[Counter]:
    """The markets where an order may go: what a trade holds is sold where it lies."""
    trade, offers = account.trades.get(wish.trade), counters.get(wish.asset, ())
    if wish.future:  # a debt is paid whatever the money for it is worth
        return [each for each in offers if wish.side is Side.BUY or hedging.shortable(each)]
    if trade is None or wish.side is Side.BUY:
        return [each for each in offers if each.sound]
    return [each for each in offers if trade.kind == "pair" or each.market.holder in trade.held]
