"""How fast history is traded, beside taking every look of it: scripts/bench backtest.

Half a year of minutes of four markets, in which USDC falls by a tenth for an afternoon and comes back.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
from analysis.falls_made import rules
from analysis.markets_made import candles
from harness import Work, measure, report, verdict

from bot.analysis import bars, replay
from bot.analysis.outcome import Outcome
from bot.model.coins import shipped
from bot.model.events import QuotesSeen
from bot.model.markets import Candles
from bot.strategy.engine import State, step
from bot.strategy.thresholds import Thresholds

NAMES = ("a USDC/USD", "b USDC/USD", "a USDT/USD", "b USDC/USDT")
MANY, FEW = 250_000, 3_000  # minutes
POLICY = rules(Thresholds())
ENOUGH = 100_000  # bars a second


def fallen(minutes: int) -> list[Candles]:
    """Markets that wander by a few basis points, and a fall in the middle that a tenth of a day sees through."""
    rnd, corners = np.random.default_rng(1), np.array([0, 1, 61, 180, 300, 301]) + minutes // 2
    fall = np.interp(np.arange(minutes), corners, [0, 0, -0.1, -0.1, 0, 0])
    noise = (np.clip(rnd.normal(0, 2e-4, minutes), -9e-4, 9e-4) for _ in NAMES)
    return [candles(n, np.exp(each + ("USDC" in n) * fall), 1, 1e6) for n, each in zip(NAMES, noise, strict=True)]


def run(histories: Sequence[Candles], *, skip: bool = True) -> Outcome:
    """What is timed."""
    return replay.run(histories, shipped(), POLICY, 1e6, skip=skip)


def look_by_look(events: Sequence[QuotesSeen]) -> State:
    """The step that runs live, nothing bought."""
    state = State()
    for event in events:
        state, _ = step(state, event, POLICY)
    return state


def main() -> None:
    """Times and judges."""
    many, few = fallen(MANY), fallen(FEW)
    markets = bars.strips(few)
    events = [QuotesSeen(now, now, bars.quotes(markets, now)) for now in bars.looks(markets).tolist()]
    timings = measure(
        Work("a backtest, calm passed over, bars", partial(run, many), MANY * len(NAMES)),
        Work("a backtest, every look taken, bars", partial(run, few, skip=False), FEW * len(NAMES)),
        Work("the live step alone, bars", partial(look_by_look, events), FEW * len(NAMES)),
        rounds=5,
    )
    report(f"History of {len(NAMES)} markets, traded", timings)
    some, every = run(few), run(few, skip=False)
    verdict(
        (f"{ENOUGH:,} bars a second", timings[0].per_second >= ENOUGH),
        ("it was traded", bool(run(many).fills)),
        ("both decide alike", (some.fills, some.declined) == (every.fills, every.declined)),
    )


if __name__ == "__main__":
    main()
