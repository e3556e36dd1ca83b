"""Quotes to value."""

from collections.abc import Sequence
from random import Random

from bot.model.events import Quote

VENUES = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta")
PAIRS = (("USDC", "USD"), ("USDT", "USD"), ("USDC", "USDT"), ("BTC", "USD"), ("BTC", "USDT"), ("BTC", "USDC"))
TRUE = {"USD": 1.0, "USDC": 0.97, "USDT": 1.002, "BTC": 60_000.0}
BP = 1e-4
DEEP = 1e6  # dollars


def quote(
    venue: str, base: str, against: str, mid: float, half: float = BP, seen_at: int = 0, size: float = 0.0
) -> Quote:
    """A book around `mid`; its venue tells no depth unless `size`, in base units, is given."""
    return Quote(seen_at, seen_at, venue, base, against, mid * (1 - half), mid * (1 + half), size, size)


def market(venues: Sequence[str], seed: int, noise: float = 2 * BP) -> list[Quote]:
    """All of PAIRS at every venue, deep books, each price its own bit off what TRUE says."""
    rnd = Random(seed)
    return [
        quote(
            venue, base, against, TRUE[base] / TRUE[against] * (1 + rnd.uniform(-noise, noise)), size=DEEP / TRUE[base]
        )
        for venue in venues
        for base, against in PAIRS
    ]


def moved(quotes: Sequence[Quote], asset: str, factor: float, venue: str | None = None) -> list[Quote]:
    """The same with one asset dearer by `factor`, at one venue or at all."""
    return [_moved(told, asset, factor) if venue in (None, told.venue) else told for told in quotes]


def _moved(told: Quote, asset: str, factor: float) -> Quote:
    by = factor if told.base == asset else 1 / factor if told.quote == asset else 1.0
    bid, ask = (side * by if side else None for side in (told.bid, told.ask))
    return Quote(told.made_at, told.seen_at, told.venue, told.base, told.quote, bid, ask, told.bid_size, told.ask_size)
