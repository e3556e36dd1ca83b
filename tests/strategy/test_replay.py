"""What was lived can be lived again: the journal leads to the same state, whatever the interleaving."""

import itertools
from functools import reduce

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.decisions import Replace, Send
from bot.model.events import (
    Accepted,
    Command,
    Decided,
    Event,
    Expired,
    Rejected,
    Tick,
    Unmined,
)
from bot.records.journal import Journal
from bot.strategy.engine import State, resume, step

from .test_engine import MILLION, POLICY, block, mined, priced, reverted, signed

SECOND = 10**9

REPORTS = st.one_of(
    st.builds(signed, st.sampled_from("12345"), st.integers(1, 9)),
    st.builds(mined, st.sampled_from("12345"), st.integers(1, 20)),
    st.builds(reverted, st.sampled_from("12345"), st.integers(1, 20)),
    st.builds(lambda plan: Accepted(1, 1, plan, "0x01"), st.sampled_from("12345")),
    st.builds(lambda plan: Rejected(1, 1, plan, "no"), st.sampled_from("12345")),
    st.builds(lambda plan: Expired(1, 1, plan, "gone"), st.sampled_from("12345")),
    st.builds(lambda plan: Unmined(1, 1, plan, "0x01"), st.sampled_from("12345")),
    st.builds(Command, st.just(1), st.just(1), st.sampled_from(["pause", "resume", "kill", "clear"]), st.just("why")),
    st.builds(priced, st.integers(1, 300 * SECOND), st.sampled_from("ab"), st.floats(0.5, 1.5)),
    st.builds(lambda at: Tick(at, at), st.integers(1, 300 * SECOND)),
)
BLOCKS = st.builds(block, st.integers(1, 20), st.integers(MILLION // 2, 2 * MILLION))
HISTORIES = st.lists(st.one_of(BLOCKS, REPORTS), max_size=25)


def lived(events: list[Event]) -> tuple[State, list[Event]]:
    """As the shell lives it: what is sent is recorded as decided before anything else happens."""
    state, journal = State(), []
    for event in events:
        journal.append(event)
        state, actions = step(state, event, POLICY)
        for action in actions:
            if isinstance(action, Send | Replace):
                decided = Decided(1, 1, action.approved.plan)
                journal.append(decided)
                state, _ = step(state, decided, POLICY)
    return state, journal


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_replaying_the_journal_gives_the_live_state(tmp_path_factory, events):
    """Whatever the interleaving, the journal read back from disk leads to the state we lived."""
    live, told = lived(events)
    journal = Journal.open(tmp_path_factory.mktemp("journal") / "events.sqlite")
    for event in told:
        journal.append(event)
    journal.flush()

    replayed = reduce(lambda state, numbered: step(state, numbered[1], POLICY)[0], journal.replay(), State())
    journal.close()

    assert replayed == live


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_a_restart_remembers_everything_but_the_world(events):
    """Books, promises and standing survive; plans made afterwards never reuse a name."""
    live, told = lived(events)
    resumed = resume(told, POLICY)

    assert resumed.ledger.promised.keys() == live.ledger.promised.keys()
    assert resumed.ledger.earned == live.ledger.earned
    assert resumed.standing == live.standing
    assert resumed.decided == live.decided


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_plans_in_flight_never_share_a_pool(events):
    """Two transactions of ours never race for the same pool, but where a reorg brings one back."""
    live, _ = lived([event for event in events if not isinstance(event, Unmined)])
    pools = [{hop.pool for hop in promise.plan.loop.hops} for promise in live.ledger.promised.values()]

    assert all(not one & other for one, other in itertools.combinations(pools, 2))
