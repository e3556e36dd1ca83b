"""The registry file: which coins, pools and lenders are watched on a chain. TOML in, a `Registry` out.

Coins are named by symbol, base pools by name. An overlay adds to a registry, replaces what stands under the same name,
and drops what it lists under `drop`.
"""

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, TypeVar

from eth_utils.address import to_checksum_address
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.amm.invariant import Dialect
from bot.model.errors import UserError
from bot.model.registry import Address, Coin, Family, Lender, LenderKind, Pool, Registry

BUILT_IN = files("bot.model") / "data"
BY_ADDRESS = frozenset({Family.UNISWAP_V2, Family.UNISWAP_V3})  # their coins stand in the order of the addresses
ADDRESS_LENGTH = 42


class RegistryError(UserError):
    """A registry that cannot be used. The text names the file, the key and what was expected."""


def _checksummed(text: str) -> Address:
    if len(text) != ADDRESS_LENGTH or not text.startswith("0x"):
        raise ValueError("an address is 0x and 40 hexadecimal digits")
    address: Address = to_checksum_address(text)
    if text not in (address, text.lower()):
        raise ValueError(f"wrong checksum; it would be {address} if every digit is right")
    return address


def _kind(text: object) -> LenderKind:
    kinds = {kind.name.lower().replace("_", "-"): kind for kind in LenderKind}
    if text not in kinds:
        raise ValueError(f"one of {', '.join(kinds)}")
    return kinds[str(text)]


Checksummed = Annotated[Address, AfterValidator(_checksummed)]


class Entry(BaseModel):
    """What the tables of the file share."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CoinEntry(Entry):
    """A [[coins]] table."""

    symbol: str
    address: Checksummed
    decimals: int = Field(ge=0, le=36)
    peg: str = "USD"  # or "none", for what promises nothing: TOML has no null

    @property
    def name(self) -> str:
        """What it is called elsewhere in the file."""
        return self.symbol


class PoolEntry(Entry):
    """A [[pools]] table."""

    name: str
    family: Family
    address: Checksummed
    coins: tuple[str, ...] = Field(min_length=2)
    fee: int = Field(default=0, ge=0, lt=1_000_000)
    tick_spacing: int = Field(default=0, ge=0)
    base: str | None = None
    dialect: Dialect | None = None
    spender: Checksummed | None = None


class LenderEntry(Entry):
    """A [[lenders]] table."""

    name: str
    kind: Annotated[LenderKind, BeforeValidator(_kind)]
    address: Checksummed
    tokens: tuple[str, ...] = Field(min_length=1)


class File(Entry):
    """A registry file."""

    chain_id: int | None = None
    drop: tuple[str, ...] = ()
    coins: tuple[CoinEntry, ...] = ()
    pools: tuple[PoolEntry, ...] = ()
    lenders: tuple[LenderEntry, ...] = ()


def load(source: Path | str, overlay: Path | None = None) -> Registry:
    """The registry in a file, or one of the built-in ones by name: "mainnet", "sandbox". Raises `RegistryError`."""
    place, text = _text(source)
    file = _parse(place, text)
    if overlay is not None:
        place, text = _text(overlay)
        file = _laid_over(file, _parse(place, text))
    if file.chain_id is None:
        raise RegistryError(f"{place}: chain_id: missing")
    return _Resolver(place, file).registry(file.chain_id)


def _text(source: Path | str) -> tuple[str, str]:
    path = source if isinstance(source, Path) or source.endswith(".toml") else BUILT_IN / f"{source}.toml"
    try:
        return str(source), (Path(path) if isinstance(path, str) else path).read_text()
    except OSError as error:
        raise RegistryError(f"{source}: {error.strerror or error}") from None


def _parse(place: str, text: str) -> File:
    try:
        return File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise RegistryError(f"{place}: {error}") from None
    except ValidationError as error:
        faults = (f"{place}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise RegistryError("\n".join(faults)) from None


E = TypeVar("E", CoinEntry, PoolEntry, LenderEntry)


def _laid_over(under: File, over: File) -> File:
    def merged(low: Iterable[E], high: Iterable[E]) -> tuple[E, ...]:
        kept = {entry.name: entry for entry in low if entry.name not in over.drop}
        return tuple((kept | {entry.name: entry for entry in high}).values())

    return File(
        chain_id=over.chain_id or under.chain_id,
        coins=merged(under.coins, over.coins),
        pools=merged(under.pools, over.pools),
        lenders=merged(under.lenders, over.lenders),
    )


class _Resolver:
    """Names into addresses."""

    def __init__(self, place: str, file: File) -> None:
        self._place = place
        self._file = file
        self._coins = self._by_name("coins", file.coins)
        self._pools = self._by_name("pools", file.pools)
        self._by_name("lenders", file.lenders)

    def registry(self, chain_id: int) -> Registry:
        coins = [_coin(entry) for entry in self._file.coins]
        pools = [self._pool(entry) for entry in self._file.pools]
        return Registry(
            chain_id=chain_id,
            coins={coin.address: coin for coin in coins},
            pools={pool.address: pool for pool in pools},
            lenders=tuple(self._lender(entry) for entry in self._file.lenders),
        )

    def _pool(self, entry: PoolEntry) -> Pool:
        coins = [self._named(f"pools.{entry.name}.coins", self._coins, symbol) for symbol in entry.coins]
        if entry.family in BY_ADDRESS:
            coins.sort(key=lambda address: int(address, 16))
        base = self._named(f"pools.{entry.name}.base", self._pools, entry.base) if entry.base else None
        self._suits(entry)
        return Pool(
            name=entry.name,
            address=entry.address,
            family=entry.family,
            coins=tuple(coins),
            fee=entry.fee,
            tick_spacing=entry.tick_spacing,
            base=base,
            dialect=entry.dialect,
            spender=entry.spender,
        )

    def _lender(self, entry: LenderEntry) -> Lender:
        tokens = [self._named(f"lenders.{entry.name}.tokens", self._coins, symbol) for symbol in entry.tokens]
        return Lender(name=entry.name, address=entry.address, kind=entry.kind, tokens=tuple(tokens))

    def _suits(self, entry: PoolEntry) -> None:
        key = f"{self._place}: pools.{entry.name}"
        if entry.family in BY_ADDRESS and not entry.fee:
            raise RegistryError(f"{key}.fee: parts per million, which {entry.family} needs")
        if entry.family is Family.UNISWAP_V3 and not entry.tick_spacing:
            raise RegistryError(f"{key}.tick_spacing: which {entry.family} needs")
        if entry.family is Family.CURVE_META and not entry.base:
            raise RegistryError(f"{key}.base: the name of the base pool, which {entry.family} needs")

    def _by_name(self, table: str, entries: Iterable[E]) -> dict[str, Address]:
        found: dict[str, Address] = {}
        for entry in entries:
            if entry.name in found or (table != "lenders" and entry.address in found.values()):
                raise RegistryError(f"{self._place}: {table}.{entry.name}: stands there twice")
            found[entry.name] = entry.address
        return found

    def _named(self, key: str, among: Mapping[str, Address], name: str) -> Address:
        if name not in among:
            raise RegistryError(f"{self._place}: {key}: nothing is called {name}")
        return among[name]


def _coin(entry: CoinEntry) -> Coin:
    return Coin(entry.symbol, entry.address, entry.decimals, None if entry.peg == "none" else entry.peg)
