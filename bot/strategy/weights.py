"""How far a quote may be from the truth: its scale, one standard deviation in log price."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bot.strategy.market_graph import Floats, Markets

MINUTE = 60e9  # ns

VENUE = 2e-4  # how far two healthy venues' prices of a pegged coin differ at the same time
VENUE_REFERENCE = 15e-4  # of BTC, ETH or EUR, which move within the second and cost differently in each currency
WANDER = 2e-4  # what a pegged coin moves in a minute; grows with the root of time
WANDER_REFERENCE = 8e-4  # BTC: about 3 % a day
DEPTH = 3e-4  # what a book of DEEP dollars can be off; a hundred times thinner is ten times worse
DEEP = 1e4
SHALLOW = 1e2  # dollars: thinner books are not told apart
BOUNDLESS = 1e30  # base units: no book is deeper
UNKNOWN = 1e3  # dollars taken for a book whose depth is not told


def scale_of(
    spread: ArrayLike,
    size_usd: ArrayLike,
    age: ArrayLike,
    reference: ArrayLike,
    reliability: ArrayLike = 1.0,
) -> NDArray[np.float64]:
    """One standard deviation of a market's log mid around the log of its assets' fair ratio. Arguments broadcast.

    `spread`: log(ask / bid), not negative. `size_usd`: dollars near the touch on the thinner side, NaN where unknown.
    `age`: ns since the quote was seen. `reference`: True where one of the two assets is BTC, ETH or EUR.
    `reliability`: the venue's, above 0; 1 is an ordinary one. NaN where spread or age is NaN.
    """
    wide = np.asarray(reference, dtype=np.bool_)
    size = np.asarray(size_usd, dtype=np.float64)
    size = np.maximum(np.where(np.isnan(size), UNKNOWN, size), SHALLOW)
    minutes = np.maximum(np.asarray(age, dtype=np.float64), 0.0) / MINUTE
    variance = (
        np.where(wide, VENUE_REFERENCE**2, VENUE**2)
        + (np.asarray(spread, dtype=np.float64) / 2) ** 2
        + DEPTH**2 * DEEP / size
        + np.where(wide, WANDER_REFERENCE**2, WANDER**2) * minutes
    )
    return np.asarray(np.sqrt(variance) / np.asarray(reliability, dtype=np.float64))


def depth_usd(markets: Markets, price: Floats, size: Floats) -> Floats:
    """Dollars of sizes told in base units, (T, m); NaN where no size is told, or nothing says what it is worth.

    `price`: log prices, (T, m), NaN where there is none. Exact enough to say how deep books are.
    """
    told = np.where(size > 0, np.minimum(size, BOUNDLESS), np.nan)
    dollars: Floats = told * np.exp(price + _roughly(markets, price).take(markets.quote, axis=1))
    return dollars


def _roughly(markets: Markets, price: Floats) -> Floats:
    """Log dollars of what things are priced in, (T, n): coins are at par, the rest is at its median price in those."""
    rough = np.where(markets.at_par, 0.0, np.nan)[None].repeat(len(price), axis=0)
    if markets.measured.size:
        padded = np.concatenate([price, np.full((len(price), 1), np.nan)], axis=1)
        told = np.sort(padded.take(markets.measured, axis=1), axis=2)  # NaN last
        middle = (told == told).sum(axis=2) // 2
        moment, yardstick = np.arange(len(told))[:, None], np.arange(told.shape[1])
        rough[:, markets.yardsticks] = told[moment, yardstick, middle]
    return rough
