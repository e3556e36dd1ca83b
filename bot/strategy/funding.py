"""Who lends what: for each coin the lenders worth asking."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log1p

from bot.amm.lending import flash_fee
from bot.model.events import LenderSeen
from bot.model.registry import Address, LenderKind
from bot.strategy.costs import Terms, loan_gas
from bot.strategy.prospects import Means
from bot.strategy.survey import Survey
from bot.units import WAD

LARGE = WAD**2
"""An amount so large that a fee's rounding does not show in its rate."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A lender's terms for one coin."""

    seen: LenderSeen
    rate: float  # fee per unit borrowed
    gas: int  # of a capture with this money, all but its legs

    def fee(self, amount: int) -> int:
        """What is owed on top, base units."""
        return flash_fee(self.seen.lender_kind, self.seen.fee, amount)

    def beats(self, other: "Offer") -> bool:
        """As good in every way. A Uniswap V3 pool beats nobody: it cannot serve a loop that swaps in it."""
        if self.seen.lender_kind is LenderKind.UNISWAP_V3:
            return False
        return self.rate <= other.rate and self.gas <= other.gas and self.seen.cash >= other.seen.cash


Offers = Mapping[Address, Sequence[Offer]]


def offers(lenders: Sequence[LenderSeen], terms: Terms) -> Offers:
    """By coin, the lenders that no other beats, the cheapest gas first. Coins without a dollar value have none."""
    by_coin: dict[Address, list[Offer]] = defaultdict(list)
    for seen in sorted(lenders, key=lambda seen: (seen.lender, seen.lender_kind)):
        if seen.cash > 0 and seen.token in terms.usd:
            by_coin[seen.token].append(offer(seen))
    return {coin: _worthwhile(made) for coin, made in by_coin.items()}


def means(by_coin: Offers, terms: Terms, survey: Survey) -> Means:
    """The best of every offer at once: no loop can do better."""
    made = [offer for each in by_coin.values() for offer in each]
    return Means(
        usd={coin: terms.usd[coin] for coin in by_coin},
        most=max(offer.seen.cash * survey.unit(offer.seen.token) for offer in made),
        toll=log1p(min(offer.rate for offer in made)),
        gas=min(offer.gas for offer in made),
    )


def offer(seen: LenderSeen) -> Offer:
    """What a lender asks, as a rate and in gas."""
    rate = flash_fee(seen.lender_kind, seen.fee, LARGE) / LARGE
    return Offer(seen, rate, loan_gas(seen.lender_kind))


def _worthwhile(made: Sequence[Offer]) -> Sequence[Offer]:
    kept: list[Offer] = []
    for offer in sorted(made, key=lambda offer: (offer.gas, offer.rate, -offer.seen.cash)):
        if not any(better.beats(offer) for better in kept):
            kept.append(offer)
    return tuple(kept)
