"""One file of bars: its name says of which market, its rows what was paid.

`<venue>_<BASE>-<QUOTE>_<timeframe>.parquet` (or .csv, or with _<year>-<month> before the dot), columns timestamp
(ms since 1970 UTC, the bar's beginning), open, high, low, close, volume (base units, NaN where unknown). The
perpetual future of a coin is one of its own: binanceusdm_USDC-PERP-USDT_1m.parquet.
"""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from stat import S_ISREG
from urllib.parse import unquote

import numpy as np
import polars as pl

from bot.model.coins import Coins
from bot.model.errors import UserError
from bot.model.markets import Asset, Candles, Market, perpetual, underlying
from bot.model.times import timeframe
from bot.records.candle_checks import COLUMNS, NS, cleaned, mistyped
from bot.records.series import Series

SUFFIXES = (".parquet", ".csv")
NOTHING = ["", "null", "NULL", "None", "NA", "N/A", "-"]  # as other programs write what they do not know
_NAME = re.compile(
    r"(?P<venue>.+)_(?P<base>[^_-]+(?:-PERP)?)-(?P<quote>[^_-]+)_(?P<length>[^_]+?)(?:_[0-9]{4}-[0-9]{2})?"
)


class BadCandles(UserError):  # noqa: N818 - a state of the world, as an operator would say it
    """A file of bars that cannot be used at all. The message names the file."""


def named(path: Path, coins: Coins) -> Series:
    """What the file's name says; `BadCandles` where it says nothing, or names what nobody knows."""
    match = _NAME.fullmatch(path.stem)
    if not match or path.suffix not in SUFFIXES:
        raise BadCandles(f"{path}: names of candle files are like kraken_USDC-USD_1m.parquet or .csv")
    length = timeframe(match["length"])
    if length is None:
        raise BadCandles(f"{path}: {match['length']} is no timeframe; they are like 1m, 15m, 1h and divide a day")
    base, coin = (_asset(match[part], coins, path) for part in ("base", "quote"))
    if base == coin:
        raise BadCandles(f"{path}: {match['base']} and {match['quote']} are one asset: that is no market")
    return Series(Market(unquote(match["venue"]), base, coin), length)


def inside(folder: Path) -> tuple[list[Path], list[str]]:
    """Every candle file below the folder, by name, and a line about each folder that cannot be read.

    Hidden files and folders are drafts. Links to folders are not followed: they may lead back.
    """
    found, complaints = list[Path](), list[str]()

    def complain(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            complaints.append(f"{error.filename}: cannot be read: {error.strerror}")

    for place, folders, names in os.walk(folder, onerror=complain):
        folders[:] = _seen(folders)
        found += [path for path in (Path(place, name) for name in _seen(names)) if path.suffix in SUFFIXES]
    return sorted(found), complaints


def _seen(names: Iterable[str]) -> list[str]:
    return [name for name in names if not name.startswith(".")]


def read(path: Path, coins: Coins) -> tuple[Candles, str | None]:
    """The bars of one file, and a line about rows that were wrong; `BadCandles` where there is nothing to use."""
    _reachable(path)
    series = named(path, coins)
    frame, faults = cleaned(_frame(path), series.timeframe)
    told = f"{path}: {'; '.join(faults)}" if faults else None
    if frame.is_empty():
        raise BadCandles(told or f"{path}: has no rows")
    return bars(series, frame), told


def write(path: Path, candles: Candles) -> None:
    """Put the bars into a Parquet file, as `put` does."""
    content = BytesIO()
    table(candles).write_parquet(content)
    put(path, content.getvalue())


def put(path: Path, content: bytes) -> None:
    """Write the file whole or not at all, for good. `BadCandles` when the disk will not have it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _settle(path.parent)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise BadCandles(f"{path}: cannot be written: {error.strerror or error}") from None


def _settle(folder: Path) -> None:
    """A new name survives a power cut once its folder is on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def bars(series: Series, frame: pl.DataFrame) -> Candles:
    """Rows that are sound and in order, as bars."""
    prices = [frame[name].to_numpy() for name in COLUMNS[1:]]
    return Candles(series.market, series.timeframe, frame["timestamp"].to_numpy() * np.int64(NS), *prices)


def table(candles: Candles) -> pl.DataFrame:
    """Bars as the rows of a file."""
    columns = (candles.opened // NS, candles.open, candles.high, candles.low, candles.close, candles.volume)
    return pl.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def _reachable(path: Path) -> None:
    """`BadCandles` in plain words, where a reader of Parquet or CSV would find others."""
    try:
        str(path).encode()
        state = path.stat()
        if not S_ISREG(state.st_mode):
            raise BadCandles(f"{path}: cannot be read: is {'a folder' if path.is_dir() else 'no file'}")
        path.open("rb").close()
    except UnicodeEncodeError:
        raise BadCandles(f"{path}: cannot be read: its name is not UTF-8") from None
    except OSError as error:
        raise BadCandles(f"{path}: cannot be read: {error.strerror}") from None
    if state.st_size == 0:
        raise BadCandles(f"{path}: is empty")


def _frame(path: Path) -> pl.DataFrame:
    try:
        found = _csv(path) if path.suffix == ".csv" else pl.scan_parquet(path, glob=False)
        wrong = mistyped(dict(found.collect_schema()))
        if wrong:
            raise BadCandles(f"{path}: {wrong}")
        return found.select(COLUMNS).collect()
    except OSError as error:
        raise BadCandles(f"{path}: cannot be read: {error.strerror or error}") from None
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        raise BadCandles(f"{path}: is not {'CSV' if path.suffix == '.csv' else 'Parquet'}, or is damaged") from None


def _csv(path: Path) -> pl.LazyFrame:
    """A column without a value is taken for one of numbers, none of them known."""
    told = pl.read_csv(path, glob=False, infer_schema_length=None, null_values=NOTHING)
    if told.width == 1:
        raise BadCandles(f"{path}: has one column; between columns commas are wanted, in numbers points")
    if told.is_empty():
        raise BadCandles(f"{path}: has no rows")
    unknown = [name for name in told.columns if told[name].null_count() == len(told)]
    return told.with_columns(pl.col(unknown).cast(pl.Float64)).lazy()


def _asset(name: str, coins: Coins, path: Path) -> Asset:
    coin = underlying(name)
    known = coins.asset(coin)
    if known is None:
        raise BadCandles(f"{path}: {coins.stranger(coin)}")
    return known if coin == name else perpetual(known)
