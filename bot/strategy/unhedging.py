"""How a hedge is kept even, eased, and closed: both legs at once, and a leg that stands alone before all else."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from bot.model.account import Account
from bot.model.markets import perpetual
from bot.model.orders import COVER, MARGIN, NOTHING, Purpose, Side
from bot.model.outlooks import Outlook, Stance
from bot.model.times import DAY
from bot.model.trade import DUST_USD, Trade
from bot.strategy import hedging, unwinding
from bot.strategy.exits import HOME
from bot.strategy.legged import Leg, Legs
from bot.strategy.mandate import Mandate
from bot.strategy.opportunities import BP, Counter
from bot.strategy.tickets import Wish

UNEVEN = 0.0025  # of what is held: a buyer's fee may be taken in coins, and steps differ
DONE = 0.9  # of the difference: what is left does not pay for the waiting
MET = 0.001  # of the price: two that are so near have met, whatever the difference was
THIN = Decimal("0.95")  # of the cover that ought to be there: below it some is bought back
RELIEF = Decimal("0.25")  # of the short position, at a time
CRUMB = 2  # times what the markets take at least: less is left leg by leg


@dataclass(frozen=True, slots=True)
class There:
    """Where a hedged coin may be sold now, and its perpetual sold and bought back; who refuses us just now is not."""

    spot: Sequence[Counter]
    futures: Sequence[Counter]
    rests: Callable[[Counter], bool]  # nobody was found there just now

    def sells(self, trade: Trade) -> Counter | None:
        """The best buyer of the coin where enough of it lies for an order, and for one as large of the perpetual."""
        least = max(map(_least_usd, self.futures), default=0.0)
        its = [each for each in self.spot if each.buys and _lying_usd(trade, each) > max(_least_usd(each), least)]
        return max(its, key=lambda one: one.bid_usd, default=None)

    def covers(self, account: Account) -> Counter | None:
        """The best seller of the perpetual where it is short, whatever USDT is worth."""
        its = [each for each in self.futures if each.sells and short_at(each, account) > 0]
        return min(its, key=lambda one: one.ask_usd, default=None)


def _lying_usd(trade: Trade, spot: Counter) -> float:
    return float(trade.held.get(spot.market.holder, NOTHING)) * spot.bid_usd


def _least_usd(spot: Counter) -> float:
    """What an order there is of at least."""
    terms = spot.terms
    return CRUMB * max(float(each) for each in (terms.min_cost, terms.min_amount, terms.amount_step)) * spot.quote_usd


def short_at(future: Counter, account: Account) -> Decimal:
    """What is sold short at an exchange."""
    return max(-account.balances.get((future.market.venue, future.market.base), NOTHING), NOTHING)


def bare(trade: Trade) -> Decimal:
    """What one leg has more than the other, above zero coins, below it shorts; 0 up to what fees and steps make."""
    price = trade.cost_usd or trade.short.price
    few = DUST_USD + UNEVEN * float(max(trade.net, trade.short.open)) * price
    return trade.bare if abs(float(trade.bare)) * price > few else NOTHING


def steps(
    trade: Trade,
    there: There,
    account: Account,
    mandate: Mandate,
    *,
    price: float | None,
    outlook: Outlook | None,
    age: int,
    now: int,
) -> Iterator[Wish | Legs]:
    """What to do with a hedge now; nothing while its orders may still be filled.

    `price` of the coin in units of its peg, None where nobody knows; `outlook` None where no depeg is known to last;
    `age` of that in ns.
    """
    if account.pending(trade.id):
        return
    spot, future = there.sells(trade), there.covers(account)
    why = None
    if spot and future and price is not None:
        why = why_close(trade, spot, future, price, outlook, age)
    if bare(trade):
        yield from _evening(trade, there, account, mandate, now, leaving=bool(trade.exits or why))
    elif _crumb(trade, there):
        yield from _each_by_itself(trade, mandate)
    elif spot and future and why:
        yield from _closing(trade, spot, future, why, account, mandate)
    elif _thin(trade, account):
        yield from _relief(trade, spot, future, account, mandate)


def gap_usd(trade: Trade, spot: Counter, future: Counter) -> float:
    """Dollars a coin that the perpetual is still dearer, between the middles of both books.

    USDT's premium is on what is bought back, and on what was sold for it: there it will be gone.
    """
    premium = max(future.quote_usd - 1.0, 0.0) * trade.short.price
    return _middle(future) * future.quote_usd - premium - _middle(spot) * spot.proceeds_usd


def _middle(counter: Counter) -> float:
    known = [price for price in (counter.quote.bid, counter.quote.ask) if price]
    return sum(known) / len(known) if known else 0.0


def why_close(
    trade: Trade, spot: Counter, future: Counter, price: float, outlook: Outlook | None, age: int
) -> str | None:
    """Why both legs are to be closed now."""
    entry = trade.short.price * min(future.quote_usd, 1.0) - trade.cost_usd
    gap = gap_usd(trade, spot, future)
    if gap <= max((1 - DONE) * entry, MET * trade.cost_usd):
        return f"the two have met: {entry - gap:.4f} of {entry:.4f} dollars a coin"
    if not future.sound:
        return f"{future.market.quote} left its peg, and the perpetual is settled in it"
    if outlook is None:  # after a start a depeg that lasts is not known yet
        return "back at its peg for good" if price >= HOME and gap < entry else None
    if outlook.stance is Stance.NO_TOUCH:
        return f"no touch: {outlook.reasons[0]}" if outlook.reasons else "no touch"
    carry = max(future.terms.carry, 0.0) * trade.cost_usd
    if carry * hedging.expected(outlook) / DAY > gap:
        return f"a day costs {future.terms.carry:.2%} in funding, more than is left to earn"
    return hedging.too_long(outlook, age)


def _closing(
    trade: Trade, spot: Counter, future: Counter, why: str, account: Account, mandate: Mandate
) -> Iterator[Wish | Legs]:
    """Both legs, as much as both books bear."""
    amount = min(_both(trade, spot, future, account), trade.net, trade.short.open)
    yield _legs(trade, spot, future, amount, why, hedging.slip_bp(mandate))


def _crumb(trade: Trade, there: There) -> bool:
    """Whether so little is left of it, wherever it lies, that no two orders of one amount are taken."""
    least = max((_least_usd(each) for each in (*there.spot, *there.futures)), default=0.0)
    price = trade.cost_usd or trade.short.price
    most = max(trade.held.values(), default=NOTHING)
    return float(min(most, trade.net, trade.short.open)) * price <= max(least, DUST_USD)


def _each_by_itself(trade: Trade, mandate: Mandate) -> Iterator[Wish]:
    why, slip = "too little is left to be hedged", hedging.slip_bp(mandate)
    if trade.short.open > 0:
        yield _wish(trade, Side.BUY, Purpose.EXIT, trade.short.open, slip, why, future=True)
    if trade.net > 0:
        yield _wish(trade, Side.SELL, Purpose.EXIT, trade.net, slip, why)


def _both(trade: Trade, spot: Counter, future: Counter, account: Account) -> Decimal:
    """Coins that lie where they are sold, are short where they are bought back, and that both books bear."""
    books = Decimal(repr(min(spot.quote.bid_size, future.quote.ask_size)))
    return min(books, trade.held.get(spot.market.holder, NOTHING), short_at(future, account))


def _legs(trade: Trade, spot: Counter, future: Counter, amount: Decimal, why: str, slip_bp: float) -> Legs:
    both = Leg(future, Side.BUY, Purpose.EXIT), Leg(spot, Side.SELL, Purpose.EXIT)
    return Legs("hedged", trade.coin, trade.id, float(amount), both, slip_bp, why)


def _thin(trade: Trade, account: Account) -> bool:
    """Whether at an exchange where it is short the margin does not cover that any more."""
    its = (venue for (venue, asset), held in account.balances.items() if asset == perpetual(trade.coin) and held < 0)
    return any(account.balances.get((venue, MARGIN), NOTHING) < account.cover(venue) * THIN for venue in its)


def _relief(
    trade: Trade, spot: Counter | None, future: Counter | None, account: Account, mandate: Mandate
) -> Iterator[Wish | Legs]:
    """Some of both legs closed in a hurry; the short one alone where the coin cannot be sold."""
    why = f"the margin covers no price of {COVER} any more"
    amount = (trade.short.open * RELIEF).quantize(Decimal("1e-8"), ROUND_DOWN)
    if spot and future and (both := min(amount, _both(trade, spot, future, account))):
        yield _legs(trade, spot, future, both, why, mandate.urgent_bp)
    else:
        yield _wish(trade, Side.BUY, Purpose.UNWIND, amount, mandate.urgent_bp, why, future=True)


def _evening(
    trade: Trade, there: There, account: Account, mandate: Mandate, now: int, *, leaving: bool
) -> Iterator[Wish]:
    """What makes a hedge even again of which one leg did not fill: shorts are bought back; coins sold short or sold."""
    alone, slip = bare(trade), unwinding.widened_bp(now - _last_fill(trade, account), mandate)
    if alone < 0:
        why = f"one-sided: {-alone.normalize():f} {trade.coin} more sold short than held"
        yield _wish(trade, Side.BUY, Purpose.UNWIND, -alone, slip, why, future=True)
        return
    why = f"one-sided: {alone.normalize():f} {trade.coin} held and not sold short"
    short = NOTHING if leaving else _shorted(trade, there, account, alone, slip)
    if short:
        yield _wish(trade, Side.SELL, Purpose.HEDGE, short, slip, why, future=True)
    if rest := alone - short:
        yield _wish(trade, Side.SELL, Purpose.UNWIND, rest, slip, why)


def _shorted(trade: Trade, there: There, account: Account, alone: Decimal, slip: float) -> Decimal:
    """Coins of those alone that are better sold short than sold."""
    futures = [each for each in there.futures if hedging.shortable(each) and not there.rests(each)]
    best, sold = max(futures, key=lambda one: one.bid_usd, default=None), there.sells(trade)
    if best is None or (sold and sold.bid_usd > best.bid_usd):
        return NOTHING
    bears = Decimal(repr(hedging.covered(best, account) / (1 + 2 * slip / BP)))  # sold lower it ties more
    most = min(alone, bears).quantize(best.terms.amount_step, ROUND_DOWN)
    return most if float(most) * best.bid_usd > float(best.terms.min_cost) else NOTHING


def _last_fill(trade: Trade, account: Account) -> int:
    """When something was last traded of it: since then it stands as it does, ns UTC."""
    its = (order for order in account.past.values() if order.ticket.trade == trade.id)
    return max((fill.seen_at for order in its for fill in order.fills.values()), default=trade.opened)


def _wish(
    trade: Trade, side: Side, purpose: Purpose, amount: Decimal, slip_bp: float, why: str, *, future: bool = False
) -> Wish:
    return Wish(trade.id, "hedged", trade.coin, side, purpose, amount, slip_bp, why, future=future)
