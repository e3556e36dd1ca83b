"""What every hop pays, at nothing and at a ladder of sizes: asked when needed, and again only of pools that changed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import log2
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bot.amm.side import CLOSED, PoolState, Side
from bot.model.decisions import Hop
from bot.model.registry import Address, Registry

Floats = npt.NDArray[np.float64]

SIZES: Sequence[float] = (0.0, *(2.0**power for power in (8, 10, *range(12, 27), 28, 30)))
"""Rungs: dollars into a hop, to a billion; each twice the last where it matters."""


class Survey:
    """By rung and hop, for that many dollars in: the marginal rate and the surplus.

    The surplus is what comes out less what would, had all of it been paid at the marginal rate: the most that the hop
    can earn against a market of that rate. Beyond a hop's cap the rate is 0 and the surplus all it can give. The last
    column is for "no hop": rate 1, surplus 0.

    A coin's dollars are counted at its value rounded to a power of two, 1 for every stablecoin: so an answer stays good
    until its pool changes.
    """

    def __init__(self, registry: Registry, hops: Sequence[Hop]) -> None:
        shape = len(SIZES), len(hops) + 1
        self.rates: Floats = np.ones(shape)
        self.logs: Floats = np.zeros(shape)  # of the rates
        self.surplus: Floats = np.zeros(shape)  # dollars
        self._known = np.ones(shape, dtype=bool)
        self.worth: Mapping[Address, float] = {}  # rounded dollars of one whole coin
        self._coins = registry.coins
        self._hops = hops
        self._of: dict[Address, list[int]] = defaultdict(list)
        for number, hop in enumerate(hops):
            self._of[hop.pool].append(number)
        self._states: dict[Address, PoolState | None] = {}
        self._ways = [CLOSED_WAY] * len(hops)

    def update(self, pools: Mapping[Address, PoolState], usd: Mapping[Address, float]) -> None:
        """Forget the pools that are not the very ones seen last, and ask what they pay at nothing."""
        worth = {coin: _rounded(usd.get(coin, 1.0)) for coin in self._coins}
        if worth != self.worth:
            self.worth, self._states = worth, {}
        for address, numbers in self._of.items():
            state = pools.get(address)
            if address not in self._states or self._states[address] is not state:
                self._states[address] = state
                self._known[:, numbers] = False
                for number in numbers:
                    self._ways[number] = self._way(self._hops[number], state)
        self.ask(0, np.flatnonzero(~self._known[0]))

    def ask(self, rung: int, hops: npt.NDArray[np.intp]) -> None:
        """Make these hops known at this rung."""
        wanted = np.zeros(len(self._hops) + 1, dtype=bool)
        wanted[hops] = True
        numbers = np.flatnonzero(wanted & ~self._known[rung])
        if len(numbers):
            answers = np.array([self._ways[number].answer(SIZES[rung]) for number in numbers.tolist()])
            self.rates[rung, numbers], self.surplus[rung, numbers] = answers.T
            with np.errstate(divide="ignore"):
                self.logs[rung, numbers] = np.log(answers[:, 0])
            self._known[rung, numbers] = True

    def unit(self, coin: Address) -> float:
        """Rounded dollars of one base unit."""
        return self.worth[coin] / 10.0 ** self._coins[coin].decimals

    def _way(self, hop: Hop, state: PoolState | None) -> "Way":
        side = state.side(hop.i, hop.j) if state else CLOSED
        return Way(side, float(side.cap), self.unit(hop.coin_in), self.unit(hop.coin_out))


class Way(NamedTuple):
    """A hop's side, its cap, and the rounded dollars of a base unit of the coin in and of the coin out."""

    side: Side
    cap: float
    unit_in: float
    unit_out: float

    def answer(self, dollars: float) -> tuple[float, float]:
        """The rate and the surplus for so many dollars in."""
        side, cap, unit_in, unit_out = self
        amount = dollars / unit_in
        if amount > cap:
            return 0.0, side.rate(cap)[0] * unit_out
        out, rate = side.rate(amount)
        return max(rate, 0.0) * unit_out / unit_in, (out - rate * amount) * unit_out


CLOSED_WAY = Way(CLOSED, 0.0, 1.0, 1.0)


def _rounded(usd: float) -> float:
    """The nearest power of two, by ratio."""
    return 2.0 ** round(log2(usd)) if usd > 0.0 else 1.0
