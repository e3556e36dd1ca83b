"""The coins repeg knows: what each promises, who must keep the promise, and on what terms it is kept."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files

from bot.model import tables, times
from bot.model.errors import UserError
from bot.model.markets import DOLLAR, FIAT, REFERENCES, Asset


class Mechanism(StrEnum):
    """What stands behind a coin's promise."""

    FIAT = "fiat-backed"
    CRYPTO = "crypto-backed"
    DELTA_NEUTRAL = "delta-neutral"
    ALGORITHMIC = "algorithmic"
    CLAIM = "claim"  # on another coin, or on a basket of them


class Redeemer(StrEnum):
    """Who may bring a coin back for what it promises."""

    ANYONE = "anyone on chain"
    CUSTOMERS = "verified customers"
    BORROWERS = "borrowers"  # who repay what they owe, and nobody else
    NOBODY = "nobody"


class Opens(StrEnum):
    """When a coin is taken back."""

    ALWAYS = "always"
    BANK_HOURS = "bank hours"  # of New York: see bot.model.bank_hours
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms a coin is taken back, while they hold. What is not known is None.

    Times are ns UTC, from `since` up to and without `until`; None: as long as the coin lives.
    """

    who: Redeemer
    opens: Opens | None = None
    pays: str = ""  # what is given for it; "" its peg
    hours: float | None = None  # until it is paid
    fee_bp: float | None = None
    least: float | None = None  # dollars at a time
    most: float | None = None  # dollars at a time, or of all together in a day
    hindrance: str = ""  # why not everybody gets par, where they do not
    since: int | None = None
    until: int | None = None

    def holds(self, now: int) -> bool:
        """Whether they are the terms at `now`."""
        return (self.since is None or self.since <= now) and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Stablecoin:
    """A coin that promises one unit of `peg`. What is not known is empty, or None."""

    symbol: Asset
    name: str
    mechanism: Mechanism
    peg: Asset = DOLLAR
    also: tuple[str, ...] = ()  # what venues call it besides: PAX for USDP
    issuer: str = ""  # who must keep the promise
    backing: tuple[Asset, ...] = ()  # what it chiefly rests on: where that falls, it falls
    redemption: tuple[Terms, ...] = ()
    freeze: bool | None = None  # whether the issuer can freeze what is in an address
    addresses: Mapping[str, str] = field(default_factory=dict, hash=False)  # by chain
    born: str = ""  # as finely as it is known: 2018, 2018-09, 2018-09-26
    died: str = ""
    sources: tuple[str, ...] = ()

    def terms(self, now: int) -> Terms | None:
        """The terms of redemption at `now`, the latest where several hold; None where none are known."""
        known = [each for each in self.redemption if each.holds(now)]
        return max(known, key=lambda each: each.since or 0, default=None)

    def unborn(self, now: int) -> bool:
        """Whether it is not out yet at `now`, as finely as that is known."""
        return times.iso(now)[: len(self.born)] < self.born

    def dead(self, now: int) -> bool:
        """Whether it is dead at `now`, and known to be: the day, month or year of its death is over."""
        return bool(self.died) and times.iso(now)[: len(self.died)] > self.died


@dataclass(frozen=True, slots=True)
class Coins:
    """Every stablecoin known, by symbol."""

    by_symbol: Mapping[Asset, Stablecoin]
    names: Mapping[str, Asset] = field(init=False)  # every name in capitals, money and references included

    def __post_init__(self) -> None:
        names = {name: name for name in (*FIAT, *REFERENCES)} | {"WETH": "ETH", "WBTC": "BTC", "XBT": "BTC"}
        for coin in self.by_symbol.values():
            names |= {name.upper(): coin.symbol for name in (coin.symbol, *coin.also)}
        object.__setattr__(self, "names", names)

    def asset(self, name: str) -> Asset | None:
        """The asset a venue means by `name`; None for what is not watched."""
        return self.names.get(name.upper())

    def peg(self, asset: Asset) -> Asset | None:
        """What one of it should be worth; None for what promises nothing."""
        coin = self.by_symbol.get(asset)
        return coin.peg if coin else None

    def rests_on(self, asset: Asset) -> frozenset[str]:
        """What must hold for an asset to be worth what it promises: itself, its issuer, its backing, and theirs.

        Bitcoin and ether are left out: who lends against them asks for more than he lends.
        """
        found: set[str] = set()
        ahead = [asset]
        while ahead:
            if (each := ahead.pop()) not in found | REFERENCES:
                found.add(each)
                coin = self.by_symbol.get(each)
                ahead += coin.backing if coin else ()
                found |= {coin.issuer} if coin and coin.issuer else set()
        return frozenset(found)

    def akin(self, asset: Asset) -> frozenset[Asset]:
        """The coins that are one bet with an asset: something both rest on would take both down."""
        own = self.rests_on(asset)
        return frozenset(each for each in self.by_symbol if each != asset and own & self.rests_on(each))

    def with_(self, others: "Coins") -> "Coins":
        """These and the others; where both know a symbol or a name, the others are believed."""
        return Coins({**self.by_symbol, **others.by_symbol})

    def stranger(self, name: str) -> str:
        """What to tell a user who names a coin that is not here: how to add it."""
        return (
            f"{name} is not a coin repeg knows ({len(self.by_symbol)} are, `repeg coins` names them): to add it, write "
            f'a table [{name.upper()}] with name = "..." and mechanism = "..." into a coins file, which the setting '
            "`coins` names"
        )


def parse(text: str, source: str) -> Coins:
    """Coins from TOML, a table a coin; a UserError names `source` and what is wrong in it."""
    try:
        coins = [_coin(symbol, told) for symbol, told in tomllib.loads(text).items()]
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise UserError(f"{source}: {error}") from None
    return Coins({coin.symbol: coin for coin in coins})


def _coin(symbol: str, told: object) -> Stablecoin:
    try:
        return Stablecoin(symbol=symbol, **tables.read(told, COIN, ("name", "mechanism")))
    except ValueError as error:
        raise ValueError(f"{symbol}: {error}") from None


def _redemption(told: object) -> tuple[Terms, ...]:
    found = tuple(Terms(**tables.read(each, TERMS, ("who",))) for each in tables.items(told))
    for each in found:
        if each.since is not None and each.until is not None and each.until <= each.since:
            raise ValueError(f"expected until after since {times.iso(each.since)}, got {times.iso(each.until)}")
    return found


TERMS: Mapping[str, tables.Reader] = {
    "who": Redeemer,
    "opens": Opens,
    "pays": tables.text,
    "hours": tables.amount,
    "fee_bp": tables.amount,
    "least": tables.amount,
    "most": tables.amount,
    "hindrance": tables.text,
    "since": tables.instant,
    "until": tables.instant,
}
COIN: Mapping[str, tables.Reader] = {
    "name": tables.text,
    "mechanism": Mechanism,
    "peg": tables.text,
    "also": tables.texts,
    "issuer": tables.text,
    "backing": tables.texts,
    "redemption": _redemption,
    "freeze": tables.flag,
    "addresses": tables.by_name,
    "born": tables.day,
    "died": tables.day,
    "sources": tables.texts,
}


@cache
def shipped() -> Coins:
    """The coins that come with repeg, bot/model/data/coins.toml."""
    return parse(files("bot.model").joinpath("data/coins.toml").read_text(encoding="utf-8"), "coins.toml")
