"""Chances taken at one look: the best first, as long as there is room for them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal

from bot.model.decisions import Action, ApprovedOrder, Depeg, Hold, Pair, Passed, Place
from bot.model.markets import Asset
from bot.model.orders import Ordered, Purpose, Side, Ticket
from bot.model.outlooks import Stance
from bot.strategy import liquidity, opportunities, risk, stakes, tickets
from bot.strategy.opportunities import BP, Counter, Counters
from bot.strategy.ordering import Desk, Look, Rules, peg_usd, post, remembering, rests, reviewed
from bot.strategy.stakes import Holdings, Stake
from bot.strategy.tickets import Wish

SOLD_IN = 60.0  # minutes in which a coin should be sold in bad times
NEAR = 1.002  # times the best price: markets so near to it are bought at too
DRIED = 0.25  # of what trades now that still trades then


def enter(
    desk: Desk, falls: Mapping[Asset, Depeg], counters: Counters, look: Look, rules: Rules
) -> tuple[Desk, list[Action]]:
    """The chances of this look, the best first, as long as there is room for them."""
    chances: list[Hold | Pair] = []
    for coin, depeg in falls.items() if rules.mandate.holds else ():
        if coin not in desk.outlooks:
            continue
        view, offers = desk.outlooks[coin], counters.get(coin, ())
        found = opportunities.hold(depeg, view, offers, look.values, peg_usd(coin, look, rules), rules.mandate)
        if isinstance(found, str):
            desk = remembering(desk, Passed(look.now, coin, "hold", found))
        else:
            chances.append(found)
    for coin, offers in counters.items() if rules.mandate.pairs else ():
        if coin in desk.outlooks and desk.outlooks[coin].stance is Stance.NO_TOUCH:
            continue  # one leg may fail, and then it is held
        there = tuple(each for each in offers if not rests(each, desk, look, rules))
        chances += list(opportunities.pairs(coin, there, desk.account, look.now, rules.mandate))[:1]
    actions: list[Action] = []
    for chance in opportunities.ranked(chances):
        match chance:
            case Hold():
                desk, more = _hold(desk, chance, counters, look, rules)
            case Pair():
                desk, more = _pair(desk, chance, counters, look, rules)
            case _:
                more = []
        actions += more
    return desk, actions


def holdings(desk: Desk, rules: Rules, look: Look) -> Holdings:
    """What is held of each coin and promised to be, and what of it may be lost."""
    found: dict[Asset, Stake] = {}
    for trade in desk.account.trades.values():
        if trade.kind == "hold":
            worst = _worst_usd(trade.coin, desk, look, rules)
            lost = max(trade.basis_usd - max(float(trade.net), 0.0) * worst, 0.0)
            found[trade.coin] = _more(found.get(trade.coin, Stake()), trade.basis_usd, lost)
    for order in desk.account.orders.values():
        ticket = order.ticket
        if ticket.purpose is Purpose.ENTER and ticket.kind == "hold":
            cost = float(order.remaining * ticket.limit) * ticket.quote_usd
            lost = max(cost - float(order.remaining) * _worst_usd(ticket.coin, desk, look, rules), 0.0)
            found[ticket.coin] = _more(found.get(ticket.coin, Stake()), cost, lost)
    worth = desk.worth
    return Holdings(max(worth.equity, 0.0), max(worth.peak - worth.equity, 0.0), found)


def _more(stake: Stake, cost: float, lost: float) -> Stake:
    return Stake(stake.cost + cost, stake.risk + lost)


def _worst_usd(coin: Asset, desk: Desk, look: Look, rules: Rules) -> float:
    view = desk.outlooks.get(coin)
    return min(view.worst if view else 0.0, 1.0) * peg_usd(coin, look, rules)  # above the peg there is no stop


def _hold(desk: Desk, hold: Hold, counters: Counters, look: Look, rules: Rules) -> tuple[Desk, list[Action]]:
    """Buy more of a fallen coin, if there is room for more; never while the last order is open or the way out begun."""
    trade = next((each for each in desk.account.trades.values() if (each.kind, each.coin) == ("hold", hold.coin)), None)
    if trade and (desk.account.pending(trade.id) or trade.exits):
        return desk, []
    offers = counters[hold.coin]
    room = stakes.room(hold, holdings(desk, rules, look), _sellable_usd(hold, offers), rules.coins, rules.mandate)
    usd = min(room.usd, rules.mandate.most_usd)
    if usd < rules.mandate.least_usd:
        return remembering(desk, Passed(look.now, hold.coin, "hold", room.reason)), []
    dearest = hold.price * hold.usd * NEAR
    amount = Decimal(repr(usd / dearest / (1 + rules.mandate.slippage_bp / BP))).quantize(Decimal("1e-8"), ROUND_DOWN)
    near = [each for each in offers if each.sells and each.ask_usd <= dearest and not rests(each, desk, look, rules)]
    view = hold.outlook
    why = f"{1 - hold.price:.2%} below its peg, comes back with {view.recovery_low:.0%} or more, worth {view.fair:.4f}"
    wish = Wish(
        trade.id if trade else "",
        "hold",
        hold.coin,
        Side.BUY,
        Purpose.ENTER,
        amount,
        rules.mandate.slippage_bp,
        why,
        patient=True,
    )
    made = list(tickets.cut(wish, near, desk.account, rules.mandate.share, look.now))
    return _placed(desk, made, hold.coin, look, rules)


def _sellable_usd(hold: Hold, offers: Sequence[Counter]) -> float:
    """What could be sold of the coin on its way to the stop: of what buys it now, what such times leave."""
    now, then = (
        liquidity.stressed(1.0, 0.0, liquidity.severity((1 - price) * BP))[0]
        for price in (hold.price, hold.outlook.worst)
    )
    bids = sum(each.quote.bid_size * (each.quote.bid or 0.0) * each.quote_usd for each in offers)
    return bids * min(then / now, 1.0) * DRIED * SOLD_IN


def _placed(desk: Desk, made: list[Ticket], coin: Asset, look: Look, rules: Rules) -> tuple[Desk, list[Action]]:
    """Orders of one trade: the first that is approved gives it its name."""
    actions: list[Action] = []
    trade = made[0].trade if made else ""
    if not made:
        desk = remembering(
            desk, Passed(look.now, coin, "hold", "no money lies where it is sold, or too little is sold")
        )
    for ticket in made:
        desk, placed = reviewed(desk, replace(ticket, trade=trade), look, rules)
        actions += placed
    return desk, actions


def _pair(desk: Desk, pair: Pair, counters: Counters, look: Look, rules: Rules) -> tuple[Desk, list[Action]]:
    """Both legs at once, or neither."""
    if any(each.kind == "pair" and each.coin == pair.coin for each in desk.account.trades.values()):
        return desk, []
    by_market = {each.market: each for each in counters[pair.coin]}
    step = max(by_market[pair.buy].terms.amount_step, by_market[pair.sell].terms.amount_step)
    amount = (Decimal(repr(pair.amount)) / step).to_integral_value(ROUND_DOWN) * step
    why = f"{pair.net_bp:.0f} bp after costs between {pair.buy.venue} and {pair.sell.venue}"
    legs: list[Ticket] = []
    for side, market in ((Side.BUY, pair.buy), (Side.SELL, pair.sell)):
        wish = Wish("", "pair", pair.coin, side, Purpose.ENTER, amount, rules.mandate.pair_bp / 4, why)
        legs += tickets.cut(wish, [by_market[market]], desk.account, 1.0, look.now)
        amount = legs[-1].amount if legs else amount  # the purse must bear slippage too: no more is sold than bought
    if len(legs) < 2 or legs[0].amount != legs[1].amount:
        return desk, []
    legs[1] = replace(legs[1], id=tickets.name(desk.account.tickets + 1, look.now), trade=legs[0].trade)
    verdicts = [risk.review_order(leg, desk.account, desk.worth, look.standing, rules.mandate) for leg in legs]
    for verdict in verdicts:
        if isinstance(verdict, Passed):
            return remembering(desk, verdict), []
    placed: list[Action] = []
    for verdict in verdicts:
        if isinstance(verdict, ApprovedOrder):
            desk = post(desk, Ordered(look.now, look.now, verdict.ticket))
            placed.append(Place(verdict))
    return desk, placed
