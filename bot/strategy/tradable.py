"""Where a fallen coin may be bought, and what of it could be sold again in times still worse.

Liquidity is judged from the alert of its depeg on. That books thin when a coin leaves its peg is known beforehand, see
bot.strategy.stress, and no reason to stay away; that they go on thinning is. And so a history decides the same whether
its calm stretches are looked at or passed over: from before an alert to the end of its depeg every look is taken.
"""

from collections.abc import Sequence

from bot.model.markets import CHAIN, Asset
from bot.model.orders import Side
from bot.model.ways import held_back
from bot.strategy import drying, liquidity, pool_depth, stress
from bot.strategy.deviation import COIN
from bot.strategy.liquidity import Levels
from bot.strategy.mandate import Mandate
from bot.strategy.opportunities import BP, Counter
from bot.strategy.ordering import Desk, Look, Rules

POOR = 0.05
"""Score below which nothing is bought: half of what USDC/USD at Binance.US scored at its worst in March 2023, 100 bp
wide with 8,700 dollars standing in it. What cannot be bought well could not be sold at all."""

SOLD_IN = 60.0  # minutes in which a coin should be sold in bad times
DRIED = 0.25  # of what trades now that still trades then


def buyable(coin: Asset, offers: Sequence[Counter], desk: Desk, look: Look, mandate: Mandate) -> tuple[Counter, ...]:
    """The markets that may be bought in, the best first: neither poor nor drying up, nor too small for their gas.

    And where a coin that was bought is not known to be held back.
    """
    scored = {each.market: score(each) for each in offers if each.sells}
    good = (each for each in offers if scored.get(each.market, 0.0) >= POOR)
    good = (each for each in good if held_back(coin, each.market.venue, desk.account.ways) is None)
    good = (each for each in good if _worth_its_gas(each, mandate) and not _trend(coin, each, desk, look).dries)
    return tuple(sorted(good, key=lambda each: (-scored[each.market], each.market)))


def _worth_its_gas(offer: Counter, mandate: Mandate) -> bool:
    """Whether what an order costs besides its fee is little of what may be bought there at once."""
    usd = min(offer.quote.ask_size * mandate.share * offer.ask_usd, mandate.most_usd)
    return offer.terms.flat_usd <= usd * mandate.slippage_bp / BP


def why_not(coin: Asset, offers: Sequence[Counter], desk: Desk, look: Look) -> str | None:
    """Why none of these may be bought in; None where nobody sells at all."""
    selling = [each for each in offers if each.sells]
    if not selling:
        return None
    caught = {each.market: held_back(coin, each.market.venue, desk.account.ways) for each in selling}
    if all(caught.values()):
        return caught[selling[0].market]
    selling = [each for each in selling if caught[each.market] is None]
    best = max(selling, key=lambda each: (score(each), each.market))
    if score(best) < POOR:
        return f"too little stands where it is sold: {best.market.venue} is best and scores {score(best):.2f} of 1"
    its = _trend(coin, best, desk, look)
    return f"its markets dry up: {best.market.venue} is best and scores {its.short:.2f} of late after {its.long:.2f}"


def score(offer: Counter) -> float:
    """How good a market is now, 0 to 1. A quote too old to count is not among the offers."""
    return liquidity.quality(liquidity.quoted(offer.quote))


def _trend(coin: Asset, offer: Counter, desk: Desk, look: Look) -> drying.Trend:
    return drying.trend(desk.liquidity, offer.market, _alert(coin, look), look.now)


def _alert(coin: Asset, look: Look) -> int:
    return next((each.alert for each in look.depegs if (each.coin, each.scope) == (coin, COIN)), look.now)


def sellable_usd(
    coin: Asset, fall: tuple[float, float], offers: Sequence[Counter], desk: Desk, look: Look, rules: Rules
) -> float:
    """Dollars of a coin that could be sold within an hour of a `fall` from one price to another, in units of its peg.

    At what an order in a hurry may lose by slippage, market by market, as each has been seen to do and no better than
    in March 2023. Who stands in a book comes again, minute by minute, though fewer; what is in a pool is there once.
    """
    now, then = (stress.severity((1 - price) * BP) for price in fall)
    slip = 1 - rules.mandate.urgent_bp / BP
    total = 0.0
    for each in offers:
        bids, pool = _bids(each, look), each.market.holder == CHAIN
        if bids:
            decay = _decay(coin, each, desk, look)
            left = stress.sellable(bids, then, bids[0][0] * slip, decay, now)
            total += left * bids[0][0] * each.proceeds_usd * (1.0 if pool else DRIED * SOLD_IN)
    return total


def _bids(offer: Counter, look: Look) -> Levels:
    return pool_depth.levels(look.pools, offer.market, Side.SELL) or liquidity.of_quote(offer.quote, Side.SELL)


def _decay(coin: Asset, offer: Counter, desk: Desk, look: Look) -> stress.Decay:
    own = stress.decay(drying.history(desk.liquidity, offer.market, _alert(coin, look), look.now))
    return stress.worse(own, stress.MARCH_2023) if own else stress.MARCH_2023
