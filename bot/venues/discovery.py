"""Which of an exchange's markets are watched."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from bot.model.coins import Coins
from bot.model.markets import REFERENCES, Asset, Market

COMPANIONS: frozenset[Asset] = frozenset({"USD", "EUR", "USDT", "USDC", "BTC", "ETH"})
"""What coins are priced in, and what ties the venues' dollars together."""


def watched(
    venue: str, listed: Iterable[Mapping[str, Any]], coins: Coins, assets: Collection[Asset]
) -> dict[str, Market]:
    """Every active spot pair among `assets` and the companions, by ccxt's symbol of it; those of BTC and ETH last.

    `listed` are ccxt's market structures. Where a venue lists an asset twice (BTC and WBTC) its own name counts.
    """
    among = COMPANIONS.union(assets)
    found: dict[Market, str] = {}
    for told in listed:
        market = Market(venue, coins.asset(told["base"]) or "", coins.asset(told["quote"]) or "")
        wanted = market.base != market.quote and {market.base, market.quote} <= among and _stands(told)
        if wanted and (market not in found or _by_name(told, market)):
            found[market] = told["symbol"]
    coins_first = sorted(found.items(), key=lambda pair: pair[0].base in REFERENCES)  # some sockets carry only a few
    return {symbol: market for market, symbol in coins_first}


def _stands(told: Mapping[str, Any]) -> bool:
    """Spot, open, and with a book of its own: Coinbase's BTC/USDC is its BTC/USD, and says nothing of USDC."""
    info = told.get("info")
    alias = info.get("alias") if isinstance(info, Mapping) else None
    return told.get("spot") is True and told.get("active") is not False and not alias


def _by_name(told: Mapping[str, Any], market: Market) -> bool:
    return (told["base"].upper(), told["quote"].upper()) == (market.base, market.quote)
