"""What would have come of trading real history with the mandate that is usual."""

from functools import cache

import pytest

from bot.analysis import replay
from bot.analysis.outcome import Outcome
from bot.analysis.performance import measure
from bot.model.coins import shipped
from bot.model.markets import Candles
from bot.model.times import MINUTE, moment
from bot.strategy.thresholds import Thresholds

from . import documented
from .falls_made import rules
from .markets_made import part

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not documented.CANDLES.is_dir(), reason=f"no candles at {documented.CANDLES}: set REPEG_DATA"),
]

CAPITAL = 1_000_000.0
SPANS = {  # of those that would take long: the worst of them
    "ust-2022-05": ("2022-05-01", "2022-05-12"),
    "binance-2021-2023": ("2022-04-01", "2022-08-01"),
}
DATASETS = documented.datasets() if documented.CANDLES.is_dir() else ()


def run(histories: tuple[Candles, ...], *, skip: bool = True) -> Outcome:
    """What would have come of it, by the thresholds that are usual."""
    return replay.run(histories, shipped(), rules(Thresholds()), CAPITAL, skip=skip)


@cache
def outcome(dataset: str) -> Outcome:
    """What would have come of a dataset."""
    return run(between(dataset, *SPANS.get(dataset, ("2000-01-01", "2100-01-01"))))


def between(dataset: str, first: str, last: str) -> tuple[Candles, ...]:
    """The bars of a dataset that began in a span."""
    since, until = moment(first), moment(last)
    cut = (part(one, (one.opened >= since) & (one.opened < until)) for one in documented.load(dataset))
    return tuple(one for one in cut if len(one))


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_coin_that_nothing_but_trust_stands_behind_is_never_held(dataset: str) -> None:
    """UST is bought nowhere in its history, however cheap."""
    assert [fill for fill in outcome(dataset).fills if fill.coin == "UST"] == []


@pytest.mark.parametrize("dataset", DATASETS)
def test_no_more_is_lost_than_may_be(dataset: str) -> None:
    """No drawdown exceeds the mandate's."""
    assert measure(outcome(dataset), shipped()).drawdown.deepest < 0.03


@pytest.mark.parametrize("dataset", ["quiet-2025", "busd-2023-02", "celsius-2022-06"])
def test_where_nothing_fell_nothing_is_traded(dataset: str) -> None:
    """Quiet markets, and coins that were only talked about."""
    assert outcome(dataset).fills == ()


def test_in_march_2023_usdc_is_bought_low_and_sold_high() -> None:
    """Most of what its own entries could have made is made, near the prices seen, with little lost on the way."""
    made = measure(outcome("usdc-2023-03"), shipped())

    assert {trade.coin for trade in made.trades} == {"USDC"}
    assert all(trade.exit_time for trade in made.trades)
    assert made.total.pnl_usd > 0
    assert made.total.capture is not None
    assert made.total.capture > 0.8
    assert made.avg_slippage_bp < 10
    assert made.drawdown.deepest < 0.03
    assert made.equity_usd == pytest.approx(CAPITAL + made.total.pnl_usd, abs=1e-3 * CAPITAL)  # cash in coins moves


@pytest.mark.parametrize(
    ("first", "last"),
    [("2023-03-08T12:00", "2023-03-12T06:00"), ("2023-03-03", "2023-03-05")],
    ids=["the fall", "calm days"],
)
def test_passing_over_calm_stretches_changes_no_decision(first: str, last: str) -> None:
    """Looking only where something is off decides as looking at every minute does."""
    histories = between("usdc-2023-03", first, last)
    some, every = run(histories), run(histories, skip=False)

    assert (some.fills, some.declined) == (every.fills, every.declined)
    assert some.events < every.events


def test_what_came_later_changes_no_fill_before() -> None:
    """Up to its end a history cut off in the middle of the fall is traded as the whole of it."""
    cut = "2023-03-11T16:00"
    whole, begun = outcome("usdc-2023-03"), run(between("usdc-2023-03", "2023-01-01", cut))
    last = moment(cut) - MINUTE

    assert begun.fills
    assert [each for each in whole.fills if each.at <= last] == [each for each in begun.fills if each.at <= last]
    assert [each for each in whole.declined if each.at <= last] == [each for each in begun.declined if each.at <= last]
