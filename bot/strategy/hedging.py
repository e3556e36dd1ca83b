"""A fallen coin bought where it is cheap and sold short, as a perpetual, where it is dear.

What comes of the coin itself does not matter then: the difference between the two is earned, and closes when the depeg
does, either way. What it costs meanwhile is the funding that a short pays. A perpetual is settled in USDT, so the
difference is, too: a premium of USDT counts for nothing, and a USDT that leaves its peg ends it, see
bot.strategy.unhedging.
"""

from collections.abc import Sequence

from bot.model.account import Account
from bot.model.decisions import Hedged
from bot.model.markets import Asset
from bot.model.orders import COVER, MARGIN
from bot.model.outlooks import Outlook, Stance
from bot.model.times import DAY
from bot.strategy.exits import LATE
from bot.strategy.mandate import Mandate
from bot.strategy.opportunities import BP, UNKNOWN_DAYS, YEAR, Counter

HIGHEST = float(COVER) / 1.2  # a dearer perpetual ties more margin at the exchange than the cover is


def chance(
    coin: Asset,
    outlook: Outlook,
    spot: Sequence[Counter],
    futures: Sequence[Counter],
    account: Account,
    mandate: Mandate,
    age: int,
    now: int,
) -> Hedged | str:
    """What buying a coin below its peg and selling its perpetual promises; or why it is no chance.

    `age` of the depeg, ns. Two legs are begun only on what both books said just now.
    """
    if outlook.stance not in (Stance.HOLD, Stance.HEDGED):
        return f"{outlook.stance}: {outlook.reasons[0] if outlook.reasons else 'by its outlook'}"
    if lasted := too_long(outlook, age):
        return lasted
    asks = [each for each in spot if each.sells and now - each.quote.seen_at <= mandate.pair_age]
    bids = [each for each in futures if shortable(each) and now - each.quote.seen_at <= mandate.pair_age]
    if not asks:
        return "nobody sells it for money where orders may go"
    if not bids:
        return "nobody buys its perpetual where orders may go"
    asks = [each for each in asks if _affords(each, account) * each.ask_usd >= mandate.least_usd]
    bids = [each for each in bids if covered(each, account) * each.bid_usd >= mandate.least_usd]
    if not asks or not bids:
        return "no margin lies where its perpetual is" if asks else "no money lies where it is sold"
    buy = min(asks, key=lambda one: one.buying_usd(mandate.most_usd))
    short = max(bids, key=lambda one: one.bid_usd)
    price, days = buy.buying_usd(mandate.most_usd), expected(outlook) / DAY
    net = short.bid_usd / price - 1 - _costs(buy, short, price, days, mandate)
    if net < mandate.edge:
        return f"hedged it promises {net:.2%} after costs, less than {mandate.edge:.2%}"
    amount = _borne(buy, short, account, mandate)
    return Hedged(coin, buy.market, short.market, outlook, price, short.bid_usd, amount, net, days, mandate.parted)


def expected(outlook: Outlook) -> int:
    """For how long it is carried, ns from now: a day at the least."""
    return max(outlook.median_time or round(UNKNOWN_DAYS * DAY), DAY)


def too_long(outlook: Outlook, age: int) -> str | None:
    """Why a coin that was away for so long already, ns, is not waited for."""
    late = age > LATE * (outlook.late_time or UNKNOWN_DAYS * DAY)
    return "apart for longer than coins stay away that come back" if late else None


def shortable(future: Counter) -> bool:
    """Whether more of it may be sold there: not where it is so dear that the cover would not do."""
    return future.buys and future.sound and (future.quote.bid or 0.0) < HIGHEST


def covered(future: Counter, account: Account) -> float:
    """Coins of it that the margin there bears."""
    return float(account.free(future.market.venue, MARGIN)) / (float(COVER) - (future.quote.bid or 0.0))


def slip_bp(mandate: Mandate) -> float:
    """How much worse than seen a leg may be: four of them together may cost the least that is earned."""
    return mandate.edge / 4 * BP


def _affords(spot: Counter, account: Account) -> float:
    """Coins that our money there buys."""
    free = float(account.free(spot.market.venue, spot.market.quote))
    return free / ((spot.quote.ask or 0.0) * (1 + float(spot.terms.taker)))


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
    dearest = buy.ask_usd * (1 + slip_bp(mandate) / BP)
    books = min(buy.quote.ask_size * buy.part(slip_bp(mandate)), short.quote.bid_size)
    return min(books, _affords(buy, account), covered(short, account), mandate.most_usd / dearest)
