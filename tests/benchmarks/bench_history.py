"""How fast depegs are found in price history, beside looking at all of it and beside the live bot's own way.

    PYTHONPATH=tests uv run python tests/benchmarks/bench_history.py

Quiet history is half a million bars of one market, and of three, that wander as USDC/USDT does: by a few basis points.
Where the market history of $REPEG_DATA is at hand, all its candles are searched too, as one market.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
from analysis import documented
from analysis.markets_made import candles
from harness import Work, measure, report, verdict

from bot.analysis import bars, history
from bot.analysis.history import Found
from bot.model.coins import shipped
from bot.model.markets import Candles
from bot.strategy import depeg, fair_value
from bot.strategy.depeg import Thresholds, Watching
from bot.strategy.fair_value import Pricing

BARS = 500_000
FEW = 2_000  # bars looked at one by one
THRESHOLDS = Thresholds()
ENOUGH = 5e6  # bars a second
SECONDS = 10.0  # for all candles at hand


def quiet(names: Sequence[str], count: int) -> list[Candles]:
    """Markets that wander by a few basis points, `count` bars in all."""
    rnd = np.random.default_rng(1)
    each = count // len(names)
    return [candles(name, np.round(1 + np.clip(rnd.normal(0, 2e-4, each), -9e-4, 9e-4), 4)) for name in names]


def find(histories: Sequence[Candles], *, skip: bool = True) -> Found:
    """What is timed."""
    return history.find(histories, shipped(), THRESHOLDS, skip=skip)


def look_by_look(histories: Sequence[Candles]) -> int:
    """The same bars as the live bot sees them; how many depegs it told."""
    markets, watching, pricing, told = bars.strips(histories), Watching(), Pricing(shipped()), 0
    for now in bars.looks(markets).tolist():
        quotes = bars.quotes(markets, now)
        values = fair_value.solve(quotes, now, pricing)
        watching, new = depeg.detect(watching, values, quotes, THRESHOLDS, shipped())
        told += len(new)
    return told


def timed(title: str, names: Sequence[str]) -> float:
    """Bars a second on quiet history of these markets."""
    histories, few = quiet(names, BARS), quiet(names, FEW)
    timings = measure(
        Work("calm passed over", partial(find, histories), BARS),
        Work("all looked at, in arrays", partial(find, histories, skip=False), BARS),
        Work("look by look, as live", partial(look_by_look, few), FEW),
        rounds=5,
    )
    report(title, timings)
    return timings[0].per_second


def everything() -> float:
    """Seconds for all candles at hand, 0 where there are none."""
    if not documented.CANDLES.is_dir():
        return 0.0
    histories = documented.load("")
    count = sum(map(len, histories))
    works = [Work("calm passed over", partial(find, histories), count)]
    timings = measure(*works, Work("all looked at", partial(find, histories, skip=False), count), rounds=3)
    report(f"All {count:,} real bars as one market", timings)
    return count / timings[0].per_second


def main() -> None:
    """Times and judges."""
    one = timed("Quiet, one market", ["a USDC/USDT"])
    three = timed("Quiet, three markets", ["a USDC/USDT", "b USDC/USDT", "a DAI/USDT"])
    seconds = everything()
    verdict(
        (f"{ENOUGH / 1e6:.0f} million quiet bars a second, of one market", one >= ENOUGH),
        (f"{ENOUGH / 1e6:.0f} million quiet bars a second, of three markets", three >= ENOUGH),
        (f"all real bars within {SECONDS:.0f} s: {seconds:.1f} s of CPU", seconds < SECONDS),
    )


if __name__ == "__main__":
    main()
