"""How far a quote may be from the truth: its scale, one standard deviation in log price."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

MINUTE = 60e9  # ns

VENUE = 2e-4  # how far two healthy venues' prices of a pegged coin differ at the same time
VENUE_REFERENCE = 15e-4  # of BTC, ETH or EUR, which move within the second and cost differently in each currency
WANDER = 2e-4  # what a pegged coin moves in a minute; grows with the root of time
WANDER_REFERENCE = 8e-4  # BTC: about 3 % a day
DEPTH = 3e-4  # what a book of DEEP dollars can be off; a hundred times thinner is ten times worse
DEEP = 1e4
SHALLOW = 1e2  # dollars: thinner books are not told apart
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
