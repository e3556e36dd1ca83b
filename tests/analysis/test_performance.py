"""What a replay came to: each trade, and the figures of all of them."""

from dataclasses import replace
from math import isclose, isfinite, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.analysis import performance
from bot.analysis.outcome import Standing
from bot.analysis.performance import drawdown, exposure, measure, profit_factor, sharpe, sortino
from bot.analysis.trades import trades
from bot.model.coins import shipped
from bot.model.markets import Market
from bot.model.orders import Purpose, Side
from bot.model.times import DAY, MINUTE

from .outcomes import BEGAN, CAPITAL, curves, depeg, fill, outcome, outcomes

BUY, SELL = Side.BUY, Side.SELL
PATH = ((0, 0.90), (10, 0.91), (20, 0.95), (30, 0.99), (40, 0.97), (60, 1.00))
HELD = (fill("a", 0, BUY, 1_000, 0.90), fill("a", 20, SELL, 1_000, 0.95))
PROFITS = st.lists(st.floats(-1e6, 1e6))
RETURNS = st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=50).map(np.array)


def standings(steps):
    """Equity and exposure as `measure` is told them."""
    return outcome(curve=steps).curve


def one(fills, **facts):
    """The only trade of these fills, in the market of PATH."""
    (only,) = trades(outcome(fills, path=PATH, **facts))
    return only


def test_a_round_trip_earns_the_difference_less_fees():
    """Bought at 0.90 and sold at 0.95: five cents a coin, less 10 bp each way."""
    trade = one(HELD)

    assert trade.pnl_usd == pytest.approx(950 - 900 - 0.9 - 0.95)
    assert trade.fees_usd == pytest.approx(1.85)
    assert (trade.entry_price, trade.exit_price) == pytest.approx((0.90, 0.95))
    assert (trade.entry_time, trade.exit_time) == (BEGAN, BEGAN + 20 * MINUTE)
    assert (trade.size_usd, trade.held, trade.exit_reason) == (pytest.approx(900), 20 * MINUTE, "sold")


def test_the_best_exit_is_looked_for_until_the_depeg_ends():
    """Without a depeg until the exit; with one until its end, at the best close there is."""
    assert one(HELD).best_pnl_usd == pytest.approx(one(HELD).pnl_usd)
    assert one(HELD).capture == pytest.approx(1)

    trade = one(HELD, episodes=[depeg(start=-5, end=45)])
    assert trade.best_pnl_usd == pytest.approx(990 * 0.999 - 900 - 0.9)
    assert trade.capture == pytest.approx(trade.pnl_usd / trade.best_pnl_usd)


@pytest.mark.parametrize(
    "other",
    [
        depeg(coin="DAI", end=60),
        depeg(scope="venue:binance", end=60),
        depeg(start=5, end=60),
        depeg(start=-9, end=-1),
    ],
    ids=["another coin's", "another venue's", "begun later", "over before"],
)
def test_depegs_that_were_not_traded_give_no_time(other):
    """The best exit is that of the trade's own depeg."""
    assert one(HELD, episodes=[other]).best_pnl_usd == one(HELD).best_pnl_usd


def test_what_is_still_held_counts_at_the_last_price():
    """It has no exit, its profit is that of the last close, its best that of any close so far."""
    trade = one(HELD[:1], curve=[(0, CAPITAL, 0), (45, CAPITAL, 900)])

    assert (trade.exit_time, trade.exit_price, trade.exit_reason) == (None, None, None)
    assert trade.held == 45 * MINUTE
    assert trade.pnl_usd == pytest.approx(970 - 900 - 0.9)
    assert trade.best_pnl_usd == pytest.approx(990 * 0.999 - 900 - 0.9)


def test_dust_keeps_no_trade_open():
    """A fee taken in coins leaves a little less to sell."""
    assert one((HELD[0], fill("a", 20, SELL, 999, 0.95))).exit_time is not None
    assert one((HELD[0], fill("a", 20, SELL, 900, 0.95))).exit_time is None


def test_a_pair_may_be_sold_before_it_is_bought():
    """Its legs are two sides of one trade whichever is filled first."""
    legs = [
        fill("p", 10, BUY, 500, 0.91, kind="pair", market=Market("kraken", "USDC", "USD")),
        fill("p", 10, SELL, 500, 0.93, kind="pair", market=Market("binance", "USDC", "USDT"), purpose=Purpose.HEDGE),
    ]
    there, back = one(legs), one(legs[::-1])

    assert there.pnl_usd == pytest.approx(back.pnl_usd)
    assert (there.entry_price, there.exit_price) == (back.entry_price, back.exit_price)
    assert set(there.venues) == set(back.venues) == {"kraken", "binance"}
    assert (there.size_usd, back.size_usd) == pytest.approx((455, 465))
    assert there.exit_time == back.exit_time == BEGAN + 10 * MINUTE


def test_a_quote_off_its_peg_is_counted_in_dollars():
    """1.05 USDT a coin, when USDT is at 0.99, is 1.0395 dollars."""
    assert one([fill("a", 0, BUY, 100, 1.05, quote_usd=0.99)]).entry_price == pytest.approx(1.0395)


@pytest.mark.parametrize(
    ("side", "seen", "slip"), [(BUY, 0.899, 11.12), (BUY, 0.901, -11.10), (SELL, 0.901, 11.10), (SELL, 0.899, -11.12)]
)
def test_slippage_is_how_much_worse_it_was(side, seen, slip):
    """Dearer than seen when buying, cheaper when selling."""
    assert one([fill("a", 0, side, 100, 0.9, seen_price=seen)]).slippage_bp == pytest.approx(slip, abs=0.01)


def test_slippage_is_weighed_by_dollars():
    """Nine parts at the price seen and one part 100 bp worse are 10 bp."""
    fills = [fill("a", 0, BUY, 900, 1, seen_price=1), fill("a", 1, BUY, 100, "1.01", seen_price=1)]

    assert one(fills).slippage_bp == pytest.approx(100 * 101 / 1_001)
    assert measure(outcome(fills), shipped()).avg_slippage_bp == one(fills).slippage_bp


@given(outcomes())
def test_groups_add_up_to_the_total(told):
    """However trades are grouped, nothing is lost and nothing counted twice."""
    made = measure(told, shipped())

    for groups in (made.by_coin, made.by_mechanism, made.by_venue, made.by_kind):
        for name in ("pnl_usd", "best_pnl_usd", "fees_usd"):
            total = sum(getattr(group, name) for group in groups.values())
            assert isclose(total, getattr(made.total, name), rel_tol=1e-9, abs_tol=1e-5)
    assert sum(group.trades for group in made.by_kind.values()) == made.total.trades == len(made.trades)


@given(outcomes())
def test_nothing_is_captured_beyond_the_best(told):
    """Of the best exit at most all of it was had, in each trade and altogether."""
    made = measure(told, shipped())

    captures = [made.total.capture, *(trade.capture for trade in made.trades)]
    assert all(each <= 1 + 1e-9 for each in captures if each is not None)


@given(outcomes())
def test_every_figure_can_be_told(told):
    """No figure is infinite or no number; shares lie between nothing and all."""
    made = measure(told, shipped())
    ratios = (made.profit_factor, made.sharpe, made.sortino, made.total.capture, made.total.hit_rate)

    assert all(isfinite(each) for each in ratios if each is not None)
    assert 0 <= made.drawdown.deepest <= 1
    assert 0 <= made.drawdown.share <= 1
    assert 0 <= made.exposure.mean <= made.exposure.most + 1e-9 <= 1 + 1e-8
    assert made.total.hit_rate is None or 0 <= made.total.hit_rate <= 1


@given(outcomes(), st.integers(1, 8))
def test_money_in_other_units_changes_no_ratio(told, factor):
    """All amounts times something: profits are that many times as large, ratios what they were."""
    fills = [replace(each, amount=each.amount * factor, fee_usd=each.fee_usd * factor) for each in told.fills]
    curve = [Standing(each.at, each.equity * factor, each.exposure * factor) for each in told.curve]
    once = measure(told, shipped())
    more = measure(
        replace(told, fills=tuple(fills), curve=tuple(curve), capital=told.capital * factor),
        shipped(),
    )

    assert more.total.pnl_usd == pytest.approx(once.total.pnl_usd * factor, abs=1e-5)
    assert more.drawdown.deepest == pytest.approx(once.drawdown.deepest)
    assert more.exposure.mean == pytest.approx(once.exposure.mean)
    assert more.avg_slippage_bp == pytest.approx(once.avg_slippage_bp)
    assert (more.sharpe is None) == (once.sharpe is None)
    assert more.sharpe is None or more.sharpe == pytest.approx(once.sharpe)


@given(outcomes(), st.integers(-10_000, 10_000))
def test_when_it_happened_changes_no_profit(told, days):
    """The same trades in another year earn the same."""
    moved = replace(
        told,
        fills=tuple(replace(each, at=each.at + days * DAY) for each in told.fills),
        curve=tuple(replace(each, at=each.at + days * DAY) for each in told.curve),
        episodes=(),
        best_exit=lambda trade, after, until: told.best_exit(trade, after - days * DAY, until - days * DAY),
        prices=lambda coin, after, until: told.prices(coin, after - days * DAY, until - days * DAY),
    )
    here, there = measure(replace(told, episodes=()), shipped()), measure(moved, shipped())

    assert (there.total, there.sharpe, there.drawdown) == (here.total, here.sharpe, here.drawdown)


@given(PROFITS, st.floats(-1e6, -1e-3))
def test_a_loss_never_raises_the_profit_factor(profits, loss):
    """One more losing trade makes it lower, or leaves it at nothing."""
    before, after = profit_factor(profits), profit_factor([*profits, loss])

    assert after is not None
    assert before is None or after <= before


@given(curves())
def test_drawdown_is_the_deepest_fall_from_any_earlier_moment(steps):
    """As found by comparing each moment with all before it."""
    equity = [CAPITAL, *(equity for _, equity, _ in steps)]
    deepest = max(1 - later / earlier for n, earlier in enumerate(equity) for later in equity[n:])

    assert drawdown(CAPITAL, standings(steps)).deepest == pytest.approx(max(deepest, 0))


@given(curves(), st.floats(1, 2))
def test_a_new_peak_at_the_end_is_no_drawdown(steps, rise):
    """What comes after the deepest fall and is higher than all changes nothing of it."""
    top = max([CAPITAL, *(equity for _, equity, _ in steps)])
    more = [*steps, (steps[-1][0] + 1 if steps else 0, top * rise, 0.0)]

    assert drawdown(CAPITAL, standings(more)).deepest == drawdown(CAPITAL, standings(steps)).deepest


def test_the_longest_drawdown_ends_when_the_peak_is_reached_again():
    """Down from minute 10 to 40, and from 50 on until the end at 60: 30 minutes, two thirds of the time."""
    steps = [(0, 1e6, 0), (10, 9e5, 0), (20, 9.5e5, 0), (40, 1e6, 0), (50, 9e5, 0), (60, 9e5, 0)]
    fell = drawdown(CAPITAL, standings(steps))

    assert fell.longest == 30 * MINUTE
    assert fell.share == pytest.approx(4 / 6)


def test_exposure_is_weighed_by_time():
    """Half of equity for one minute of four is an eighth."""
    held = exposure(standings([(0, 1e6, 0), (1, 1e6, 5e5), (2, 1e6, 0), (4, 1e6, 0)]))

    assert (held.mean, held.most) == pytest.approx((0.125, 0.5))


@given(curves())
def test_daily_returns_compound_to_the_whole(steps):
    """One for each day that the curve touches; together they are the change from the capital to the end."""
    curve = standings(steps)
    returns = performance.daily_returns(CAPITAL, curve)

    assert len(returns) == (curve[-1].at // DAY - curve[0].at // DAY + 1 if curve else 0)
    assert np.prod(1 + returns) == pytest.approx(curve[-1].equity / CAPITAL if curve else 1)


@given(RETURNS)
def test_sharpe_is_what_its_definition_says(returns):
    """Summed by hand, mean over the sample's deviation, times the root of the days in a year."""
    mean = sum(returns) / len(returns)
    spread = sqrt(sum((each - mean) ** 2 for each in returns) / (len(returns) - 1))
    told = sharpe(returns)

    assert told is None or told == pytest.approx(mean / spread * sqrt(365), rel=1e-6, abs=1e-9)
    assert told is not None or spread <= 1e-8 * max(abs(mean), 1e-300)


@given(RETURNS)
def test_sortino_is_what_its_definition_says(returns):
    """Summed by hand: only falls count as risk, and they count over all days."""
    falls = sqrt(sum(each**2 for each in returns if each < 0) / len(returns))
    told = sortino(returns)

    assert told is None or told == pytest.approx(sum(returns) / len(returns) / falls * sqrt(365), rel=1e-6, abs=1e-9)
    assert told is not None or falls < 1e-150


@pytest.mark.parametrize("returns", [[], [0.01], [0.01, 0.01]], ids=len)
def test_too_little_is_no_ratio(returns):
    """Of one day, or of days that are all alike, nothing can be told."""
    assert sharpe(np.array(returns)) is None
    assert sortino(np.array(returns)) is None


def test_of_nothing_there_is_nothing_to_tell():
    """No trades and no curve: no ratio, no risk, and the capital is there."""
    made = measure(outcome(), shipped())

    assert (made.total.trades, made.total.pnl_usd, made.equity_usd) == (0, 0, CAPITAL)
    assert (made.total.hit_rate, made.total.capture, made.profit_factor, made.sharpe) == (None, None, None, None)
    assert made.by_coin == {}


def test_mechanisms_come_from_the_coins():
    """A coin that nobody knows has an unknown one."""
    fills = [*HELD, fill("b", 30, BUY, 10, 1, coin="WAT")]

    assert set(measure(outcome(fills), shipped()).by_mechanism) == {"fiat-backed", "unknown"}
