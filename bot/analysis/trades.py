"""What each trade of a replay came to: all fills of one trade id, taken together.

A trade's coin is the base of the markets it is traded in: what buys it enters, what sells it leaves, also where the two
legs of a pair are filled the other way round. Dollars are those that a market's quote was worth when the order was
decided. These are estimates for judging, so they are floats; the exact books are the ledger's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

from bot.analysis.outcome import Fill, Outcome
from bot.model.decisions import Depeg
from bot.model.markets import Asset
from bot.model.orders import Kind, Purpose, Side
from bot.strategy.deviation import BP

WAYS_OUT = frozenset({Purpose.EXIT, Purpose.UNWIND})
DUST = 0.01  # of the coins traded: what is left below this was a fee or a step of the market, and the trade is over


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade. Times are ns UTC, prices dollars a coin weighted by volume, `usd` dollars."""

    id: str
    coin: Asset
    kind: Kind
    venues: tuple[str, ...]  # in the order they were traded at
    turnover: tuple[float, ...]  # dollars bought and sold at each of them
    fees: tuple[float, ...]  # dollars paid at each of them
    entry_time: int  # the first fill
    exit_time: int | None  # the last fill; None while coins are left, or owed
    held: int  # ns, to the end of history while it is open
    entry_price: float | None  # None where nothing was bought
    exit_price: float | None  # None where nothing was sold
    size_usd: float  # the most that was in it at once, at cost
    slippage_bp: float  # how much worse than the price seen it was filled, fees left out; positive is worse
    pnl_usd: float  # after fees; what is left counts at the last price
    best_pnl_usd: float | None  # of its own entries sold at the best price there was; None where none is known
    capture: float | None  # of the best; None where there was nothing to be had
    exit_reason: str | None  # of the last order that left it; of a hedge of the first, for the last ones close crumbs

    @property
    def fees_usd(self) -> float:
        """Dollars paid in all."""
        return sum(self.fees)


def trades(outcome: Outcome) -> tuple[Trade, ...]:
    """Every trade, in the order they were entered."""
    by_id: dict[str, list[Fill]] = {}
    for fill in outcome.fills:
        by_id.setdefault(fill.trade, []).append(fill)
    return tuple(_trade(fills, outcome) for fills in by_id.values())


def dollars(fill: Fill) -> float:
    """What went over the counter."""
    return float(fill.amount * fill.price) * fill.quote_usd


def slippage_bp(fills: Iterable[Fill]) -> float:
    """How much worse than seen the fills were, by dollars; 0 of none, positive is worse."""
    weighed = [(dollars(fill), _slip(fill)) for fill in fills if fill.seen_price > 0]
    total = sum(weight for weight, _ in weighed)
    return sum(weight * slip for weight, slip in weighed) / total if total > 0 else 0.0


def _slip(fill: Fill) -> float:
    worse = (float(fill.price) - fill.seen_price) / fill.seen_price * BP
    return worse if fill.side is Side.BUY else -worse


def _trade(fills: Sequence[Fill], outcome: Outcome) -> Trade:
    first, last = fills[0], fills[-1]
    end = _end(outcome)
    bought, sold = _of(fills, Side.BUY), _of(fills, Side.SELL)
    open_ = max(abs(_left(fills, perpetual=of)) for of in (False, True))
    exit_time = None if open_ > DUST * max(_coins(bought), _coins(sold)) else last.at
    pnl = _earned(fills, outcome, end)
    best = _best(fills, outcome, _until(fills, exit_time, outcome.episodes, end), pnl)
    venues = tuple(dict.fromkeys(fill.market.venue for fill in fills))
    at_venue = [[fill for fill in fills if fill.market.venue == venue] for venue in venues]
    return Trade(
        id=first.trade,
        coin=first.coin,
        kind=first.kind,
        venues=venues,
        turnover=tuple(_paid(some) for some in at_venue),
        fees=tuple(_fees(some) for some in at_venue),
        entry_time=first.at,
        exit_time=exit_time,
        held=(end if exit_time is None else exit_time) - first.at,
        entry_price=_price(bought),
        exit_price=_price(sold),
        size_usd=_most_at_once([fill for fill in fills if not fill.market.perpetual]),
        slippage_bp=slippage_bp(fills),
        pnl_usd=pnl,
        best_pnl_usd=best,
        capture=pnl / best if best is not None and best > 0 else None,
        exit_reason=_why_left(fills),
    )


def _why_left(fills: Sequence[Fill]) -> str | None:
    ways_out = [fill for fill in fills if fill.purpose in WAYS_OUT]
    last = ways_out[-1].why if ways_out else None
    exits = (fill.why for fill in ways_out if fill.purpose is Purpose.EXIT)
    return next(exits, last) if fills[0].kind == "hedged" else last


def _earned(fills: Sequence[Fill], outcome: Outcome, end: int) -> float:
    """Dollars, of all legs and after funding; what is left counts at the last price, what is owed likewise.

    A perpetual pays out the difference, when it is bought back: in what its money is worth then.
    """
    flows = sum(_flow(fill, fill.quote_usd) for fill in fills if not fill.market.perpetual)
    futures = [fill for fill in fills if fill.market.perpetual]
    flows += sum(_flow(fill, futures[-1].quote_usd) for fill in futures)
    carry = outcome.carry.get(fills[0].trade, 0.0)
    legs = [[fill for fill in fills if fill.market.perpetual is of] for of in (False, True)]
    return flows - _fees(fills) + carry + sum(_left_usd(leg, outcome, end) for leg in legs if leg)


def _flow(fill: Fill, usd: float) -> float:
    """Dollars that came, below zero those that went."""
    return float(fill.amount * fill.price) * usd * (1 if fill.side is Side.SELL else -1)


def _left_usd(leg: Sequence[Fill], outcome: Outcome, end: int) -> float:
    """What is left of coins, or owed of their perpetual."""
    left = sum(_left(leg, perpetual=of) for of in (False, True))
    return left * _last_price(leg, outcome, end) if left else 0.0


def _left(fills: Sequence[Fill], *, perpetual: bool) -> float:
    """Coins bought and not sold; or the same of their perpetual, below zero what is short."""
    its = (fill for fill in fills if fill.market.perpetual == perpetual)
    return float(sum(fill.amount if fill.side is Side.BUY else -fill.amount for fill in its))


def _end(outcome: Outcome) -> int:
    """The last moment of which anything is known, ns."""
    return max((*(each.at for each in outcome.curve[-1:]), *(each.at for each in outcome.fills[-1:])))


def _of(fills: Sequence[Fill], side: Side) -> list[Fill]:
    """Of the coin itself."""
    return [fill for fill in fills if fill.side is side and not fill.market.perpetual]


def _coins(fills: Sequence[Fill]) -> float:
    return float(sum(fill.amount for fill in fills))


def _paid(fills: Sequence[Fill]) -> float:
    return sum(dollars(fill) for fill in fills)


def _fees(fills: Sequence[Fill]) -> float:
    return sum(fill.fee_usd for fill in fills)


def _price(fills: Sequence[Fill]) -> float | None:
    """Dollars a coin, weighted by volume."""
    coins = _coins(fills)
    return _paid(fills) / coins if coins > 0 else None


def _last_price(fills: Sequence[Fill], outcome: Outcome, end: int) -> float:
    """What coins left over count at: the last close there is, or the last fill where none came after it."""
    closes = outcome.prices(fills[0].market.base, fills[-1].at, end)
    return closes[-1][1] if closes else float(fills[-1].price) * fills[-1].quote_usd


def _most_at_once(fills: Sequence[Fill]) -> float:
    """The largest cost of what was held, or owed, between two fills; leaving takes its share of the cost along."""
    coins = cost = most = 0.0
    for fill in fills:
        more = float(fill.amount) if fill.side is Side.BUY else -float(fill.amount)
        if coins * more >= 0:
            coins, cost = coins + more, cost + dollars(fill)
        elif abs(more) <= abs(coins):
            coins, cost = coins + more, cost * (1 - abs(more / coins))
        else:
            coins, cost = coins + more, dollars(fill) * (1 - abs(coins / more))
        most = max(most, cost)
    return most


def _until(fills: Sequence[Fill], exit_time: int | None, episodes: Sequence[Depeg], end: int) -> int:
    """Until when it could have waited: the later of its exit and the end of the depeg it was entered in, ns."""
    scopes = {"coin", *(f"venue:{fill.market.venue}" for fill in fills)}
    ends = [
        end if depeg.end is None else depeg.end
        for depeg in episodes
        if depeg.coin == fills[0].coin
        and depeg.scope in scopes
        and depeg.start <= fills[0].at
        and (depeg.end is None or fills[0].at <= depeg.end)
    ]
    return max([end if exit_time is None else exit_time, *ends])


def _best(fills: Sequence[Fill], outcome: Outcome, until: int, pnl: float) -> float | None:
    """Profit of the same entries, had all been sold at the best price from the last of them on, at the exits' fee rate.

    Never below what was made: that could be had, too. While nothing was sold the fee is that of the entries.
    """
    bought = _of(fills, Side.BUY)
    if not bought:
        return None
    price = outcome.best_exit(fills[0].trade, bought[-1].at, until)
    if not isfinite(price):
        return None
    if any(fill.market.perpetual for fill in fills):
        short = sum(dollars(fill) for fill in fills if fill.market.perpetual and fill.side is Side.SELL)
        carry = outcome.carry.get(fills[0].trade, 0.0)
        return max(pnl, _coins(bought) * price + short - _paid(bought) - _fees(fills) + carry)
    paying = _of(fills, Side.SELL) or bought
    rate = _fees(paying) / _paid(paying) if _paid(paying) > 0 else 0.0
    return max(pnl, _coins(bought) * price * (1 - rate) - _paid(bought) - _fees(bought))
