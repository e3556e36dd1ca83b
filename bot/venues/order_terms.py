"""What a market asks of orders, and orders made to fit it: never more than was wanted, never a worse price."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Any

import ccxt

from bot.model.orders import Side, Terms, Ticket
from bot.venues.order_parsing import contract, exact


@dataclass(frozen=True, slots=True)
class Fitted:
    """A ticket's amount and limit on the market's steps."""

    amount: Decimal
    limit: Decimal


def terms(market: Mapping[str, Any], mode: int, fee: Mapping[str, Any] | None = None) -> Terms | None:
    """Of ccxt's market structure, whose precision is in `mode`; None where it does not tell steps or fees.

    Amounts are in coins, also where it counts in contracts. `fee` is our own, where the exchange told it.
    """
    precision, limits = market["precision"], market["limits"]
    price_step, amount_step = _step(precision.get("price"), mode), _step(precision.get("amount"), mode)
    taker, maker = (_fee(fee, market, name) for name in ("taker", "maker"))
    if price_step is None or amount_step is None or taker is None or maker is None:
        return None
    coins = contract(market)
    least = _least(limits, "amount") * coins
    return Terms(taker, maker, price_step, amount_step * coins, least, _least(limits, "cost"))


def fit(ticket: Ticket, terms: Terms) -> Fitted | str:
    """The amount rounded down and the limit toward us: less paid, more asked. Or why it is below what is taken."""
    amount = on_step(ticket.amount, terms.amount_step, ROUND_DOWN)
    limit = on_step(ticket.limit, terms.price_step, ROUND_DOWN if ticket.side is Side.BUY else ROUND_UP)
    if limit <= 0:
        return f"the limit {ticket.limit} is below the market's step of {terms.price_step}"
    if amount <= 0 or amount < terms.min_amount:
        least = max(terms.min_amount, terms.amount_step)
        return f"{ticket.amount} {ticket.market.base} is below the least the market takes, {least}"
    closes = ticket.market.perpetual and ticket.side is Side.BUY  # of which exchanges take any amount
    if amount * limit < terms.min_cost and not closes:
        return f"{amount * limit} {ticket.market.quote} is below the least the market takes, {terms.min_cost}"
    return Fitted(amount, limit)


def on_step(number: Decimal, step: Decimal, rounding: str) -> Decimal:
    """A multiple of `step`."""
    return (number / step).to_integral_value(rounding) * step


def plain(number: Decimal) -> str:
    """As exchanges read numbers: no exponent, no zeros at the end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _step(told: object, mode: int) -> Decimal | None:
    number = exact(told)
    if number is None or mode == ccxt.SIGNIFICANT_DIGITS:
        return None
    step = number if mode == ccxt.TICK_SIZE else Decimal(1).scaleb(-int(number))
    return step if step > 0 else None


def _fee(told: Mapping[str, Any] | None, market: Mapping[str, Any], name: str) -> Decimal | None:
    return exact((told or {}).get(name)) if exact((told or {}).get(name)) is not None else exact(market.get(name))


def _least(limits: Mapping[str, Any], of: str) -> Decimal:
    return exact((limits.get(of) or {}).get("min")) or Decimal(0)
