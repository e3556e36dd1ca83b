"""From a loop to a plan: what the chain must hold us to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.amm.constant_product import ConstantProduct
from bot.model.decisions import Hop, Loop
from bot.model.registry import Family, LenderKind, Pool
from bot.strategy import planning
from bot.strategy.planning import NO_TIP, Bidding
from bot.units import BPS

from .test_engine import BANK, LEFT, ONE, TWO, WETH, block

TILL = "0x" + "7" * 40
ETHER_POOL = Pool("ether", TILL, Family.UNISWAP_V3, (ONE, WETH))
POOLS = {TILL: ConstantProduct(1_600_000 * 10**6, 1_000 * 10**18, 500)}
SHARING = Bidding(tip_bps=5_000, tip_pool=ETHER_POOL)


def loop(profit=1_000 * 10**6, token=ONE, pool=LEFT):
    """A loop that earns so much of a token."""
    hops = (Hop(pool, 0, 1, token, TWO), Hop(pool, 1, 0, TWO, token))
    flow = (10**9, 10**9, 10**9 + profit)
    return Loop(hops, token, BANK, LenderKind.MORPHO_BLUE, 10**9, flow, 0, profit, 300_000, 1_000.0, 990.0)


def test_a_tip_is_sold_for_what_the_pool_gives():
    """Half of the profit, at the pool's own quote, but for the slack."""
    tip = planning.tip(loop(), POOLS, WETH, SHARING)
    quote = POOLS[TILL].side(0, 1).out(500 * 10**6)

    assert tip.bps == 5_000
    assert tip.min_wei == quote * (BPS - SHARING.slack_bps) // BPS


@pytest.mark.parametrize(
    ("earned", "pools", "bidding"),
    [
        (loop(), POOLS, Bidding()),
        (loop(), {}, SHARING),
        (loop(token=TWO), POOLS, SHARING),
        (loop(pool=TILL), POOLS, SHARING),
        (loop(), POOLS, Bidding(tip_bps=5_000)),
    ],
    ids=["none asked", "pool gone", "other token", "pool in the loop", "no pool"],
)
def test_no_tip_where_it_cannot_be_sold(earned, pools, bidding):
    """The plan goes without one rather than to revert."""
    assert planning.tip(earned, pools, WETH, bidding) == NO_TIP


def test_profit_in_ether_is_shared_as_it_is():
    """Nothing needs selling."""
    assert planning.tip(loop(10**18, WETH), {}, WETH, SHARING).min_wei == 5 * 10**17 * 9_950 // BPS


@given(st.integers(1, 10**30), st.integers(0, 9_000), st.integers(0, 10_000))
def test_the_least_profit_is_after_the_tip_and_never_nothing(profit, tip_bps, slack_bps):
    """What the executor must leave is at most what there is, and at least a unit."""
    least = planning.min_profit(loop(profit), Bidding(slack_bps=slack_bps), planning.Tip(tip_bps, 1))

    assert 1 <= least <= max(1, profit * (BPS - tip_bps) // BPS)


@given(st.integers(0, 10**12), st.integers(1, 8))
def test_each_raise_is_more_than_a_tenth(priority_fee, times):
    """Nodes refuse less."""
    plan = planning.plan("1", loop(), block(1, 10**12), Bidding(priority_fee=priority_fee))
    for number in range(2, 2 + times):
        dearer = planning.raised(plan, loop(), block(number, 10**12), Bidding(priority_fee=priority_fee))
        assert dearer.priority_fee * 10 > plan.priority_fee * 11
        assert dearer.max_fee_per_gas * 10 > plan.max_fee_per_gas * 11
        plan = dearer
