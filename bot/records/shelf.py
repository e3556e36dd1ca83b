"""The shelf: price history kept in a folder, a Parquet file a month, that survives being interrupted at any time.

`<venue>/<BASE>-<QUOTE>/<timeframe>/<venue>_<BASE>-<QUOTE>_<timeframe>_<year>-<month>.parquet`: each file is one that is
read wherever a path to history is, and so is the folder. Beside them `asked.json`: the spans an exchange was asked for,
so that what it does not have is not asked for again.
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.model.coins import Coins
from bot.model.markets import Candles
from bot.model.times import iso, moment, timeframe_name
from bot.records import candle_files, series
from bot.records.candle_checks import cleaned
from bot.records.candle_files import BadCandles
from bot.records.series import Series, Span

ASKED = "asked.json"


@dataclass(frozen=True, slots=True)
class Added:
    """How many bars are new, and what was wrong with others."""

    bars: int
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Holding:
    """What the shelf has of one series, and what is wrong with it."""

    series: Series
    bars: int
    span: Span | None  # from the first bar to the end of the last; None where nothing can be read
    holes: tuple[Span, ...]  # of the span looked at; else between the first and the last bar
    bytes: int
    faults: tuple[str, ...]

    @property
    def missing(self) -> int:
        """Bars that are not there, of those looked for."""
        return sum(hole.until - hole.since for hole in self.holes) // self.series.timeframe


class Shelf:
    """The folder. Any number of processes may read and append at once."""

    def __init__(self, folder: Path, coins: Coins) -> None:
        self.folder = folder
        self._coins = coins

    def append(self, candles: Candles) -> Added:
        """Take the bars in; they go over those held for the same time. On disk for good when this returns.

        Bars that cannot be are left out and told. `BadCandles` when the disk or a damaged file is in the way.
        """
        whose = series.of(candles)
        frame, faults = cleaned(candle_files.table(candles), whose.timeframe)
        with self._locked(whose):
            new = sum(self._put(whose, month, part) for month, part in series.months(candle_files.bars(whose, frame)))
        return Added(new, tuple(f"{whose}: {fault}" for fault in faults))

    def read(self, whose: Series, since: int | None = None, until: int | None = None) -> Candles:
        """The bars held that begin in the span (ns UTC; None is no limit). `BadCandles` names a damaged file."""
        found = series.empty(whose)
        for path in self._partitions(whose):
            if _touches(path, since, until):
                found = series.joined(found, candle_files.read(path, self._coins)[0])
        return series.within(found, since, until)

    def every(self) -> tuple[list[Series], list[str]]:
        """What there are bars of, and a line about each folder with files that cannot be told or are not looked for."""
        found, complaints = candle_files.inside(self.folder)
        known, strange = set[Series](), dict[Path, str]()
        for path in found:
            try:
                known.add(self._at_home(path))
            except BadCandles as error:
                strange.setdefault(path.parent, str(error))
        return sorted(known), [*complaints, *strange.values()]

    def look(self, whose: Series, span: Span | None = None) -> Holding:
        """How much there is of a series, where it has holes, and what cannot be right; in a span where one is told."""
        found, faults, size = series.empty(whose), [], 0
        for path in self._partitions(whose):
            if span is None or _touches(path, *span):
                size += path.stat().st_size
                candles, told = self._tolerant(path, whose)
                faults += told
                found = series.joined(found, candles)
        if span is not None:
            found = series.within(found, *span)
        ends = Span(int(found.opened[0]), int(found.opened[-1]) + whose.timeframe) if len(found) else None
        looked = span or ends
        holes = series.holes(found.opened, whose.timeframe, looked) if looked else []
        return Holding(whose, len(found), ends, tuple(holes), size, tuple(faults))

    def wanted(self, whose: Series, span: Span) -> list[Span]:
        """What of the span is neither held nor was ever asked for. The span's ends are on the timeframe's grid."""
        held = self.read(whose, *span)
        return series.without(series.holes(held.opened, whose.timeframe, span), self._asked(whose))

    def settle(self, whose: Series, span: Span) -> None:
        """The venue was asked for the span, and what it had was appended."""
        with self._locked(whose):
            asked = series.united([*self._asked(whose), span])
            text = json.dumps([[iso(each.since), iso(each.until)] for each in asked])
            candle_files.put(self._place(whose) / ASKED, text.encode())

    def _put(self, whose: Series, month: str, part: Candles) -> int:
        path = self._place(whose) / f"{whose.name}_{month}.parquet"
        if not path.exists():
            candle_files.write(path, part)
            return len(part)
        held, _ = candle_files.read(path, self._coins)
        after = series.joined(held, part)
        if series.differing(held, part) or len(after) > len(held):
            candle_files.write(path, after)
        return len(after) - len(held)

    def _tolerant(self, path: Path, whose: Series) -> tuple[Candles, list[str]]:
        """What can be read of a file, and a line about each thing that is wrong with it."""
        try:
            candles, told = candle_files.read(path, self._coins)
        except BadCandles as error:
            return series.empty(whose), [str(error)]
        return candles, [line for line in (told, _misfiled(path, candles)) if line]

    def _asked(self, whose: Series) -> list[Span]:
        """A list that cannot be read is as none: what is there is merely asked for again."""
        try:
            told = json.loads((self._place(whose) / ASKED).read_text(encoding="utf-8"))
            return series.united(Span(moment(since), moment(until)) for since, until in told)
        except (OSError, ValueError, TypeError):
            return []

    def _partitions(self, whose: Series) -> list[Path]:
        return sorted(self._place(whose).glob(f"{whose.name}_[0-9][0-9][0-9][0-9]-[0-9][0-9].parquet"))

    def _at_home(self, path: Path) -> Series:
        """Whose bars a file has; `BadCandles` where nobody knows, or where it lies they are not looked for."""
        whose = candle_files.named(path, self._coins)
        if path not in self._partitions(whose):
            raise BadCandles(f"{path}: is in the wrong place; move it away, and `repeg candles import` it")
        return whose

    def _place(self, whose: Series) -> Path:
        return self.folder / whose.venue_name / whose.pair_name / timeframe_name(whose.timeframe)

    @contextmanager
    def _locked(self, whose: Series) -> Iterator[None]:
        """One writer at a time for each series; the system lets go when a process ends, however it ends."""
        place = self._place(whose)
        try:
            place.mkdir(parents=True, exist_ok=True)
            lock = (place / ".lock").open("w")
        except OSError as error:
            raise BadCandles(f"{place}: the shelf cannot be written: {error.strerror}") from None
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _touches(path: Path, since: int | None, until: int | None) -> bool:
    """By the month in its name."""
    month = path.stem[-7:]
    return (since is None or iso(since)[:7] <= month) and (until is None or month <= iso(until)[:7])


def _misfiled(path: Path, candles: Candles) -> str | None:
    wrong = [month for month, _ in series.months(candles) if month != path.stem[-7:]]
    return f"{path}: has bars of {', '.join(wrong)}" if wrong else None
