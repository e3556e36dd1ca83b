"""Loops and orders out of the wallet keep out of each other's pools: what one moves is not what the other planned."""

from dataclasses import replace
from decimal import Decimal

from bot.model.decisions import Place, Send
from bot.model.events import Event, Quote, QuotesSeen
from bot.model.markets import DOLLAR, Market
from bot.model.orders import Ordered, Purpose, Terms, VenueSeen
from bot.model.times import SECOND
from bot.strategy.engine import State, step
from bot.strategy.mandate import Mandate
from bot.strategy.memory import Memory
from bot.strategy.ordering import Rules
from strategy.desks import ticket
from strategy.test_engine import MILLION, POLICY, block, mined

POOL = Market("chain:left", "ONE", "TWO")
CHEAP = Market("alpha", "ONE", DOLLAR)
TERMS = Terms(Decimal("0.001"), Decimal(0))
RULES = Rules(POLICY.pricing.coins, Mandate(), Memory(()), {POOL: Terms(Decimal(0), Decimal(1)), CHEAP: TERMS})
TRADING = replace(POLICY, rules=RULES)


def after(*events: Event) -> tuple[State, tuple[object, ...]]:
    """State and the last event's actions."""
    state, actions = State(), ()
    for event in events:
        state, actions = step(state, event, TRADING)
    return state, actions


def test_no_loop_goes_through_a_pool_in_which_an_order_may_be_filled() -> None:
    """Without the order the gap between the two pools is captured."""
    order = ticket(coin="ONE", market=POOL, purpose=Purpose.ENTER)
    _, free = after(block(1, 2 * MILLION))
    _, kept = after(Ordered(1, 1, order), block(1, 2 * MILLION))

    assert [type(each) for each in free] == [Send]
    assert kept == ()


def test_no_order_goes_to_a_pool_that_a_loop_moves() -> None:
    """A pool of which a loop in flight takes is as if nobody quoted there, until it has landed."""
    wallet = VenueSeen(1, 1, "chain", ready=True, balances=(("ONE", Decimal(50_000)), ("ETH", Decimal(1))))
    purse = VenueSeen(1, 1, "alpha", ready=True, balances=((DOLLAR, Decimal(50_000)),))

    def quoted(at: int) -> QuotesSeen:
        rest = [Quote(at, at, venue, "TWO", DOLLAR, 0.9999, 1.0001, 1e6, 1e6) for venue in ("alpha", "beta")]
        ones = [Quote(at, at, venue, "ONE", DOLLAR, 0.9999, 1.0001, 1e6, 1e6) for venue in ("alpha", "beta")]
        return QuotesSeen(at, at, (*rest, *ones))

    state, _ = after(wallet, purse, quoted(SECOND), block(1, 2 * MILLION))
    assert state.ledger.promised
    now = block(1, 2 * MILLION).seen_at + SECOND
    state, actions = step(state, quoted(now), TRADING)
    assert not [each for each in actions if isinstance(each, Place)]

    state, _ = step(state, mined("1"), TRADING)
    state, actions = step(state, replace(block(2, 11 * MILLION // 10, 11 * MILLION // 10)), TRADING)
    _, actions = step(state, quoted(block(2, 0).seen_at + SECOND), TRADING)
    legs = [each.approved.ticket for each in actions if isinstance(each, Place)]
    assert {each.market for each in legs} == {POOL, CHEAP}
