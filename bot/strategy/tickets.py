"""From an amount of a coin to orders: split over venues, priced no worse than is allowed, each with its own name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from math import inf

from bot.model.account import Account
from bot.model.markets import CHAIN, Asset, perpetual
from bot.model.orders import COVER, MARGIN, NOTHING, Kind, Purpose, Side, Style, Terms, Ticket
from bot.model.times import SECOND
from bot.strategy import splitting
from bot.strategy.opportunities import BP, Counter
from bot.strategy.splitting import Offer, Part

WAITING_BP = 8.0  # saved, at least, by an order that waits: less, and the price walks away for it


@dataclass(frozen=True, slots=True)
class Wish:
    """What orders are wanted for. `amount` in coins; `slip_bp`: worse than the price seen, at most."""

    trade: str
    kind: Kind
    coin: Asset
    side: Side
    purpose: Purpose
    amount: Decimal
    slip_bp: float
    why: str
    patient: bool = False  # an order may wait in the book where that pays
    future: bool = False  # it is the coin's perpetual that is bought or sold

    @property
    def asset(self) -> Asset:
        """What is bought or sold."""
        return perpetual(self.coin) if self.future else self.coin


def cut(wish: Wish, counters: Iterable[Counter], account: Account, share: float, now: int) -> Iterator[Ticket]:
    """Orders that together trade the amount, or what books and purses bear of it. `share` of each book is taken."""
    by_market = {each.market: each for each in _one_a_purse(counters, wish.side)}
    offers = [_offer(each, wish, account, share) for each in by_market.values()]
    parts = splitting.split([offer for offer in offers if offer.levels], wish.amount, wish.side)
    for number, part in enumerate(parts):
        yield _ticket(wish, part, by_market[part.market], account.tickets + number, now)


def _one_a_purse(counters: Iterable[Counter], side: Side) -> Iterable[Counter]:
    """Of the markets that take from the same purse the best one: what lies there can be given once only."""
    buys, best = side is Side.BUY, dict[tuple[str, Asset], Counter]()
    for each in sorted(counters, key=lambda one: one.ask_usd if buys else -one.bid_usd):
        if each.sells if buys else each.buys:
            best.setdefault((each.market.holder, each.market.quote if buys else each.market.base), each)
    return best.values()


def _offer(counter: Counter, wish: Wish, account: Account, share: float) -> Offer:
    """A book as we may use it, and what lies there for it at the worst price we would pay."""
    buys = wish.side is Side.BUY
    price, size = (counter.quote.ask, counter.quote.ask_size) if buys else (counter.quote.bid, counter.quote.bid_size)
    return Offer(
        market=counter.market,
        levels=((price, min(size * share, _owed(counter, wish, account))),) if price and size > 0 else (),
        terms=_asked(counter, wish),
        quote_usd=counter.quote_usd if buys else counter.proceeds_usd,
        room=_room(counter, wish, account),
    )


def _asked(counter: Counter, wish: Wish) -> Terms:
    """What the market asks of it: what is bought back may be little, exchanges take any part of a position."""
    return replace(counter.terms, min_cost=NOTHING) if wish.future and wish.side is Side.BUY else counter.terms


def _owed(counter: Counter, wish: Wish, account: Account) -> float:
    """No more of a perpetual is bought than was sold short there."""
    if not wish.future or wish.side is Side.SELL:
        return inf
    return max(-float(account.balances.get((counter.market.venue, counter.market.base), 0)), 0.0)


def _room(counter: Counter, wish: Wish, account: Account) -> Decimal | None:
    """What lies there for it: of the quote to buy with, of the base to sell, of margin to sell short; None: enough."""
    buys, (venue, base, quote) = wish.side is Side.BUY, counter.market
    slip = Decimal(repr(1 + wish.slip_bp / BP)) * Decimal("1.001")  # and a step
    if wish.future:  # to buy back needs no money: it sets some free
        worst = Decimal(repr(counter.quote.bid or 0.0)) / slip
        return None if buys else account.free(venue, MARGIN) / (COVER - worst) if worst < COVER else None
    if not buys:
        return account.spare(venue, base) if wish.kind == "pair" else _own(counter, wish, account)  # none of a hold
    return account.free(venue, quote) / (slip * (1 + counter.terms.taker))


def _own(counter: Counter, wish: Wish, account: Account) -> Decimal:
    """What a trade holds there: of the same coin another may hold some, too."""
    trade, (venue, base, _) = account.trades.get(wish.trade), counter.market
    there, its = account.free(venue, base), counter.market.holder
    if trade is None:
        return there
    asked = (each for each in account.orders.values() if each.ticket.trade == trade.id)
    asked = (each for each in asked if each.ticket.side is Side.SELL and each.ticket.market.holder == its)
    held = trade.held.get(its, NOTHING) - sum((each.remaining for each in asked), NOTHING)
    return min(there, max(held, NOTHING))


def _ticket(wish: Wish, part: Part, counter: Counter, number: int, now: int) -> Ticket:
    seen = (counter.quote.ask if wish.side is Side.BUY else counter.quote.bid) or 0.0
    waits = wish.patient and _waiting_pays(counter)
    return Ticket(
        id=name(number, now),
        trade=wish.trade or name(number, now),
        kind=wish.kind,
        coin=wish.coin,
        market=part.market,
        side=wish.side,
        amount=part.amount,
        limit=_inside(counter, wish.side) if waits else limit(seen, wish.side, wish.slip_bp, counter.terms.price_step),
        style=Style.REST if waits else Style.TAKE,
        purpose=wish.purpose,
        quote_usd=counter.quote_usd if wish.side is Side.BUY else counter.proceeds_usd,
        made_at=now,
        seen_price=seen,
        why=wish.why,
        flat_usd=counter.terms.flat_usd,
    )


def _waiting_pays(counter: Counter) -> bool:
    """Whether half of the spread and the difference of the fees are worth the risk that nobody comes; not in a pool."""
    bid, ask = counter.quote.bid, counter.quote.ask
    if counter.market.holder == CHAIN or not bid or not ask or ask - bid < 2 * float(counter.terms.price_step):
        return False
    return ((ask - bid) / (ask + bid) + float(counter.terms.taker - counter.terms.maker)) * BP >= WAITING_BP


def _inside(counter: Counter, side: Side) -> Decimal:
    """A step better than the best of our side, so that we come first."""
    step, buys = counter.terms.price_step, side is Side.BUY
    best = Decimal(repr(counter.quote.bid if buys else counter.quote.ask))
    rounding = ROUND_DOWN if buys else ROUND_UP
    return ((best / step).to_integral_value(rounding) + (1 if buys else -1)) * step


def limit(seen: float, side: Side, slip_bp: float, step: Decimal) -> Decimal:
    """The worst price for which an order is still wanted, on the market's steps; never worse than so much worse."""
    worst = Decimal(repr(seen * (1 + slip_bp / BP if side is Side.BUY else 1 - slip_bp / BP)))
    rounding = ROUND_DOWN if side is Side.BUY else ROUND_UP
    return (worst / step).to_integral_value(rounding=rounding) * step


def name(number: int, now: int) -> str:
    """A client order id: 18 letters and digits at most, unlike those of other journals that trade the same account."""
    return f"rp{now // SECOND:x}{number % 16**8:x}"
