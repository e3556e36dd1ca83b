"""Whatever exchanges do to its orders: what is short is covered, no leg stays alone, and a hedge ends with both."""

from collections.abc import Iterator
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.account import Account, post
from bot.model.orders import OrderEvent
from bot.model.outlooks import Outlook, Stance
from bot.strategy import outlook as outlooks
from bot.strategy import unhedging
from strategy.desks import THOUGHTS, USDC, outlook, thinks
from strategy.truth import lived, met


@pytest.fixture(autouse=True, scope="module")
def thought() -> Iterator[dict[str, Outlook]]:
    """USDC may be held with its fall sold, and no other way."""
    with pytest.MonkeyPatch.context() as patch:
        THOUGHTS.clear()
        THOUGHTS[USDC] = outlook(stance=Stance.HEDGED, recovery_low=0.6)
        patch.setattr(outlooks, "assess", thinks)
        yield THOUGHTS
        THOUGHTS.clear()


@settings(max_examples=40, deadline=None)
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
