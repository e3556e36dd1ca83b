"""The rehearsal's trades at exchanges: noted as the bot lives through them, told one by one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from bot.model.account import Account
from bot.model.decisions import Action
from bot.model.events import Event
from bot.model.orders import FundingPaid, Ordered, OrderEnded, OrderFilled, Purpose, Ticket
from bot.model.trade import Trade

WAYS_OUT = frozenset({Purpose.EXIT, Purpose.UNWIND})


@dataclass(slots=True)
class Dealings:
    """Every order and every fill, each once; `tell` is given a line when a trade begins and when it is over."""

    tell: Callable[[str], None]
    tickets: dict[str, Ticket] = field(default_factory=dict)
    fills: dict[tuple[str, str], OrderFilled] = field(default_factory=dict)
    paid: dict[tuple[str, str], FundingPaid] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    over: set[str] = field(default_factory=set)

    def note(self, happened: Event | Action, account: Account) -> None:
        """What happened, and the books as they are after it."""
        match happened:
            case Ordered(ticket=ticket):
                self.tickets[ticket.id] = ticket
            case OrderFilled():
                self.fills.setdefault((happened.order_id, happened.fill_id), happened)
                self._begins(happened)
                self._ends(happened.order_id, account)
            case FundingPaid():
                self.paid.setdefault((happened.venue, happened.payment_id), happened)
            case OrderEnded():
                self._ends(happened.order_id, account)
            case _:
                pass

    def told(self, account: Account) -> list[dict[str, Any]]:
        """Every trade in which something was traded, oldest first."""
        trades = (*account.closed.values(), *account.trades.values())
        return [self.trade(each) for each in sorted(trades, key=lambda one: one.opened) if each.bought or each.sold]

    def trade(self, trade: Trade) -> dict[str, Any]:
        """One trade. Prices are dollars a coin after fees; what is not over yet has earned what was sold of it."""
        return {
            "id": trade.id,
            "kind": trade.kind,
            "coin": trade.coin,
            "venues": sorted({ticket.market.venue for ticket in self._filled(trade)}),
            "entry_price": trade.cost_usd,
            "exit_price": trade.got_usd / float(trade.sold) if trade.sold else None,
            "size_usd": trade.spent_usd,
            "fees_usd": trade.fees_usd,
            "pnl_usd": trade.earned_usd if trade.over else trade.realised_usd,
            "exit_reason": self._reason(trade),
        }

    def _filled(self, trade: Trade) -> Iterable[Ticket]:
        """Its orders of which anything was filled, the first filled first."""
        filled = dict.fromkeys(order_id for order_id, _ in self.fills)
        return [self.tickets[name] for name in filled if self.tickets[name].trade == trade.id]

    def _reason(self, trade: Trade) -> str:
        if not trade.over:
            return f"not left: {trade.net.normalize():f} {trade.coin} still held"
        ways_out = [ticket for ticket in self._filled(trade) if ticket.purpose in WAYS_OUT]
        if not ways_out:
            return "bought and sold at once"
        last = ways_out[-1].why
        if trade.kind == "pair":
            return f"made even, {last}"
        exits = (ticket.why for ticket in ways_out if ticket.purpose is Purpose.EXIT)
        return next(exits, last) if trade.kind == "hedged" else last  # the last of a hedge closes crumbs

    def _begins(self, fill: OrderFilled) -> None:
        ticket = self.tickets[fill.order_id]
        if ticket.trade not in self.begun:
            self.begun.add(ticket.trade)
            self.tell(f"{ticket.kind} {ticket.coin} at {ticket.market.venue}: {ticket.why}")

    def _ends(self, order_id: str, account: Account) -> None:
        ticket = self.tickets.get(order_id)
        trade = account.closed.get(ticket.trade) if ticket else None
        if trade and trade.id in self.begun and trade.id not in self.over:
            self.over.add(trade.id)
            self.tell(closing(self.trade(trade)))


def closing(told: dict[str, Any]) -> str:
    """A trade that is over, as people read it."""
    return (
        f"{told['kind']} {told['coin']}: {told['size_usd']:,.0f} USD bought at {told['entry_price']:.4f}, sold at "
        f"{told['exit_price'] or 0:.4f}, {told['pnl_usd']:+,.2f} USD: {told['exit_reason']}"
    )
