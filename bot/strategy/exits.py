"""When and how to leave a hold: in steps on the way back, and at once when the outlook was wrong."""

from dataclasses import dataclass
from decimal import Decimal

from bot.model.outlooks import Outlook, Stance
from bot.model.trade import Trade

# How much of what was bought is kept at most once so much of the way back is done. Most of the way is worth more than
# all of it: what is left shrinks, and the risk does not.
STEPS = ((0.75, Decimal("0.75")), (0.90, Decimal("0.4")))
HOME = 0.9950  # where a depeg may be over
PAR = 0.9990  # as good as back: what is left does not pay for the waiting
LATE = 2  # times as long as nine of ten that came back took
DOUBTED = 0.5  # a coin more likely gone than not is not kept


@dataclass(frozen=True, slots=True)
class Exit:
    """How many coins to sell, and why. Urgent: at a worse price rather than later."""

    amount: Decimal
    urgent: bool
    why: str


def due(
    trade: Trade, price: float, usd: float, outlook: Outlook | None, *, worth: float, closing: bool, age: int
) -> Exit | None:
    """What of a hold to sell at `price` (units of the peg, each `usd` dollars); None to wait.

    `worth`: the price that all books together show: where it lies it may fetch less, and that is no news of the coin.

    `outlook` is None where no depeg is known to last: it is over, or, after a start, not yet seen again. `closing`:
    redemption ends soon. `age`: ns since the depeg began.
    """
    if trade.net <= 0:
        return None
    if outlook is None:
        return Exit(trade.net, urgent=False, why="back at its peg for good") if price >= HOME else None
    if wrong := _wrong(worth, outlook, age):
        return Exit(trade.net, urgent=True, why=wrong)
    if price >= PAR:
        return Exit(trade.net, urgent=False, why="back at par")
    cost = trade.cost_usd / usd
    if closing and price < cost:
        return _down_to(trade, Decimal("0.5"), "redemption closes, and it is worth less than it cost")
    way = (price - cost) / (1 - cost) if cost < 1 else 0.0
    step = next(((part, keep) for part, keep in reversed(STEPS) if way >= part), None)
    return _down_to(trade, step[1], f"{step[0]:.0%} of the way back") if step else None


def _down_to(trade: Trade, keep: Decimal, why: str) -> Exit | None:
    amount = trade.net - keep * trade.bought
    return Exit(amount, urgent=False, why=why) if amount > 0 else None


def _wrong(worth: float, outlook: Outlook, age: int) -> str | None:
    """Why it is not kept any longer, come what may."""
    if worth <= outlook.worst < PAR:  # a coin above its peg has no stop
        return f"stop: below {outlook.worst:.4f} the outlook was wrong"
    if outlook.stance is Stance.NO_TOUCH:
        return f"no touch: {outlook.reasons[0]}" if outlook.reasons else "no touch"
    if outlook.recovery < DOUBTED:
        return f"more likely gone than not: recovery {outlook.recovery:.0%}"
    if outlook.late_time is not None and age > LATE * outlook.late_time:
        return "away for longer than those that come back"
    return None
