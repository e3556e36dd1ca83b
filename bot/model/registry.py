"""What repeg watches on one chain: coins, pools, redemptions and lenders, as facts that outlast a block."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from bot.amm.invariant import Dialect

Address = str
"""A checksummed 20-byte address. Compared as text, so it is checksummed once, where it enters."""


class Family(StrEnum):
    """What arithmetic a pool obeys and how it is called."""

    CURVE = "curve"  # StableSwap, `exchange(int128,...)`, pulls by allowance
    CURVE_NG = "curve-ng"  # StableSwap-NG: dynamic fee, `exchange(int128,...)` that returns the amount
    CURVE_META = "curve-meta"  # coin against the LP token of a base pool; `exchange_underlying` reaches through
    UNISWAP_V3 = "uniswap-v3"
    UNISWAP_V2 = "uniswap-v2"
    PSM = "psm"  # coins are (gem, dai): `sellGem` is 0 -> 1, `buyGem` is 1 -> 0
    ERC4626 = "erc4626"  # coins are (asset, share): `deposit` is 0 -> 1, `redeem` is 1 -> 0


class LenderKind(IntEnum):
    """Numbered as `Lender` in IDepegExecutor.sol."""

    MORPHO_BLUE = 0
    BALANCER_V2 = 1
    AAVE_V3 = 2
    UNISWAP_V3 = 3
    ERC3156 = 4


@dataclass(frozen=True, slots=True)
class Coin:
    """A token. `peg` is the currency it promises, "USD" or "EUR"; None for what promises nothing (WETH)."""

    symbol: str
    address: Address
    decimals: int
    peg: str | None = "USD"


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool or a redemption. `coins` in the pool's own order; for CURVE_META the meta coins (coin, base LP)."""

    name: str
    address: Address
    family: Family
    coins: tuple[Address, ...]
    fee: int = 0  # Uniswap: parts per million; verified against the contract
    tick_spacing: int = 0  # Uniswap V3
    base: Address | None = None  # CURVE_META: the base pool
    dialect: Dialect | None = None  # Curve: how D is found, where the family alone does not say
    spender: Address | None = None  # who pulls the coin in, where it is not the pool itself (a PSM's gem join)


@dataclass(frozen=True, slots=True)
class Lender:
    """A source of flash loans. For UNISWAP_V3 `address` is the pool. `tokens` is what it is asked for."""

    name: str
    address: Address
    kind: LenderKind
    tokens: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Registry:
    """Everything watched on one chain, by address."""

    chain_id: int
    coins: Mapping[Address, Coin]
    pools: Mapping[Address, Pool]
    lenders: tuple[Lender, ...]
