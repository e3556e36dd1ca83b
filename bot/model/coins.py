"""The coins repeg knows: what each promises, and how it keeps the promise."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from bot.model.errors import UserError
from bot.model.markets import DOLLAR, FIAT, REFERENCES, Asset


class Mechanism(StrEnum):
    """What stands behind a coin's promise."""

    FIAT = "fiat-backed"
    CRYPTO = "crypto-backed"
    DELTA_NEUTRAL = "delta-neutral"
    ALGORITHMIC = "algorithmic"
    CLAIM = "claim"  # on another coin, or on a basket of them


@dataclass(frozen=True, slots=True)
class Stablecoin:
    """A coin that promises one unit of `peg`."""

    symbol: Asset
    name: str
    mechanism: Mechanism
    peg: Asset = DOLLAR
    also: tuple[str, ...] = ()  # what venues call it besides: PAX for USDP


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

    def with_(self, others: "Coins") -> "Coins":
        """These and the others; where both know a symbol or a name, the others are believed."""
        return Coins({**self.by_symbol, **others.by_symbol})

    def stranger(self, name: str) -> str:
        """What to tell a user who names a coin that is not here: how to add it."""
        return (
            f"{name} is not a coin repeg knows ({len(self.by_symbol)} are): to add it, write a table [{name.upper()}] "
            'with name = "..." and mechanism = "..." into a coins file, and name the file with --coins'
        )


def parse(text: str, source: str) -> Coins:
    """Coins from TOML, a table a coin; a UserError names `source` and what is wrong in it."""
    try:
        told: dict[str, dict[str, Any]] = tomllib.loads(text)
        coins = [_coin(symbol, facts) for symbol, facts in told.items()]
    except (tomllib.TOMLDecodeError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{source}: {error}") from None
    return Coins({coin.symbol: coin for coin in coins})


def _coin(symbol: str, facts: dict[str, Any]) -> Stablecoin:
    try:
        return Stablecoin(
            **{
                **facts,
                "symbol": symbol,
                "mechanism": Mechanism(facts["mechanism"]),
                "also": tuple(facts.get("also", ())),
            }
        )
    except KeyError as missing:
        raise ValueError(f"{symbol}: {missing} is missing") from None
    except (TypeError, ValueError) as error:
        raise ValueError(f"{symbol}: {error}") from None


@cache
def shipped() -> Coins:
    """The coins that come with repeg, bot/model/data/coins.toml."""
    return parse(files("bot.model").joinpath("data/coins.toml").read_text(encoding="utf-8"), "coins.toml")
