"""Which of an exchange's markets are watched."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from bot.model.coins import Coins
from bot.model.markets import REFERENCES, Asset, Market, perpetual
from bot.model.orders import MARGIN
from bot.venues.dialects import PERPETUALS

COMPANIONS: frozenset[Asset] = frozenset({"USD", "EUR", "USDT", "USDC", "BTC", "ETH"})
"""What coins are priced in, and what ties the venues' dollars together."""


def watched(
    venue: str, listed: Iterable[Mapping[str, Any]], coins: Coins, assets: Collection[Asset]
) -> dict[str, Market]:
    """Every active spot pair among `assets` and the companions, by ccxt's symbol of it; those of BTC and ETH last.

    Of an exchange for futures: every active perpetual of `assets` that is settled in USDT. `listed` are ccxt's market
    structures. Where a venue lists an asset twice (BTC and WBTC) its own name counts.
    """
    if venue in PERPETUALS:
        return _perpetuals(venue, listed, coins, assets)
    among = COMPANIONS.union(assets)
    found: dict[Market, str] = {}
    for told in listed:
        market = Market(venue, coins.asset(told["base"]) or "", coins.asset(told["quote"]) or "")
        wanted = market.base != market.quote and {market.base, market.quote} <= among and _stands(told)
        if wanted and (market not in found or _by_name(told, market)):
            found[market] = told["symbol"]
    coins_first = sorted(found.items(), key=lambda pair: pair[0].base in REFERENCES)  # some sockets carry only a few
    return {symbol: market for market, symbol in coins_first}


def _perpetuals(
    venue: str, listed: Iterable[Mapping[str, Any]], coins: Coins, assets: Collection[Asset]
) -> dict[str, Market]:
    found = {}
    for told in listed:
        coin = coins.asset(told["base"])
        if coin is not None and coin in coins.by_symbol and coin in assets and _falls_never_due(told):
            found[told["symbol"]] = Market(venue, perpetual(coin), MARGIN)
    return found


def _falls_never_due(told: Mapping[str, Any]) -> bool:
    """A perpetual that is open, priced and settled in USDT."""
    linear = told.get("swap") is True and told.get("linear") is True
    return linear and told.get("active") is not False and told["quote"] == told.get("settle") == MARGIN


def _stands(told: Mapping[str, Any]) -> bool:
    """Spot, open, and with a book of its own: Coinbase's BTC/USDC is its BTC/USD, and says nothing of USDC."""
    info = told.get("info")
    alias = info.get("alias") if isinstance(info, Mapping) else None
    return told.get("spot") is True and told.get("active") is not False and not alias


def _by_name(told: Mapping[str, Any], market: Market) -> bool:
    return (told["base"].upper(), told["quote"].upper()) == (market.base, market.quote)
