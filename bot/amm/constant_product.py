"""Uniswap V2: x * y = k after the fee is set aside (core whitepaper, section 3.2.1)."""

from math import gcd

from bot.amm.side import CLOSED, Side
from bot.units import PPM

MAX_RESERVE = (1 << 112) - 1  # the pair refuses to hold more


class ConstantProduct:
    """A pair at one moment: reserves in base units, `fee` in parts per million of the input."""

    __slots__ = ("_sides", "fee", "reserves")

    def __init__(self, reserve0: int, reserve1: int, fee: int = 3000) -> None:
        self.reserves, self.fee = (reserve0, reserve1), fee
        self._sides: dict[tuple[int, int], Side] = {}

    def side(self, i: int, j: int) -> Side:
        """Coin `i` in, coin `j` out."""
        side = self._sides.get((i, j))
        if side is None:
            side = self._sides[i, j] = self._make_side(i, j)
        return side

    def _make_side(self, i: int, j: int) -> Side:
        if (i, j) not in ((0, 1), (1, 0)):
            raise ValueError(f"no side {i} -> {j} in a pool of 2 coins")
        if min(self.reserves) <= 0 or max(self.reserves) >= MAX_RESERVE:
            return CLOSED
        return Product(self.reserves[i], self.reserves[j], self.fee)

    def after(self, i: int, j: int, dx: int) -> "ConstantProduct":
        """The pair once `dx` was swapped. ValueError when it would revert."""
        dy = self.side(i, j).out(dx)
        if dy is None:
            raise ValueError(f"{dx} cannot be swapped {i} -> {j}")
        reserves = [*self.reserves]
        reserves[i] += dx
        reserves[j] -= dy
        return ConstantProduct(reserves[0], reserves[1], self.fee)


class Product:
    """One direction of a pair. See bot.amm.side.Side."""

    __slots__ = ("_keep", "_out", "_scaled", "cap")

    def __init__(self, reserve_in: int, reserve_out: int, fee: int) -> None:
        common = gcd(PPM, PPM - fee)
        self._keep, self._out = (PPM - fee) // common, reserve_out
        self._scaled = reserve_in * (PPM // common)
        self.cap = MAX_RESERVE - reserve_in

    def out(self, dx: int) -> int | None:
        """Coins out for `dx`; None where the pair would revert, and it does rather than give nothing."""
        if not 0 < dx <= self.cap:
            return None
        kept = dx * self._keep
        return kept * self._out // (self._scaled + kept) or None

    def rate(self, x: float) -> tuple[float, float]:
        """Coins out and marginal rate."""
        kept, scaled = x * self._keep, float(self._scaled)
        share = self._out / (scaled + kept)
        return kept * share, self._keep * scaled * share / (scaled + kept)
