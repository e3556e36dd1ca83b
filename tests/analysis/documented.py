"""The depegs that are documented, and what candles show of them by the plainest reckoning: medians of closes."""

import csv
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.analysis import bars
from bot.analysis.bars import Strip
from bot.model.coins import shipped
from bot.model.decisions import Depeg
from bot.model.markets import DOLLAR, REFERENCES, Asset, Candles
from bot.model.times import DAY, HOUR, moment
from bot.records import candle_files

DATA = Path(os.environ.get("REPEG_DATA", Path(__file__).parents[3] / "shared" / "data"))
CANDLES = DATA / "candles"
QUIET = ("quiet-2025", "busd-2023-02", "celsius-2022-06")  # datasets in which no close is 50 bp off
ENTRY = 50e-4
NEVER = 10 * DAY  # how long one that never came back is looked for

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Documented:
    """One row of episodes.csv."""

    name: str
    coin: Asset
    start: int  # ns UTC
    back: int  # ns UTC; some days after the start where it never came back
    sign: int  # 1 above the peg, -1 below

    @property
    def is_trap(self) -> bool:
        """Whether it is a print that was no depeg."""
        return self.name.startswith("TRAP_")


@dataclass(frozen=True)
class Shown:
    """What a dataset's closes show of a documented depeg."""

    bars: int  # closes beyond 50 bp
    crossing: int  # when the second in a row was known, ns UTC
    troughs: tuple[float, ...]  # by the median of all its markets, and by each alone


def datasets() -> tuple[str, ...]:
    """The folders of candles."""
    return tuple(sorted(folder.name for folder in CANDLES.iterdir()))


@cache
def load(dataset: str) -> tuple[Candles, ...]:
    """Every file of a dataset; of all of them where it is ""."""
    return tuple(candle_files.read(path, shipped())[0] for path in sorted((CANDLES / dataset).rglob("*.parquet")))


@cache
def measured() -> tuple[Documented, ...]:
    """The rows that were measured in market data."""
    with (DATA / "episodes.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["evidence"].startswith("measured")]
    told = [_documented(row) for row in rows]
    return tuple(one for one in told if one)


def _documented(row: Mapping[str, str]) -> Documented | None:
    coin, start = shipped().asset(row["coin"]), _first_moment(row["start_utc"])
    if coin is None or start is None:
        return None
    trough = _first_moment(row["trough_utc"]) or start
    back = _first_moment(row["back_within_50bp_utc"]) or trough + NEVER
    price = float(re.findall(r"\d+\.\d+|\d+", row["trough_price"])[0])
    return Documented(row["event_id"], coin, start, max(back, trough + HOUR), 1 if price > 1 else -1)


def _first_moment(text: str) -> int | None:
    found = re.search(r"\d{4}-\d\d-\d\d( \d\d:\d\d)?", text)
    return moment(found[0]) if found else None


@cache
def closes(dataset: str, coin: Asset) -> tuple[NDArray[np.int64], Floats, int]:
    """When the coin's bars end, its median dollar price by their closes, and the length of its finest bars.

    A coin that only others are priced in is told by USDC alone, where that is at hand: lesser ones fall by themselves.
    """
    history = load(dataset)
    strips = bars.strips(history)
    mine = _witnesses(coin, strips)
    finest = min((one.timeframe for one in history if coin in (one.market.base, one.market.quote)), default=0)
    at = bars.looks(mine)
    said = [column for strip in mine if (column := _dollars(strip, coin, strips, at)) is not None]
    if not said:
        return at[:0], np.empty(0), finest
    some = np.isfinite(said).any(axis=0)
    return at[some], np.exp(np.nanmedian(np.array(said)[:, some], axis=0)), finest


def _witnesses(coin: Asset, strips: Sequence[Strip]) -> list[Strip]:
    mine = [strip for strip in strips if coin in (strip.market.base, strip.market.quote)]
    told = [strip for strip in mine if strip.market.base == coin]
    great = [strip for strip in mine if strip.market.base == "USDC"]
    return mine if told else great or mine


def in_dollars(dataset: str, coin: Asset) -> bool:
    """Whether some market prices the coin in dollars."""
    return any((one.market.base, one.market.quote) == (coin, DOLLAR) for one in load(dataset))


def _dollars(strip: Strip, coin: Asset, strips: Sequence[Strip], at: NDArray[np.int64]) -> Floats | None:
    """Log dollars of the coin by one market at these looks."""
    is_base = strip.market.base == coin
    other = strip.market.quote if is_base else strip.market.base
    worth = _worth(other, strips, at)
    price = bars.grid([strip], at).price[:, 0]
    return None if worth is None else price + worth if is_base else worth - price


def _worth(asset: Asset, strips: Sequence[Strip], at: NDArray[np.int64]) -> Floats | None:
    """Log dollars of what a coin is priced in: by dollar books that stand; without, a coin is taken to be at par."""
    books = [strip for strip in strips if (strip.market.base, strip.market.quote) == (asset, DOLLAR)]
    worth = np.full(len(at), np.nan if asset in REFERENCES else 0.0)
    if not books:
        return None if asset in REFERENCES else worth
    price = bars.grid(books, at).price
    some = np.isfinite(price).any(axis=1)
    worth[some] = np.nanmedian(price[some], axis=1)
    return worth


def shown(dataset: str, episode: Documented) -> Shown | None:
    """What the closes around it show; None where no two in a row are 50 bp off."""
    at, price, _ = closes(dataset, episode.coin)
    during = (at >= episode.start - HOUR) & (at <= episode.back + HOUR)
    at, price = at[during], price[during]
    beyond = (price - 1) * episode.sign >= ENTRY - 1e-9
    twice = np.flatnonzero(beyond[1:] & beyond[:-1])
    if not len(twice):
        return None
    return Shown(int(beyond.sum()), int(at[twice[0] + 1]), (_worst(price, episode), *_alone(dataset, episode)))


def _alone(dataset: str, episode: Documented) -> list[float]:
    """The trough by each of the coin's markets with another dollar coin, what that is priced in taken at par."""
    troughs = []
    for candles in load(dataset):
        pair, end = candles.market, candles.opened + candles.timeframe
        close = candles.close[(end >= episode.start - HOUR) & (end <= episode.back + HOUR)]
        if len(close) and episode.coin in (pair.base, pair.quote) and not REFERENCES & {pair.base, pair.quote}:
            troughs.append(_worst(close if pair.base == episode.coin else 1 / close, episode))
    return troughs


def _worst(price: Floats, episode: Documented) -> float:
    return float(price[np.argmax((price - 1) * episode.sign)])


def answers(episode: Documented, told: Sequence[Depeg]) -> list[Depeg]:
    """The coin-wide depegs that were told of it."""
    direction = "above" if episode.sign > 0 else "below"
    return [
        one
        for one in told
        if (one.coin, one.scope, one.direction) == (episode.coin, "coin", direction)
        and one.start <= episode.back + HOUR
        and (one.end or episode.back) >= episode.start - HOUR
    ]


def is_false(dataset: str, told: Depeg) -> bool:
    """Whether a coin-wide alarm is borne out by no closes of the coin's own markets about its time.

    That is by two in a row, one 50 bp off and both 40: what they are priced in may itself stand a little aside.
    """
    if told.scope != "coin":
        return False
    history = [one for one in load(dataset) if told.coin in (one.market.base, one.market.quote)]
    return not any(_shows(candles, told) for candles in history)


def _shows(candles: Candles, told: Depeg) -> bool:
    end = candles.opened + candles.timeframe
    about = (end >= told.start - HOUR) & (end <= told.alert + HOUR)
    off = np.abs(candles.close[about] - 1)
    return bool((np.minimum(off[1:], off[:-1]) >= 0.8 * ENTRY).any() and off.max() >= ENTRY - 1e-4)
