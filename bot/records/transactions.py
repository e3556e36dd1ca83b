"""What became of each plan: its events gathered into one answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.model.decisions import Plan
from bot.model.events import Accepted, Decided, Expired, Final, Mined, Rejected, Report, Reverted, Signed, Unmined

Sending = Decided | Report
"""An event about a transaction of ours."""


class State(StrEnum):
    """Where a plan's transaction stands."""

    DECIDED = "decided"  # not signed yet
    SIGNED = "signed"  # may be on its way
    PENDING = "pending"  # a node took it
    MINED = "mined"
    REVERTED = "reverted"
    REJECTED = "rejected"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Transaction:
    """A plan, every transaction signed for it under its one nonce, and how it ended (`outcome` None: not yet).

    `plan` is the one last decided: a replacement carries its own. None only in journals older than its decision.
    """

    plan_id: str
    plan: Plan | None
    attempts: tuple[Signed, ...]
    state: State
    outcome: Final | None
    events: tuple[Sending, ...]


def gathered(plan_id: str, events: Sequence[Sending]) -> Transaction:
    """A plan's events, in order, as one transaction."""
    plan, attempts, state, outcome = None, [], State.DECIDED, None
    for event in events:
        match event:
            case Decided():
                plan = event.plan
            case Signed():
                attempts.append(event)
                state = State.SIGNED
            case Accepted():
                state = State.PENDING
            case Unmined():
                state, outcome = State.PENDING, None
            case Mined() | Reverted() | Rejected() | Expired():
                state, outcome = State(event.kind), event
    return Transaction(plan_id, plan, tuple(attempts), state, outcome, tuple(events))
