"""The ways of coins in and out of exchanges, as these tell of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from bot.model.markets import Asset, holder


@dataclass(frozen=True, slots=True)
class Way:
    """Whether an asset goes in and out over one network, and what going out costs. None: the exchange does not say."""

    deposit: bool | None
    withdraw: bool | None
    fee: Decimal | None  # whole coins, whatever the amount


Ways = Mapping[str, Mapping[Asset, Mapping[str, Way]]]
"""By venue, asset, and the network as the exchange calls it; "" where it tells of none but of the asset."""


def held_back(asset: Asset, venue: str, ways: Ways) -> str | None:
    """Why an asset that is got at a venue is worth less than elsewhere: it goes out over no network now.

    None where it goes, where that is not told, and of money that goes by bank.
    """
    told = ways.get(holder(venue), {}).get(asset, {})
    if not told or any(way.withdraw is not False for way in told.values()):
        return None
    return f"no {asset} goes out of {venue} now: what it costs there is no price elsewhere"
