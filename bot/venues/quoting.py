"""A quote from what ccxt tells: a ticker, or an order book."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.model.events import Quote
from bot.model.markets import Market

NEAR = 2e-4  # of the price: sizes this close to the best are counted with it
MILLISECOND = 1_000_000  # ns


def quote(market: Market, told: Mapping[str, Any], seen_at: int, contract: float = 1.0) -> Quote:
    """The best bid and ask, sizes in coins, of which one that is told is `contract`.

    A side nobody stands on is None; `made_at` is 0 where the venue tells no time.
    """
    bid, bid_size = side(told, "bid")
    ask, ask_size = side(told, "ask")
    made_at = int(told.get("timestamp") or 0) * MILLISECOND
    return Quote(
        made_at, seen_at, market.venue, market.base, market.quote, bid, ask, bid_size * contract, ask_size * contract
    )


def undated(seen: Quote) -> Quote:
    """The same, from a venue whose clock is not to be trusted."""
    return replace(seen, made_at=0)


def side(told: Mapping[str, Any], name: str) -> tuple[float | None, float]:
    """The best price of one side and the size near it."""
    levels = told.get(f"{name}s")
    if levels is None:
        price = real(told.get(name))
        return price, (real(told.get(f"{name}Volume")) or 0.0) if price else 0.0
    price = real(levels[0][0]) if levels else None
    return price, near(levels, price) if price else 0.0


def near(levels: Sequence[Sequence[float]], best: float) -> float:
    """What stands within `NEAR` of the best price."""
    size = 0.0
    for level in levels:
        if abs(level[0] - best) > NEAR * best:
            break
        size += level[1] or 0.0
    return size if math.isfinite(size) else 0.0


def real(number: float | None) -> float | None:
    """A price or size that can be one: finite and above zero."""
    return float(number) if number and number > 0 and math.isfinite(number) else None


def crossed(seen: Quote) -> bool:
    """Whether somebody bids what somebody asks, or more: it is no market but an error in a book."""
    return seen.bid is not None and seen.ask is not None and seen.bid >= seen.ask
