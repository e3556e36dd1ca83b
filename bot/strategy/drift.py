"""What pairs carry away, and what bringing it back costs them: coins gather where they are cheap, money where not."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import permutations

from bot.model.account import Purse
from bot.model.markets import Asset, Market
from bot.model.ways import Ways
from bot.strategy.rebalancing import BP, route, tells


@dataclass(frozen=True, slots=True)
class Drift:
    """One way a pair may go: a coin bought for a money at one venue and sold for it at another."""

    buy: Market
    sell: Market
    cost_bp: float | None  # of what it trades, to undo that; None where no way back is known


def cost_bp(buy: Market, sell: Market, usd: Mapping[Asset, float], ways: Ways, move_usd: float) -> float | None:
    """What undoing the drift of a pair costs, in bp of the dollars it trades; None where there is no way, or no move.

    Both go once `move_usd` dollars of each have gathered. Where the two markets are not in the same money, turning one
    into the other is not counted. A drift that turns by itself costs nothing: this is an upper bound.
    """
    fees = 0.0
    for asset, sender, receiver in _legs(buy, sell):
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
            for one, other in permutations(there, 2):
                buy, sell = Market(one, coin, money), Market(other, coin, money)
                yield Drift(buy, sell, cost_bp(buy, sell, usd, ways, gathered_usd(held, buy, sell, usd)))


def gathered_usd(held: Mapping[Purse, Decimal], buy: Market, sell: Market, usd: Mapping[Asset, float]) -> float:
    """Dollars that drift until a pair finds nothing more to pay with, or to sell: as many as there are of either."""
    coins = dict.fromkeys((each.holder, buy.base) for each in (buy, sell))  # in order: sums of floats depend on it
    money = dict.fromkeys((each.holder, each.quote) for each in (buy, sell))
    return min(sum(float(held.get(purse, 0)) * usd[purse[1]] for purse in either) for either in (coins, money))


def no_way_back(buy: Market, sell: Market, ways: Ways) -> str | None:
    """Why what a pair carries away does not come back, where both exchanges tell; None where it does."""
    for asset, sender, receiver in _legs(buy, sell):
        found = route(asset, sender, receiver, ways)
        if isinstance(found, str) and all(tells(asset, venue, ways) for venue in (sender, receiver)):
            return found
    return None


def _legs(buy: Market, sell: Market) -> tuple[tuple[Asset, str, str], ...]:
    """The coins go from where they were bought to where they were sold, the money they were sold for the other way."""
    return (buy.base, buy.venue, sell.venue), (sell.quote, sell.venue, buy.venue)
