"""Exact amounts. Money that moves is an `int` in a token's base units; rounding is in the name and against us."""

from decimal import Decimal

WAD = 10**18
RAY = 10**27
BPS = 10_000
PPM = 1_000_000
GWEI = 10**9
MAX_UINT256 = 2**256 - 1


def mul_div_down(x: int, y: int, d: int) -> int:
    """X * y / d, rounded down."""
    return x * y // d


def mul_div_up(x: int, y: int, d: int) -> int:
    """X * y / d, rounded up."""
    return -(-x * y // d)


def to_decimal(amount: int, decimals: int) -> Decimal:
    """An amount in base units as whole coins, exactly."""
    return Decimal(amount).scaleb(-decimals)


def to_float(amount: int, decimals: int) -> float:
    """An amount in base units as whole coins, for estimates and display only."""
    return float(to_decimal(amount, decimals))
