"""Finding the loops worth sending: the best of all, and the best of those that leave its pools alone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf

import numpy as np

from bot.amm.side import PoolState
from bot.model.decisions import Loop
from bot.model.events import LenderSeen
from bot.model.registry import Address
from bot.strategy import funding, prospects
from bot.strategy.atlas import Atlas
from bot.strategy.circuit import Circuit, Market, Route
from bot.strategy.costs import Terms
from bot.strategy.prospects import Prospects
from bot.strategy.sizing import Sized, size

__all__ = ["Atlas", "Terms", "rewalked", "search"]


def search(
    atlas: Atlas,
    pools: Mapping[Address, PoolState],
    lenders: Sequence[LenderSeen],
    terms: Terms,
    most: int = 4,
) -> tuple[Loop, ...]:
    """The best loops by net dollars, best first, none sharing a pool with a better one; empty when none pays.

    Amounts and profits are exact for the given states; a pool that is not among `pools` is closed.
    """
    atlas.survey.update(pools, terms.usd)
    known = [seen for seen in lenders if seen.token in atlas.registry.coins]
    offers = funding.offers(known, terms)
    if not offers:
        return ()
    market = Market(atlas, pools, offers, terms)
    hunt = _Hunt(market, prospects.find(atlas, funding.means(offers, terms, atlas.survey), terms))
    found: list[Loop] = []
    while len(found) < most and (route := hunt.next()):
        loop = _settled(route, market)
        if loop:
            found.append(loop)
            hunt.leave(route)
    return tuple(sorted(found, key=lambda loop: -loop.net_usd))


def rewalked(
    loop: Loop, pools: Mapping[Address, PoolState], lenders: Sequence[LenderSeen], terms: Terms
) -> Loop | None:
    """The same route and lender at newer states, sized anew; None when it no longer pays or cannot be priced."""
    seen = next((seen for seen in lenders if (seen.lender, seen.token) == (loop.lender, loop.token)), None)
    if seen is None or any(hop.pool not in pools for hop in loop.hops):
        return None
    sides = [pools[hop.pool].side(hop.i, hop.j) for hop in loop.hops]
    offer = funding.offer(seen)
    sized = size(sides, offer.fee, offer.rate, seen.cash, float(loop.amount))
    return _priced(loop, sized, loop.profit_usd / loop.profit, terms) if sized else None


class _Hunt:
    """Looks at prospects in the order of what they promise, until none can beat the best that was found."""

    def __init__(self, market: Market, ahead: Prospects) -> None:
        self._market = market
        self._ahead = ahead
        self._routes: list[Route] = []

    def next(self) -> Route | None:
        """The best route that was not yet given; None when no other pays."""
        for rank in range(len(self._ahead.loops)):
            best = max((route.net_usd for route in self._routes), default=self._market.terms.min_net_usd)
            if self._ahead.bounds[rank] <= best:
                break
            self._look(rank, best)
        if not self._routes:
            return None
        first = max(self._routes, key=lambda route: route.net_usd)
        self._routes.remove(first)
        return first

    def _look(self, rank: int, best: float) -> None:
        numbers = self._market.atlas.loop(self._ahead.loops[rank])
        ahead = self._ahead
        found = Circuit(self._market, numbers).best(float(ahead.guesses[rank]), best, float(ahead.worth[rank]))
        if isinstance(found, Route):
            self._routes.append(found)
        self._ahead.bounds[rank] = -inf if isinstance(found, Route) else found

    def leave(self, route: Route) -> None:
        """Forget what meets a pool of `route`, and order the rest by what is known of it now."""
        self._ahead = self._ahead.without(self._market.atlas, route.numbers)
        clash = self._market.atlas.clash
        self._routes = [other for other in self._routes if not clash[np.ix_(other.numbers, route.numbers)].any()]


def _settled(route: Route, market: Market) -> Loop | None:
    """The route in exact integers; None when what looked like a profit was rounding."""
    cash = route.offer.seen.cash
    sized = size(route.sides, route.offer.fee, route.offer.rate, cash, route.amount)
    if sized is None:
        return None
    loop = Loop(
        hops=route.hops,
        token=route.offer.seen.token,
        lender=route.offer.seen.lender,
        lender_kind=route.offer.seen.lender_kind,
        amount=sized.amount,
        flow=sized.flow,
        fee=sized.fee,
        profit=sized.profit,
        gas=route.gas,
        profit_usd=0.0,
        net_usd=0.0,
    )
    return _priced(loop, sized, market.usd(loop.token), market.terms)


def _priced(loop: Loop, sized: Sized, usd: float, terms: Terms) -> Loop | None:
    """The loop at this size, with dollars; None when it does not net what it must. `usd` is of one base unit."""
    profit_usd = sized.profit * usd
    net_usd = terms.kept * profit_usd - terms.gas_usd * loop.gas
    if net_usd < terms.min_net_usd:
        return None
    return replace(
        loop,
        amount=sized.amount,
        flow=sized.flow,
        fee=sized.fee,
        profit=sized.profit,
        profit_usd=profit_usd,
        net_usd=net_usd,
    )
