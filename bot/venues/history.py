"""Price history as exchanges tell it: candles by REST, a page at a time.

How many bars a page has, and how often one may ask, is what ccxt knows of the exchange. What goes wrong on the way is
tried again, later each time; a page is told once it is complete.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeAlias, TypeVar

import ccxt
import numpy as np
import stamina
from numpy.typing import NDArray

from bot.model.coins import Coins
from bot.model.errors import UserError
from bot.model.markets import Asset, Candles, Market
from bot.model.times import timeframe_name
from bot.venues.ccxt_client import Exchange, is_gate, unheard
from bot.venues.faults import LIMITED, reason

T = TypeVar("T")
Rows: TypeAlias = NDArray[np.float64]  # ms, open, high, low, close, volume

PAGE = 100  # bars, of an exchange that does not say how many it gives at once
MILLISECOND = 1_000_000  # ns


class HistoryError(UserError):
    """An exchange has no such history, or will not give it. One line that names the exchange."""


class GarbledError(Exception):
    """An answer that is none."""


@dataclass(frozen=True, slots=True)
class Tries:
    """How often the same is asked, and seconds: for an answer, and before asking again, doubled each time."""

    most: int = 8
    answer: float = 15.0
    first_wait: float = 0.5
    longest_wait: float = 60.0


@dataclass(frozen=True, slots=True)
class Page:
    """Every bar the exchange has that begins from `since` to before `until` (ns)."""

    since: int
    until: int
    candles: Candles


@dataclass(frozen=True, slots=True)
class Source:
    """The candles of one market, to be asked for."""

    market: Market
    timeframe: int  # ns
    exchange: Exchange
    symbol: str  # ccxt's
    limit: int  # bars a page
    tries: Tries

    async def pages(self, spans: Sequence[tuple[int, int]]) -> AsyncIterator[Page]:
        """The bars that begin in the spans, oldest first. `HistoryError` when the exchange cannot be asked any more.

        Spans are ns, in order, on the timeframe's grid. A page may cover more than a span, to the end of the last one.
        """
        done = spans[0][0] if spans else 0
        for since, until in spans:
            done = max(done, since)
            while done < until:
                page = self._page(await self._rows(done), done, spans[-1][1])
                yield page
                done = page.until

    async def _rows(self, since: int) -> Rows:
        async def ask() -> Rows:
            name, exchange = timeframe_name(self.timeframe), self.exchange
            rows = await exchange.fetch_ohlcv(self.symbol, name, since // MILLISECOND, self.limit)
            if not rows and exchange.last_json_response is None:
                raise GarbledError("answers what is not JSON")
            table: Rows = np.array([row[:6] for row in rows], np.float64).reshape(-1, 6)
            return np.compress(np.isfinite(table[:, 0]), table, axis=0)

        return await _asked(self.exchange, ask, self.tries)

    def _page(self, rows: Rows, since: int, last: int) -> Page:
        """What an answer settles: up to its last bar; where it has none, as far as one page reaches."""
        opened, first = np.unique(rows[:, 0].astype(np.int64) * MILLISECOND, return_index=True)
        told = int(opened[-1]) if len(opened) else 0
        until = told - told % self.timeframe + self.timeframe if told >= since else since + self.limit * self.timeframe
        inside = (opened >= since) & (opened < last)
        columns = rows[first[inside], 1:].T
        return Page(since, min(until, last), Candles(self.market, self.timeframe, opened[inside], *columns))


@asynccontextmanager
async def opened(
    market: Market, timeframe: int, coins: Coins, *, through: str | None = None, tries: Tries | None = None
) -> AsyncIterator[Source]:
    """The exchange's candles of that market, for as long as the context lasts.

    `HistoryError` where there is no such exchange, no such pair, or no candles that long. `through`: a URL that has
    each exchange's host as the path's first part.
    """
    if through is not None and not is_gate(through):
        raise HistoryError(f"{through} is no gateway: what is wanted is like http://127.0.0.1:8590")
    tries = tries or Tries()
    exchange = _exchange(market.venue, through, tries.answer)
    try:
        if exchange.timeframes is None or timeframe_name(timeframe) not in exchange.timeframes:
            has = ", ".join(exchange.timeframes or ()) or "none"
            raise HistoryError(f"{market.venue} has no candles of {timeframe_name(timeframe)}; it has {has}")
        listed = await _asked(exchange, lambda: _markets(exchange), tries)
        symbol = _symbol(market, listed, coins)
        limit = exchange.feature_value(symbol, "fetchOHLCV", "limit") or PAGE
        yield Source(market, timeframe, exchange, symbol, limit, tries)
    finally:
        await exchange.close()


def _exchange(venue: str, through: str | None, timeout: float) -> Exchange:
    if venue not in ccxt.exchanges:
        near = get_close_matches(venue.lower(), ccxt.exchanges, 3, 0.6)
        raise HistoryError(f"ccxt knows no exchange {venue}{'; do you mean ' + ' or '.join(near) if near else ''}?")
    exchange = unheard(venue, through=through, timeout=timeout)
    if exchange.has["fetchOHLCV"] is not True:
        raise HistoryError(f"{venue} gives no candles")
    exchange.enableLastJsonResponse = True  # tells an answer of nothing from an answer that is none
    return exchange


async def _markets(exchange: Exchange) -> Sequence[dict[str, Any]]:
    listed = await exchange.load_markets(True)
    if exchange.last_json_response is None or not listed:
        raise GarbledError("lists no markets")
    return list(listed.values())


def _symbol(market: Market, listed: Sequence[dict[str, Any]], coins: Coins) -> str:
    """The exchange's own symbol of the pair; by its own name where it lists an asset under several."""
    spot: dict[str, tuple[Asset | None, Asset | None]] = {
        each["symbol"]: (coins.asset(each["base"]), coins.asset(each["quote"])) for each in listed if each["spot"]
    }
    named = [symbol for symbol, pair in spot.items() if pair == (market.base, market.quote)]
    if not named:
        near = sorted(symbol for symbol, pair in spot.items() if market.base in pair)[:8]
        others = f"; of {market.base} it has {', '.join(near)}" if near else f", and nothing else of {market.base}"
        raise HistoryError(f"{market.venue} has no {market.base}/{market.quote}{others}")
    return min(named, key=lambda symbol: (symbol != f"{market.base}/{market.quote}", symbol))


async def _asked(exchange: Exchange, ask: Callable[[], Awaitable[T]], tries: Tries) -> T:
    """The answer, however often it takes."""

    def passes(error: Exception) -> bool | float:
        if isinstance(error, LIMITED):
            return _told_to_wait(exchange) or True
        return isinstance(error, ccxt.OperationFailed | GarbledError)

    again = stamina.AsyncRetryingCaller(tries.most, None, tries.first_wait, tries.longest_wait)
    try:
        return await again(passes, _understood, ask)
    except (ccxt.OperationFailed, GarbledError) as error:
        raise HistoryError(f"{exchange.id} cannot be asked: {reason(error)}") from None
    except ccxt.BaseError as error:
        raise HistoryError(f"{exchange.id} will not tell: {reason(error)}") from None


async def _understood(ask: Callable[[], Awaitable[T]]) -> T:
    """What ccxt makes nothing of was no answer of the exchange's kind."""
    try:
        return await ask()
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise GarbledError(f"answers what ccxt cannot read ({type(error).__name__})") from error


def _told_to_wait(exchange: Exchange) -> float:
    """Seconds, of an answer that asks us to come back later; 0 where it does not say."""
    told = str((exchange.last_response_headers or {}).get("Retry-After", ""))
    return float(told) if told.isdecimal() else 0.0
