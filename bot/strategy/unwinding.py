"""A pair whose legs did not both fill: what is left over is traded away, the longer it stands the worse the price."""

from decimal import Decimal

from bot.model.account import Account
from bot.model.orders import Purpose, Side
from bot.model.times import MINUTE
from bot.model.trade import Trade
from bot.strategy.mandate import Mandate
from bot.strategy.tickets import Wish

AT_MOST = 4.0  # times the first limit: beyond it a person is asked
WIDENS_EVERY = 1 * MINUTE


def wish(trade: Trade, account: Account, now: int, mandate: Mandate) -> Wish | None:
    """What is to be sold or bought to be even again; None while legs may still fill, or where both did."""
    if account.pending(trade.id) or trade.net == 0:
        return None
    over = trade.net > 0
    state = "bought and not sold" if over else "sold and not bought"
    return Wish(
        trade=trade.id,
        kind="pair",
        coin=trade.coin,
        side=Side.SELL if over else Side.BUY,
        purpose=Purpose.UNWIND,
        amount=abs(trade.net),
        slip_bp=slip_bp(trade, now, mandate),
        why=f"one-sided: {_plain(abs(trade.net))} {trade.coin} {state}",
    )


def slip_bp(trade: Trade, now: int, mandate: Mandate) -> float:
    """What unwinding may cost now, bp: more the longer the pair stands one-sided, and never more than so much."""
    return widened_bp(now - trade.opened, mandate)


def widened_bp(stood: int, mandate: Mandate) -> float:
    """The same of what has stood one-sided for so long, ns."""
    return mandate.unwind_bp * min(1 + stood / WIDENS_EVERY, AT_MOST)


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
