"""What the executor itself costs: all that is not spent inside a lender, a pool or a token."""

import pytest

from bot.sandbox import abi
from bot.sandbox.addresses import MULTICALL3, OWNER
from bot.venues import calldata
from bot.venues.calldata import Tip

from . import gas
from .desk import GUARD, Desk
from .routes import LOAN_NAMES, LOANS, LOOPS, loan

pytestmark = pytest.mark.chain

MOST = 30_000  # of which 12,500 are the chain's price for reaching a lender, two pools and two tokens


@pytest.mark.parametrize(("kind", "source", "token"), LOANS, ids=LOAN_NAMES)
def test_a_two_leg_loop_costs_little_of_its_own(desk: Desk, request, kind, source, token):
    """It stays below a ceiling whoever lends (`-k own_gas -s` prints the table)."""
    route = LOOPS[token]
    desk.push(route.push)
    desk.actor.send(desk.executor, abi.call("setOperator(address)", MULTICALL3), sender=OWNER)
    desk.actor.mine()
    order = calldata.encode_order(loan(kind, source, token), GUARD, Tip(), route.legs)

    spent = gas.own(desk.actor, desk.executor, order)
    touches, paid = gas.first_touches(desk.actor, desk.executor, order), gas.of_calldata(order)

    print(f"\n{request.node.callspec.id:22} own {spent:,}, first touches {touches:,} of it; calldata {paid:,}", end="")
    assert spent <= MOST
