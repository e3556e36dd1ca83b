"""One exchange as it stands: its markets and their books, its price history, its clock. It knows no wire format."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count

import numpy as np

from bot.model.markets import Asset, Candles
from bot.sandbox.wire.book import Book, Levels, Listing

MILLISECOND = 1_000_000  # ns
FUNDING = Decimal("0.0001")  # the rate of a perpetual future unless it is set: what the interest of money comes to


@dataclass(frozen=True, slots=True)
class Bar:
    """One candle: ms UTC of its beginning, and the numbers as the exchange writes them."""

    opened: int
    open: str
    high: str
    low: str
    close: str
    volume: str


@dataclass(frozen=True, slots=True)
class Transit:
    """Whether an asset comes in and goes out, and what going out costs, in the asset."""

    deposits: bool = True
    withdrawals: bool = True
    fee: Decimal = Decimal(1)


@dataclass(slots=True, eq=False)
class Exchange:
    """What the wire formats translate. `clock` tells ns UTC; `address` is where the exchange's hosts answer."""

    venue: str
    clock: Callable[[], int]
    address: str = ""
    skew: int = 0  # ns that its clock is ahead
    taker: Decimal = Decimal("0.001")  # fees, shares of what is traded
    maker: Decimal = Decimal("0.001")
    books: dict[Listing, Book] = field(default_factory=dict)
    candles: dict[tuple[Listing, int], Candles] = field(default_factory=dict)  # by market and timeframe in ms
    marks: dict[Listing, Decimal] = field(default_factory=dict)  # see `mark`
    funding: dict[Listing, Decimal] = field(
        default_factory=lambda: defaultdict(lambda: FUNDING)
    )  # a share, each 8 hours
    transit: dict[Asset, Transit] = field(default_factory=lambda: defaultdict(Transit))
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def listings(self) -> tuple[Listing, ...]:
        """Its markets, in the order in which they were listed."""
        return tuple(self.books)

    @property
    def assets(self) -> tuple[Asset, ...]:
        """Everything its markets trade or pay with."""
        return tuple(dict.fromkeys(asset for each in self.books for asset in (each.base, each.quote)))

    def now(self) -> int:
        """Ns UTC, by its own clock."""
        return self.clock() + self.skew

    def now_ms(self) -> int:
        """Ms UTC, by its own clock."""
        return self.now() // MILLISECOND

    def listing(self, base: Asset, quote: Asset) -> Listing | None:
        """The market of that pair; None where the exchange has none."""
        return next((each for each in self.books if (each.base, each.quote) == (base, quote)), None)

    def open(self, listings: Iterable[Listing]) -> None:
        """Opens markets, with nothing in their books."""
        for each in listings:
            self.books.setdefault(each, Book(1, self.now()))

    def move(self, listing: Listing, bids: Levels, asks: Levels) -> Book:
        """Sets what stands in a market."""
        book = Book(self.books[listing].number + 1, self.now(), bids, asks)
        self.books[listing] = book
        if bids and asks:
            self.marks[listing] = (Decimal(book.bid.price) + Decimal(book.ask.price)) / 2
        elif bids or asks:
            self.marks.setdefault(listing, Decimal(book.last))
        return book

    def mark(self, listing: Listing) -> Decimal:
        """What one unit counts for: the middle of the last book that had one; 0 before there was a price."""
        return self.marks.get(listing, Decimal(0))

    def bars(
        self,
        listing: Listing,
        timeframe: int,
        first: int,
        last: int,
        *,
        oldest: int | None = None,
        newest: int | None = None,
    ) -> list[Bar]:
        """The candles of `timeframe` that begin from `first` to `last`, both counted. All in ms.

        Only so many of the oldest or the newest of them, where told: a history may be long, and writing it takes long.
        """
        candles = self.candles.get((listing, timeframe))
        if candles is None:
            return []
        low = int(np.searchsorted(candles.opened, first * MILLISECOND, "left"))
        high = int(np.searchsorted(candles.opened, last * MILLISECOND, "right"))
        if oldest is not None:
            high = min(high, low + oldest)
        if newest is not None:
            low = max(low, high - newest)
        return [_bar(candles, k) for k in range(low, high)]


def _bar(candles: Candles, k: int) -> Bar:
    prices = (candles.open, candles.high, candles.low, candles.close, candles.volume)
    told = (np.format_float_positional(each[k], trim="0") for each in prices)
    return Bar(int(candles.opened[k]) // MILLISECOND, *told)
