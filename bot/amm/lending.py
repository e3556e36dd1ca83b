"""What flash lenders charge, to the unit."""

from enum import IntEnum

from bot.units import BPS, PPM, WAD, mul_div_up


class Charging(IntEnum):
    """Lenders by how they charge, numbered as in IDepegExecutor.sol."""

    MORPHO_BLUE = 0
    BALANCER_V2 = 1
    AAVE_V3 = 2
    UNISWAP_V3 = 3
    ERC3156 = 4


def flash_fee(kind: int, fee: int, amount: int) -> int:
    """What is owed on top of `amount`, base units; `fee` is in the lender's own unit. ValueError for an unknown lender.

    Morpho Blue charges nothing. Balancer V2 has parts of 1e18, rounded up (`FixedPoint.mulUp`); Aave V3 basis points,
    half up (`PercentageMath.percentMul`); a Uniswap V3 pool parts per million, rounded up (`mulDivRoundingUp`);
    ERC-3156 parts of 1e18, rounded down (DssFlash's `toll`).
    """
    match kind:
        case Charging.MORPHO_BLUE:
            return 0
        case Charging.BALANCER_V2:
            return mul_div_up(amount, fee, WAD)
        case Charging.AAVE_V3:
            return (amount * fee + BPS // 2) // BPS
        case Charging.UNISWAP_V3:
            return mul_div_up(amount, fee, PPM)
        case Charging.ERC3156:
            return amount * fee // WAD
    raise ValueError(f"no lender numbered {kind}")
