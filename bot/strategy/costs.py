"""What a loop costs besides its flash fee: gas, and the builder's tip."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.model.registry import Address, Family, LenderKind
from bot.units import BPS, WAD

EXECUTOR_GAS = 60_000
"""What every capture pays: the transaction itself, its calldata, the executor's own checks, paying the treasury."""

LEG_GAS: Mapping[Family, int] = {
    Family.CURVE: 130_000,
    Family.CURVE_NG: 140_000,
    Family.CURVE_META: 150_000,
    Family.UNISWAP_V3: 120_000,
    Family.UNISWAP_V2: 75_000,
    Family.PSM: 90_000,
    Family.ERC4626: 90_000,
}
"""One leg, token transfers and approval included."""

LENDER_GAS: Mapping[LenderKind, int] = {
    LenderKind.MORPHO_BLUE: 45_000,
    LenderKind.BALANCER_V2: 60_000,
    LenderKind.AAVE_V3: 110_000,
    LenderKind.UNISWAP_V3: 65_000,
    LenderKind.ERC3156: 90_000,
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What money and gas cost now."""

    usd: Mapping[Address, float]  # dollar value of one whole coin
    gas_price_wei: int
    eth_usd: float
    tip_bps: int = 0
    min_net_usd: float = 0.0

    @property
    def gas_usd(self) -> float:
        """Dollars for one unit of gas."""
        return self.gas_price_wei * self.eth_usd / WAD

    @property
    def kept(self) -> float:
        """The part of the profit that is left after the tip."""
        return 1.0 - self.tip_bps / BPS


def loan_gas(kind: LenderKind) -> int:
    """Units of gas for a capture with this lender's money, all but its legs."""
    return EXECUTOR_GAS + LENDER_GAS[kind]


def legs_gas(families: Iterable[Family]) -> int:
    """Units of gas for these legs."""
    return sum(LEG_GAS[family] for family in families)
