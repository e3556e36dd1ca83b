"""What we have promised, earned and lost, as a fold over decisions and reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.model.decisions import Plan
from bot.model.events import Accepted, Expired, Mined, Rejected, Report, Reverted, Signed, Unmined
from bot.model.registry import Address

REMEMBERED_FAILURES = 64
REMEMBERED_CAPTURES = 256


@dataclass(frozen=True, slots=True)
class Promise:
    """An approved plan without a final report. What it may cost counts as spent until it ends."""

    plan: Plan
    attempts: int = 0
    withdrawn: bool = False  # a cancellation is under way

    @property
    def gas_at_most(self) -> int:
        """Wei that gas may still take."""
        return self.plan.gas_limit * self.plan.max_fee_per_gas


@dataclass(frozen=True, slots=True)
class Ledger:
    """Books of one run of the journal. Amounts by token in base units; gas in wei."""

    promised: Mapping[str, Promise] = field(default_factory=dict)
    landed: Mapping[str, tuple[Plan, Mined | Reverted]] = field(default_factory=dict)  # the newest, for reorgs
    earned: Mapping[Address, int] = field(default_factory=dict)
    gas_spent: int = 0
    captures: int = 0
    failures: tuple[int, ...] = ()  # block numbers of reverted transactions

    @property
    def gas_promised(self) -> int:
        """Wei that the transactions in flight may take."""
        return sum(promise.gas_at_most for promise in self.promised.values())

    def pools_in_flight(self) -> frozenset[Address]:
        """Pools that a transaction in flight will move."""
        return frozenset(hop.pool for promise in self.promised.values() for hop in promise.plan.loop.hops)

    def failures_since(self, block: int) -> int:
        """Reverted transactions in `block` or later."""
        return sum(1 for failed_in in self.failures if failed_in >= block)


def promise(ledger: Ledger, plan: Plan) -> Ledger:
    """Take a plan on. Again under the same id, it replaces what was promised (higher fees, new amounts)."""
    known = ledger.promised.get(plan.id)
    if known is not None and known.plan == plan:
        return ledger
    taken = replace(known, plan=plan) if known else Promise(plan)
    return replace(ledger, promised={**ledger.promised, plan.id: taken})


def withdraw(ledger: Ledger, plan_id: str) -> Ledger:
    """Note that a cancellation is under way, so that it is not asked for twice."""
    known = ledger.promised[plan_id]
    return replace(ledger, promised={**ledger.promised, plan_id: replace(known, withdrawn=True)})


def post(ledger: Ledger, report: Report) -> Ledger:
    """Enter a report. One about a plan that is not open changes nothing: a restart may hear the same news twice."""
    match report:
        case Signed():
            return _attempted(ledger, report.plan_id)
        case Accepted():
            return ledger
        case Mined():
            return _mined(ledger, report)
        case Reverted():
            return _reverted(ledger, report)
        case Rejected() | Expired():
            return _closed(ledger, report.plan_id)
        case Unmined():
            return _reopened(ledger, report)


def _attempted(ledger: Ledger, plan_id: str) -> Ledger:
    known = ledger.promised.get(plan_id)
    if known is None:
        return ledger
    return replace(ledger, promised={**ledger.promised, plan_id: replace(known, attempts=known.attempts + 1)})


def _closed(ledger: Ledger, plan_id: str) -> Ledger:
    return replace(ledger, promised={key: kept for key, kept in ledger.promised.items() if key != plan_id})


def _landed(ledger: Ledger, report: Mined | Reverted) -> Ledger:
    plan = ledger.promised[report.plan_id].plan
    newest = list(ledger.landed.items())[-REMEMBERED_CAPTURES + 1 :]
    spent = ledger.gas_spent + report.gas_used * report.gas_price
    closed = _closed(ledger, report.plan_id)
    return replace(closed, landed={**dict(newest), report.plan_id: (plan, report)}, gas_spent=spent)


def _mined(ledger: Ledger, report: Mined) -> Ledger:
    if report.plan_id not in ledger.promised:
        return ledger
    earned = {**ledger.earned, report.token: ledger.earned.get(report.token, 0) + report.profit}
    return replace(_landed(ledger, report), earned=earned, captures=ledger.captures + 1)


def _reverted(ledger: Ledger, report: Reverted) -> Ledger:
    if report.plan_id not in ledger.promised:
        return ledger
    failures = (*ledger.failures, report.block)[-REMEMBERED_FAILURES:]
    return replace(_landed(ledger, report), failures=failures)


def _reopened(ledger: Ledger, report: Unmined) -> Ledger:
    """Undo what a reorg threw out: the plan is in flight again."""
    if report.plan_id not in ledger.landed:
        return ledger
    plan, undone = ledger.landed[report.plan_id]
    landed = {key: kept for key, kept in ledger.landed.items() if key != report.plan_id}
    reopened = replace(
        ledger,
        landed=landed,
        gas_spent=ledger.gas_spent - undone.gas_used * undone.gas_price,
        promised={**ledger.promised, plan.id: Promise(plan, attempts=1)},
    )
    match undone:
        case Mined():
            earned = {**ledger.earned, undone.token: ledger.earned[undone.token] - undone.profit}
            return replace(reopened, earned=earned, captures=ledger.captures - 1)
        case Reverted():
            failures = list(ledger.failures)
            if undone.block in failures:  # else a person has forgiven it since
                failures.remove(undone.block)
            return replace(reopened, failures=tuple(failures))
