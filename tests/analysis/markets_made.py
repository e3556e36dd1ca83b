"""Price histories made up from a seed: a few markets with coins that fall, venues that err, wicks, gaps and silence."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bot.model.markets import Candles, Market
from bot.model.times import MINUTE

BEGAN = 28_333_333 * MINUTE
NAMES = (
    "a USDC/USDT",
    "b USDC/USDT",
    "c USDC/USDT",
    "a USDT/USD",
    "b USDC/USD",
    "a BTC/USDT",
    "b BTC/USDC",
    "c BTC/USD",
    "a DAI/USDT",
    "c EURC/EUR",
    "c EUR/USD",
)

Floats = NDArray[np.float64]


def market(name: str) -> Market:
    """The market called "venue BASE/QUOTE"."""
    venue, pair = name.split()
    return Market(venue, *pair.split("/"))


def candles(name: str, close: Sequence[float] | Floats, minutes: int = 1, volume: float = 1e6) -> Candles:
    """Bars that open where the one before closed."""
    closes = np.asarray(close, dtype=np.float64)
    opens = np.concatenate([closes[:1], closes[:-1]])
    opened = BEGAN + np.arange(len(closes), dtype=np.int64) * minutes * MINUTE
    high, low = np.maximum(opens, closes), np.minimum(opens, closes)
    return Candles(
        market(name), minutes * MINUTE, opened, opens, high, low, closes, np.full(len(closes), float(volume))
    )


def part(history: Candles, keep: NDArray[np.bool_]) -> Candles:
    """The bars kept."""
    columns = {name: getattr(history, name)[keep] for name in ("opened", "open", "high", "low", "close", "volume")}
    return replace(history, **columns)


def made(seed: int, looks: int = 600) -> list[Candles]:
    """Some markets over so many minutes, at one or several resolutions."""
    rnd = np.random.default_rng(seed)
    names = rnd.choice(NAMES, size=rnd.integers(1, 7), replace=False)
    worth = {"USD": np.ones(looks), "EUR": 1.08 * np.ones(looks), "BTC": 3e4 * np.exp(_walk(rnd, looks, 3e-4))}
    for coin in ("USDC", "USDT", "DAI", "EURC"):
        peg = worth["EUR"] if coin == "EURC" else worth["USD"]
        worth[coin] = peg * np.exp(_astray(rnd, looks, chance=0.5))
    return [_history(rnd, name, worth) for name in names]


def _history(rnd: np.random.Generator, name: str, worth: dict[str, Floats]) -> Candles:
    base, quote = market(name).base, market(name).quote
    minutes = int(rnd.choice([1, 1, 1, 5, 15]))
    every = slice(minutes - 1, None, minutes)
    close = (worth[base] / worth[quote])[every]
    stray = _astray(rnd, len(close), chance=0.3) + rnd.normal(0, 1e-4, len(close))
    history = candles(name, close * np.exp(stray), minutes, float(rnd.choice([0, 10, 1e4, 1e7, np.nan])))
    silent = rnd.random(len(close)) < rnd.choice([0, 0.05, 0.5])
    wild = rnd.random(len(close)) < 0.02
    history.high[wild] *= 1 + rnd.random(int(wild.sum()))
    history.volume[rnd.random(len(close)) < 0.1] = 0.0
    return part(history, ~silent)


def _walk(rnd: np.random.Generator, looks: int, step: float) -> Floats:
    return np.asarray(np.cumsum(rnd.normal(0, step, looks)))


def _astray(rnd: np.random.Generator, looks: int, chance: float) -> Floats:
    """Log deviations: mostly none, here and there a stretch, some no longer than a bar."""
    away = np.zeros(looks)
    while rnd.random() < chance:
        first, long = int(rnd.integers(looks)), int(rnd.choice([1, 2, 5, 30, 120]))
        away[first : first + long] += rnd.normal(0, rnd.choice([20e-4, 60e-4, 500e-4]))
    return away
