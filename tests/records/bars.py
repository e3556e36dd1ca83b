"""Bars that could be, and their files."""

from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import strategies as st

from bot.model.coins import shipped
from bot.model.markets import Candles, Market
from bot.model.times import MINUTE, moment

COINS = shipped()
MARKET = Market("kraken", "USDC", "USD")
NAME = "kraken_USDC-USD_1m"
BEGIN = moment("2023-03-11")
PRICES = ("open", "high", "low", "close")


def candles(count: int = 3, *, begin: int = BEGIN, timeframe: int = MINUTE, market: Market = MARKET) -> Candles:
    """Bars one after another, each with prices of its own."""
    number = begin // timeframe + np.arange(count, dtype=np.int64)
    price = 1 + number % 97 / 1_000
    return Candles(market, timeframe, number * timeframe, price, price + 0.01, price - 0.01, price, number % 89 / 10)


def rows(**columns: object) -> pl.DataFrame:
    """Three sound rows of a file, with some columns told otherwise."""
    sound = {"timestamp": [BEGIN // 1_000_000 + 60_000 * k for k in range(3)]}
    sound |= dict.fromkeys(PRICES, [1.0] * 3) | {"volume": [5.0] * 3}
    return pl.DataFrame(sound | columns, strict=False)


def parquet(folder: Path, frame: pl.DataFrame, name: str = NAME) -> Path:
    """The rows as a file."""
    path = folder / f"{name}.parquet"
    frame.write_parquet(path)
    return path


def alike(one: Candles, other: Candles) -> bool:
    """Whether they are the same bars, unknown volumes included."""
    columns = ("opened", *PRICES, "volume")
    return (one.market, one.timeframe) == (other.market, other.timeframe) and all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True) for name in columns
    )


@st.composite
def any_candles(draw: st.DrawFn, market: Market = MARKET, timeframe: int = MINUTE) -> Candles:
    """Bars of any sound prices, with any holes, over up to a quarter of a year."""
    steps = sorted(draw(st.sets(st.integers(0, 90 * 1_440), min_size=1, max_size=20)))
    price = st.floats(1e-9, 1e9)
    four = np.sort(np.array(draw(st.lists(st.tuples(*[price] * 4), min_size=len(steps), max_size=len(steps)))), axis=1)
    volume = draw(st.lists(st.floats(0, 1e12) | st.just(float("nan")), min_size=len(steps), max_size=len(steps)))
    opened = BEGIN + np.array(steps, np.int64) * timeframe
    return Candles(market, timeframe, opened, four[:, 1], four[:, 3], four[:, 0], four[:, 2], np.array(volume))
