"""What pairs carry away, and what bringing it back costs them: coins gather where they are cheap, money where not."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import permutations

from bot.model.account import Purse
from bot.model.markets import Asset, Market
from bot.model.ways import Ways
from bot.strategy.rebalancing import BP, route


@dataclass(frozen=True, slots=True)
class Drift:
    """One way a pair may go: a coin bought for a money at one venue and sold for it at another."""

    buy: Market
    sell: Market
    cost_bp: float | None  # of what it trades, to undo that; None where no way back is known


def cost_bp(buy: Market, sell: Market, usd: Mapping[Asset, float], ways: Ways, move_usd: float) -> float | None:
    """What undoing the drift of a pair costs, in bp of the dollars it trades; None where there is no way, or no move.

    The coins go from where they were bought to where they were sold, the money they were sold for goes the other way,
    once `move_usd` dollars of each have gathered. Where the two markets are not in the same money, turning one into
    the other is not counted. A drift that turns by itself costs nothing: this is an upper bound.
    """
    legs = ((buy.base, buy.venue, sell.venue), (sell.quote, sell.venue, buy.venue))
    fees = 0.0
    for asset, sender, receiver in legs:
        found = route(asset, sender, receiver, ways)
        if isinstance(found, str) or asset not in usd:
            return None
        fees += float(found.fee) * usd[asset]
    return fees / move_usd * BP if move_usd > 0 else None


def drifts(
    held: Mapping[Purse, Decimal], coins: Collection[Asset], usd: Mapping[Asset, float], ways: Ways
) -> Iterator[Drift]:
    """Every way a pair of `coins` may go among what lies there, in order."""
    assets = sorted({asset for _, asset in held})
    for coin, money in permutations(assets, 2):
        if coin in coins and coin in usd and money in usd:
            there = sorted(venue for venue, asset in held if asset == coin and (venue, money) in held)
            at_once = gathered_usd(held, coin, money, usd)
            for one, other in permutations(there, 2):
                buy, sell = Market(one, coin, money), Market(other, coin, money)
                yield Drift(buy, sell, cost_bp(buy, sell, usd, ways, at_once))


def gathered_usd(held: Mapping[Purse, Decimal], coin: Asset, money: Asset, usd: Mapping[Asset, float]) -> float:
    """Dollars that drift until a pair finds nothing more to pay with, or to sell: as many as there are of either."""
    return min(
        sum(float(each) for (_, its), each in held.items() if its == asset) * usd[asset] for asset in (coin, money)
    )
