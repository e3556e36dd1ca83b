"""Where no dollar book is in reach: which coins of a component are at par.

Prices among coins say who moved against whom, not who moved. What is known besides is how pegs fail: a coin falls
easily, while minting at par caps how far it rises, and one coin moving is likelier than several moving alike.
Every coin of the component is tried as the one at par; the story that asks for least is believed.
"""

import numpy as np
from numpy.typing import NDArray

from bot.model.markets import Asset

Floats = NDArray[np.float64]

MOVED = 0.005  # log price: well beyond it a coin has left its peg, and how far no longer matters
RISE = 1.5  # falls that a rise counts as; fewer than two: if two coins move alike against a third, it is the third
PREMIUM = 3.0  # and this more for each unit of log price,
CAPPED = 0.1  # up to here
MAJOR = 2.5  # one of the two that are most of all liquidity moves as seldom as this many others do
MAJORS = frozenset({"USDT", "USDC"})  # nine tenths of all dollar coins since 2020
HABIT = 0.3  # falls: what speaks for the coin that all others are priced in, so that small differences are theirs
FAITH = 3.0  # how much likelier a story is that costs one fall less, as a log
DOUBT = 25e-4  # of the assumption itself: premiums of a few tens of basis points are ordinary


def standing(coin: Asset) -> float:
    """The say a coin has on who is at par by what it is, whatever its books: 1 for an ordinary one."""
    return MAJOR if coin in MAJORS else 1.0


def assumed(deviation: Floats, trust: Floats, pairs: Floats) -> tuple[Floats, Floats]:
    """What to add to all log values of a component so that they are dollars, and one standard deviation of that.

    `deviation`: (k, T) log price of each dollar coin against anything common to all. `trust`: (k, T) the say each
    has, 1 for an ordinary one with good books. `pairs`: (k, T) how many of the others it is traded against. Both
    answers are (T,), NaN where k is 0.
    """
    if not len(deviation):
        unknown = np.full(deviation.shape[1:], np.nan)
        return unknown, unknown
    apart = deviation[None, :] - deviation[:, None]  # [a, b]: how far b is above par if a is at par
    cost = np.einsum("bt,abt->at", trust, _price(apart))
    cost -= HABIT * pairs / max(len(deviation) - 1, 1)
    best = np.argmin(cost, axis=0)[None]
    shift = -np.take_along_axis(deviation, best, axis=0)
    likely = np.exp(-FAITH * (cost - np.take_along_axis(cost, best, axis=0))) * trust
    away = (likely * (deviation + shift) ** 2).sum(axis=0) / likely.sum(axis=0)
    return shift[0], np.sqrt(DOUBT**2 + away)


def _price(deviation: Floats) -> Floats:
    """What it costs to believe that a coin is this far above its peg, in fallen coins."""
    left = 1 - np.exp(-np.abs(deviation) / MOVED)
    return np.where(deviation > 0, RISE * left + PREMIUM * np.minimum(deviation, CAPPED), left)
