"""Uniswap V3 pools of some 400 initialised ticks around par, a stablecoin's shape."""

import random

from bot.amm.concentrated import Concentrated
from bot.amm.ladder import Ladder
from bot.amm.ticks import sqrt_ratio

FEE, SPACING, SPAN = 100, 1, 200


def nets(seed: int, positions: int = 600) -> dict[int, int]:
    """Overlapping positions within SPAN ticks of par, and one over all of it."""
    draw = random.Random(seed)
    found = {-SPAN: 10**14, SPAN: -(10**14)}
    for _ in range(positions):
        low = draw.randrange(-SPAN, SPAN)
        high = draw.randrange(low + 1, SPAN + 1)
        amount = draw.randrange(10**13, 5 * 10**13)
        found[low] = found.get(low, 0) + amount
        found[high] = found.get(high, 0) - amount
    return {tick: net for tick, net in sorted(found.items()) if net}


def ladder(seed: int) -> Ladder:
    """The tables of such a pool."""
    return Ladder(list(nets(seed).items()), FEE, SPACING)


def at(ladder: Ladder, tick: int, part: float = 1 / 3) -> Concentrated:
    """The pool with its price so far between `tick` and the next."""
    low, high = sqrt_ratio(tick), sqrt_ratio(tick + 1)
    return Concentrated(ladder, low + int((high - low) * part), tick)
