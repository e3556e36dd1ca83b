"""Where nothing is looked at there was nothing to see."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.analysis import bars, calm, readings, valuation
from bot.model.coins import shipped
from bot.strategy.depeg import Thresholds

from .markets_made import candles, made

THRESHOLDS = Thresholds()


@settings(max_examples=100)
@given(st.integers(0, 2**32 - 1))
def test_no_coin_is_off_where_all_is_calm(seed: int) -> None:
    """At the looks passed over every reading, of coins and of venues, is below where depegs end."""
    markets = bars.strips(made(seed))
    names, at = [strip.market for strip in markets], bars.looks(markets)
    graph = valuation.described(names, shipped())
    restless = calm.restless(markets, at, graph, THRESHOLDS)
    inside = {moment for first, last in restless for moment in at[first:last].tolist()}
    grid = bars.grid(markets, at)
    solved = valuation.solved(names, graph, grid)

    for one in readings.readings(names, graph, grid, solved, shipped()):
        back = THRESHOLDS.enters(one.scope) * THRESHOLDS.back
        calm_ones = [bp for moment, bp in zip(one.at.tolist(), one.bp.tolist(), strict=True) if moment not in inside]
        assert all(abs(bp) < back for bp in calm_ones)


def test_a_quiet_market_is_passed_over_whole() -> None:
    """Nothing of a history that stays within 30 bp is looked at."""
    markets = bars.strips([candles("a USDC/USDT", [1.0, 1.003, 0.9975, 1.0] * 50)])
    graph = valuation.described([strip.market for strip in markets], shipped())

    assert calm.restless(markets, bars.looks(markets), graph, THRESHOLDS) == []
