"""Where the money lies before anything happens."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal

from bot.model.account import Purse
from bot.model.coins import Coins
from bot.model.markets import DOLLAR, Asset, Market, underlying

BANK = "bank"  # where money lies that no exchange of the history takes dollars for
COIN_CASH = Decimal("0.10")  # of the capital at one exchange, where it can only lie there as a coin
CENT = Decimal("0.01")


def placed(markets: Sequence[Market], coins: Coins, capital: float) -> dict[Purse, Decimal]:
    """Where the dollars lie beforehand: in equal parts at each exchange where a stablecoin is traded for them.

    Where it takes no dollars a tenth of them lies there at most, as the dollar coin that most is priced in; the rest is
    kept in the bank.
    """
    cash = _cash(markets, coins)
    whole = Decimal(repr(capital))
    part = whole / max(len(cash), 1)
    purses = {
        (venue, asset): (part if asset == DOLLAR else min(part, COIN_CASH * whole)).quantize(CENT, ROUND_DOWN)
        for venue, asset in cash.items()
    }
    return purses | {(BANK, DOLLAR): whole - sum(purses.values())}


def _cash(markets: Sequence[Market], coins: Coins) -> dict[str, Asset]:
    """What lies at each exchange as money."""
    found: dict[str, list[Asset]] = {}
    for market in sorted(markets):
        is_money = market.quote == DOLLAR or coins.peg(market.quote) == DOLLAR
        if underlying(market.base) in coins.by_symbol and is_money:
            found.setdefault(market.venue, []).append(market.quote)
    return {
        venue: DOLLAR if DOLLAR in quotes else max(dict.fromkeys(quotes), key=quotes.count)
        for venue, quotes in found.items()
    }
