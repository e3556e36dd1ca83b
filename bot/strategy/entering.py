"""Chances taken at one look: the best first, as long as there is room for them."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal

from bot.model.decisions import Action, Depeg, Hedged, Hold, Opportunity, Pair, Passed
from bot.model.markets import DOLLAR, Asset, perpetual
from bot.model.orders import Kind, Purpose, Side, Ticket
from bot.model.outlooks import Stance
from bot.model.trade import Trade
from bot.strategy import hedging, legged, opportunities, stakes, tickets, tradable, unhedging
from bot.strategy.legged import Leg, Legs
from bot.strategy.opportunities import BP, Counter, Counters
from bot.strategy.ordering import Desk, Look, Rules, peg_usd, remembering, rests, reviewed
from bot.strategy.stakes import Holdings, Stake
from bot.strategy.tickets import Wish

NEAR = 1.002  # times the best price: markets so near to it are bought at too


def enter(
    desk: Desk, falls: Mapping[Asset, Depeg], counters: Counters, look: Look, rules: Rules
) -> tuple[Desk, list[Action]]:
    """The chances of this look, the best first, as long as there is room for them."""
    chances: list[Opportunity] = []
    for coin, depeg in falls.items():
        if coin in desk.outlooks:
            desk, found = _of_fallen(desk, depeg, counters, look, rules)
            chances += found
    for coin, offers in counters.items() if rules.mandate.pairs else ():
        if coin not in rules.coins.by_symbol or _untouchable(desk, coin):
            continue  # one leg may fail, and then it is held
        there = tuple(each for each in offers if not rests(each, desk, look, rules))
        desk, found = _pairs_of(coin, there, desk, look, rules)
        chances += found
    actions: list[Action] = []
    for chance in opportunities.ranked(chances):
        match chance:
            case Hold():
                desk, more = _hold(desk, chance, counters, look, rules)
            case Hedged():
                desk, more = _hedged(desk, chance, counters, look, rules)
            case Pair():
                desk, more = _pair(desk, chance, counters, look, rules)
            case _:
                more = []
        actions += more
    return desk, actions


def _pairs_of(
    coin: Asset, there: tuple[Counter, ...], desk: Desk, look: Look, rules: Rules
) -> tuple[Desk, list[Opportunity]]:
    """The best pair of a coin whose coins and money are held back nowhere."""
    caught: list[str] = []
    for pair in opportunities.pairs(coin, there, desk.account, look.now, rules.mandate):
        why = opportunities.caught(pair, desk.account.ways)
        if why is None:
            return replace(desk, told={key: each for key, each in desk.told.items() if key != (coin, "pair")}), [pair]
        caught.append(why)
    return (remembering(desk, Passed(look.now, coin, "pair", min(caught))) if caught else desk), []


def _of_fallen(
    desk: Desk, depeg: Depeg, counters: Counters, look: Look, rules: Rules
) -> tuple[Desk, list[Opportunity]]:
    """What a coin off its peg offers: to be held, or held and sold short. Why not, where it is not, is remembered."""
    coin, mandate = depeg.coin, rules.mandate
    view, offers, futures = desk.outlooks[coin], counters.get(coin, ()), counters.get(perpetual(coin), ())
    good = tradable.buyable(coin, offers, desk, look, rules.mandate)
    dry = None if good else tradable.why_not(coin, offers, desk, look)
    found: list[tuple[Kind, Hold | Hedged | str]] = []
    if mandate.holds:
        usd = peg_usd(coin, look, rules)
        held = opportunities.hold(depeg, view, good or offers, look.values, usd, mandate)
        found.append(("hold", held if isinstance(held, str) else dry or held))
    dollar = rules.coins.peg(coin) == DOLLAR  # what covers a short is told by dollars
    if mandate.hedges and dollar and depeg.direction == "below" and (futures or view.stance is Stance.HEDGED):
        where = good or offers, futures
        there, short = ([each for each in some if not rests(each, desk, look, rules)] for some in where)
        hedged = hedging.chance(coin, view, there, short, desk.account, mandate, look.now - depeg.start, look.now)
        found.append(("hedged", hedged if isinstance(hedged, str) else dry or hedged))
    for kind, each in found:
        if isinstance(each, str):
            desk = remembering(desk, Passed(look.now, coin, kind, each))
    return desk, [each for _, each in found if not isinstance(each, str)]


def _untouchable(desk: Desk, coin: Asset) -> bool:
    return coin in desk.outlooks and desk.outlooks[coin].stance is Stance.NO_TOUCH


def holdings(desk: Desk, rules: Rules, look: Look) -> Holdings:
    """What is held of each coin and promised to be, and what of it may be lost."""
    found: dict[Asset, Stake] = {}
    for trade in desk.account.trades.values():
        if trade.kind != "pair":
            stake = _stake(trade.kind, trade.coin, trade.basis_usd, trade.net, desk, look, rules)
            found[trade.coin] = _more(found.get(trade.coin, Stake()), stake)
    for order in desk.account.orders.values():
        ticket = order.ticket
        if ticket.purpose is Purpose.ENTER and ticket.kind != "pair":
            cost = float(order.remaining * ticket.limit) * ticket.quote_usd
            stake = _stake(ticket.kind, ticket.coin, cost, order.remaining, desk, look, rules)
            found[ticket.coin] = _more(found.get(ticket.coin, Stake()), stake)
    worth = desk.worth
    return Holdings(max(worth.equity, 0.0), max(worth.peak - worth.equity, 0.0), found)


def _stake(kind: Kind, coin: Asset, cost: float, amount: Decimal, desk: Desk, look: Look, rules: Rules) -> Stake:
    """What coins that cost so many dollars lose at worst: at their stop, or what coin and perpetual part by."""
    if kind == "hedged":
        return Stake(cost, cost * rules.mandate.parted)
    return Stake(cost, max(cost - max(float(amount), 0.0) * _worst_usd(coin, desk, look, rules), 0.0))


def _more(one: Stake, other: Stake) -> Stake:
    return Stake(one.cost + other.cost, one.risk + other.risk)


def _worst_usd(coin: Asset, desk: Desk, look: Look, rules: Rules) -> float:
    view = desk.outlooks.get(coin)
    return min(view.worst if view else 0.0, 1.0) * peg_usd(coin, look, rules)  # above the peg there is no stop


def _hold(desk: Desk, hold: Hold, counters: Counters, look: Look, rules: Rules) -> tuple[Desk, list[Action]]:
    """Buy more of a fallen coin, if there is room for more; never while the last order is open or the way out begun."""
    trade = _open(desk, "hold", hold.coin)
    if trade and (desk.account.pending(trade.id) or trade.exits):
        return desk, []
    offers = counters[hold.coin]
    room = stakes.room(
        hold,
        holdings(desk, rules, look),
        tradable.sellable_usd(hold.coin, (hold.price, hold.outlook.worst), offers, desk, look, rules),
        rules.coins,
        rules.mandate,
    )
    usd = min(room.usd, rules.mandate.most_usd)
    if usd < rules.mandate.least_usd:
        return remembering(desk, Passed(look.now, hold.coin, "hold", room.reason)), []
    dearest = hold.price * hold.usd * NEAR
    amount = Decimal(repr(usd / dearest / (1 + rules.mandate.slippage_bp / BP))).quantize(Decimal("1e-8"), ROUND_DOWN)
    good = tradable.buyable(hold.coin, offers, desk, look, rules.mandate)
    near = [each for each in good if each.ask_usd <= dearest and not rests(each, desk, look, rules)]
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


def _hedged(desk: Desk, chance: Hedged, counters: Counters, look: Look, rules: Rules) -> tuple[Desk, list[Action]]:
    """Buy more of a coin and sell as much of its perpetual; never while orders of it are open or the way out begun."""
    trade = _open(desk, "hedged", chance.coin)
    if trade and (desk.account.pending(trade.id) or trade.exits or unhedging.bare(trade)):
        return desk, []
    offers, futures = counters[chance.coin], counters[perpetual(chance.coin)]
    sellable = tradable.sellable_usd(chance.coin, (chance.price, chance.outlook.worst), offers, desk, look, rules)
    room = stakes.hedged_room(chance, holdings(desk, rules, look), sellable, rules.coins, rules.mandate)
    if room.usd < rules.mandate.least_usd:
        return remembering(desk, Passed(look.now, chance.coin, "hedged", room.reason)), []
    buy = next(each for each in offers if each.market == chance.buy)
    short = next(each for each in futures if each.market == chance.short)
    legs = Legs(
        "hedged",
        chance.coin,
        trade.id if trade else "",
        min(chance.amount, room.usd / chance.price),
        (Leg(buy, Side.BUY), Leg(short, Side.SELL, Purpose.HEDGE)),
        hedging.slip_bp(rules.mandate),
        f"bought for {chance.price:.4f} and sold short for {chance.short_price:.4f}: {chance.net:.2%} after costs",
    )
    return legged.place(desk, legs, look, rules)


def _pair(desk: Desk, pair: Pair, counters: Counters, look: Look, rules: Rules) -> tuple[Desk, list[Action]]:
    """Bought here and sold there, unless one of the coin is open still."""
    if _open(desk, "pair", pair.coin):
        return desk, []
    by_market = {each.market: each for each in counters[pair.coin]}
    legs = Legs(
        "pair",
        pair.coin,
        "",
        pair.amount,
        (Leg(by_market[pair.buy], Side.BUY), Leg(by_market[pair.sell], Side.SELL)),
        rules.mandate.pair_bp / 4,
        f"{pair.net_bp:.0f} bp after costs between {pair.buy.venue} and {pair.sell.venue}",
    )
    return legged.place(desk, legs, look, rules)


def _open(desk: Desk, kind: Kind, coin: Asset) -> Trade | None:
    return next((each for each in desk.account.trades.values() if (each.kind, each.coin) == (kind, coin)), None)
