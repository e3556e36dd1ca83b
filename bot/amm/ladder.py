"""A Uniswap V3 pool's liquidity over prices, summed once for both directions.

A swap stops at every initialised tick and at every edge of a word of the tick bitmap, and rounds at each stop. What
lies between two stops costs the same wherever the price is, so the sums outlast it (whitepaper, section 6.2).
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from bot.amm.ticks import Q96, WORD, sqrt_ratio
from bot.units import PPM

Ticks = Sequence[tuple[int, int]]


class Rungs:
    """The stops of one direction, ascending, and what lies between them.

    `liquidity[k]` is in force just below stop k, and the last entry above the last stop. `paid[k]` and `got[k]` are
    what a swap over all that lies below stop k takes and gives, fee included, each step rounded as the contract does.
    """

    __slots__ = ("depths", "got", "liquidity", "paid", "roots", "sqrt_prices", "ticks")

    def __init__(self, ladder: "Ladder", ticks: list[int], *, down: bool) -> None:
        self.ticks = ticks
        self.sqrt_prices = [sqrt_ratio(tick) for tick in ticks]
        self.liquidity = ladder.liquidities(ticks)
        self.paid, self.got = [0], [0]
        for k in range(1, len(ticks)):
            low, high = self.sqrt_prices[k - 1], self.sqrt_prices[k]
            paid, got = full_step(low, high, self.liquidity[k], ladder.fee, down=down)
            self.paid.append(self.paid[-1] + paid)
            self.got.append(self.got[-1] + got)
        self.roots = [price / Q96 for price in self.sqrt_prices]  # for estimates
        self.depths = [float(liquidity) for liquidity in self.liquidity]


class Ladder:
    """A pool's liquidity over prices, as far as it is known: tables for both directions, built once.

    `ticks` are (tick, liquidityNet), ascending; `fee` in parts per million; `below` is the liquidity under the lowest.
    `lower` and `upper` bound what was read (every initialised tick between them is in `ticks`), by default the
    outermost ticks. ValueError when ticks are out of order, off the spacing, or liquidity would be negative.
    """

    __slots__ = ("_nets", "_starts", "down", "fee", "lower", "spacing", "up", "upper")

    def __init__(
        self, ticks: Ticks, fee: int, spacing: int, below: int = 0, lower: int | None = None, upper: int | None = None
    ) -> None:
        self.fee, self.spacing = fee, spacing
        self._starts = [tick for tick, _ in ticks]
        self._nets = [below]
        for _, net in ticks:
            self._nets.append(self._nets[-1] + net)
        if not ticks:
            raise ValueError("a ladder needs at least one tick")
        self.lower = self._starts[0] if lower is None else lower
        self.upper = self._starts[-1] if upper is None else upper
        self._check()
        self.down = Rungs(self, self._stops(0), down=True)
        self.up = Rungs(self, self._stops(WORD - 1), down=False)

    @classmethod
    def around(cls, ticks: Ticks, fee: int, spacing: int, tick: int, liquidity: int) -> "Ladder":
        """The ladder of a pool of which only `ticks` were read, by the liquidity in force at its current tick."""
        return cls(ticks, fee, spacing, liquidity - sum(net for start, net in ticks if start <= tick))

    def _check(self) -> None:
        if any(b <= a for a, b in pairwise(self._starts)):
            raise ValueError("ticks must ascend")
        if any(tick % self.spacing for tick in self._starts):
            raise ValueError(f"ticks must be multiples of {self.spacing}")
        if min(self._nets) < 0:
            raise ValueError("liquidity falls below zero")
        if self.lower > self._starts[0] or self.upper < self._starts[-1]:
            raise ValueError(f"ticks lie outside {self.lower}..{self.upper}")

    def liquidity_at(self, tick: int) -> int:
        """The liquidity in force while the pool's current tick is `tick`."""
        return self._nets[bisect_right(self._starts, tick)]

    def liquidities(self, stops: list[int]) -> list[int]:
        """The liquidity just below each stop, then that above the last."""
        return [self.liquidity_at(tick - 1) for tick in stops] + [self.liquidity_at(stops[-1])]

    def _stops(self, place: int) -> list[int]:
        """Initialised ticks and the bitmap's word edges at `place`, edges only where there is liquidity to cross."""
        stops = set(self._starts)
        width = WORD * self.spacing
        bounds = [self.lower, *self._starts, self.upper]
        for (start, end), liquidity in zip(pairwise(bounds), self._nets, strict=True):
            if liquidity:
                first = -(-(start - place * self.spacing) // width) * width + place * self.spacing
                stops.update(range(first, end + 1, width))
        return sorted(stops)


def full_step(low: int, high: int, liquidity: int, fee: int, *, down: bool) -> tuple[int, int]:
    """What crossing all between two sqrt prices takes, fee included and rounded up, and gives, rounded down."""
    between0, between1 = (liquidity << 96) * (high - low), liquidity * (high - low)
    if down:
        net, got = -(-between0 // (low * high)), between1 >> 96
    else:
        net, got = -(-between1 >> 96), between0 // high // low
    return net - (-net * fee // (PPM - fee)), got
