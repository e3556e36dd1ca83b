"""Live quotes kept as price history: the middle of bid and ask, bar by bar, volume unknown.

Bars that have ended are written down at once, as lines of a log; the log goes onto the shelf now and then, on closing,
and when recording begins again after a bad end. So only the bar of the moment can be lost.
"""

import fcntl
import os
import threading
from collections.abc import Iterable, Mapping
from math import isfinite
from pathlib import Path
from typing import TypeAlias

import numpy as np
import orjson

from bot.model.errors import UserError
from bot.model.events import Quote, QuotesSeen
from bot.model.markets import Candles, Market
from bot.model.times import MINUTE, timeframe_name
from bot.records.shelf import Shelf

Line: TypeAlias = tuple[Market, int, list[float]]  # a bar: whose, when it began (ns), its open, high, low and close


class Recorder:
    """Writes the quotes it is given onto `shelf`, as bars of `timeframe` (ns).

    `UserError` when another process records there, or the disk will not have it. Quotes are for one thread to give;
    `flush` takes its time and may run in another meanwhile: it is wanted when `full`, after `pending` bars.
    """

    def __init__(self, shelf: Shelf, timeframe: int = MINUTE, pending: int = 20_000) -> None:
        self._shelf, self._timeframe, self._most = shelf, timeframe, pending
        self._began = 0  # the bar of the moment, ns
        self._bars: dict[Market, list[float]] = {}
        self._path = shelf.folder / f"recording-{timeframe_name(timeframe)}.jsonl"
        self._log = _opened(self._path)
        self._ended = _left_behind(self._log, self._path)
        self._open, self._shelving, self._writing = True, threading.Lock(), threading.Lock()
        self.flush()

    @property
    def full(self) -> bool:
        """Whether so many bars have ended that it is time to put them onto the shelf."""
        return len(self._ended) >= self._most

    def take(self, seen: QuotesSeen) -> None:
        """Quotes count for the bar in which they were seen. One-sided and crossed books say no price."""
        self.pass_time(seen.seen_at)
        for quote in seen.quotes:
            if (price := _middle(quote)) is not None:
                self._fold(quote.market, price)

    def pass_time(self, now: int) -> None:
        """End the bar of the moment when it is over, also when nobody quotes."""
        began = now - now % self._timeframe
        if began <= self._began:
            return
        self._end()
        self._began = began

    def flush(self) -> None:
        """Put every bar that has ended onto the shelf. Nothing after `close`."""
        with self._shelving:
            if self._open:
                self._shelve()

    def close(self) -> None:
        """Put everything onto the shelf, the bar of the moment as far as it came, and let others record."""
        self._end()
        with self._shelving:
            self._shelve()
            self._open = False
            os.close(self._log)

    def _shelve(self) -> None:
        """Bars that end meanwhile stay for the next time, and the log then too: what it says twice is said once."""
        ended = self._ended[:]
        by_market: dict[Market, dict[int, list[float]]] = {}
        for market, began, bar in ended:
            by_market.setdefault(market, {})[began] = bar
        for market, bars in by_market.items():
            self._shelf.append(_candles(market, self._timeframe, bars))
        with self._writing:
            del self._ended[: len(ended)]
            if not self._ended:
                os.ftruncate(self._log, 0)

    def _fold(self, market: Market, price: float) -> None:
        bar = self._bars.setdefault(market, [price] * 4)
        bar[1], bar[2], bar[3] = max(bar[1], price), min(bar[2], price), price

    def _end(self) -> None:
        ended = [(market, self._began, bar) for market, bar in self._bars.items()]
        self._bars = {}
        with self._writing:
            self._ended += ended
            _written(self._log, ended, self._path)


def _candles(market: Market, timeframe: int, bars: Mapping[int, list[float]]) -> Candles:
    opened = sorted(bars)
    first, high, low, last = np.array([bars[began] for began in opened]).T
    return Candles(market, timeframe, np.array(opened, np.int64), first, high, low, last, np.full(len(opened), np.nan))


def _middle(quote: Quote) -> float | None:
    if quote.bid is None or quote.ask is None or not 0 < quote.bid <= quote.ask or not isfinite(quote.ask):
        return None
    return (quote.bid + quote.ask) / 2


def _opened(log: Path) -> int:
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(log, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise UserError(f"{log}: quotes cannot be recorded: {error.strerror}") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        raise UserError(f"{log}: another process is recording quotes here") from None
    return file


def _written(log: int, bars: Iterable[Line], path: Path) -> None:
    try:
        os.write(log, b"".join(orjson.dumps([*market, began, bar]) + b"\n" for market, began, bar in bars))
    except OSError as error:
        raise UserError(f"{path}: quotes cannot be recorded: {error.strerror}") from None


def _left_behind(log: int, path: Path) -> list[Line]:
    """The bars of a log; a last line that was torn says nothing."""
    content = os.pread(log, os.fstat(log).st_size, 0)
    whole = [line for line in content.splitlines(keepends=True) if line.endswith(b"\n")]
    try:
        told = [orjson.loads(line) for line in whole]
        return [(Market(venue, base, quote), began, bar) for venue, base, quote, began, bar in told]
    except (ValueError, TypeError):
        os.close(log)
        raise UserError(f"{path}: the log of recorded quotes is damaged; move it away to go on") from None
