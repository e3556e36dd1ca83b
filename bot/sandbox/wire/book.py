"""What stands in one market of an exchange: its terms, its book, and what changed from one book to the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from bot.model.markets import FIAT, REFERENCES, Asset

GONE = "0"  # the size of a level that stands no more


class Level(NamedTuple):
    """A price and what stands there, as the exchange writes them."""

    price: str
    size: str


Levels = tuple[Level, ...]
NOBODY = Level("0", "0")


@dataclass(frozen=True, slots=True)
class Listing:
    """A market of an exchange. Prices come in steps of 10 ** -price_digits, sizes of 10 ** -size_digits."""

    base: Asset
    quote: Asset
    price_digits: int
    size_digits: int

    @property
    def tick(self) -> str:
        """The smallest step of a price."""
        return f"{Decimal(1).scaleb(-self.price_digits):f}"

    @property
    def lot(self) -> str:
        """The smallest step of a size."""
        return f"{Decimal(1).scaleb(-self.size_digits):f}"

    def price(self, price: float) -> str:
        """A price as it is written, to the nearest step."""
        return f"{price:.{self.price_digits}f}"

    def size(self, size: float) -> str:
        """A size as it is written, to the nearest step."""
        return f"{size:.{self.size_digits}f}"


@dataclass(frozen=True, slots=True)
class Book:
    """Everything that stands in a market, best first. `number` counts the books of the market from 1."""

    number: int
    changed: int  # ns UTC by the exchange's own clock
    bids: Levels = ()
    asks: Levels = ()

    @property
    def bid(self) -> Level:
        """The best bid, or `NOBODY`."""
        return self.bids[0] if self.bids else NOBODY

    @property
    def ask(self) -> Level:
        """The best ask, or `NOBODY`."""
        return self.asks[0] if self.asks else NOBODY

    @property
    def last(self) -> str:
        """What tickers tell as the last price: the best bid, as if it were paid all day."""
        return (self.bid if self.bids else self.ask).price


def listings(pairs: str) -> tuple[Listing, ...]:
    """Markets from names: "USDC/USDT BTC/USD"."""
    return tuple(_listing(*pair.split("/")) for pair in pairs.split())


def changes(before: Sequence[Level], after: Sequence[Level]) -> list[Level]:
    """The levels of one side that differ; those that went have size `GONE`."""
    stood, stands = dict(before), dict(after)
    gone = [Level(price, GONE) for price in stood if price not in stands]
    return gone + [level for level in after if stood.get(level.price) != level.size]


def ladder(listing: Listing, price: float | None, size: float, step: float, depth: int) -> Levels:
    """`depth` levels from the best one, each half as large again; none where there is no price.

    They stand `step` apart, a share of the price, below 0 for bids.
    """
    if price is None:
        return ()
    steps = 10**listing.price_digits
    best = round(price * steps)
    apart = max(round(abs(step) * best), 1) * (1 if step > 0 else -1)
    ticks = (best + k * apart for k in range(depth))
    return tuple(Level(listing.price(at / steps), listing.size(size * 1.5**k)) for k, at in enumerate(ticks) if at > 0)


def _listing(base: Asset, quote: Asset) -> Listing:
    """Steps fine enough that a basis point shows: in BTC and ETH a dollar is little."""
    if base in REFERENCES:
        return Listing(base, quote, 5 if quote in REFERENCES else 2, 6)
    return Listing(base, quote, 9 if quote in REFERENCES else 4 if base in FIAT else 5, 2)
