"""Which market takes how much of an amount, so that all of it together costs least.

Dearer levels are not touched anywhere before cheaper ones are used up: what the last unit costs, in dollars after the
fee, is then the same everywhere, up to one level. Which level is cheaper is an estimate, in floats; amounts and limits
are exact.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import accumulate
from math import isfinite

from bot.model.markets import Market
from bot.model.orders import Side, Terms
from bot.strategy.liquidity import Levels, of_book

NOTHING, ONE = Decimal(0), Decimal(1)

DIGITS = 12  # of dollars: levels that differ by less cost the same, whatever their quotes were valued together with


@dataclass(frozen=True, slots=True)
class Offer:
    """What one market offers us. `levels` are what we meet there: asks where we buy, bids where we sell."""

    market: Market
    levels: Levels
    terms: Terms
    quote_usd: float  # dollars that one unit of the market's quote is worth
    room: Decimal | None = None  # what we have there: the quote to buy with, the base to sell; None: enough


@dataclass(frozen=True, slots=True)
class Part:
    """An order that one market is to take. `price` and `fee` are what is expected, in the market's quote."""

    market: Market
    amount: Decimal  # base units, a multiple of the market's step
    limit: Decimal  # reaches the worst level that it takes
    price: float  # on average, before the fee
    fee: float


@dataclass(frozen=True, slots=True)
class _Shelf:
    """An offer made ready. `keys`: what each level costs in dollars after the fee; below zero what it brings."""

    market: Market
    terms: Terms
    side: Side
    prices: tuple[float, ...]
    sizes: tuple[float, ...]
    keys: tuple[float, ...]
    least: Decimal  # the smallest order that the market takes
    most: Decimal  # the largest that can be wanted or, where we sell, that there is anything for
    purse: Decimal | None  # the quote there is to pay with; None where it suffices for all
    must: bool = False  # take no less than its least


@dataclass(frozen=True, slots=True)
class _Task:
    """What every way to fill is measured by."""

    amount: Decimal
    coarsest: Decimal  # step of any market: less than this is dust
    dearest: float  # key of any level


@dataclass(frozen=True, slots=True)
class _Fill:
    """How much each shelf takes and the level it reaches to. `score`: the lower the better.

    It is what is left, in coarsest steps, and then dollars, in which what is left is as dear as the dearest level.
    """

    shelves: tuple[_Shelf, ...]
    totals: list[Decimal]
    reach: list[int]
    score: tuple[int, float]


Rung = tuple[float, int, int]  # what a level costs, on which shelf it is, and its number there


def split(offers: Sequence[Offer], amount: Decimal, side: Side) -> tuple[Part, ...]:
    """Orders that together take `amount` base units, or what books and room allow, at the least cost after fees.

    One for each market at most, by market in order. None is smaller than its market's minimum: where one would be, it
    becomes the minimum or nothing, whichever leaves less or else costs less. To buy, `room` pays the whole order at its
    limit and the fee on top, as exchanges set it aside. What is less than a step of each market stays. Where it costs
    the same the better market takes it: that where more stands at the best price.
    """
    made = [shelf for offer in offers if (shelf := _shelf(offer, amount, side)) is not None]
    shelves = tuple(sorted(made, key=lambda shelf: (-shelf.sizes[0], shelf.market)))
    if not shelves:
        return ()
    coarsest = max([shelf.terms.amount_step for shelf in shelves])
    fill = _best(_Task(amount, coarsest, max([shelf.keys[-1] for shelf in shelves])), shelves, None)
    if fill is None:
        return ()
    taken = zip(fill.shelves, fill.totals, fill.reach, strict=True)
    parts = [_part(shelf, total, reach) for shelf, total, reach in taken if total]
    return tuple(sorted(parts, key=lambda part: part.market))


def _shelf(offer: Offer, amount: Decimal, side: Side) -> _Shelf | None:
    """None where nothing of the amount can go."""
    prices, sizes = _ladder(offer.levels, side)
    terms, room, buys = offer.terms, offer.room, side is Side.BUY
    most = amount if room is None or buys else min(amount, room)
    if not prices or most < terms.amount_step:
        return None
    reached = prices[min(bisect_left(list(accumulate(sizes)), float(amount)), len(sizes) - 1)]
    least = _least(terms, _exact(min(prices[0], reached)))
    if least > most:
        return None
    ample = room is None or not buys or room >= _set_aside(amount, _exact(reached) + terms.price_step, terms)
    factor = offer.quote_usd * (1 + float(terms.taker)) if buys else offer.quote_usd * (float(terms.taker) - 1)
    keys = tuple([round(price * factor, DIGITS) for price in prices])
    return _Shelf(offer.market, terms, side, prices, sizes, keys, least, most, None if ample else room)


def _ladder(levels: Levels, side: Side) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Prices and sizes, the best first, without what is none."""
    if not levels:
        return (), ()
    prices, sizes = zip(*levels, strict=True)
    sound = min(prices) > 0 and min(sizes) > 0 and isfinite(sum(prices) + sum(sizes))
    if sound and sorted(prices, reverse=side is Side.SELL) == list(prices):
        return prices, sizes
    return _ladder(of_book(levels, side), side)


def _least(terms: Terms, price: Decimal) -> Decimal:
    """The smallest order that a market takes, at this price or a higher one."""
    least = max(terms.min_amount, terms.amount_step)
    if terms.min_cost:
        least = max(least, terms.min_cost / price)
    return _stepped(least, terms.amount_step, ROUND_CEILING)


def _best(task: _Task, shelves: tuple[_Shelf, ...], found: _Fill | None) -> _Fill | None:
    """The best fill that heeds every minimum, or `found` where none is better.

    Branch and bound: leaving minimums aside is no worse than heeding them, so what is no better without them need not
    be looked into.
    """
    fill = _filled(task, shelves)
    if fill is None or (found is not None and fill.score >= found.score):
        return found
    i = next((i for i, total in enumerate(fill.totals) if total and total < shelves[i].least), None)
    if i is None:
        return fill
    before, short, after = shelves[:i], shelves[i], shelves[i + 1 :]
    found = _best(task, before + after, found)
    return _best(task, (*before, replace(short, must=True), *after), found) if _fits(short, short.least) else found


def _filled(task: _Task, shelves: tuple[_Shelf, ...]) -> _Fill | None:
    """The cheapest levels first, until nothing is left that a step fits into. None where minimums are too much."""
    totals = [shelf.least if shelf.must else NOTHING for shelf in shelves]
    left = task.amount - sum(totals)
    if left < 0:
        return None
    rungs = sorted([(key, i, n) for i, shelf in enumerate(shelves) for n, key in enumerate(shelf.keys)])
    sure = _surely(task, shelves, rungs, float(left))
    stands = _used_up(shelves, rungs[:sure], totals)
    _shared(task, shelves, rungs[sure:], totals, stands)
    reach = [_reach(*each) if each[2] else 0 for each in zip(shelves, stands, totals, strict=True)]
    return _Fill(shelves, totals, reach, _score(task, shelves, totals))


def _surely(task: _Task, shelves: Sequence[_Shelf], rungs: Sequence[Rung], left: float) -> int:
    """How many of the cheapest levels are used up whatever the steps."""
    left = left * (1 - 1e-9) - float(task.coarsest) * (len(shelves) + 1)
    for sure, (_, i, n) in enumerate(rungs):
        left -= shelves[i].sizes[n]
        if left < 0:
            return sure
    return len(rungs)


def _used_up(shelves: Sequence[_Shelf], rungs: Sequence[Rung], totals: list[Decimal]) -> list[list[Decimal]]:
    """Take these levels as far as there is room. Changes `totals`; gives what stands in each shelf up to each level."""
    met = [0] * len(shelves)
    for _, i, n in rungs:
        met[i] = n + 1
    stands = [_standing(shelf.sizes[:count]) for shelf, count in zip(shelves, met, strict=True)]
    for i, standing in enumerate(stands):
        if standing:
            totals[i] = max(totals[i], _bearable(shelves[i], standing))
    return stands


def _bearable(shelf: _Shelf, standing: Sequence[Decimal]) -> Decimal:
    """The most that can be taken of these levels."""
    if shelf.purse is None:
        return _floored(min(standing[-1], shelf.most), shelf)
    paid = float(shelf.purse) / (1 + float(shelf.terms.taker))
    n = bisect_left(range(len(standing)), paid, key=lambda n: float(standing[n]) * shelf.prices[n])
    near = range(max(n - 1, 0), min(n + 1, len(standing)))  # more stands at each level, and there is money for less
    return max([_floored(min(standing[n], _room(shelf, n)), shelf) for n in near])


def _shared(
    task: _Task, shelves: Sequence[_Shelf], rungs: Sequence[Rung], totals: list[Decimal], stands: list[list[Decimal]]
) -> None:
    """Take these levels until nothing is left. Changes `totals` and `stands`."""
    left = task.amount - sum(totals)
    full = {i for i, each in enumerate(shelves) if stands[i] and stands[i][-1] - totals[i] >= each.terms.amount_step}
    for _, i, n in rungs:
        if not left:
            break
        if i in full:
            continue
        shelf, standing, total = shelves[i], stands[i], totals[i]
        standing.append(_exact(shelf.sizes[n]) + (standing[-1] if standing else NOTHING))
        if not total and left < min(task.coarsest, shelf.least):
            continue  # an order is not begun for dust
        room = _room(shelf, n)
        more = _floored(min(standing[-1], total + left, room), shelf)
        if more > total:
            left, totals[i] = left - (more - total), more
        if room <= standing[-1]:
            full.add(i)  # and there is room for even less at a worse limit


def _reach(shelf: _Shelf, standing: Sequence[Decimal], total: Decimal) -> int:
    """The level at which so much is had."""
    if not standing or standing[-1] < total:
        standing = _standing(shelf.sizes)
    return bisect_left(standing, total)


def _fits(shelf: _Shelf, amount: Decimal) -> bool:
    """Whether there is enough in the book, and for it."""
    return _bearable(shelf, _standing(shelf.sizes)) >= amount


def _room(shelf: _Shelf, n: int) -> Decimal:
    """The largest order with its limit at level `n` that there is something for."""
    if shelf.purse is None:
        return shelf.most
    return min(shelf.purse / _set_aside(ONE, _limit(shelf, n), shelf.terms), shelf.most)


def _set_aside(amount: Decimal, limit: Decimal, terms: Terms) -> Decimal:
    """What an exchange wants to see before it lets one buy."""
    return amount * limit * (1 + terms.taker)


def _score(task: _Task, shelves: Sequence[_Shelf], totals: Sequence[Decimal]) -> tuple[int, float]:
    left = task.amount - sum(totals)
    taken = zip(shelves, totals, strict=True)
    dollars = sum([_walked(shelf.keys, shelf.sizes, float(total)) for shelf, total in taken if total])
    return int(left // task.coarsest), dollars + float(left) * task.dearest


def _walked(costs: Sequence[float], sizes: Sequence[float], amount: float) -> float:
    """What an amount costs, level by level."""
    cost = 0.0
    for each, size in zip(costs, sizes, strict=True):
        if size >= amount:
            return cost + each * amount
        cost, amount = cost + each * size, amount - size
    return cost


def _part(shelf: _Shelf, amount: Decimal, reach: int) -> Part:
    cost = _walked(shelf.prices, shelf.sizes, float(amount))
    return Part(shelf.market, amount, _limit(shelf, reach), cost / float(amount), cost * float(shelf.terms.taker))


def _limit(shelf: _Shelf, n: int) -> Decimal:
    """The price of level `n` on the market's steps, so that it still reaches the level."""
    rounding = ROUND_CEILING if shelf.side is Side.BUY else ROUND_FLOOR
    return _stepped(_exact(shelf.prices[n]), shelf.terms.price_step, rounding)


def _floored(amount: Decimal, shelf: _Shelf) -> Decimal:
    step = shelf.terms.amount_step
    return amount // step * step


def _stepped(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    return (value / step).to_integral_value(rounding=rounding) * step


def _standing(sizes: Sequence[float]) -> list[Decimal]:
    """What stands up to each level."""
    return list(accumulate(map(Decimal, map(str, sizes))))


def _exact(value: float) -> Decimal:
    """What is written, not the nearest binary fraction."""
    return Decimal(str(value))
