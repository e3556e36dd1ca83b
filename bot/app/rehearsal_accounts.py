"""Our accounts at the sandbox's exchanges: opened before the rehearsal, and counted to the last unit after it."""

import json
import os
import secrets
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.model.account import Purse
from bot.model.markets import DOLLAR, Asset, underlying
from bot.model.orders import MARGIN, FundingPaid, OrderFilled, Side, Ticket
from bot.sandbox.exchange import Exchanges
from bot.sandbox.exchange_market import Dear, Scenario, dear_by
from bot.sandbox.wire.book import Listing

MONEY: Mapping[str, tuple[Asset, ...]] = {
    "kraken": ("USD",),
    "binance": ("USDT",),
    "okx": ("USDT", "USD"),
    "bybit": ("USDT",),
    "binanceusdm": ("USDT",),
}
"""Where orders may go, and the money that lies there."""

EACH = Decimal(200_000)  # of each money, at each exchange
STOCK = Decimal(40_000)  # of a coin, where it will be dear
CALM = frozenset({"PYUSD", "RLUSD", "USD1", "USDG"})  # keep their peg, and are traded at most of those exchanges


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts, what was put into them, and the dollars that one of each asset is worth in the end."""

    exchanges: Exchanges
    funded: Mapping[Purse, Decimal]
    usd: Callable[[Asset], float]

    @property
    def venues(self) -> frozenset[str]:
        """Where they are."""
        return frozenset(venue for venue, _ in self.funded)

    def money(
        self, tickets: Mapping[str, Ticket], fills: Iterable[OrderFilled], paid: Iterable[FundingPaid] = ()
    ) -> dict[str, Any]:
        """What lies there, beside what must lie there by the fills that the bot heard of; as the demo prints it."""
        held = dict(self._held())
        due = expected(self.funded, tickets, fills, paid)
        off = {purse: amount for purse in held | due if (amount := held.get(purse, 0) - due.get(purse, Decimal(0)))}
        return {
            "exact": not off,
            "gained_usd": self._worth(held) - self._worth(self.funded),
            "funded": _plain(self.funded),
            "held": _plain(held),
            "off": _plain(off),
        }

    def _held(self) -> Iterator[tuple[Purse, Decimal]]:
        """What lies there; what is short as the books have it: less than none of it, and what it was sold for."""
        for venue in MONEY:
            held = defaultdict[Asset, Decimal](Decimal, self.exchanges.balance(venue))
            for asset in {each.base for each in self.exchanges.listings(venue) if underlying(each.base) != each.base}:
                position = self.exchanges.position(venue, asset)
                held[asset] += position.amount
                held[MARGIN] -= position.amount * position.entry
            yield from (((venue, asset), amount) for asset, amount in held.items() if amount)

    def _worth(self, purses: Mapping[Purse, Decimal]) -> float:
        return sum(float(amount) * self.usd(asset) for (_, asset), amount in purses.items())


def expected(
    funded: Mapping[Purse, Decimal],
    tickets: Mapping[str, Ticket],
    fills: Iterable[OrderFilled],
    paid: Iterable[FundingPaid] = (),
) -> dict[Purse, Decimal]:
    """What was put in, the fills, less fees, and funding: exact. Each once; what came to nothing is left out."""
    due = defaultdict[Purse, Decimal](Decimal, funded)
    for fill in fills:
        market = tickets[fill.order_id].market
        sign = 1 if tickets[fill.order_id].side is Side.BUY else -1
        due[market.holder, market.base] += sign * fill.amount
        due[market.holder, market.quote] -= sign * fill.amount * fill.price
        due[market.holder, fill.fee_asset] -= fill.fee
    for payment in paid:
        due[payment.venue, payment.asset] += payment.amount
    return {purse: amount for purse, amount in due.items() if amount}


def open_accounts(exchanges: Exchanges, scenario: Scenario) -> Accounts:
    """Money at every exchange, and of each coin that will be dear somewhere a stock there."""
    funded = {(venue, asset): EACH for venue, assets in MONEY.items() for asset in assets}
    funded |= {(each.venue, each.base): STOCK for each in scenario.dear}
    for (venue, asset), amount in funded.items():
        exchanges.fund(venue, asset, amount)
    return Accounts(exchanges, funded, lambda asset: scenario.value(asset, 1.0))


def dear(exchanges: Exchanges, seed: int) -> tuple[Dear, ...]:
    """Where coins will be dear that keep their peg: at one of our exchanges, for dollars, which bear no premium."""
    return dear_by(seed, _for_dollars(exchanges))


def write_keys(folder: Path) -> Path:
    """Made-up keys of every account, in files that their owner alone can read, as `repeg run --live` wants them."""
    folder.mkdir(mode=0o700)
    for venue in MONEY:
        told = {
            "apiKey": secrets.token_hex(),
            "secret": b64encode(secrets.token_bytes()).decode(),
            "password": secrets.token_hex(),
        }
        with os.fdopen(os.open(folder / f"{venue}.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(told, file)
    return folder


def _for_dollars(exchanges: Exchanges) -> Iterator[tuple[str, Listing]]:
    for venue in MONEY:
        for listing in exchanges.listings(venue):
            if listing.base in CALM and listing.quote == DOLLAR:
                yield venue, listing


def _plain(purses: Mapping[Purse, Decimal]) -> dict[str, dict[Asset, str]]:
    """By exchange, in digits."""
    told = defaultdict[str, dict[Asset, str]](dict)
    for (venue, asset), amount in sorted(purses.items()):
        told[venue][asset] = f"{amount.normalize():f}"
    return told
