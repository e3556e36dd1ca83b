"""What is done at exchanges at one look: orders are tended, holds left, chances taken. Pure, as all of `step`."""

from collections.abc import Mapping
from dataclasses import replace

from bot.model.decisions import Action, Depeg, Pull, Warn
from bot.model.events import Marked
from bot.model.markets import DOLLAR, Asset, underlying
from bot.model.orders import OrderEvent, Pulled, Purpose, Style, Ticket, VenueSeen
from bot.model.outlooks import Outlook, Stance
from bot.model.redeeming import access
from bot.model.ways import held_back
from bot.strategy import drying, entering, leaving, marks, opportunities, ordering, outlook, progress
from bot.strategy.deviation import COIN, in_peg
from bot.strategy.ordering import Desk as Desk
from bot.strategy.ordering import Look as Look
from bot.strategy.ordering import Rules as Rules


def post(desk: Desk, event: OrderEvent | Marked) -> Desk:
    """Enter what happened at an exchange, or what was written down of its worth."""
    if isinstance(event, Marked):
        return replace(desk, worth=marks.marked(desk.worth, event))
    if isinstance(event, VenueSeen):
        desk = replace(desk, worth=marks.moved(desk.worth, desk.account, event))
    return ordering.post(desk, event)


def decide(desk: Desk, look: Look, rules: Rules) -> tuple[Desk, tuple[Action, ...]]:
    """What to order, pull and tell at this look."""
    desk, mark = _marked(_valued(desk, look, rules))
    desk = replace(desk, liquidity=drying.fold(desk.liquidity, look.latest, rules.terms, look.now))
    falls = {each.coin: each for each in look.depegs if each.scope == COIN}
    if not (desk.account.orders or desk.account.trades or falls or _pairs_possible(desk, rules)):
        return replace(desk, outlooks={}, told={}), mark
    told = {key: why for key, why in desk.told.items() if key[0] in falls or key[1] == "pair"}  # a new depeg: anew
    desk = replace(desk, outlooks=_outlooks(falls, look, rules), told=told)
    counters = opportunities.counters(
        look.latest.values(), look.values, rules.terms, desk.account, rules.coins, look.now
    )
    desk, pulls = _tended(desk, look, rules)
    desk, left = leaving.leave(desk, falls, counters, look, rules)
    desk, taken = entering.enter(desk, falls, opportunities.sound(counters), look, rules)
    desk, said = _progressed(desk, look, rules)
    return desk, (*mark, *pulls, *left, *taken, *said)


def _progressed(desk: Desk, look: Look, rules: Rules) -> tuple[Desk, tuple[Warn, ...]]:
    """How far each hold is on its way back, where that is news."""
    trades = desk.account.trades.values()
    lines, now = progress.told(trades, desk.outlooks, look.values.values, rules.coins, desk.progress)
    return replace(desk, progress=now), tuple(map(Warn, lines))


def _pairs_possible(desk: Desk, rules: Rules) -> bool:
    """Whether coins lie anywhere that could be sold where they are dear."""
    return rules.mandate.pairs and any(
        held > 0 and asset in rules.coins.by_symbol for (_, asset), held in desk.account.balances.items()
    )


def _valued(desk: Desk, look: Look, rules: Rules) -> Desk:
    """What all is worth now. What nobody prices counts at what it was last worth; before that at par, if it has one."""
    values, account, worth = look.values.values, desk.account, desk.worth
    held = {asset for _, asset in account.balances} | worth.moved.keys()
    usd = {**desk.usd, **{asset: values[asset].usd for asset in held if asset in values}, DOLLAR: 1.0}
    par = {asset: usd.get(asset, float(rules.coins.peg(underlying(asset)) == DOLLAR)) for asset in held}
    equity = sum(float(amount) * par[asset] for (_, asset), amount in account.balances.items())
    moved = sum(float(amount) * par[asset] for asset, amount in worth.moved.items())
    below, priced = account.best_usd - account.realised_usd, marks.priced(worth, account, usd)
    return replace(desk, usd=usd, worth=marks.valued(worth, equity, moved, below, look.now, priced=priced))


def _marked(desk: Desk) -> tuple[Desk, tuple[Action, ...]]:
    """What breakers measure from is written down where it is not yet."""
    mark = marks.due(desk.worth)
    return (replace(desk, worth=marks.marked(desk.worth, mark)), (mark,)) if mark else (desk, ())


def _outlooks(falls: Mapping[Asset, Depeg], look: Look, rules: Rules) -> dict[Asset, Outlook]:
    found: dict[Asset, Outlook] = {}
    for coin, depeg in falls.items():
        price = in_peg(look.values.values, coin, rules.coins)
        known = rules.coins.by_symbol.get(coin)
        if price is not None and known is not None:
            past = rules.memory.before(depeg.start)  # what comes of this one teaches nothing of it
            found[coin] = outlook.assess(
                depeg, known, access(known, look.now), price, look.now, past, look.shown.get(coin, outlook.NOTHING)
            )
    return found


def stopped(desk: Desk, now: int, why: str) -> tuple[Desk, tuple[Action, ...]]:
    """All that would begin something is pulled: trading is halted."""
    entering = (name for name, order in desk.account.orders.items() if order.ticket.purpose is Purpose.ENTER)
    return _pulled(desk, tuple(entering), now, f"halted: {why}")


def _tended(desk: Desk, look: Look, rules: Rules) -> tuple[Desk, tuple[Action, ...]]:
    """Orders are pulled when they are old, to be thought over anew, and when what they are for has changed."""
    oldest, orders = look.now - rules.mandate.order_life, desk.account.orders
    old = (name for name, order in orders.items() if order.ticket.made_at < oldest)
    unwanted = (name for name, order in orders.items() if _unwanted(order.ticket, desk, look, rules))
    desk, aged = _pulled(desk, tuple(old), look.now, "thought over anew")
    desk, regretted = _pulled(desk, tuple(unwanted), look.now, "it is to be held no more")
    return desk, (*aged, *regretted)


def _unwanted(ticket: Ticket, desk: Desk, look: Look, rules: Rules) -> bool:
    """Whether it buys a coin that may be held no more, or waits to sell one that is to go at once."""
    view, price = desk.outlooks.get(ticket.coin), in_peg(look.values.values, ticket.coin, rules.coins)
    if ticket.kind != "hold" or view is None or price is None:
        return False
    if ticket.purpose is Purpose.ENTER:
        kept = held_back(ticket.coin, ticket.market.venue, desk.account.ways) is not None
        return kept or view.stance is not Stance.HOLD or price <= view.worst
    return ticket.style is not Style.TAKE and (view.stance is Stance.NO_TOUCH or price <= view.worst < 1.0)


def _pulled(desk: Desk, names: tuple[str, ...], now: int, why: str) -> tuple[Desk, tuple[Action, ...]]:
    pulls: list[Action] = []
    for name in names:
        order = desk.account.orders[name]
        if not order.pulled and order.final is None:
            pulls.append(Pull(name, why))
            desk = post(desk, Pulled(now, now, name, why))
    return desk, tuple(pulls)
