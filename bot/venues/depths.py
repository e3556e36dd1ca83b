"""Whole order books, asked for once: what stands behind the best prices."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bot.model.coins import Coins
from bot.model.markets import Asset, Market
from bot.venues import ccxt_client, discovery, faults
from bot.venues.ccxt_client import Exchange
from bot.venues.quoting import real

Levels = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Ladders:
    """Both sides of one book as the exchange told them: price and size, the best first."""

    bids: Levels
    asks: Levels


@dataclass(frozen=True, slots=True)
class Depths:
    """What exchanges told, and of those that told nothing why."""

    ladders: Mapping[Market, Ladders]
    silent: Mapping[str, str]


async def ask(
    venues: Sequence[str],
    coins: Coins,
    watched: Collection[Asset],
    wanted: Callable[[Market], bool],
    *,
    through: str | None,
    seconds: float,
) -> Depths:
    """The books of the wanted markets, as many as come within so many seconds, as deep as each exchange tells unasked.

    `through` is a gateway or the sandbox, as for bot.venues.exchange.Feeds.
    """
    ladders: dict[Market, Ladders] = {}
    whys = await asyncio.gather(
        *(_ask(venue, coins, watched, wanted, ladders, through, seconds) for venue in dict.fromkeys(venues))
    )
    return Depths(ladders, {venue: why for venue, why in zip(dict.fromkeys(venues), whys, strict=True) if why})


async def _ask(
    venue: str,
    coins: Coins,
    watched: Collection[Asset],
    wanted: Callable[[Market], bool],
    into: dict[Market, Ladders],
    through: str | None,
    seconds: float,
) -> str:
    """Why an exchange did not tell all; nothing where it did."""
    exchange = ccxt_client.unheard(venue, through=through, timeout=seconds)
    try:
        async with asyncio.timeout(seconds):
            await exchange.load_markets()
            found = discovery.watched(venue, exchange.markets.values(), coins, watched)
            asked = (_book(exchange, symbol, market, into) for symbol, market in found.items() if wanted(market))
            whys = [why for why in await asyncio.gather(*asked) if why]
    except TimeoutError:
        return f"did not tell all books within {seconds:.0f} s"
    except Exception as error:  # noqa: BLE001 - one bad exchange never disturbs another
        return faults.reason(error)
    finally:
        with suppress(Exception):  # it is given up either way
            await exchange.close()
    return whys[0] if whys else ""


async def _book(exchange: Exchange, symbol: str, market: Market, into: dict[Market, Ladders]) -> str:
    try:
        told = await exchange.fetch_order_book(symbol)
        into[market] = Ladders(_levels(told["bids"]), _levels(told["asks"]))
    except Exception as error:  # noqa: BLE001 - nor one bad market
        return faults.reason(error)
    return ""


def _levels(told: Sequence[Sequence[Any]]) -> Levels:
    """What is a price and a size of it."""
    found = ((real(level[0]), real(level[1])) for level in told)
    return tuple((price, size) for price, size in found if price and size)
