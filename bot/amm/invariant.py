"""The StableSwap invariant in integers, round for round as Curve's contracts find it (StableSwap paper, section 3).

`amp` is in hundredths everywhere: `A_precise()` where the contract has it, else `A() * 100`. A contract without
A_PRECISION computes with A what the others compute with 100 * A over 100: each of its divisions is the same division.
"""

from enum import StrEnum

from bot.units import MAX_UINT256

AMP_PRECISION = 100
ROUNDS = 255  # of Newton's method in the contracts: in pools of dust D can circle for ever


class Dialect(StrEnum):
    """Generations of the contract. They differ in how D**(n+1) / (n**n * prod(x)) is divided on the way to D.

    On that hangs a unit of D, and with it a unit of what comes out.
    """

    PADDED = "padded"  # by n * x + 1 for each coin, and no unit is kept back from the output: the sUSD pool
    CLASSIC = "classic"  # by n * x for each coin: 3pool, its metapools, the first editions of NG
    NG = "ng"  # by x for each coin, then by n**n once: StableSwap-NG, and crvUSD's pairs before it


def invariant(xp: tuple[int, ...], amp: int, dialect: Dialect) -> int | None:
    """D of scaled balances `xp`, as the contract finds it; None where that overflows, divides by zero or has no end."""
    if not xp or min(xp) <= 0 or amp <= 0:
        return None
    divisors, last = _divisors(xp, dialect)
    total, ann = sum(xp), amp * len(xp)
    if _overflows(total, ann, divisors, last):
        return None
    return _newton_d(total, ann, divisors, last)


def _divisors(xp: tuple[int, ...], dialect: Dialect) -> tuple[tuple[int, ...], int]:
    n = len(xp)
    if dialect is Dialect.NG:
        return xp, n**n
    pad = 1 if dialect is Dialect.PADDED else 0
    return tuple(x * n + pad for x in xp), 1


def _overflows(total: int, ann: int, divisors: tuple[int, ...], last: int) -> bool:
    """Whether the first round leaves 256 bits. Later rounds are smaller: D falls from the sum toward the invariant."""
    n, d_p = len(divisors), total
    for divisor in divisors:
        if d_p * total > MAX_UINT256:
            return True
        d_p = d_p * total // divisor
    return (ann * total // AMP_PRECISION + d_p // last * n) * total > MAX_UINT256


def _newton_d(total: int, ann: int, divisors: tuple[int, ...], last: int) -> int | None:
    n, d = len(divisors), total
    weighted = ann * total // AMP_PRECISION
    for _ in range(ROUNDS):
        d_p = d
        for divisor in divisors:
            d_p = d_p * d // divisor
        d_p //= last
        before = d
        d = (weighted + d_p * n) * d // ((ann - AMP_PRECISION) * d // AMP_PRECISION + (n + 1) * d_p)
        if -1 <= d - before <= 1:
            return d
    return None


def newton_y(d: int, b: int, c: int) -> int | None:
    """The contract's own way to y of y**2 + b * y = c (its `b` less D), from y = D; None where it divides by zero.

    It ends within the contract's rounds: from the second round on y is above the root and falls, halving at the least.
    """
    y = d
    while 2 * y + b > 0:
        before = y
        y = (y * y + c) // (2 * y + b)
        if -1 <= y - before <= 1:
            return y
    return None
