"""A fallen coin bought where it is cheap and sold short, as a perpetual, where it is dear.

What comes of the coin itself does not matter then: the difference between the two is earned, and closes when the depeg
does, either way. What it costs meanwhile is the funding that a short pays. What it can lose is that the two part
further, that the margin does not reach, or that one leg is left alone; each of these has a limit here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.model.account import Account
from bot.model.decisions import Hedged
from bot.model.markets import Asset, perpetual
from bot.model.orders import COVER, MARGIN, NOTHING, Purpose, Side
from bot.model.outlooks import Outlook, Stance
from bot.model.times import DAY
from bot.model.trade import DUST_USD, Trade
from bot.strategy.exits import HOME, LATE
from bot.strategy.mandate import Mandate
from bot.strategy.opportunities import BP, UNKNOWN_DAYS, YEAR, Counter
from bot.strategy.tickets import Wish

UNEVEN = 0.0025  # of what is held: a buyer's fee may be taken in coins, and steps differ
DONE = 0.9  # of the difference: what is left does not pay for the waiting
THIN = Decimal("0.95")  # of the cover that ought to be there: below it some is bought back
RELIEF = Decimal("0.25")  # of the short position, at a time


def chance(
    coin: Asset,
    outlook: Outlook,
    spot: Sequence[Counter],
    futures: Sequence[Counter],
    account: Account,
    mandate: Mandate,
) -> Hedged | str:
    """What buying a coin below its peg and selling its perpetual promises; or why it is no chance."""
    if outlook.stance not in (Stance.HOLD, Stance.HEDGED):
        return f"{outlook.stance}: {outlook.reasons[0] if outlook.reasons else 'by its outlook'}"
    asks = [each for each in spot if each.sells]
    bids = [each for each in futures if each.buys and Decimal(repr(each.quote.bid)) < COVER]
    if not asks:
        return "nobody sells it for money where orders may go"
    if not bids:
        return "nobody buys its perpetual where orders may go"
    buy = min(asks, key=lambda one: one.buying_usd(mandate.most_usd))
    short = max(bids, key=lambda one: one.bid_usd)
    price, days = buy.buying_usd(mandate.most_usd), (outlook.median_time or UNKNOWN_DAYS * DAY) / DAY
    net = short.bid_usd / price - 1 - _costs(buy, short, price, days, mandate)
    if net < mandate.edge:
        return f"hedged it promises {net:.2%} after costs, less than {mandate.edge:.2%}"
    amount = _borne(buy, short, account, mandate)
    if amount * price < mandate.least_usd:
        return "no money lies where it is sold, or no margin where its perpetual is"
    return Hedged(coin, buy.market, short.market, outlook, price, short.bid_usd, amount, net, days, mandate.parted)


def _costs(buy: Counter, short: Counter, price: float, days: float, mandate: Mandate) -> float:
    """Of each dollar: to come out again, to carry the short for so long, and for the money and the margin bound.

    Funding that a short receives is not counted on.
    """
    out = float(buy.terms.taker + short.terms.taker) + buy.terms.flat_usd / mandate.most_usd
    unsure = (buy.sigma_bp + short.sigma_bp) / BP if buy.market.quote != short.market.quote else 0.0
    bound = 1 + (float(COVER) - price) / price
    return out + unsure + max(short.terms.carry, 0.0) * days + mandate.capital_cost * days / YEAR * bound


def _borne(buy: Counter, short: Counter, account: Account, mandate: Mandate) -> float:
    """Coins that both books, the money at one and the margin at the other bear."""
    ask, bid = buy.quote.ask or 0.0, short.quote.bid or 0.0
    return min(
        buy.quote.ask_size,
        short.quote.bid_size,
        float(account.free(buy.market.venue, buy.market.quote)) / (ask * (1 + float(buy.terms.taker))),
        float(account.free(short.market.venue, MARGIN)) / (float(COVER) - bid),
        mandate.most_usd / (buy.ask_usd * (1 + slip_bp(mandate) / BP)),
    )


def slip_bp(mandate: Mandate) -> float:
    """How much worse than seen a leg may be: four of them together may cost the least that is earned."""
    return mandate.edge / 4 * BP


@dataclass(frozen=True, slots=True)
class Legs:
    """Where a hedged coin can be sold now, and its perpetual bought back; the best of each."""

    spot: Counter
    future: Counter

    @property
    def gap_usd(self) -> float:
        """Dollars a coin that closing both costs, before fees."""
        bought = (self.future.quote.ask or 0.0) * self.future.quote_usd
        return bought - (self.spot.quote.bid or 0.0) * self.spot.proceeds_usd


def legs(trade: Trade, spot: Sequence[Counter], futures: Sequence[Counter], account: Account) -> Legs | None:
    """The best of each among where the coins lie and where they are short; None where one of both is not to be had."""
    sells = [each for each in spot if each.buys and trade.held.get(each.market.holder, NOTHING) > 0]
    covers = [each for each in futures if each.sells and account.balances.get(_purse(each), NOTHING) < 0]
    if not sells or not covers:
        return None
    return Legs(max(sells, key=lambda one: one.bid_usd), min(covers, key=lambda one: one.ask_usd))


def _purse(counter: Counter) -> tuple[str, str]:
    return counter.market.venue, counter.market.base


def why_close(trade: Trade, there: Legs, price: float, outlook: Outlook | None, age: int) -> str | None:
    """Why both legs are to be closed now. `price` in units of the peg, `age` of the depeg in ns."""
    entry = trade.short.price_usd - trade.cost_usd
    if there.gap_usd <= (1 - DONE) * max(entry, 0.0):
        return f"the two have met: {max(entry - there.gap_usd, 0.0):.4f} of {entry:.4f} dollars a coin"
    if outlook is None:
        return "back at its peg for good" if price >= HOME else None
    if outlook.stance is Stance.NO_TOUCH:
        return f"no touch: {outlook.reasons[0]}" if outlook.reasons else "no touch"
    if age > LATE * (outlook.late_time or UNKNOWN_DAYS * DAY):
        return "apart for longer than coins stay away that come back"
    carry, left = max(there.future.terms.carry, 0.0) * trade.cost_usd, (outlook.median_time or UNKNOWN_DAYS * DAY) - age
    if carry * max(left, DAY) / DAY > there.gap_usd:
        return f"a day costs {carry / trade.cost_usd:.2%} in funding, more than is left to earn"
    return None


def closing(trade: Trade, there: Legs, why: str, mandate: Mandate) -> Iterator[Wish]:
    """Both legs at once, as much as both books bear."""
    books = Decimal(repr(min(there.spot.quote.bid_size, there.future.quote.ask_size)))
    amount = min(trade.net, trade.short.open, books)
    if amount <= 0:
        return
    for side, future in ((Side.SELL, False), (Side.BUY, True)):
        yield Wish(trade.id, "hedged", trade.coin, side, Purpose.EXIT, amount, slip_bp(mandate), why, future=future)


def relief(trade: Trade, account: Account, mandate: Mandate) -> Iterator[Wish]:
    """Some of both legs closed, in a hurry, where the margin does not cover any more what is short."""
    short = (venue for (venue, asset), held in account.balances.items() if asset == perpetual(trade.coin) and held < 0)
    if all(account.balances.get((venue, MARGIN), NOTHING) >= account.cover(venue) * THIN for venue in short):
        return
    why = f"the margin covers no price of {COVER} any more"
    for side, future in ((Side.BUY, True), (Side.SELL, False)):
        amount = trade.short.open * RELIEF
        yield Wish(trade.id, "hedged", trade.coin, side, Purpose.EXIT, amount, mandate.urgent_bp, why, future=future)


def evening(trade: Trade, spot: Sequence[Counter], futures: Sequence[Counter], mandate: Mandate) -> Wish | None:
    """What makes a hedge even again of which one leg did not fill: the dearer of selling the coin and its perpetual.

    None where both did, up to what fees and steps make.
    """
    bare = trade.bare
    price = trade.cost_usd or trade.short.price_usd
    if abs(float(bare)) * price <= DUST_USD + UNEVEN * float(max(trade.net, trade.short.open)) * price:
        return None
    if bare < 0:
        why = f"one-sided: {-bare.normalize():f} {trade.coin} more sold short than held"
        return _even(trade, Side.BUY, Purpose.UNWIND, -bare, why, mandate, future=True)
    sold, shorted = (max((each.bid_usd for each in some if each.buys), default=0.0) for some in (spot, futures))
    hedged = shorted >= sold and not trade.exits
    why = f"one-sided: {bare.normalize():f} {trade.coin} held and not sold short"
    return _even(trade, Side.SELL, Purpose.HEDGE if hedged else Purpose.UNWIND, bare, why, mandate, future=hedged)


def _even(
    trade: Trade, side: Side, purpose: Purpose, amount: Decimal, why: str, mandate: Mandate, *, future: bool
) -> Wish:
    return Wish(trade.id, "hedged", trade.coin, side, purpose, amount, mandate.unwind_bp, why, future=future)
