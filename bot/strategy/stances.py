"""What may be done with a coin, by rules: what stands behind it and whether par is paid come before any number."""

from bot.model.coins import Mechanism
from bot.model.episodes import Redemption
from bot.model.outlooks import Stance
from bot.model.redeeming import Access
from bot.model.times import DAY

SOON = 4 * DAY  # the longest a long weekend keeps banks shut
SURE = 0.7  # of ten such coins seven come back, cautiously reckoned: then what is lost on three is earned on seven
SURER = 0.8  # where no issuer owes par, and code and collateral must hold
HEDGEABLE = 1 / 3  # with its fall sold a wrong outlook costs the carry and the margin, not the coin
LATE = 0.1  # of those that came back so many were away for longer

BOLDEST = tuple(Stance)

Verdict = tuple[Stance, str]


def pays(access: Access, now: int) -> bool:
    """Whether par is paid now, or closed until a time that is known and near."""
    return access.state is Redemption.OPEN or shut_for_long_weekend(access, now)


def shut_for_long_weekend(access: Access, now: int) -> bool:
    """Closed, and a bank holiday explains it: when it opens is known, and is days off at most."""
    return access.state is Redemption.CLOSED and access.until is not None and now < access.until <= now + SOON


def boldest(mechanism: Mechanism | None, access: Access, low: float, now: int) -> Verdict:
    """What mechanism, redemption and the low end of the chances allow; the rest can only narrow it."""
    match mechanism:
        case Mechanism.ALGORITHMIC:
            return Stance.NO_TOUCH, "algorithmic: nothing but trust stands behind it, and a depeg is what ends trust"
        case _ if access.state is Redemption.BROKEN:
            return Stance.NO_TOUCH, "what stood behind it is gone"
        case None:
            return Stance.ATOMIC, "what stands behind it is not known"
        case Mechanism.FIAT:
            return _by_chances(low, SURE, access, now)
        case _:
            return _by_chances(low, SURER, access, now)


def _by_chances(low: float, sure: float, access: Access, now: int) -> Verdict:
    """Where it is not sure that par is paid, chances are guesses, and nothing is carried on them."""
    if not pays(access, now):
        return Stance.ATOMIC, f"it is not sure that par is paid; {low:.2f} of such come back at the least"
    paid = "par is paid" if access.state is Redemption.OPEN else "par is paid in days at most"
    if low >= sure:
        return Stance.HOLD, f"{paid}, and {low:.2f} of such come back at the least"
    if low >= HEDGEABLE:
        return Stance.HEDGED, f"{paid}, but only {low:.2f} of such surely come back: {sure:g} is asked"
    return Stance.ATOMIC, f"only {low:.2f} of such surely come back: too few to wait for it"


def narrowed(verdict: Verdict, other: Verdict) -> Verdict:
    """The more careful of two."""
    return max(verdict, other, key=lambda each: BOLDEST.index(each[0]))
