"""Curve's StableSwap, exact to the unit: classic pools, StableSwap-NG with its dynamic fee, and metapools.

A metapool is a two-coin pool whose second rate is its base pool's virtual price. What counts is what `exchange` pays;
`get_dy` of 3pool's generation takes the fee after scaling to the coin's decimals and may differ by one unit.
"""

from math import gcd, isqrt, sqrt

from bot.amm.invariant import AMP_PRECISION, Dialect, invariant, newton_y
from bot.amm.side import CLOSED, Side
from bot.units import MAX_UINT256, WAD

FEE_DENOMINATOR = 10**10
MAX_SCALED = 1 << 108  # scaled balances above this are not priced: no sum or fee of a contract overflows below it
STEEPEST = 60  # nor are swaps that leave balances 2**60 apart: NG's price oracle has no room for much more, and reverts


class StableSwap:
    """One pool at one moment.

    `balances` in base units, `amp` in hundredths (see bot.amm.invariant), `fee` and `offpeg_fee` in parts of 1e10
    (`offpeg_fee` is NG's multiplier, 0 for a constant fee), `rates` scale base units to 18 decimals over 1e18, `supply`
    counts LP tokens.
    """

    __slots__ = ("_d", "_sides", "amp", "balances", "dialect", "fee", "offpeg_fee", "rates", "supply", "xp")

    def __init__(
        self,
        balances: tuple[int, ...],
        amp: int,
        fee: int,
        rates: tuple[int, ...],
        offpeg_fee: int = 0,
        supply: int = 0,
        dialect: Dialect = Dialect.CLASSIC,
    ) -> None:
        self.balances, self.rates, self.supply = balances, rates, supply
        self.amp, self.fee, self.offpeg_fee, self.dialect = amp, fee, offpeg_fee, dialect
        self.xp = tuple(balance * rate // WAD for balance, rate in zip(balances, rates, strict=True))
        self._d: int | None = -1  # not yet asked for
        self._sides: dict[tuple[int, int], Side] = {}

    @property
    def d(self) -> int | None:
        """The invariant, found once; None when the pool cannot be priced."""
        if self._d == -1:
            self._d = invariant(self.xp, self.amp, self.dialect)
        return self._d

    def side(self, i: int, j: int) -> Side:
        """Coin `i` in, coin `j` out."""
        side = self._sides.get((i, j))
        if side is None:
            side = self._sides[i, j] = self._make_side(i, j)
        return side

    def _make_side(self, i: int, j: int) -> Side:
        n = len(self.xp)
        if i == j or not (0 <= i < n and 0 <= j < n):
            raise ValueError(f"no side {i} -> {j} in a pool of {n} coins")
        if self.d is None or max(self.xp) > MAX_SCALED:
            return CLOSED
        swap = Swap(self, self.d, i, j)
        return swap if swap.fits() else CLOSED

    def with_balances(self, balances: tuple[int, ...]) -> "StableSwap":
        """The same pool holding other balances."""
        return StableSwap(balances, self.amp, self.fee, self.rates, self.offpeg_fee, self.supply, self.dialect)

    def after(self, i: int, j: int, dx: int) -> "StableSwap":
        """The pool once `dx` was swapped, the whole fee left in it (the administrator's share is not modelled).

        ValueError when that swap cannot be priced.
        """
        dy = self.side(i, j).out(dx)
        if dy is None:
            raise ValueError(f"{dx} cannot be swapped {i} -> {j}")
        balances = list(self.balances)
        balances[i] += dx
        balances[j] -= dy
        return self.with_balances(tuple(balances))


class Swap:
    """One direction of a StableSwap state. See bot.amm.side.Side.

    With a dynamic fee the marginal rate may rise by a hair while the swap brings the pool back to balance.
    """

    __slots__ = (
        "_b", "_c", "_d", "_d_amp", "_den_in", "_den_out", "_estimates", "_fee", "_kept_back", "_last",
        "_n", "_num_in", "_num_out", "_offpeg", "_rest", "_x", "_xj", "cap",
    )  # fmt: skip

    def __init__(self, pool: StableSwap, d: int, i: int, j: int) -> None:
        n, xp, ann = len(pool.xp), pool.xp, pool.amp * len(pool.xp)
        self._d, self._d_amp, self._n, self._last = d, d * AMP_PRECISION, n, ann * n
        self._x, self._xj = xp[i], xp[j]
        self._fee, self._offpeg = pool.fee, pool.offpeg_fee if pool.offpeg_fee > FEE_DENOMINATOR else 0
        self._kept_back = 0 if pool.dialect is Dialect.PADDED else 1
        self._num_in, self._den_in = _lowest(pool.rates[i], WAD)
        self._num_out, self._den_out = _lowest(WAD, pool.rates[j])
        # c is divided coin by coin in the pool's order: what stands before coin i is known, what stands after is not
        c = d
        for k in range(i):
            c = c * d // (xp[k] * n) if k != j else c
        self._c = c * d
        self._rest = tuple(xp[k] * n for k in range(i + 1, n) if k != j)
        self._b = sum(xp) - xp[i] - xp[j] + d * AMP_PRECISION // ann - d
        self.cap = max(0, (MAX_SCALED - self._x) * self._den_in // self._num_in)
        self._estimates: tuple[float, ...] | None = None

    def fits(self) -> bool:
        """Whether the contract's products stay in 256 bits with nothing put in; more input only lowers them."""
        largest, d = self._c, self._d
        c = self._c // (self._x * self._n)
        for divisor in self._rest:
            largest = max(largest, c * d)
            c = c * d // divisor
        largest = max(largest, c * self._d_amp)
        c = c * self._d_amp // self._last
        first = (d * d + c) // (2 * d + self._b + self._x)  # Newton's first step, upward when D is below y
        return max(largest, first * first + c) <= MAX_UINT256

    def _reach(self, dx: int) -> tuple[int, int] | None:
        """The scaled balances (x, y) after `dx`; y as the contract's Newton method ends on it.

        With m the floor of the positive root r of y**2 + b * y = c, Newton's method ends on m except where it can rest
        on m + 1, and that needs m + 1 - r < 4 / (2 * r + b), which puts the discriminant less than 20 below a square.
        There, and only there, iterate.
        """
        d = self._d
        x = self._x + dx * self._num_in // self._den_in
        c = self._c // (x * self._n)
        for divisor in self._rest:
            c = c * d // divisor
        c = c * self._d_amp // self._last
        b = self._b + x
        discriminant = b * b + 4 * c
        root = isqrt(discriminant)
        if (root + 1) * (root + 1) - discriminant >= 20:
            return x, (root - b) >> 1
        y = newton_y(d, b, c)
        return None if y is None else (x, y)

    def out(self, dx: int) -> int | None:
        """Coins out for `dx`, as `exchange` pays them; None where it would revert."""
        if not 0 < dx <= self.cap:
            return None
        reached = self._reach(dx)
        if reached is None:
            return None
        x, y = reached
        dy = self._xj - y - self._kept_back
        if dy < 0 or y << STEEPEST < x:
            return None
        fee = self._dynamic_fee(x, y) if self._offpeg else self._fee
        return (dy - dy * fee // FEE_DENOMINATOR) * self._num_out // self._den_out

    def _dynamic_fee(self, x: int, y: int) -> int:
        """NG's fee at the middle of the swap: higher the further the two balances are apart."""
        a, b = (self._x + x) // 2, (self._xj + y) // 2
        together = (self._offpeg - FEE_DENOMINATOR) * 4 * a * b // (a + b) ** 2
        return self._offpeg * self._fee // (together + FEE_DENOMINATOR)

    def rate(self, x: float) -> tuple[float, float]:
        """Coins out and marginal rate: the fall of y is computed as such, not as a difference of large numbers."""
        x0, xj, k, b0, y0, scale_in, scale_out, kept = self._estimates or self._estimate()
        h = x * scale_in
        held = x0 + h
        c, b = k / held, b0 + h
        root = sqrt(b * b + 4.0 * c)
        y = 2.0 * c / (b + root) if b > 0.0 else (root - b) / 2.0
        fall = h * (c / x0 + y0) / (y0 + y + b)
        slope = (c / held + y) / root
        if self._offpeg:
            kept, lost = self._float_fee(x0, held, xj, y, slope)
            return fall * kept * scale_out, (slope * kept - fall * lost) * scale_in * scale_out
        return fall * kept * scale_out, slope * kept * scale_in * scale_out

    def _float_fee(self, x0: float, held: float, y0: float, y: float, slope: float) -> tuple[float, float]:
        """What the dynamic fee leaves of the output, and how fast the fee rises with the scaled input."""
        a, b = x0 + held, y0 + y
        s, more = a + b, self._offpeg / FEE_DENOMINATOR - 1.0
        near = 4.0 * more * a * b / (s * s)
        fee = (more + 1.0) * self._fee / FEE_DENOMINATOR / (near + 1.0)
        nearing = 4.0 * more * (b - slope * a - 2.0 * a * b * (1.0 - slope) / s) / (s * s)
        return 1.0 - fee, -fee * nearing / (near + 1.0)

    def _estimate(self) -> tuple[float, ...]:
        k = float(self._c) / self._n * AMP_PRECISION / self._last
        for divisor in self._rest:
            k *= self._d / divisor
        k *= self._d
        x0, xj, b0 = float(self._x), float(self._xj), float(self._b + self._x)
        root = sqrt(b0 * b0 + 4.0 * k / x0)
        y0 = 2.0 * k / x0 / (b0 + root) if b0 > 0.0 else (root - b0) / 2.0
        kept = 1.0 - self._fee / FEE_DENOMINATOR
        self._estimates = (
            x0, xj, k, b0, y0, self._num_in / self._den_in, self._num_out / self._den_out, kept
        )  # fmt: skip
        return self._estimates


def _lowest(numerator: int, denominator: int) -> tuple[int, int]:
    """The fraction in lowest terms: the same floors from smaller numbers."""
    common = gcd(numerator, denominator)
    return numerator // common, denominator // common
