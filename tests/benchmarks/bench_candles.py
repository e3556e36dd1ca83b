"""How fast price history is read, every row checked: scripts/bench candles."""

import csv
import math
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from harness import Work, measure, report, verdict

from bot.model.coins import shipped
from bot.model.times import MINUTE, moment
from bot.records import candles

FILES, BARS = 30, 30_000  # as many as of a study of several years
LEAST = 1_000_000  # bars a second
PRICES = ("open", "high", "low", "close")


def written(folder: Path) -> list[Path]:
    """Files of a random walk around a dollar, as Parquet, one of them as CSV too."""
    random = np.random.default_rng(7)
    begin = moment("2023-03-01") // 1_000_000
    for number in range(FILES):
        close = 1 + np.cumsum(random.normal(0, 1e-6, BARS))
        columns = {"open": close, "high": close + 1e-4, "low": close - 1e-4, "close": close}
        frame = pl.DataFrame({"timestamp": begin + MINUTE // 1_000_000 * np.arange(BARS), **columns, "volume": close})
        frame.write_parquet(folder / f"venue{number}_USDC-USD_1m.parquet")
    frame.write_csv(folder / "row-by-row_USDC-USD_1m.csv")
    return sorted(folder.glob("*.parquet"))


def unchecked(paths: list[Path]) -> int:
    """The floor: polars alone, nothing looked at."""
    return sum(len(pl.read_parquet(path)) for path in paths)


def row_by_row(path: Path) -> int:
    """The plain way: CSV, each row looked at in Python."""
    count, last = 0, -math.inf
    with path.open() as file:
        for row in csv.DictReader(file):
            time, volume = int(row["timestamp"]), float(row["volume"])
            first, high, low, close = (float(row[name]) for name in PRICES)
            sound = 0 < low <= min(first, close) <= max(first, close) <= high < math.inf and 0 <= volume < math.inf
            count += sound and time > last and time % 60_000 == 0
            last = time
    return count


def main() -> None:
    """Times and judges."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        parquet, text = written(folder), folder / "row-by-row_USDC-USD_1m.csv"
        timings = measure(
            Work("repeg, Parquet, every row checked", partial(candles.read, parquet, shipped()), FILES * BARS),
            Work("repeg, CSV, every row checked", partial(candles.read, [text], shipped()), BARS),
            Work("polars alone, Parquet, nothing checked", partial(unchecked, parquet), FILES * BARS),
            Work("row by row, CSV, every row checked", partial(row_by_row, text), BARS),
        )
    ours, our_text, _, plain = timings
    report(f"bars read, {FILES} files of {BARS:,}", timings)
    verdict(
        (f"at least {LEAST:,} bars a second", ours.per_second >= LEAST),
        ("CSV faster than row by row", our_text.times_faster_than(plain) > 1),
    )


if __name__ == "__main__":
    main()
