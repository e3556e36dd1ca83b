"""The gate. Nothing is sent that did not pass it, and it says why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.model.decisions import Approved, Plan, Refused, Verdict
from bot.model.events import LenderSeen
from bot.model.ledger import Ledger
from bot.model.registry import Address, Registry

ROUNDING = 1e-9  # of dollars to coins and back: a loan of all that is allowed is allowed


@dataclass(frozen=True, slots=True)
class Limits:
    """What a user is willing to do."""

    max_loan_usd: float = 5_000_000.0  # borrowed in one transaction
    min_net_usd: float = 1.0  # profit after gas and tip
    min_net_usd_per_mgas: float = 1.0  # the same, per million gas
    max_failures: int = 3  # reverted transactions within the window stop everything
    failure_window: int = 300  # blocks
    max_gas_promised: int = 10**18  # wei that transactions in flight may take together
    per_block: int = 2  # transactions


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether we trade at all. `halted` outlives a restart and is cleared by a person only."""

    paused: str | None = None
    halted: str | None = None


def within(
    lenders: Sequence[LenderSeen], usd: Mapping[Address, float], registry: Registry, limits: Limits
) -> tuple[LenderSeen, ...]:
    """The lenders, none offering more than we may borrow at once. A token without a value is not borrowed."""
    return tuple(
        replace(offer, cash=min(offer.cash, int(limits.max_loan_usd / usd[offer.token] * unit)))
        for offer in lenders
        if usd.get(offer.token, 0.0) > 0 and (unit := 10 ** registry.coins[offer.token].decimals)
    )


def review(plan: Plan, loan_usd: float, ledger: Ledger, standing: Standing, limits: Limits) -> Verdict:
    """Approve a plan or say what stands against it. The first objection is the answer."""
    reason = next((text for text in _objections(plan, loan_usd, ledger, standing, limits) if text), None)
    if reason is None:
        return Approved(plan)
    return Refused(reason, plan.made_for, plan.loop.net_usd, plan)


def _objections(
    plan: Plan, loan_usd: float, ledger: Ledger, standing: Standing, limits: Limits
) -> tuple[str | None, ...]:
    return (
        f"halted: {standing.halted}" if standing.halted else None,
        f"paused: {standing.paused}" if standing.paused else None,
        _failed_too_often(plan, ledger, limits),
        _too_small(plan, limits),
        _too_large(loan_usd, limits),
        _too_much_gas(plan, ledger, limits),
    )


def _failed_too_often(plan: Plan, ledger: Ledger, limits: Limits) -> str | None:
    failed = ledger.failures_since(plan.made_for - limits.failure_window)
    if failed < limits.max_failures:
        return None
    return f"{failed} transactions failed in the last {limits.failure_window} blocks"


def _too_small(plan: Plan, limits: Limits) -> str | None:
    if plan.min_profit < 1:
        return "the plan does not ask the chain for a profit"
    net = plan.loop.net_usd
    if net < limits.min_net_usd:
        return f"net profit {net:.2f} USD is under the minimum of {limits.min_net_usd:.2f}"
    per_mgas = net / plan.loop.gas * 1e6
    if per_mgas < limits.min_net_usd_per_mgas:
        return f"{per_mgas:.2f} USD per million gas is under the minimum of {limits.min_net_usd_per_mgas:.2f}"
    return None


def _too_large(loan_usd: float, limits: Limits) -> str | None:
    if loan_usd <= limits.max_loan_usd * (1 + ROUNDING):
        return None
    return f"a loan of {loan_usd:,.0f} USD is over the maximum of {limits.max_loan_usd:,.0f}"


def _too_much_gas(plan: Plan, ledger: Ledger, limits: Limits) -> str | None:
    held = ledger.promised.get(plan.id)
    others = ledger.gas_promised - (held.gas_at_most if held else 0)
    asked = others + plan.gas_limit * plan.max_fee_per_gas
    if asked <= limits.max_gas_promised:
        return None
    return f"gas of {asked} wei in flight would be over the maximum of {limits.max_gas_promised}"
