"""Histories made up from a seed in which USDC falls at several exchanges and comes back, or does not."""

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bot.app.watching import policy
from bot.model.coins import shipped
from bot.model.markets import Asset, Candles
from bot.model.times import HOUR, MINUTE
from bot.records import catalogue
from bot.strategy.desk import Rules
from bot.strategy.engine import Policy
from bot.strategy.mandate import Mandate
from bot.strategy.memory import Memory
from bot.strategy.thresholds import Thresholds

from .markets_made import candles, part

Floats = NDArray[np.float64]

# Shorter than in life, so that some hours hold the whole of a depeg.
QUICK = Thresholds(settle=20 * MINUTE, memory=HOUR, samples=8, few=3)
NAMES = (
    "a USDC/USD",
    "b USDC/USD",
    "a USDT/USD",
    "b USDC/USDT",
    "c USDC/USDT",
    "c DAI/USDT",
    "a EURC/EUR",
    "a BTC/USD",
    "b BTC/USDC",
)


def rules(thresholds: Thresholds = QUICK) -> Policy:
    """What decides: the usual mandate without pairs, and the past depegs that come with repeg."""
    return replace(policy(shipped(), thresholds), rules=Rules(shipped(), Mandate(pairs=False), _memory(), {}))


@cache
def _memory() -> Memory:
    return Memory.of(catalogue.parse(catalogue.shipped()))


def fallen(seed: int, looks: int = 400, *, back: bool = True) -> list[Candles]:
    """Some markets at one or several resolutions; what is paid in wanders, so that cash in coins is worth more or less.

    Without `back` USDC stays where it fell to.
    """
    rnd = np.random.default_rng(seed)
    names = [NAMES[0], *rnd.choice(NAMES[1:], size=rnd.integers(1, 7), replace=False)]
    worth = {asset: np.zeros(looks) for asset in ("USD", "EUR", "EURC", "DAI")}
    worth["BTC"] = np.cumsum(rnd.normal(0, 3e-4, looks))
    worth["USDT"] = rnd.choice([0, 5e-5, 2e-4]) * np.cumsum(rnd.normal(0, 1, looks))
    worth["USDC"] = _fall(rnd, looks, back=back)
    return [_history(rnd, name, worth) for name in names[int(rnd.integers(0, 4) == 0) :]]


def _fall(rnd: np.random.Generator, looks: int, *, back: bool) -> Floats:
    deep, first = rnd.uniform(0.005, 0.15), rnd.integers(looks // 8, looks // 2)
    corners = np.cumsum([0, first, rnd.integers(2, 40), rnd.integers(5, 80), rnd.integers(5, 60)])
    return np.interp(np.arange(looks), corners, [0, 0, -deep, -deep, 0 if back else -deep])


def _history(rnd: np.random.Generator, name: str, worth: dict[Asset, Floats]) -> Candles:
    base, quote = name.split()[1].split("/")
    minutes = int(rnd.choice([1, 1, 1, 5]))
    noise = rnd.normal(0, 3e-4, len(worth[base]))
    close = np.exp(worth[base] - worth[quote] + noise)[minutes - 1 :: minutes]
    history = candles(name, close, minutes, float(rnd.choice([1e4, 1e6, 1e7])))
    return part(history, rnd.random(len(close)) >= rnd.choice([0, 0.05]))
