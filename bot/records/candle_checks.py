"""Which rows of a file of bars cannot be, and what is wrong with each."""

from functools import cache

import polars as pl

from bot.model.times import timeframe_name

PRICES = ("open", "high", "low", "close")
COLUMNS = ("timestamp", *PRICES, "volume")

EARLIEST, LATEST = 1_230_768_000_000, 4_102_444_800_000  # ms, 2009 to 2100: outside of it the unit is another
NS = 1_000_000  # in a millisecond
MOST_PRICE, MOST_VOLUME = 1e12, 1e24  # no market has come near; what is beyond overflows sooner or later


def mistyped(schema: dict[str, pl.DataType]) -> str | None:
    """What keeps columns of these types from being bars; None where they can be."""
    missing = [name for name in COLUMNS if name not in schema]
    if missing:
        return f"has no column {', '.join(missing)}; wanted are {', '.join(COLUMNS)}"
    if not schema["timestamp"].is_integer():
        return f"timestamp is {_kind(schema['timestamp'])}, milliseconds as whole numbers are wanted"
    wrong = [name for name in COLUMNS[1:] if not schema[name].is_numeric() and schema[name] != pl.Null]
    return f"{wrong[0]} is {_kind(schema[wrong[0]])}, numbers are wanted" if wrong else None


def cleaned(frame: pl.DataFrame, timeframe: int) -> tuple[pl.DataFrame, list[str]]:
    """The rows that can be, one for each time and in order, and what was done to get there.

    Of two rows for one time the later in the file is kept. `timeframe` in ns; unknown volumes become NaN.
    """
    typed = frame.select(
        pl.col("timestamp").cast(pl.Int64, strict=False),
        *(pl.col(name).cast(pl.Float64, strict=False) for name in PRICES),
        pl.col("volume").cast(pl.Float64, strict=False).fill_null(float("nan")),
    )
    typed = typed.with_columns(fault=_fault(timeframe))
    sound = typed.filter(pl.col("fault").is_null())
    ordered, told = _ordered(sound.drop("fault"))
    return ordered, [*_left_out(typed), *told]


def _left_out(typed: pl.DataFrame) -> list[str]:
    found = typed["fault"].drop_nulls().value_counts(sort=True)
    reasons = [f"{count} {reason}" for reason, count in found.iter_rows()]
    return [f"{found['count'].sum()} of {len(typed)} rows left out ({', '.join(reasons)})"] if reasons else []


def _ordered(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    steps = frame["timestamp"].diff().drop_nulls()
    if (steps > 0).all():
        return frame, []
    told = [f"{backwards} times out of order, sorted"] if (backwards := int((steps < 0).sum())) else []
    ordered = frame.unique("timestamp", keep="last", maintain_order=True).sort("timestamp")
    if twice := len(frame) - len(ordered):
        told.append(f"{twice} times given again, the last kept")
    return ordered, told


@cache
def _fault(timeframe: int) -> pl.Expr:
    """The first thing wrong with a row, in words; null where nothing is."""
    time, volume = pl.col("timestamp"), pl.col("volume")
    high, low = pl.col("high"), pl.col("low")
    faults = {
        "whose time is not in milliseconds of 2009 to 2100": time.is_null() | ~time.is_between(EARLIEST, LATEST),
        f"off the {timeframe_name(timeframe)} grid": time % max(1, timeframe // NS) != 0,
        "with a price that is no number": ~pl.all_horizontal(pl.col(name).is_finite() for name in PRICES).fill_null(
            value=False
        ),
        "with a price that is not above zero": pl.min_horizontal(PRICES) <= 0,
        f"with a price above {MOST_PRICE:.0e} or below its inverse": (pl.max_horizontal(PRICES) > MOST_PRICE)
        | (pl.min_horizontal(PRICES) < 1 / MOST_PRICE),
        "with high below low": high < low,
        "with open or close outside of low and high": (pl.max_horizontal("open", "close") > high)
        | (pl.min_horizontal("open", "close") < low),
        f"with a volume that is negative or above {MOST_VOLUME:.0e}": (volume < 0)
        | ((volume > MOST_VOLUME) & ~volume.is_nan()),
    }
    return pl.coalesce(pl.when(wrong).then(pl.lit(words)) for words, wrong in faults.items())


def _kind(dtype: pl.DataType) -> str:
    return "text" if dtype == pl.String else str(dtype).lower()
