"""Whatever exchanges do to its orders: what is short is covered, no leg stays alone, and a hedge ends with both."""

from functools import reduce

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model.account import Account, post
from bot.model.orders import OrderEvent
from bot.strategy import unhedging
from strategy.truth import lived, met

pytestmark = pytest.mark.usefixtures("hedgeable")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32 - 1))
def test_no_leg_stays_alone_and_all_end(seed: int) -> None:
    """Refusals, part fills, reports late and twice, exchanges that go: once all is calm it is even, then closed.

    Never long of a perpetual, never short of more than the margin covers: checked at each look on the way.
    """
    truth = lived(seed)
    assert not [each for each in truth.world.account.trades.values() if unhedging.bare(each)]

    met(truth)
    account = truth.world.account
    assert truth.short == 0
    assert not account.trades
    assert {purse: held for purse, held in account.balances.items() if held} == {
        purse: held for purse, held in truth.held.items() if held
    }
    assert reduce(post, [each for each in truth.world.journal if isinstance(each, OrderEvent)], Account()) == account
