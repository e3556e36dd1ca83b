"""What lies at which exchange, where it is wanted, and how it could get there: by books, exchanges and a file."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce
from pathlib import Path
from typing import Any

from bot.app.settings import Settings
from bot.model import account as books
from bot.model.account import Account, Purse
from bot.model.coins import Coins
from bot.model.errors import UserError
from bot.model.markets import FIAT, PERPETUAL, Asset
from bot.model.orders import MARGIN, NOTHING, OrderEvent, VenueSeen
from bot.model.ways import Way, Ways
from bot.venues.dialects import PERPETUALS

READING = "-"  # no order's id begins with it: a trader that calls nothing its own takes nothing back


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user's file says."""

    targets: Mapping[Purse, Decimal] = field(default_factory=dict)
    ways: Ways = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answers:
    """What exchanges said of our accounts, and why some said nothing."""

    seen: tuple[VenueSeen, ...] = ()
    ways: Ways = field(default_factory=dict)
    silent: Mapping[str, str] = field(default_factory=dict)


def kept(path: Path) -> list[OrderEvent]:
    """What the journal holds of exchanges; nothing where there is none."""
    from bot.records.journal import Journal

    if not path.exists():
        return []
    journal = Journal.read_only(path)
    try:
        return [event for event in journal.but_the_world() if isinstance(event, OrderEvent)]
    finally:
        journal.close()


def account(events: Iterable[OrderEvent]) -> Account:
    """The books after all this."""
    return reduce(books.post, events, Account())


def first(events: Iterable[OrderEvent]) -> dict[Purse, Decimal]:
    """What each venue held when it was first known, of every asset that any held."""
    seen: dict[str, dict[Asset, Decimal]] = {}
    for event in events:
        if isinstance(event, VenueSeen) and event.balances is not None:
            seen.setdefault(event.venue, dict(event.balances))
    assets = {asset for held in seen.values() for asset in held if not asset.endswith(PERPETUAL)}
    return {(venue, asset): max(held.get(asset, NOTHING), NOTHING) for venue, held in seen.items() for asset in assets}


def equal(stock: Iterable[Purse]) -> dict[Purse, Decimal]:
    """As much at each venue, of every asset that any has; where perpetuals are traded, of margin alone."""
    purses = tuple(stock)
    assets = {asset for _, asset in purses}
    every = {(venue, asset): Decimal(1) for venue in {venue for venue, _ in purses} for asset in assets}
    return {(venue, asset): one for (venue, asset), one in every.items() if asset == MARGIN or venue not in PERPETUALS}


async def ask(settings: Settings, coins: Coins, *, balances: bool) -> Answers:
    """Balances, if they are asked for, and networks, of every exchange in the settings whose keys are there.

    It only reads: orders that stand are left alone, whoever's they are.
    """
    import time

    from bot.app import coins as coin_names
    from bot.venues import credentials
    from bot.venues.order_dialects import ORDER_DIALECTS
    from bot.venues.trader import Trader

    keys, silent = [], {}
    for venue in settings.desk.venues:
        try:
            keys.append(credentials.read(venue, settings.desk.keys.expanduser()))
        except credentials.CredentialsError as error:
            silent[venue] = str(error)
    keys = [each for each in keys if each.venue in ORDER_DIALECTS]
    watched, through = coin_names.chosen(settings.exchanges.coins, coins), settings.exchanges.through
    async with Trader(keys, coins, watched, through, prefix=READING, clock=time.time_ns) as trader:
        seen = [each for each in await trader.start([]) if isinstance(each, VenueSeen)] if balances else []
        ways = {each.venue: await trader.transfers(each.venue) for each in keys}
    silent |= {each.venue: each.reason for each in seen if not each.ready}
    return Answers(tuple(each for each in seen if each.ready), ways, silent)


def over(ways: Ways, told: Ways) -> Ways:
    """What the user tells of an asset at an exchange counts instead of what the exchange says."""
    return {venue: {**ways.get(venue, {}), **told.get(venue, {})} for venue in sorted({*ways, *told})}


def wanted(file: Path, coins: Coins) -> Wanted:
    """The user's file; a UserError names what is wrong in it."""
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read the targets {file}: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{file} is not TOML: {error}") from None
    if strange := sorted(told.keys() - {"targets", "ways"}):
        raise UserError(f"{file}: {strange[0]}: only [targets.<exchange>] and [ways.<exchange>.<coin>] are known")
    targets = {
        (venue, _asset(file, coins, name)): _amount(file, f"targets.{venue}.{name}", value)
        for venue, each in _tables(file, told, "targets")
        for name, value in each.items()
    }
    if "targets" in told and not any(targets.values()):
        raise UserError(f"{file}: no target is above zero")
    ways = {
        venue: {
            _asset(file, coins, name): _networks(file, f"ways.{venue}.{name}", networks)
            for name, networks in _tables(file, {"": each}, "")
        }
        for venue, each in _tables(file, told, "ways")
    }
    return Wanted(targets, ways)


def _tables(file: Path, told: Mapping[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    table = told.get(name, {})
    for key, value in table.items() if isinstance(table, dict) else [(name, table)]:
        if not isinstance(value, dict):
            raise UserError(f"{file}: {key}: a table is wanted")
        yield key, value


def _networks(file: Path, where: str, told: Mapping[str, Any]) -> dict[str, Way]:
    """Open both ways, at these fees; a name that is not known would be passed over in silence."""
    from bot.model import networks

    if strange := [name for name in told if networks.named(name) is None]:
        raise UserError(f"{file}: {where}.{strange[0]}: no such network; known are {', '.join(networks.FINAL)}")
    fees = {name: _amount(file, f"{where}.{name}", value) for name, value in told.items()}
    return {name: Way(deposit=True, withdraw=True, fee=fee) for name, fee in fees.items()}


def _asset(file: Path, coins: Coins, name: str) -> Asset:
    asset = name if name in FIAT else coins.asset(name)
    if asset is None:
        raise UserError(f"{file}: {coins.stranger(name)}")
    return asset


def _amount(file: Path, where: str, value: Any) -> Decimal:  # noqa: ANN401 - whatever stands there
    amount = Decimal("NaN") if isinstance(value, bool) or not isinstance(value, int | Decimal) else Decimal(value)
    if not amount.is_finite() or amount < 0:
        raise UserError(f"{file}: {where}: a number of coins is wanted, not below zero")
    return amount
