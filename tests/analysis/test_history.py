"""Depegs in price history are those the live bot would have told, found without looking at all of it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.analysis import bars, history
from bot.analysis.history import Found
from bot.model.coins import shipped
from bot.model.decisions import Depeg
from bot.model.markets import Candles
from bot.model.times import HOUR, MINUTE
from bot.strategy import depeg, fair_value
from bot.strategy.depeg import Thresholds, Watching
from bot.strategy.fair_value import Pricing

from .markets_made import BEGAN, candles, made, part

# Shorter than in life, so that ten hours hold many beginnings and ends.
QUICK = Thresholds(settle=20 * MINUTE, memory=HOUR, samples=8, few=3)

seeds = st.integers(0, 2**32 - 1)


def find(histories: Sequence[Candles], thresholds: Thresholds = QUICK, *, skip: bool = True) -> Found:
    """What they hold."""
    return history.find(histories, shipped(), thresholds, skip=skip)


def live(histories: Sequence[Candles], thresholds: Thresholds) -> tuple[Depeg, ...]:
    """What the bot would have told, look by look, each as it was told last or stands at the end."""
    markets, watching, told = bars.strips(histories), Watching(), dict[tuple[str, str, str, int], Depeg]()
    for now in bars.looks(markets).tolist():
        quotes = bars.quotes(markets, now)
        values = fair_value.solve(quotes, now, Pricing(shipped()))
        watching, new = depeg.detect(watching, values, quotes, thresholds, shipped())
        told |= {(one.coin, one.scope, one.direction, one.start): one for one in (*new, *watching.depegs)}
    return tuple(sorted(told.values(), key=lambda one: (one.start, one.coin, one.scope)))


def rounded(episodes: Sequence[Depeg]) -> list[Depeg]:
    """Without the last digits, in which sums over other arrays differ."""
    return [replace(one, trough=round(one.trough, 9), peak_bp=round(one.peak_bp, 5)) for one in episodes]


@settings(max_examples=200)
@given(seeds)
def test_passing_over_calm_stretches_changes_no_episode(seed: int) -> None:
    """What is found by looking only where something could be is what is found by looking everywhere."""
    histories = made(seed)

    assert rounded(find(histories).episodes) == rounded(find(histories, skip=False).episodes)


@settings(max_examples=25)
@given(seeds)
def test_history_tells_what_the_live_bot_tells(seed: int) -> None:
    """The same bars, look by look through `solve` and `detect`, give the same depegs."""
    histories = made(seed, looks=240)

    assert rounded(find(histories).episodes) == rounded(live(histories, QUICK))


@settings(max_examples=50)
@given(seeds, st.integers(1, 600))
def test_nothing_looks_ahead(seed: int, minutes: int) -> None:
    """What was told by a moment is what a history tells that ends there."""
    now, histories = BEGAN + minutes * MINUTE, made(seed)
    past = [part(one, one.opened + one.timeframe <= now) for one in histories]

    def starts(found: Found) -> list[tuple[str, str, str, int, int]]:
        return [(e.coin, e.scope, e.direction, e.start, e.alert) for e in found.episodes if e.alert <= now]

    assert starts(find(histories)) == starts(find(past))


def test_nothing_in_nothing() -> None:
    """No files, and files without bars, hold nothing."""
    assert find([]) == Found((), 0, 0, (0, 0))
    assert find([candles("a USDC/USD", [])]) == Found((), 1, 0, (0, 0))


def test_markets_without_dollars_or_coins_tell_nothing() -> None:
    """Bitcoin in ether says nothing of any peg, and breaks nothing."""
    assert find([candles("a BTC/ETH", [14.0, 15.0, 14.5])]).episodes == ()


def test_what_was_looked_at_is_told() -> None:
    """Markets are counted once however many pieces they come in; bars all."""
    found = find([candles("a USDC/USD", [1.0] * 60), candles("a USDC/USD", [1.0] * 4, minutes=15)])

    assert (found.markets, found.quotes) == (1, 64)
    assert found.span == (BEGAN, BEGAN + HOUR)


def test_a_coin_falls_and_comes_back() -> None:
    """Its first sight, its alert a bar later, its trough and its return are those of the closes."""
    close = [1.0] * 100 + [0.97] * 30 + [0.92] + [0.97] * 29 + [1.0] * 100
    (told,) = find([candles("a USDC/USD", close), candles("b USDC/USD", close)]).episodes

    assert (told.coin, told.scope, told.direction) == ("USDC", "coin", "below")
    assert (told.start, told.alert) == (BEGAN + 101 * MINUTE, BEGAN + 102 * MINUTE)
    assert (told.trough, told.trough_at) == (pytest.approx(0.92), BEGAN + 131 * MINUTE)
    assert told.end == BEGAN + 161 * MINUTE
    assert told.anchored
    assert told.venues == ("a", "b")


def test_a_wick_is_no_depeg() -> None:
    """Extremes that came back within the bar alarm nobody, not even bar after bar."""
    history_ = candles("a USDC/USD", [1.0] * 100)
    history_.low[50:60] = 0.2

    assert find([history_]).episodes == ()


def test_a_close_alone_is_no_depeg() -> None:
    """One bar that closes far away is not confirmed by bars in which nobody traded."""
    history_ = candles("a USDC/USD", [1.0] * 50 + [0.5] * 20 + [1.0] * 50)
    for prices in (history_.open, history_.high, history_.low):
        prices[51:70] = 0.5
    history_.volume[51:70] = 0

    assert find([history_]).episodes == ()


def test_one_venue_of_three_is_that_venue() -> None:
    """A venue that stands aside while the others agree is told as the venue."""
    steady, aside = [1.0] * 120, [1.0] * 40 + [0.96] * 40 + [1.0] * 40
    found = find([candles(f"{venue} USDC/USD", aside if venue == "b" else steady) for venue in "abc"])

    assert [(one.coin, one.scope, one.direction) for one in found.episodes] == [("USDC", "venue:b", "below")]


def test_a_coin_with_one_venue_can_still_fall() -> None:
    """With nobody to compare with, what the one venue shows is what the coin is worth."""
    found = find([candles("a UST/USDT", [1.0] * 40 + [0.6] * 40), candles("a USDC/USDT", [1.0] * 80)])

    assert [(one.coin, one.scope, one.end) for one in found.episodes] == [("UST", "coin", None)]


def test_when_the_quote_coin_falls_no_other_is_blamed() -> None:
    """Four coins that rise together against USDT are USDT falling."""
    rise = [1.0] * 60 + [1.05] * 60
    found = find([candles(f"a {coin}/USDT", rise) for coin in ("USDC", "BUSD", "TUSD", "DAI")])

    assert [(one.coin, one.direction, one.anchored) for one in found.episodes] == [("USDT", "below", False)]
    assert found.episodes[0].trough == pytest.approx(1 / 1.05, rel=1e-3)


def test_noise_of_bitcoin_makes_no_depeg() -> None:
    """Bitcoin in dollars and in coins on several venues, each a little apart, moves no coin."""
    rnd = np.random.default_rng(7)
    price = 3e4 * np.exp(np.cumsum(rnd.normal(0, 10e-4, 1000)))
    names = ("a BTC/USD", "b BTC/USD", "a BTC/USDT", "b BTC/USDT", "c BTC/USDT", "c BTC/USDC")

    assert find([candles(name, price * np.exp(rnd.normal(0, 8e-4, 1000))) for name in names]).episodes == ()


def test_files_of_one_market_at_several_resolutions_are_one_market() -> None:
    """An hour's bars beside the minutes they are made of change nothing."""
    close = [1.0] * 100 + [0.97] * 60 + [1.0] * 80
    fine = candles("a USDC/USD", close)
    coarse = candles("a USDC/USD", close[14::15], minutes=15)

    assert find([fine, coarse]).episodes == find([coarse, fine]).episodes == find([fine]).episodes


def test_progress_is_told_in_rising_parts() -> None:
    """From something to all of it."""
    close = ([1.0] * 200 + [0.9] * 20) * 4
    parts: list[float] = []
    history.find([candles("a USDC/USD", close)], shipped(), QUICK, parts.append)

    assert parts == sorted(parts)
    assert parts[-1] == 1.0
