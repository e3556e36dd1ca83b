"""Price history from files and folders: whatever can be used, and a line about each thing that cannot."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.model.coins import Coins
from bot.model.markets import Candles
from bot.records import candle_files, series
from bot.records.candle_files import BadCandles
from bot.records.series import Series


@dataclass(frozen=True, slots=True)
class History:
    """The bars of each market and timeframe, and the complaints, each of one line that names the file."""

    candles: tuple[Candles, ...]
    complaints: tuple[str, ...]


def read(paths: Iterable[Path], coins: Coins, progress: Callable[[int, int], None] | None = None) -> History:
    """Every candle file among the paths, folders to their ends; several of one series become one.

    Where files of a series overlap, the bars of the last one read stand: files come in the order given, those of a
    folder by name. `progress` hears how many files are done, of how many.
    """
    found, complaints = _files(paths)
    kept: dict[Series, Candles] = {}
    for done, path in enumerate(found, 1):
        try:
            candles, told = candle_files.read(path, coins)
        except BadCandles as error:
            complaints.append(str(error))
        else:
            complaints += [line for line in (told, _added(kept, candles, path)) if line]
        if progress:
            progress(done, len(found))
    return History(tuple(kept.values()), tuple(complaints))


def _files(paths: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """The files to read, each once, and what is wrong with folders."""
    found: dict[Path, Path] = {}
    complaints: list[str] = []
    for path in paths:
        inside, told = candle_files.inside(path) if _is_folder(path) else ([path], [])
        complaints += told
        if not inside and not told:
            complaints.append(f"{path}: no candle files in this folder; they end in .parquet or .csv")
        found |= {each.absolute(): each for each in inside}
    return list(found.values()), complaints


def _is_folder(path: Path) -> bool:
    """What the system will not even look at is taken for a file, and told when that is read."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _added(kept: dict[Series, Candles], candles: Candles, path: Path) -> str | None:
    whose = series.of(candles)
    before = kept.get(whose)
    kept[whose] = candles if before is None else series.joined(before, candles)
    different = series.differing(before, candles) if before is not None else 0
    return f"{path}: {different} bars of {whose} are not those of a file before it; these stand" if different else None
