"""Whether a coin can be brought back for what it promises, as far as the registry alone can tell."""

from dataclasses import dataclass

from bot.model import bank_hours
from bot.model.coins import Opens, Redeemer, Stablecoin, Terms
from bot.model.episodes import Redemption

DEAR_BP = 50.0  # a fee from here on leaves the coin at the edge of its peg
SLOW_HOURS = 7 * 24.0


@dataclass(frozen=True, slots=True)
class Access:
    """Whether par is given now, and why so; `until`, where it is merely closed, is when it opens again, ns UTC."""

    state: Redemption
    until: int | None
    why: str


def access(coin: Stablecoin, now: int) -> Access:
    """What is knowable of a coin's redemption at `now` (ns UTC) without asking anybody.

    OPEN where whoever may redeem gets par today: that customers must be verified, or bring a hundred thousand dollars,
    is what arbitrageurs are for. LIMITED where they get less, later, or only some of them do. CLOSED until the banks
    open. BROKEN where nobody is paid any more, from the day it was so. A run, a hack or an empty module is not in here;
    nor what that is worth which is paid (`pays` of the terms): who redeemed DAI in March 2023 got USDC.
    """
    terms = coin.terms(now)
    if coin.unborn(now):
        return Access(Redemption.UNKNOWN, None, f"it is not out before {coin.born}")
    if terms is None and coin.dead(now):
        return Access(Redemption.BROKEN, None, f"dead since {coin.died}")
    if terms is None:
        return Access(Redemption.UNKNOWN, None, "no terms of redemption are known")
    if terms.opens is Opens.NEVER or terms.who is Redeemer.NOBODY:
        return Access(Redemption.BROKEN, None, terms.hindrance or "nobody can redeem it")
    if terms.opens is None:
        return Access(Redemption.UNKNOWN, None, f"{_who(terms)}: when is not known")
    if terms.opens is Opens.BANK_HOURS and not bank_hours.is_open(now):
        return Access(Redemption.CLOSED, bank_hours.next_opening(now), "banks are shut")
    if hindrance := _hindrance(terms):
        return Access(Redemption.LIMITED, None, hindrance)
    return Access(Redemption.OPEN, None, _who(terms))


def _hindrance(terms: Terms) -> str:
    """What keeps par from those who ask for it; "" where nothing does."""
    if terms.hindrance:
        return terms.hindrance
    if terms.who is Redeemer.BORROWERS:
        return "only borrowers, who repay what they owe"
    if terms.fee_bp is not None and terms.fee_bp >= DEAR_BP:
        return f"a fee of {terms.fee_bp:g} bp or more"
    if terms.most is not None:
        return f"up to {terms.most:,.0f} dollars"
    if terms.hours is not None and terms.hours > SLOW_HOURS:
        return f"paid after {terms.hours / 24:.0f} days"
    return ""


def _who(terms: Terms) -> str:
    return f"{terms.who}, in {terms.pays}" if terms.pays else terms.who.value
