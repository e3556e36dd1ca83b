"""The gate. Nothing is sent that did not pass it, and it says why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from bot.model.account import Account
from bot.model.decisions import Approved, ApprovedOrder, Mark, Passed, Plan, Refused, Verdict
from bot.model.events import LenderSeen
from bot.model.ledger import Ledger
from bot.model.markets import Asset
from bot.model.orders import MARGIN, NOTHING, Order, OrderRefused, Purpose, Side, Ticket, margin
from bot.model.registry import Address, Registry
from bot.model.times import DAY
from bot.strategy.mandate import Mandate

RESTS = DAY  # orders that went wrong stop new ones for no longer than that
ROUNDING = 1e-9  # of dollars to coins and back: a loan of all that is allowed is allowed
UNMARKED = Mark(0, 0.0, 0.0)


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


@dataclass(frozen=True, slots=True)
class Worth:
    """What all that lies at exchanges is worth, dollars, and what it was worth at best and when the day (UTC) began."""

    equity: float = 0.0
    peak: float = 0.0
    day: int = 0
    morning: float = 0.0
    marked: Mark = UNMARKED  # what was written down last
    moved: Mapping[Asset, Decimal] = field(default_factory=dict)  # brought and taken since then, not reckoned with yet
    since: int | None = 0  # ns UTC: the first look after a start, 0 before it; None once all that is held was priced

    @property
    def drawdown(self) -> float:
        """Share of the peak that is lost."""
        return 1 - self.equity / self.peak if self.peak > 0 else 0.0

    @property
    def lost_today(self) -> float:
        """Share of what there was this morning."""
        return 1 - self.equity / self.morning if self.morning > 0 else 0.0


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


def reducing(worth: Worth, account: Account, now: int, mandate: Mandate) -> str | None:
    """Why nothing new is begun at exchanges, while what is open may be left; None where nothing stands against it."""
    if worth.drawdown >= mandate.max_drawdown:
        return f"{worth.drawdown:.1%} under the peak, the maximum is {mandate.max_drawdown:.1%}"
    if worth.lost_today >= mandate.max_daily_loss:
        return f"{worth.lost_today:.1%} lost today, the maximum is {mandate.max_daily_loss:.1%}"
    recent = [order for order in account.past.values() if order.ticket.made_at > now - RESTS]
    lately = [order for order in recent if order.fills][-mandate.slips :]
    if len(lately) == mandate.slips and all(_slipped(order) > 0 for order in lately):
        return f"the last {mandate.slips} orders were filled at worse than their limits"
    refused = recent[-mandate.slips :]
    if len(refused) == mandate.slips and all(isinstance(order.final, OrderRefused) for order in refused):
        return f"the last {mandate.slips} orders were refused"
    return None


def review_order(
    ticket: Ticket, account: Account, worth: Worth, standing: Standing, mandate: Mandate
) -> ApprovedOrder | Passed:
    """Approve an order or say what stands against it. What leaves a position is stopped by less than what opens one."""
    entering = ticket.purpose is Purpose.ENTER
    objections = (
        f"halted: {standing.halted}" if standing.halted and entering else None,
        f"paused: {standing.paused}" if standing.paused and entering else None,
        reducing(worth, account, ticket.made_at, mandate) if entering else None,
        account.ready(ticket.market.venue),
        _no_order(ticket, mandate),
        _too_much_there(ticket, account, worth, mandate) if entering else None,
        _not_there(ticket, account),
    )
    reason = next((text for text in objections if text), None)
    return Passed(ticket.made_at, ticket.coin, ticket.kind, reason, ticket) if reason else ApprovedOrder(ticket)


def _no_order(ticket: Ticket, mandate: Mandate) -> str | None:
    if not (ticket.amount > 0 and ticket.limit > 0 and ticket.quote_usd > 0):
        return "an order of nothing"
    usd = _usd(ticket, ticket.amount)
    if ticket.purpose is Purpose.ENTER and usd > mandate.most_usd * (1 + ROUNDING + mandate.slippage_bp / 1e4):
        return f"an order of {usd:,.0f} USD is over the maximum of {mandate.most_usd:,.0f}"
    return None


def _too_much_there(ticket: Ticket, account: Account, worth: Worth, mandate: Mandate) -> str | None:
    """An exchange may fail as a coin may: of all that is held, and promised to be, a part at most lies at one."""
    if ticket.kind == "pair":
        return None
    venue = ticket.market.holder
    held = sum(
        float(each.held.get(venue, 0)) * each.cost_usd for each in account.trades.values() if each.kind != "pair"
    )
    asked = (_usd(order.ticket, order.remaining) for order in account.orders.values() if _enters(order.ticket, venue))
    if held + sum(asked) + _usd(ticket, ticket.amount) <= mandate.per_venue * worth.equity * (1 + ROUNDING):
        return None
    return f"no more than {mandate.per_venue:.0%} of all at {venue}"


def _enters(ticket: Ticket, venue: str) -> bool:
    return (ticket.market.holder, ticket.purpose) == (venue, Purpose.ENTER) and ticket.kind != "pair"


def _usd(ticket: Ticket, amount: Decimal) -> float:
    """Dollars, at the ticket's limit."""
    return float(amount * ticket.limit) * ticket.quote_usd


def _not_there(ticket: Ticket, account: Account) -> str | None:
    venue, base, quote = ticket.market
    if ticket.market.perpetual:
        return _no_margin(ticket, account)
    asset, asked = (quote, ticket.amount * ticket.limit) if ticket.side is Side.BUY else (base, ticket.amount)
    there = account.free(venue, asset)
    return None if asked <= there else f"{asked.normalize():f} {asset} is asked of {there.normalize():f} at {venue}"


def _no_margin(ticket: Ticket, account: Account) -> str | None:
    """Sold short is what the margin covers at the worst price, bought back what is short: we are never long of one."""
    venue, base, _ = ticket.market
    if ticket.side is Side.BUY:
        short = max(-account.balances.get((venue, base), NOTHING), NOTHING)
        return (
            None if ticket.amount <= short else f"{ticket.amount:f} {base} to buy back, {short:f} are short at {venue}"
        )
    asked, there = ticket.amount * margin(ticket), account.free(venue, MARGIN)
    return None if asked <= there else f"{asked.normalize():f} {MARGIN} of margin is asked of {there:f} at {venue}"


def _slipped(order: Order) -> float:
    """How far beyond its limit an order was filled on average, in its quote; below 0 within it."""
    average = float(sum(fill.amount * fill.price for fill in order.fills.values()) / order.filled)
    limit = float(order.ticket.limit)
    return average - limit if order.ticket.side is Side.BUY else limit - average
