"""How much of a coin to hold: a part of Kelly's stake, inside what may be lost and what may be held.

Every bound falls, or stays, when anything gets worse: a likelier death, a smaller way back, a deeper stop, a thinner
market, more that is held already.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bot.model.coins import Coins, Mechanism, Stablecoin
from bot.model.decisions import Hedged, Hold
from bot.model.markets import Asset
from bot.strategy.mandate import Mandate

TINY = 1e-9  # of a dollar: neither a gain nor a loss, and no number to divide by
FULL_AT = 0.5  # of the way from the peg to the stop: from there on all of the budget may be used


@dataclass(frozen=True, slots=True)
class Stake:
    """What is held of one coin, or promised to be, dollars: what it cost, and what of that is lost at its stop."""

    cost: float = 0.0
    risk: float = 0.0


@dataclass(frozen=True, slots=True)
class Holdings:
    """All stakes, and the capital they are made of."""

    capital: float
    lost: float = 0.0  # since the peak
    stakes: Mapping[Asset, Stake] = field(default_factory=dict)

    def cost(self, of: Iterable[Asset]) -> float:
        """What these coins cost together."""
        return sum(self.stakes[coin].cost for coin in of if coin in self.stakes)

    def risk(self, of: Iterable[Asset]) -> float:
        """What they lose together at their stops."""
        return sum(self.stakes[coin].risk for coin in of if coin in self.stakes)


@dataclass(frozen=True, slots=True)
class Bound:
    """Dollars that may still be bought, and what allows no more."""

    usd: float
    reason: str


def kelly(p: float, gain: float, loss: float) -> float:
    """Kelly's share of the capital for a bet that earns `gain` a dollar with probability `p` and else loses `loss`."""
    if min(loss, gain) <= TINY:
        return 0.0
    return max(p / loss - (1 - p) / gain, 0.0)


def room(hold: Hold, holdings: Holdings, sellable_usd: float, coins: Coins, mandate: Mandate) -> Bound:
    """How much more of the coin to buy, dollars: the least of all bounds, never below 0.

    `sellable_usd`: what could be sold of it in bad times.
    """
    bounds = _bounds(hold, holdings, sellable_usd, coins, mandate)
    least = min(bounds, key=lambda bound: bound.usd)
    return Bound(max(least.usd, 0.0), least.reason)


def hedged_room(hedged: Hedged, holdings: Holdings, sellable_usd: float, coins: Coins, mandate: Mandate) -> Bound:
    """The same of a coin whose fall is sold: what the two prices may part by is what can be lost on it."""
    coin, capital = hedged.coin, holdings.capital
    left = _left(holdings, mandate)
    staked = holdings.risk(together(coin, holdings.stakes, coins)), holdings.risk(holdings.stakes)
    parted = max(hedged.parted, TINY)
    bounds = (
        Bound((mandate.risk_per_bet * left - staked[0]) / parted, "what may be lost on one bet is staked"),
        Bound((mandate.risk * left - staked[1]) / parted, "what may be lost at once is staked"),
        *_shares(coin, capital, holdings, coins, mandate),
        Bound(sellable_usd - holdings.cost((coin,)), "no more could be sold in bad times"),
    )
    least = min(bounds, key=lambda bound: bound.usd)
    return Bound(max(least.usd, 0.0), least.reason)


def _bounds(hold: Hold, holdings: Holdings, sellable_usd: float, coins: Coins, mandate: Mandate) -> tuple[Bound, ...]:
    capital, held = holdings.capital, holdings.stakes.get(hold.coin, Stake()).cost
    alike = together(hold.coin, holdings.stakes, coins)
    share = mandate.kelly * kelly(hold.outlook.recovery_low, hold.gain, hold.loss)
    left = _left(holdings, mandate)
    return (
        Bound(share * capital - held if _backed(hold.coin, coins) else 0.0, "no more pays for its risk"),
        Bound(
            _at_risk(hold, holdings.risk(alike), mandate.risk_per_bet * left), "what may be lost on one bet is staked"
        ),
        Bound(
            _at_risk(hold, holdings.risk(holdings.stakes), mandate.risk * left), "what may be lost at once is staked"
        ),
        *_shares(hold.coin, capital, holdings, coins, mandate),
        Bound(sellable_usd - held, "no more could be sold in bad times"),
    )


def _left(holdings: Holdings, mandate: Mandate) -> float:
    """The capital, less the part of it that was lost of what may be."""
    if not mandate.max_drawdown:
        return 0.0
    return max(mandate.max_drawdown * holdings.capital - holdings.lost, 0.0) / mandate.max_drawdown


def _shares(coin: Asset, capital: float, holdings: Holdings, coins: Coins, mandate: Mandate) -> Iterator[Bound]:
    """What may be bound in one coin, in what shares its issuer or mechanism, and in all."""
    issuer, mechanism = (_sharing(coin, holdings.stakes, coins, trait) for trait in ("issuer", "mechanism"))
    for of, share, what in (
        ((coin,), mandate.per_coin, "of one coin"),
        (issuer, mandate.per_issuer, "of one issuer"),
        (mechanism, mandate.per_mechanism, "of one mechanism"),
        (holdings.stakes, mandate.exposure, "in all"),
    ):
        yield Bound(share * capital - holdings.cost(of), f"no more than {share:.0%} {what}")


def _at_risk(hold: Hold, staked: float, budget: float) -> float:
    """Dollars that may be bought when so much of the budget is staked already.

    The budget opens with the fall: whoever stakes all of it on the first sight has nothing left where it pays most.
    """
    if hold.loss <= 0:
        return 0.0
    fallen = (1 - hold.price) / max(1 - hold.outlook.worst, 1e-9)
    return (budget * min(fallen / FULL_AT, 1.0) - staked) / hold.loss


def together(coin: Asset, held: Iterable[Asset], coins: Coins) -> frozenset[Asset]:
    """Those of the coins held, and the coin itself, that fall for the same reason: they count as one bet."""
    return frozenset({coin}) | {
        other for other in held if _alike(coins.by_symbol.get(coin), coins.by_symbol.get(other))
    }


def _alike(one: Stablecoin | None, other: Stablecoin | None) -> bool:
    if one is None or other is None:
        return True  # nobody knows: then they may
    resting = {one.symbol, *one.backing} & {other.symbol, *other.backing}
    return bool(resting) or (one.issuer != "" and one.issuer == other.issuer) or one.mechanism is other.mechanism


def _sharing(coin: Asset, held: Iterable[Asset], coins: Coins, trait: str) -> frozenset[Asset]:
    its = getattr(coins.by_symbol.get(coin), trait, None)
    same = (other for other in held if its and getattr(coins.by_symbol.get(other), trait, None) == its)
    return frozenset({coin, *same})


def _backed(coin: Asset, coins: Coins) -> bool:
    """Whether anything but its own market stands behind a coin; of one that nobody knows it is not thought."""
    known = coins.by_symbol.get(coin)
    return known is not None and known.mechanism is not Mechanism.ALGORITHMIC
