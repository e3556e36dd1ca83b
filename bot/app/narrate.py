"""What `repeg run` says as it goes: one line for what an operator would want to know, nothing for the rest."""

from decimal import Decimal

from bot.model.decisions import Action, Cancel, Halt, Loop, Place, Pull, Replace, Send, Warn
from bot.model.events import Command, Event, Expired, Mined, Rejected, Reverted, Unmined
from bot.model.orders import FundingPaid, OrderEnded, OrderFilled, OrderRefused, Ticket, VenueSeen
from bot.model.registry import Address, Registry
from bot.units import GWEI, to_decimal

SHOWN = 8  # digits of a price or a fee


def line(happened: Event | Action, registry: Registry) -> str | None:
    """One line about an event or an action; None for what goes without saying."""
    match happened:
        case Send(approved):
            plan = approved.plan
            return (
                f"plan {plan.id} for block {plan.made_for + 1}: {route(plan.loop, registry)}, "
                f"net {plan.loop.net_usd:,.2f} USD"
            )
        case Replace(plan_id, approved):
            return f"plan {plan_id}: bidding {approved.plan.priority_fee / GWEI:.2f} gwei"
        case Cancel(plan_id, reason):
            return f"plan {plan_id}: taking it back, {reason}"
        case Mined():
            return (
                f"plan {happened.plan_id}: captured {amount(happened.profit, happened.token, registry)} "
                f"in block {happened.block}, {happened.hash}"
            )
        case Reverted():
            return f"plan {happened.plan_id}: reverted in block {happened.block}, {happened.reason}"
        case Rejected() | Expired():
            return f"plan {happened.plan_id}: not sent or not mined, {happened.reason}"
        case Unmined():
            return f"plan {happened.plan_id}: thrown out by a reorg, in flight again"
        case Command():
            return f"{happened.word}{f': {happened.why}' if happened.why else ''}"
        case Place(approved):
            return order(approved.ticket)
        case Pull(order_id, reason):
            return f"order {order_id}: taking it back, {reason}"
        case OrderFilled():
            paid = f"fee {_short(happened.fee)} {happened.fee_asset}"
            return f"order {happened.order_id}: {happened.amount:f} at {_short(happened.price)}, {paid}"
        case OrderEnded(filled=filled, reason=reason):
            return f"order {happened.order_id}: over, {filled:f} in all{f', {reason}' if reason else ''}"
        case OrderRefused(reason=reason):
            return f"order {happened.order_id}: refused, {reason}"
        case VenueSeen(venue=venue, ready=ready, reason=reason):
            known = f"its account is known{f': {reason}' if reason else ''}"
            return f"{venue}: {known if ready else f'no orders go there, {reason}'}"
        case FundingPaid(venue=venue, perpetual=perpetual, asset=asset):
            return (
                f"{venue}: {perpetual} {'cost' if happened.amount < 0 else 'brought'} {abs(happened.amount):f} {asset}"
            )
        case Halt(reason):
            return f"HALTED: {reason}"
        case Warn(text):
            return text
        case _:
            return None


def order(ticket: Ticket) -> str:
    """An order as people read it."""
    venue, base, quote = ticket.market
    return (
        f"order {ticket.id} at {venue}: {ticket.side} {ticket.amount:f} {base} "
        f"for {_short(ticket.limit)} {quote} or better, to {ticket.purpose} {ticket.kind} {ticket.trade}: {ticket.why}"
    )


def route(loop: Loop, registry: Registry) -> str:
    """A loop as people read it: how much of what, from whom, and through which coins."""
    coins = [symbol(hop.coin_in, registry) for hop in loop.hops] + [symbol(loop.token, registry)]
    return f"{amount(loop.amount, loop.token, registry, '.0f')} through {'>'.join(coins)}"


def hops(loop: Loop, registry: Registry) -> list[str]:
    """Each hop as `USDC>DAI uniswap-v3 0x...`."""
    return [
        f"{symbol(hop.coin_in, registry)}>{symbol(hop.coin_out, registry)} "
        f"{registry.pools[hop.pool].family if hop.pool in registry.pools else 'unknown'} {hop.pool}"
        for hop in loop.hops
    ]


def amount(units: int, token: Address, registry: Registry, form: str = "f") -> str:
    """So many whole coins; base units where the registry no longer knows the coin, as an old journal's may be."""
    coin = registry.coins.get(token)
    return f"{to_decimal(units, coin.decimals):,{form}} {coin.symbol}" if coin else f"{units} of {token}"


def symbol(coin: Address, registry: Registry) -> str:
    """A coin's symbol; its address where the registry no longer knows it."""
    return registry.coins[coin].symbol if coin in registry.coins else coin


def _short(price: Decimal) -> str:
    """In eight digits at most behind the point: what a pool pays, or asks for gas, has many more."""
    return f"{round(price, SHOWN).normalize():f}"
