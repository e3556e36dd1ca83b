"""Histories with a perpetual: what it says changes no value and no depeg, and what it is traded for adds up."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.analysis import replay
from bot.analysis.outcome import Outcome
from bot.analysis.performance import measure
from bot.model.coins import shipped
from bot.model.fees import listed
from bot.model.markets import Candles, perpetual
from bot.model.orders import Side
from bot.model.times import MINUTE
from bot.strategy.mandate import Mandate

from .falls_made import fallen, rules
from .markets_made import candles

CAPITAL = 1_000_000.0
FUTURE = f"f {perpetual('USDC')}/USDT"
LOOKS = 900
seeds = st.integers(0, 2**32 - 1)


def run(histories: Sequence[Candles], mandate: Mandate | None = None, *, skip: bool = True) -> Outcome:
    """What came of it."""
    policy = rules()
    assert policy.rules
    policy = replace(policy, rules=replace(policy.rules, mandate=mandate or policy.rules.mandate))
    return replay.run(histories, shipped(), policy, CAPITAL, skip=skip)


def weekend(spot: float = 0.93, future: float = 0.97) -> list[Candles]:
    """USDC falls to one price and its perpetual to another, and both come back, USDT a dollar all along."""
    corners = [0, 100, 102, 800, 820, LOOKS]
    told = {
        "a USDC/USD": [1.0, 1.0, spot, spot, 1.0, 1.0],
        "b USDC/USD": [1.0, 1.0, spot, spot, 1.0, 1.0],
        "a USDT/USD": [1.0] * 6,
        FUTURE: [1.0, 1.0, future, future, 1.0, 1.0],
    }
    return [candles(name, np.interp(np.arange(LOOKS), corners, prices), volume=1e7) for name, prices in told.items()]


def with_future(seed: int, *, back: bool) -> list[Candles]:
    """A history made up, and in it USDC's perpetual, which wanders above what the coin is worth."""
    rnd = np.random.default_rng(seed)
    histories = fallen(seed, back=back)
    source = next((one for one in histories if one.market.base == "USDC" and one.timeframe == MINUTE), None)
    if source is None:
        return histories
    dear = 1 + (1 - np.minimum(source.close, 1)) * rnd.uniform(0, 0.9) + rnd.normal(0, 2e-4, len(source))
    made = candles(FUTURE, source.close * dear, volume=1e7)
    return [*histories, replace(made, opened=source.opened)]


def test_the_dearer_perpetual_is_sold_and_the_difference_earned() -> None:
    """Four dollars in a hundred apart: bought and sold short alike, closed when they met, paid for by funding."""
    outcome = run(weekend(), Mandate(pairs=False, holds=False))
    (trade,) = measure(outcome, shipped()).trades

    assert (trade.kind, trade.coin) == ("hedged", "USDC")
    assert trade.exit_time is not None
    assert trade.pnl_usd > 0.025 * trade.size_usd
    assert trade.capture is not None
    assert 0.8 < trade.capture <= 1.0
    sold = sum(fill.amount for fill in outcome.fills if fill.market.perpetual and fill.side is Side.SELL)
    assert sold == sum(fill.amount for fill in outcome.fills if fill.market.perpetual and fill.side is Side.BUY)
    assert outcome.curve[-1].equity == pytest.approx(CAPITAL + trade.pnl_usd, abs=0.01)


def test_funding_is_paid_while_it_is_short() -> None:
    """Every eight hours what is short pays, and the trade earns so much less."""
    outcome = run(weekend(), Mandate(pairs=False, holds=False))
    (paid,) = outcome.carry.values()
    short = max(float(fill.amount) for fill in outcome.fills if fill.market.perpetual)
    carry = listed(weekend()[-1].market).carry

    assert -2 * carry / 3 * CAPITAL <= paid < -carry / 3 * short * 0.9


def test_prices_that_are_near_are_not_hedged() -> None:
    """Half a dollar in a hundred does not pay for four fees and the funding, and it says so."""
    outcome = run(weekend(future=0.935), Mandate(pairs=False, holds=False))
    assert not outcome.fills
    assert any(each.kind == "hedged" and "promises" in each.reason for each in outcome.declined)


def test_no_purse_pays_for_more_than_it_has() -> None:
    """A tenth of all lies at the perpetual's exchange, which takes no dollars, and covers what is short there."""
    outcome = run(weekend(), Mandate(pairs=False, holds=False))
    short = Decimal(0)
    for fill in outcome.fills:
        if fill.market.perpetual:
            short += fill.amount if fill.side is Side.SELL else -fill.amount
        assert 0 <= short <= Decimal(CAPITAL) / 10 / (Decimal("1.25") - Decimal("0.97"))


@settings(max_examples=15, deadline=None)
@given(seeds, st.booleans())
def test_a_perpetual_changes_no_depeg(seed: int, back: bool) -> None:
    """What is off its peg, since when and how deep: the same with the perpetual's prices and without."""
    histories = with_future(seed, back=back)
    alone = [one for one in histories if not one.market.perpetual]
    nothing = Mandate(pairs=False, holds=False, hedges=False)
    assert run(histories, nothing).episodes == run(alone, nothing).episodes


@settings(max_examples=10, deadline=None)
@given(seeds, st.booleans())
def test_passing_over_calm_stretches_changes_no_hedge(seed: int, back: bool) -> None:
    """The same fills, refusals and funding come of looking only where something is off as of looking everywhere."""
    histories = with_future(seed, back=back)
    some, every = run(histories), run(histories, skip=False)

    assert (some.fills, some.declined, some.carry) == (every.fills, every.declined, every.carry)
