"""What is done at exchanges at one look: orders are tended, holds left, chances taken. Pure, as all of `step`."""

from collections.abc import Mapping
from dataclasses import replace

from bot.model.decisions import Action, Depeg, Pull
from bot.model.markets import DOLLAR, Asset
from bot.model.orders import Pulled, Purpose, Style, Ticket
from bot.model.outlooks import Outlook, Stance
from bot.model.redeeming import access
from bot.model.times import DAY
from bot.strategy import entering, leaving, opportunities, outlook
from bot.strategy.deviation import COIN, in_peg
from bot.strategy.ordering import Desk as Desk
from bot.strategy.ordering import Look as Look
from bot.strategy.ordering import Rules as Rules
from bot.strategy.ordering import post as post
from bot.strategy.risk import Worth


def decide(desk: Desk, look: Look, rules: Rules) -> tuple[Desk, tuple[Action, ...]]:
    """What to order, pull and tell at this look."""
    desk = _valued(desk, look, rules)
    falls = {each.coin: each for each in look.depegs if each.scope == COIN}
    if not (desk.account.orders or desk.account.trades or falls or _pairs_possible(desk, rules)):
        return replace(desk, outlooks={}, told={}), ()
    told = {key: why for key, why in desk.told.items() if key[0] in falls}  # of a new depeg all is said anew
    desk = replace(desk, outlooks=_outlooks(falls, look, rules), told=told)
    counters = opportunities.counters(look.latest.values(), look.values, rules.terms, desk.account, rules.coins)
    desk, pulls = _tended(desk, look, rules)
    desk, left = leaving.leave(desk, falls, counters, look, rules)
    desk, taken = entering.enter(desk, falls, opportunities.sound(counters), look, rules)
    return desk, (*pulls, *left, *taken)


def _pairs_possible(desk: Desk, rules: Rules) -> bool:
    """Whether coins lie anywhere that could be sold where they are dear."""
    return rules.mandate.pairs and any(
        held > 0 and asset in rules.coins.by_symbol for (_, asset), held in desk.account.balances.items()
    )


def _valued(desk: Desk, look: Look, rules: Rules) -> Desk:
    """What all is worth now. What nobody prices counts at what it was last worth; before that at par, if it has one."""
    values = look.values.values
    held = {asset for _, asset in desk.account.balances}
    usd = {**desk.usd, **{asset: values[asset].usd for asset in held if asset in values}, DOLLAR: 1.0}
    equity = sum(
        float(amount) * usd.get(asset, float(rules.coins.peg(asset) == DOLLAR))
        for (_, asset), amount in desk.account.balances.items()
    )
    worth, day = desk.worth, look.now // DAY
    peak = max(worth.peak, equity) if worth.peak else equity + desk.account.best_usd - desk.account.realised_usd
    return replace(desk, usd=usd, worth=Worth(equity, peak, day, worth.morning if day == worth.day else equity))


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
        return view.stance is not Stance.HOLD or price <= view.worst
    return ticket.style is not Style.TAKE and (view.stance is Stance.NO_TOUCH or price <= view.worst < 1.0)


def _pulled(desk: Desk, names: tuple[str, ...], now: int, why: str) -> tuple[Desk, tuple[Action, ...]]:
    pulls: list[Action] = []
    for name in names:
        order = desk.account.orders[name]
        if not order.pulled and order.final is None:
            pulls.append(Pull(name, why))
            desk = post(desk, Pulled(now, now, name, why))
    return desk, tuple(pulls)
