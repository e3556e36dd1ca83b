"""The chances at exchanges that quotes offer now: holds of fallen coins, and pairs between venues; and why not.

Loops are found in the chain's pools block by block, see bot.strategy.routing; all three have a score to be ranked by.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import inf

from bot.model.account import Account
from bot.model.coins import Coins
from bot.model.decisions import Depeg, FairValues, Hedged, Hold, Loop, Opportunity, Pair, Value
from bot.model.episodes import Redemption
from bot.model.events import Quote
from bot.model.markets import CHAIN, DOLLAR, FIAT, Asset, Market, underlying
from bot.model.orders import Terms
from bot.model.outlooks import Outlook, Stance
from bot.model.redeeming import access
from bot.model.times import DAY
from bot.model.ways import Ways, held_back
from bot.strategy import drift
from bot.strategy.mandate import Mandate
from bot.strategy.onchain import MOVE
from bot.strategy.worth import SURE_BP

BP = 1e4
YEAR = 365.0  # days
UNKNOWN_DAYS = 30.0  # that money is thought to be bound where nobody knows
NEAR_PAR = 0.005  # a coin within so much of a dollar serves as money
FEE_UNKNOWN = 0.002  # of what is traded, to come out again


@dataclass(frozen=True, slots=True)
class Counter:
    """One side of one market, as we could trade there: its terms, what its quote is worth, and what we have for it."""

    quote: Quote
    terms: Terms
    quote_usd: float
    sigma_bp: float = 0.0  # how unsure that is
    sound: bool = True  # the quote is money that may be paid with

    @property
    def market(self) -> Market:
        """Where it is."""
        return self.quote.market

    @property
    def sells(self) -> bool:
        """Whether one can be bought here."""
        return bool(self.quote.ask) and self.quote.ask_size > 0

    @property
    def buys(self) -> bool:
        """Whether one can be sold here."""
        return bool(self.quote.bid) and self.quote.bid_size > 0

    @property
    def ask_usd(self) -> float:
        """What buying one costs, the fee counted."""
        return (self.quote.ask or 0.0) * self.quote_usd * (1 + float(self.terms.taker))

    def buying_usd(self, usd: float) -> float:
        """What buying one costs among so many dollars' worth, with what an order costs besides."""
        return self.ask_usd * (1 + self.terms.flat_usd / usd)

    def part(self, slip_bp: float) -> float:
        """Of a size that stands here, the share that costs no more than that besides its price, on average.

        All at the touch of a book; a pool's size moves its price by MOVE, and costs half of that.
        """
        return min(slip_bp / BP / MOVE, 1.0) if self.market.holder == CHAIN else 1.0

    @property
    def bid_usd(self) -> float:
        """What selling one brings, the fee counted."""
        return (self.quote.bid or 0.0) * self.proceeds_usd * (1 - float(self.terms.taker))

    @property
    def proceeds_usd(self) -> float:
        """What one unit of the quote counts for when we are paid in it: no premium, which will be gone when we are."""
        return self.quote_usd if self.market.quote in FIAT else min(self.quote_usd, 1.0)


Counters = Mapping[Asset, tuple[Counter, ...]]
"""By what is traded there: a coin, or its perpetual."""


def counters(
    latest: Iterable[Quote], values: FairValues, terms: Mapping[Market, Terms], account: Account, coins: Coins, now: int
) -> Counters:
    """Every market where a stablecoin is traded against money, and whose venue is known well enough.

    And where its perpetual is: a market of an asset of its own.

    Also money that has fallen: what is to be left is left for it, too. Nothing is begun with it, see `sound`. A coin
    for which nobody gives par any more is no money: its price may be that of the very market it would be taken in.
    """
    paid = {asset: each for asset, each in values.values.items() if _pays(asset, coins, now)}
    kept = {DOLLAR, *_money(replace(values, values=paid), coins)}
    money = {asset: each for asset, each in paid.items() if asset in kept or coins.peg(asset) == DOLLAR}
    money[DOLLAR] = Value(1.0, 0.0, 1.0, anchored=True)
    found = defaultdict[Asset, list[Counter]](list)
    for quote in latest:
        market = quote.market
        its = terms.get(market)
        if (
            its
            and underlying(market.base) in coins.by_symbol
            and market.quote in money
            and account.ready(market.venue) is None
        ):
            worth = money[market.quote]
            found[market.base].append(Counter(quote, its, worth.usd, worth.sigma_bp, sound=market.quote in kept))
    return {coin: tuple(sorted(each, key=lambda one: one.market)) for coin, each in found.items()}


def _pays(asset: Asset, coins: Coins, now: int) -> bool:
    known = coins.by_symbol.get(asset)
    return known is None or access(known, now).state is not Redemption.BROKEN


def sound(counters: Counters) -> Counters:
    """Those where what is paid with stands near its dollar, and is surely known to."""
    kept = {coin: tuple(each for each in offers if each.sound) for coin, offers in counters.items()}
    return {coin: offers for coin, offers in kept.items() if offers}


def _money(values: FairValues, coins: Coins) -> Iterator[Asset]:
    """What may be paid with: fiat money, and coins that stand near their dollar and are surely known to."""
    for asset, value in values.values.items():
        near = abs(value.usd - 1) <= 4 * NEAR_PAR and value.sigma_bp <= SURE_BP
        if asset in FIAT or (asset in coins.by_symbol and coins.peg(asset) == DOLLAR and near):
            yield asset


def hold(
    depeg: Depeg, outlook: Outlook, offers: tuple[Counter, ...], values: FairValues, peg_usd: float, mandate: Mandate
) -> Hold | str:
    """What buying the coin and keeping it promises; or why it is no chance."""
    asks = [offer for offer in offers if offer.sells]
    if depeg.direction == "above":
        return "it is above its peg: nothing to buy"
    if outlook.stance is not Stance.HOLD:
        return f"{outlook.stance}: {outlook.reasons[0] if outlook.reasons else 'by its outlook'}"
    if not asks:
        return "nobody sells it for money where orders may go"
    value = values.values[depeg.coin]
    if not value.anchored and not mandate.unanchored:
        return "no dollar market says what it is worth"
    if value.sigma_bp > mandate.sure_bp:
        return f"its value is sure to {value.sigma_bp:.0f} bp only"
    price = min(offer.buying_usd(mandate.most_usd) for offer in asks) / peg_usd
    days = (outlook.median_time or UNKNOWN_DAYS * DAY) / DAY
    net = outlook.fair / price - 1 - FEE_UNKNOWN - mandate.capital_cost * days / YEAR
    chance = Hold(depeg.coin, price, outlook, peg_usd, value.sigma_bp, net, days, depeg.severity)
    if price <= outlook.worst:
        return f"below {outlook.worst:.4f} the outlook is wrong"
    if net < mandate.edge:
        return f"it promises {net:.2%} after costs, less than {mandate.edge:.2%}"
    return chance


def pairs(coin: Asset, offers: tuple[Counter, ...], account: Account, now: int, mandate: Mandate) -> Iterator[Pair]:
    """Every two venues between which the coin is dearer by more than all costs, with what lies there; best first."""
    fresh = [each for each in offers if now - each.quote.seen_at <= mandate.pair_age]
    found = [pair for a in fresh for b in fresh if (pair := _pair(coin, a, b, account, mandate))]
    yield from sorted(found, key=lambda pair: (-pair.net_usd, pair.buy, pair.sell))


def _pair(coin: Asset, a: Counter, b: Counter, account: Account, mandate: Mandate) -> Pair | None:
    """Buying at `a` and selling at `b`; None where that does not pay, or nothing lies there."""
    if a.market.venue == b.market.venue or not a.quote.ask or not b.quote.bid:
        return None
    unsure_bp = a.sigma_bp + b.sigma_bp if a.market.quote != b.market.quote else 0.0  # paid in one, and in another
    net_bp = (b.bid_usd / a.ask_usd - 1) * BP - unsure_bp
    if net_bp < mandate.pair_bp or (net_bp := net_bp - _back_bp(a, b, account, mandate)) < mandate.pair_bp:
        return None
    flat_usd = a.terms.flat_usd + b.terms.flat_usd
    amount = min(
        a.quote.ask_size * a.part(mandate.pair_bp / 4),
        b.quote.bid_size * b.part(mandate.pair_bp / 4),
        float(account.free(a.market.venue, a.market.quote)) / (a.quote.ask * (1 + float(a.terms.taker))),
        float(account.spare(b.market.venue, coin)),
        mandate.most_usd / a.ask_usd,
    )
    traded = amount * a.ask_usd
    if traded < mandate.least_usd or (net_bp := net_bp - flat_usd / traded * BP) < mandate.pair_bp:
        return None
    usd = traded * net_bp / BP
    return Pair(coin, a.market, b.market, a.quote.ask, b.quote.bid, amount, net_bp, usd)


def _back_bp(a: Counter, b: Counter, account: Account, mandate: Mandate) -> float:
    """What bringing coins and money back costs: as the exchanges tell, else what the mandate assumes."""
    coin = a.market.base
    usd = {a.market.quote: a.quote_usd, b.market.quote: b.quote_usd, coin: a.ask_usd}
    held = {(each.market.holder, coin): account.spare(each.market.venue, coin) for each in (a, b)}
    held |= {
        (each.market.holder, each.market.quote): account.free(each.market.venue, each.market.quote) for each in (a, b)
    }
    told = drift.cost_bp(a.market, b.market, usd, account.ways, drift.gathered_usd(held, a.market, b.market, usd))
    return mandate.rebalance_bp if told is None else told


def caught(pair: Pair, ways: Ways) -> str | None:
    """Why what a pair is left with is worth less than it seems, or does not come back; None where it does, if told."""
    left = (pair.coin, pair.buy.venue), (pair.sell.quote, pair.sell.venue)
    kept = next((why for asset, venue in left if (why := held_back(asset, venue, ways))), None)
    return kept or drift.no_way_back(pair.buy, pair.sell, ways)


def ranked(chances: Iterable[Opportunity]) -> list[Opportunity]:
    """The best first: by expected profit for what is risked and bound. A loop binds nothing and comes before all."""
    return sorted(chances, key=lambda each: -_score(each))


def _score(chance: Opportunity) -> float:
    match chance:
        case Loop():
            return inf
        case Hold() | Pair() | Hedged():
            return chance.score
