"""What an exchange tells of positions in perpetual futures and of their funding, in our words."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from bot.model.markets import Asset
from bot.model.orders import COVER, MARGIN, FundingPaid
from bot.venues.order_faults import GarbledError
from bot.venues.order_parsing import MILLISECOND, Told, exact

LEVERAGE = int(1 / (COVER - 1)) + 1
"""What a position may be of the margin it binds when it is opened.

At a price of a dollar COVER keeps back a quarter of it, which a leverage of four would bind to the last cent. One more
leaves room for a price of up to 1.04, and for a mark price that is above ours: no order fails that the books allow. No
more than that, because the exchange bounds a position the more narrowly the higher the leverage.
"""

USUAL_HOURS = 8.0  # between payments, of what the exchange names no other interval for
HOURS = 24


@dataclass(frozen=True, slots=True)
class Contract:
    """A market whose positions are counted as ours."""

    perpetual: Asset
    coins: Decimal  # in a contract


def carry(rate: Told, interval: Told | None) -> float | None:
    """What a short position pays a day for each dollar, of ccxt's structures; None where no rate is told.

    A rate above 0 is paid by who is long to who is short. Paid every eight hours where no other interval is told.
    """
    share, hours = exact(rate.get("fundingRate")), exact(((interval or {}).get("interval") or "").rstrip("h"))
    return None if share is None else -float(share) * HOURS / (float(hours or 0) or USUAL_HOURS)


def payment(
    told: Told, venue: str, ours: Mapping[str, Contract], asset: Callable[[str], Asset], now: int
) -> FundingPaid:
    """What a position brought or cost, of ccxt's structure; one that is none of `ours` has the exchange's own name.

    The exchange's number is unique among payments of one kind. Raises GarbledError for what is not told in full.
    """
    info, amount, number = told.get("info") or {}, exact(told.get("amount")), told.get("id")
    at, name = told.get("timestamp"), str(info.get("symbol") or "")
    if amount is None or not number or not at or not told.get("code"):
        raise GarbledError("tells a payment of funding without its number, amount or time")
    perpetual = ours[name].perpetual if name in ours else name
    return FundingPaid(
        int(at) * MILLISECOND, now, venue, perpetual, f"{name}{number}", amount, asset(str(told["code"]))
    )


def holdings(
    account: Told, positions: Iterable[Told], ours: Mapping[str, Contract], asset: Callable[[str], Asset]
) -> tuple[tuple[Asset, Decimal], ...]:
    """What is held of each asset, whole coins, of Binance's answers; as exact as it tells entry prices.

    A position in one of `ours`, named by the exchange's symbols, is so much of the perpetual, below zero where it is
    short, and what it was sold or bought for is money. Of any other the margin it binds and what it has lost are not
    ours to use: it is told under the exchange's own name. Raises GarbledError where a number is missing.
    """
    held: dict[Asset, Decimal] = defaultdict(Decimal)
    for each in account.get("assets") or ():
        if str(each.get("updateTime")) != "0":  # of an asset that was never used the numbers are no balance
            held[asset(str(each["asset"]))] += _number(each, "walletBalance")
    for each in positions:
        name, amount = str(each["symbol"]), _number(each, "positionAmt")
        contract = ours.get(name)
        if contract is not None:
            coins = amount * contract.coins
            held[contract.perpetual] += coins
            held[MARGIN] -= coins * _number(each, "entryPrice") if coins else Decimal()
        elif amount:
            held[name] += amount
            held[asset(str(each.get("marginAsset") or MARGIN))] -= _bound(each)
    return tuple(sorted((name, amount) for name, amount in held.items() if amount))


def _bound(position: Told) -> Decimal:
    """Of the wallet, by a position that is not ours."""
    return _number(position, "initialMargin") - min(_number(position, "unRealizedProfit"), Decimal())


def _number(told: Told, name: str) -> Decimal:
    number = exact(told.get(name))
    if number is None:
        raise GarbledError(f"tells no {name}")
    return number
