"""What a loop costs besides its flash fee: gas, and the builder's tip."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.amm.concentrated import Concentrated
from bot.amm.side import PoolState
from bot.model.registry import Address, Family, LenderKind
from bot.units import BPS, WAD

# Measured on the sandbox chain: a least-squares fit over some 250 captures of all lenders and families. Metapools and
# vaults are not on that chain: theirs are estimates.

EXECUTOR_GAS = 55_000
"""What every capture pays: the transaction itself, its calldata, the executor's own checks, paying the treasury."""

LEG_GAS: Mapping[Family, int] = {
    Family.CURVE: 122_000,
    Family.CURVE_NG: 159_000,
    Family.CURVE_META: 160_000,
    Family.UNISWAP_V3: 88_000,
    Family.UNISWAP_V2: 61_000,
    Family.PSM: 75_000,
    Family.ERC4626: 110_000,
}
"""One leg, token transfers and approval included."""

TICK_GAS = 30_000
"""One tick that a Uniswap V3 swap crosses."""

LENDER_GAS: Mapping[LenderKind, int] = {
    LenderKind.MORPHO_BLUE: 45_000,
    LenderKind.BALANCER_V2: 42_000,
    LenderKind.AAVE_V3: 126_000,
    LenderKind.UNISWAP_V3: 55_000,
    LenderKind.ERC3156: 82_000,
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
    """Units of gas for these legs, ticks left out."""
    return sum(LEG_GAS[family] for family in families)


def ticks_gas(state: PoolState, i: int, j: int, dx: float) -> int:
    """Units of gas for the ticks that a swap of about `dx` crosses; 0 where there are none."""
    match state:
        case Concentrated() if 1 <= dx <= state.side(i, j).cap:
            stops = state.ladder.down.ticks if i == 0 else state.ladder.up.ticks
            end = state.after(i, j, int(dx)).tick
            return TICK_GAS * abs(bisect_right(stops, end) - bisect_right(stops, state.tick))
        case _:
            return 0
