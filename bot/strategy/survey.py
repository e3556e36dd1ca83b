"""What every hop pays, at nothing and at a ladder of sizes: asked again only of pools that changed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import inf, log, log2

import numpy as np
import numpy.typing as npt

from bot.amm.side import PoolState
from bot.model.decisions import Hop
from bot.model.registry import Address, Registry

Floats = npt.NDArray[np.float64]

SIZES: Sequence[float] = tuple(2.0 ** (10 + 2 * step) for step in range(11))
"""Dollars into a hop at which its rate is asked: a thousand to a billion, each four times the last."""


class Survey:
    """Logarithms of marginal rates, dollars out by dollars in: -inf where a hop is closed or cannot take as much.

    A coin's dollars are counted at its value rounded to a power of two: 1 for every stablecoin. So a row stays good
    until its pool changes. The last column is for "no hop" and always 0.
    """

    def __init__(self, registry: Registry, hops: Sequence[Hop]) -> None:
        self.start: Floats = np.full(len(hops) + 1, -inf)
        self.start[-1] = 0.0
        self.sized: Floats = np.zeros((len(SIZES), len(hops) + 1))
        self.worth: Mapping[Address, float] = {}  # rounded dollars of one whole coin
        self._coins = registry.coins
        self._hops = hops
        self._of: dict[Address, list[int]] = defaultdict(list)
        for number, hop in enumerate(hops):
            self._of[hop.pool].append(number)
        self._states: dict[Address, PoolState | None] = {}
        self._fresh = np.zeros(len(hops) + 1, dtype=bool)
        self._fresh[-1] = True

    def update(self, pools: Mapping[Address, PoolState], usd: Mapping[Address, float]) -> None:
        """Ask the pools that are not the very ones seen last."""
        worth = {coin: _rounded(usd.get(coin, 1.0)) for coin in self._coins}
        if worth != self.worth:
            self.worth = worth
            self._states = {}
        for address, numbers in self._of.items():
            state = pools.get(address)
            if address not in self._states or self._states[address] is not state:
                self._states[address] = state
                self._ask(state, numbers)

    def deepen(self, numbers: Iterable[int]) -> None:
        """Fill the ladder of sizes for these hops."""
        for number in numbers:
            if not self._fresh[number]:
                self.sized[:, number] = self._ladder(number)
                self._fresh[number] = True

    def unit(self, coin: Address) -> float:
        """Rounded dollars of one base unit."""
        return self.worth[coin] / 10.0 ** self._coins[coin].decimals

    def _ask(self, state: PoolState | None, numbers: Sequence[int]) -> None:
        for number in numbers:
            hop = self._hops[number]
            rate = state.side(hop.i, hop.j).rate(0.0)[1] if state else 0.0
            self.start[number] = self._log(hop, rate)
            self._fresh[number] = False

    def _ladder(self, number: int) -> list[float]:
        hop = self._hops[number]
        state = self._states[hop.pool]
        if state is None:
            return [-inf] * len(SIZES)
        side, unit = state.side(hop.i, hop.j), self.unit(hop.coin_in)
        amounts = [size / unit for size in SIZES]
        return [self._log(hop, side.rate(amount)[1] if amount <= side.cap else 0.0) for amount in amounts]

    def _log(self, hop: Hop, rate: float) -> float:
        return log(rate * self.unit(hop.coin_out) / self.unit(hop.coin_in)) if rate > 0.0 else -inf


def _rounded(usd: float) -> float:
    """The nearest power of two, by ratio."""
    return 2.0 ** round(log2(usd)) if usd > 0 else 1.0
