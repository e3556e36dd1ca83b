"""Uniswap V3, exact to the unit, across as many ticks as a swap takes: a bisection in the ladder and one partial step.

A new price needs a new `Concentrated`, not a new ladder.
"""

from bisect import bisect_left, bisect_right

from bot.amm.ladder import Ladder, full_step
from bot.amm.side import CLOSED, Side
from bot.amm.ticks import Q96, sqrt_ratio, tick_at
from bot.units import PPM


class Concentrated:
    """A pool at one moment: the ladder and where on it the price stands. Coin 0 in moves the price down."""

    __slots__ = ("_sides", "ladder", "sqrt_price", "tick")

    def __init__(self, ladder: Ladder, sqrt_price: int, tick: int) -> None:
        self.ladder, self.sqrt_price, self.tick = ladder, sqrt_price, tick
        self._sides: dict[tuple[int, int], Side] = {}

    @property
    def liquidity(self) -> int:
        """The liquidity in force here, as the contract counts it."""
        return self.ladder.liquidity_at(self.tick)

    def side(self, i: int, j: int) -> Side:
        """Coin `i` in, coin `j` out."""
        side = self._sides.get((i, j))
        if side is None:
            side = self._sides[i, j] = self._make_side(i, j)
        return side

    def _make_side(self, i: int, j: int) -> Side:
        side = self._direction(i, j)
        return side if side is not None and side.cap else CLOSED

    def _direction(self, i: int, j: int) -> "Down | Up | None":
        if (i, j) not in ((0, 1), (1, 0)):
            raise ValueError(f"no side {i} -> {j} in a pool of 2 coins")
        if not self._is_known():
            return None
        return Down(self) if i == 0 else Up(self)

    def _is_known(self) -> bool:
        """Whether the price is where ticks were read; the two ends themselves are known from inside."""
        lower, upper = self.ladder.lower, self.ladder.upper
        return (
            lower <= self.tick < upper
            or (self.tick == upper and self.sqrt_price == sqrt_ratio(upper))
            or (self.tick == lower - 1 and self.sqrt_price == sqrt_ratio(lower))
        )

    def after(self, i: int, j: int, dx: int) -> "Concentrated":
        """The pool once `dx` was swapped, as the contract leaves it; the tables stay.

        ValueError when that swap cannot be priced.
        """
        direction = self._direction(i, j)
        if direction is None or not 0 < dx <= direction.cap:
            raise ValueError(f"{dx} cannot be swapped {i} -> {j}")
        sqrt_price, tick = direction.end(dx)
        return Concentrated(self.ladder, sqrt_price, tick)


class Down:
    """Coin 0 in, coin 1 out, the price falling. See bot.amm.side.Side."""

    __slots__ = (
        "_first", "_gives", "_keep", "_liquidity", "_rungs", "_sqrt_price", "_start", "_tick", "_top", "cap",
    )  # fmt: skip

    def __init__(self, pool: Concentrated) -> None:
        rungs = self._rungs = pool.ladder.down
        self._sqrt_price, self._tick, self._keep = pool.sqrt_price, pool.tick, PPM - pool.ladder.fee
        k = bisect_right(rungs.ticks, pool.tick) - 1  # the first stop on the way
        self._top, self._liquidity = k, rungs.liquidity[k + 1]
        self._first = self._gives = self.cap = 0
        if k >= 0:
            low = rungs.sqrt_prices[k]
            self._first, got = full_step(low, pool.sqrt_price, self._liquidity, pool.ladder.fee, down=True)
            self.cap, self._gives = self._first + rungs.paid[k], got + rungs.got[k]

    def out(self, dx: int) -> int | None:
        """Coins out for `dx`, as the pool pays them; None beyond the ticks that are known."""
        if not 0 < dx <= self.cap:
            return None
        if dx < self._first:
            start, liquidity = self._sqrt_price, self._liquidity
            return liquidity * (start - self._end(start, liquidity, dx)) >> 96
        rungs, left = self._rungs, self.cap - dx
        k = bisect_left(rungs.paid, left)
        rest = rungs.paid[k] - left
        if not rest:
            return self._gives - rungs.got[k]
        start, liquidity = rungs.sqrt_prices[k], rungs.liquidity[k]
        return self._gives - rungs.got[k] + (liquidity * (start - self._end(start, liquidity, rest)) >> 96)

    def end(self, dx: int) -> tuple[int, int]:
        """The sqrt price and tick that a swap of 0 < `dx` <= cap leaves."""
        rungs, left = self._rungs, self.cap - dx
        if dx < self._first:
            start, tick = self._sqrt_price, self._tick
            end = self._end(start, self._liquidity, dx)
        elif (k := bisect_right(rungs.paid, left, 0, self._top + 1) - 1) >= 0 and rungs.paid[k] == left:
            return rungs.sqrt_prices[k], rungs.ticks[k] - 1
        else:
            k = bisect_left(rungs.paid, left)
            start, tick = rungs.sqrt_prices[k], rungs.ticks[k] - 1
            end = self._end(start, rungs.liquidity[k], rungs.paid[k] - left)
        return end, tick if end == start else tick_at(end)

    def _end(self, start: int, liquidity: int, dx: int) -> int:
        """The sqrt price of the last step, which ends between two stops, rounded up."""
        shifted = liquidity << 96
        return -(-shifted * start // (shifted + dx * self._keep // PPM * start))

    def rate(self, x: float) -> tuple[float, float]:
        """Coins out and marginal rate: only the last step is computed in floats."""
        n = min(int(x), self.cap - 1)
        if n < self._first:
            root, depth, given, rest = self._sqrt_price / Q96, float(self._liquidity), 0, x
        else:
            rungs, left = self._rungs, self.cap - n
            k = bisect_left(rungs.paid, left)
            root, depth, given = rungs.roots[k], rungs.depths[k], self._gives - rungs.got[k]
            rest = x - (self.cap - rungs.paid[k])
        keep = self._keep / PPM
        end = depth * root / (depth + rest * keep * root)
        return given + rest * keep * root * end, keep * end * end


class Up:
    """Coin 1 in, coin 0 out, the price rising. See bot.amm.side.Side."""

    __slots__ = (
        "_base", "_bottom", "_first", "_gives", "_keep", "_liquidity", "_rungs", "_sqrt_price", "_tick", "cap",
    )  # fmt: skip

    def __init__(self, pool: Concentrated) -> None:
        rungs = self._rungs = pool.ladder.up
        self._sqrt_price, self._tick, self._keep = pool.sqrt_price, pool.tick, PPM - pool.ladder.fee
        k = bisect_right(rungs.ticks, pool.tick)  # the first stop on the way
        self._bottom, self._liquidity = k, rungs.liquidity[k]
        self._first = self._gives = self._base = self.cap = 0
        if k < len(rungs.ticks):
            high = rungs.sqrt_prices[k]
            self._first, got = full_step(pool.sqrt_price, high, self._liquidity, pool.ladder.fee, down=False)
            self._base, self._gives = rungs.paid[k] - self._first, got - rungs.got[k]
            self.cap = rungs.paid[-1] - self._base

    def out(self, dx: int) -> int | None:
        """Coins out for `dx`, as the pool pays them; None beyond the ticks that are known."""
        if not 0 < dx <= self.cap:
            return None
        if dx < self._first:
            start, liquidity = self._sqrt_price, self._liquidity
            end = self._end(start, liquidity, dx)
            return (liquidity << 96) * (end - start) // (end * start)
        rungs, at = self._rungs, self._base + dx
        k = bisect_right(rungs.paid, at) - 1
        rest = at - rungs.paid[k]
        if not rest:
            return self._gives + rungs.got[k]
        start, liquidity = rungs.sqrt_prices[k], rungs.liquidity[k + 1]
        end = self._end(start, liquidity, rest)
        return self._gives + rungs.got[k] + (liquidity << 96) * (end - start) // (end * start)

    def end(self, dx: int) -> tuple[int, int]:
        """The sqrt price and tick that a swap of 0 < `dx` <= cap leaves."""
        rungs, at = self._rungs, self._base + dx
        if dx < self._first:
            start, tick = self._sqrt_price, self._tick
            end = self._end(start, self._liquidity, dx)
        elif rungs.paid[k := bisect_left(rungs.paid, at, self._bottom)] == at:
            return rungs.sqrt_prices[k], rungs.ticks[k]
        else:
            k = bisect_right(rungs.paid, at) - 1
            start, tick = rungs.sqrt_prices[k], rungs.ticks[k]
            end = self._end(start, rungs.liquidity[k + 1], at - rungs.paid[k])
        return end, tick if end == start else tick_at(end)

    def _end(self, start: int, liquidity: int, dx: int) -> int:
        """The sqrt price of the last step, which ends between two stops, rounded down."""
        return start + (dx * self._keep // PPM << 96) // liquidity

    def rate(self, x: float) -> tuple[float, float]:
        """Coins out and marginal rate: only the last step is computed in floats."""
        n = min(int(x), self.cap - 1)
        if n < self._first:
            root, depth, given, rest = self._sqrt_price / Q96, float(self._liquidity), 0, x
        else:
            rungs = self._rungs
            k = bisect_right(rungs.paid, self._base + n) - 1
            root, depth, given = rungs.roots[k], rungs.depths[k + 1], self._gives + rungs.got[k]
            rest = x - (rungs.paid[k] - self._base)
        keep = self._keep / PPM
        end = root + rest * keep / depth
        return given + rest * keep / (root * end), keep / (end * end)
