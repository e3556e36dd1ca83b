"""One loop looked at closely: at which of its coins it is best begun, and with whose money.

Begun elsewhere, a loop is the same circle with its surplus taken out in another coin. Where every hop's rate is known
at the best amount, the surplus is worth no more at another coin than what the hops between would turn it into: rates
only fall. So one climb bounds every beginning, and few others are climbed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import TypeVar

from bot.amm.side import PoolState, Side
from bot.model.decisions import Hop
from bot.model.registry import Address
from bot.strategy.atlas import Atlas
from bot.strategy.costs import Terms, legs_gas, ticks_gas
from bot.strategy.funding import Offer, Offers
from bot.strategy.peak import Peak, climb

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Market:
    """What is known at one block. The atlas' survey is up to date with the pools."""

    atlas: Atlas
    pools: Mapping[Address, PoolState]
    offers: Offers
    terms: Terms

    def usd(self, coin: Address) -> float:
        """Dollars of one base unit."""
        return self.terms.usd[coin] / 10.0 ** self.atlas.registry.coins[coin].decimals


@dataclass(frozen=True, slots=True)
class Route:
    """A loop begun at one of its coins, with one lender's money: about `amount` in, about `net_usd` out."""

    numbers: tuple[int, ...]  # of the hops in the atlas
    hops: tuple[Hop, ...]
    sides: tuple[Side, ...]
    offer: Offer
    gas: int
    amount: float
    net_usd: float


@dataclass(frozen=True, slots=True)
class Start:
    """A way to begin: at hop number `at`, with about `amount` of `offer`. The net cannot exceed `bound`, dollars."""

    at: int
    offer: Offer
    amount: float
    bound: float


class Circuit:
    """A loop and what may be borrowed for it."""

    def __init__(self, market: Market, numbers: tuple[int, ...]) -> None:
        self._market = market
        self._numbers = numbers
        self._hops = tuple(market.atlas.hops[number] for number in numbers)
        self._sides = tuple(market.pools[hop.pool].side(hop.i, hop.j) for hop in self._hops)
        self._gas = legs_gas(market.atlas.registry.pools[hop.pool].family for hop in self._hops)
        swapped = {hop.pool for hop in self._hops}
        self._offers = [
            (at, offer)
            for at, hop in enumerate(self._hops)
            for offer in market.offers.get(hop.coin_in, ())
            if offer.seen.lender not in swapped
        ]

    def best(self, dollars: float, floor: float, worth: float) -> Route | float:
        """The best beginning and lender; or, where none nets more than `floor` dollars, what their net cannot exceed.

        `dollars` is a guess at the amount to borrow, `worth` what a rounded dollar of profit can be after the tip.
        """
        if not self._offers:
            return -inf
        toll = 1.0 + min(offer.rate for _, offer in self._offers)
        unit = self._market.atlas.survey.unit(self._hops[0].coin_in)
        gas_usd = self._gas_usd(min(offer.gas for _, offer in self._offers))
        need = (floor + gas_usd) / (worth * unit)
        summit = climb(self._sides, toll, float(self._sides[0].cap), dollars / unit, need)
        if summit.bound <= need:
            return worth * unit * summit.bound - gas_usd
        return self._begun(self._starts(summit), floor)

    def _gas_usd(self, lender_gas: int) -> float:
        return self._market.terms.gas_usd * (self._gas + lender_gas)

    def _starts(self, summit: Peak) -> list[Start]:
        """Every beginning with its bound, the most promising first."""
        amounts, worth = [summit.amount], [1.0]
        for side in self._sides:
            out, rate = side.rate(amounts[-1])
            amounts.append(out)
            worth.append(worth[-1] * rate)
        starts = [
            Start(at, offer, amounts[at], self._kept(offer, worth[at] * summit.profit) - self._gas_usd(offer.gas))
            for at, offer in self._offers
        ]
        return sorted(starts, key=lambda start: -start.bound)

    def _kept(self, offer: Offer, profit: float) -> float:
        """Dollars of a profit after the tip."""
        return self._market.terms.kept * self._market.usd(offer.seen.token) * profit

    def _begun(self, starts: Sequence[Start], floor: float) -> Route | float:
        """The best of the beginnings, which are tried until no other can be better."""
        found: Route | None = None
        for start in starts:
            if start.bound <= (found.net_usd if found else floor):
                break
            route = self._route(start)
            if route.net_usd > (found.net_usd if found else floor):
                found = route
        return found or floor

    def _route(self, start: Start) -> Route:
        numbers = _from(self._numbers, start.at)
        hops, sides = _from(self._hops, start.at), _from(self._sides, start.at)
        limit = float(min(sides[0].cap, start.offer.seen.cash))
        summit = climb(sides, 1.0 + start.offer.rate, limit, start.amount)
        gas = self._gas + start.offer.gas + self._ticks_gas(hops, sides, summit.amount)
        net_usd = self._kept(start.offer, summit.profit) - self._market.terms.gas_usd * gas
        return Route(numbers, hops, sides, start.offer, gas, summit.amount, net_usd)

    def _ticks_gas(self, hops: Sequence[Hop], sides: Sequence[Side], amount: float) -> int:
        gas = 0
        for hop, side in zip(hops, sides, strict=True):
            gas += ticks_gas(self._market.pools[hop.pool], hop.i, hop.j, amount)
            amount = side.rate(amount)[0]
        return gas


def _from(circle: tuple[T, ...], at: int) -> tuple[T, ...]:
    """A circle read from another point."""
    return (*circle[at:], *circle[:at])
