"""What is priced where: an asset, a market, and its price history."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # a tenth of a start, for those who only name things
    import numpy as np
    from numpy.typing import NDArray

Asset = str
"""What is priced, by its common symbol in capitals: a coin ("USDC"), money ("USD", "EUR"), or "BTC", "ETH".

Names that differ from venue to venue are made one where they enter, see bot.model.coins.Coins.asset.
"""

DOLLAR: Asset = "USD"
FIAT: frozenset[Asset] = frozenset({"USD", "EUR"})
REFERENCES: frozenset[Asset] = frozenset({"BTC", "ETH"})  # promise nothing, trade against everything


PERPETUAL = "-PERP"  # after a coin's name: a promise of its price that never falls due, bought and sold like a coin
CHAIN = "chain"  # whoever trades in pools, and the beginning of the name of each


def perpetual(coin: Asset) -> Asset:
    """What a perpetual future of a coin is called: of what is held of it less than nothing is a short position."""
    return coin + PERPETUAL


def underlying(asset: Asset) -> Asset:
    """The coin whose price a perpetual promises; of all else itself."""
    return asset.removesuffix(PERPETUAL)


def holder(venue: str) -> str:
    """Where what is traded at a venue lies: at the exchange itself; of all pools in one wallet, "chain"."""
    return venue.partition(":")[0]


class Market(NamedTuple):
    """`base` priced in `quote` at `venue` (ccxt's id of an exchange, or "chain:<pool name>")."""

    venue: str
    base: Asset
    quote: Asset

    @property
    def holder(self) -> str:
        """Where what is traded here lies."""
        return holder(self.venue)

    @property
    def perpetual(self) -> bool:
        """Whether what is traded here is a future that never falls due."""
        return self.base.endswith(PERPETUAL)

    def __str__(self) -> str:
        return f"{self.venue} {self.base}/{self.quote}"


@dataclass(frozen=True, slots=True, eq=False)
class Candles:
    """The price history of one market, bar by bar. All arrays have the same length.

    Missing bars are missing: nobody traded, or nobody wrote it down.
    """

    market: Market
    timeframe: int  # ns, the length of a bar
    opened: "NDArray[np.int64]"  # ns UTC, the bar's beginning; strictly ascending
    open: "NDArray[np.float64]"
    high: "NDArray[np.float64]"
    low: "NDArray[np.float64]"
    close: "NDArray[np.float64]"
    volume: "NDArray[np.float64]"  # base units; NaN where unknown

    def __len__(self) -> int:
        return len(self.opened)
