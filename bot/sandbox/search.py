"""The best loop there is, found by asking the chain alone: the measure of what the bot finds by arithmetic.

It shares nothing with bot.strategy. Every simple loop is tried at several amounts by `eth_call` of the executor, and
the amounts of the better ones are narrowed down until it no longer matters. Only answers of the chain discard a loop.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from bot.model.registry import Address, Lender, Registry
from bot.sandbox import loops
from bot.sandbox.loops import Hops
from bot.sandbox.node import Node, NodeError
from bot.venues import calldata

PROBE = 1_000  # whole coins: a loop that earns nothing on so few is no chance
STRIDE = 8  # between amounts of the first, coarse grid
STEPS = 5  # of that grid above the probe: up to 33 million coins
FINE = 4  # amounts tried between the best one and each of its neighbours, every round
# A round narrows the amounts five times. What is kept has at least this part of the best profit: less than a loop can
# still gain by its true amount, so that the best one is never lost.
KEPT = (0.3, 0.7, 0.9, 0.98, 0.997, 0.9995, 0.9999, 0.99999)
_NARROW = 1e-7  # of an amount: there the search ends, whatever the profit does
_BATCH = 200
_NEVER = 2**40  # a deadline, unix seconds


@dataclass(frozen=True, slots=True)
class Route:
    """A loop, and who lends the first hop's coin for it."""

    hops: Hops
    lender: Lender

    @property
    def token(self) -> Address:
        """What is borrowed, and what the profit is counted in."""
        return self.hops[0].coin_in


@dataclass(frozen=True, slots=True)
class Found:
    """The best loop: what the executor's `execute` would return for it, in base units of `route.token`."""

    route: Route
    amount: int
    profit: int
    usd: float


@dataclass(slots=True)
class _Trial:
    """A route and its profit, in base units, at every amount tried so far; 0 where it reverts."""

    route: Route
    value: float  # dollars for a base unit of the token
    profits: dict[int, int] = field(default_factory=dict)

    @property
    def amount(self) -> int:
        return max(self.profits, key=lambda amount: self.profits[amount])

    @property
    def usd(self) -> float:
        return self.profits[self.amount] * self.value

    def between(self) -> list[int]:
        """Amounts to try next: evenly, by ratio, from the best amount to its neighbours."""
        tried = sorted(self.profits)
        at = tried.index(self.amount)
        below = tried[at - 1] if at else tried[at] // STRIDE
        above = tried[at + 1] if at + 1 < len(tried) else tried[at] * STRIDE
        return [*_spread(below, tried[at]), *_spread(tried[at], above)]

    def narrow(self) -> bool:
        """Whether the best amount is known as closely as it is worth."""
        fresh = self.between()
        return not fresh or fresh[-1] - fresh[0] < _NARROW * self.amount


class Search:
    """Asks one executor on one node. `values` are dollars for a whole coin; a coin that is not there is worth one."""

    def __init__(
        self,
        node: Node,
        executor: Address,
        operator: Address,
        registry: Registry,
        values: Mapping[Address, float] | None = None,
    ) -> None:
        self._node = node
        self._call = {"from": operator, "to": executor}
        self._registry = registry
        self._values = values or {}
        self._loops = loops.simple(registry)

    def best(self, block: str = "latest") -> Found | None:
        """The loop with the highest profit in dollars, gas aside, at a block; None when none earns anything."""
        trials = self._alive(block)
        self._ask(trials, {id(each): self._grid(each.route.token) for each in trials}, block)
        for number, part in enumerate(KEPT):
            trials = _leading(trials, part)
            if number == 1:
                trials += self._turned(trials, block)
            self._refine(trials, block)
        trials += self._lent_by_others(trials[:1], block)
        while trials and not trials[0].narrow():
            self._refine(trials, block)
            trials = _leading(trials, 1.0)
        return _found(trials)

    def profits(self, route: Route, amounts: Sequence[int], block: str = "latest") -> list[int]:
        """What `execute` returns for each amount of a route, in base units of its token; 0 where it reverts."""
        trial = _Trial(route, 0.0)
        self._ask([trial], {id(trial): amounts}, block)
        return [trial.profits[amount] for amount in amounts]

    def _alive(self, block: str) -> list[_Trial]:
        """Loops that earn something on little, each from its first coin that somebody lends."""
        for coins in (PROBE, PROBE // 100):
            waiting = [turned for loop in self._loops for turned in self._lendable(loop)[:1]]
            alive: list[_Trial] = []
            for rank in range(max((len(self._lenders(hops)) for hops in waiting), default=0)):
                working = {trial.route.token for trial in alive}
                fresh = [self._trial(hops, rank) for hops in waiting if hops[0].coin_in not in working]
                alive += self._probed([each for each in fresh if each is not None], coins, block)
            if alive:
                return alive
        return []

    def _probed(self, trials: list[_Trial], coins: int, block: str) -> list[_Trial]:
        self._ask(trials, {id(each): [self._units(each.route.token, coins)] for each in trials}, block)
        return [each for each in trials if each.usd > 0]

    def _turned(self, trials: list[_Trial], block: str) -> list[_Trial]:
        """The same loops begun at their other coins, tried around as many coins as were best."""
        fresh = []
        for trial in trials:
            coins = trial.amount / self._units(trial.route.token, 1)
            for hops in loops.rotations(trial.route.hops)[1:]:
                turned = self._trial(hops, 0)
                if turned is not None:
                    fresh.append(
                        (turned, [self._units(turned.route.token, coins * part) for part in (0.5, 0.8, 1.0, 1.25, 2.0)])
                    )
        self._ask([each for each, _ in fresh], {id(each): amounts for each, amounts in fresh}, block)
        return [each for each, _ in fresh if each.usd > 0]

    def _lent_by_others(self, trials: list[_Trial], block: str) -> list[_Trial]:
        """The same routes on the money of every other lender, who may ask less or have more."""
        fresh = [
            (
                _Trial(Route(trial.route.hops, lender), trial.value),
                [trial.amount, *_spread(trial.amount, 8 * trial.amount)],
            )
            for trial in trials
            for lender in self._lenders(trial.route.hops)
            if lender != trial.route.lender
        ]
        self._ask([each for each, _ in fresh], {id(each): amounts for each, amounts in fresh}, block)
        return [each for each, _ in fresh if each.usd > trials[0].usd]

    def _refine(self, trials: list[_Trial], block: str) -> None:
        self._ask(trials, {id(each): each.between() for each in trials}, block)

    def _ask(self, trials: Iterable[_Trial], amounts: Mapping[int, Sequence[int]], block: str) -> None:
        asked = [(trial, amount) for trial in trials for amount in amounts[id(trial)]]
        for start in range(0, len(asked), _BATCH):
            part = asked[start : start + _BATCH]
            calls = [("eth_call", (self._order(trial.route, amount), block)) for trial, amount in part]
            for (trial, amount), answer in zip(part, self._node.batch(calls), strict=True):
                trial.profits[amount] = 0 if isinstance(answer, NodeError) else int(answer, 16)

    def _order(self, route: Route, amount: int) -> dict[str, str]:
        loan = calldata.Loan(route.lender.kind, route.lender.address, route.token, amount)
        amounts = (amount, *[calldata.ALL] * (len(route.hops) - 1))
        legs = [
            calldata.leg(hop, self._registry.pools[hop.pool], spent)
            for hop, spent in zip(route.hops, amounts, strict=True)
        ]
        order = calldata.encode_order(loan, calldata.Guard(1, _NEVER), calldata.Tip(), legs)
        return {**self._call, "data": "0x" + order.hex()}

    def _trial(self, hops: Hops, rank: int) -> _Trial | None:
        """A trial with the lender of that rank in the registry, where there is one."""
        lenders = self._lenders(hops)
        if rank >= len(lenders):
            return None
        token = hops[0].coin_in
        return _Trial(Route(hops, lenders[rank]), self._values.get(token, 1.0) / self._units(token, 1))

    def _lenders(self, hops: Hops) -> list[Lender]:
        """Who lends the first coin, except the pools that the loop goes through: they are locked while they lend."""
        used = {hop.pool for hop in hops}
        token = hops[0].coin_in
        return [each for each in self._registry.lenders if token in each.tokens and each.address not in used]

    def _lendable(self, loop: Hops) -> list[Hops]:
        return [turned for turned in loops.rotations(loop) if self._lenders(turned)]

    def _grid(self, token: Address) -> list[int]:
        return [self._units(token, PROBE * STRIDE**step) for step in range(1, STEPS + 1)]

    def _units(self, token: Address, coins: float) -> int:
        return int(coins * 10 ** self._registry.coins[token].decimals)


def best(
    url: str,
    executor: Address,
    operator: Address,
    registry: Registry,
    block: str = "latest",
    *,
    values: Mapping[Address, float] | None = None,
) -> Found | None:
    """What `Search.best` finds, on a connection of its own."""
    with closing(Node(url)) as node:
        return Search(node, executor, operator, registry, values).best(block)


def _spread(low: int, high: int) -> list[int]:
    """Amounts strictly between two, evenly by ratio."""
    ratio = (high / max(low, 1)) ** (1 / (FINE + 1))
    return sorted({int(low * ratio**step) for step in range(1, FINE + 1)} - {low, high})


def _leading(trials: list[_Trial], part: float) -> list[_Trial]:
    """Trials with at least that part of the highest profit, best first."""
    ranked = sorted(trials, key=lambda trial: trial.usd, reverse=True)
    return [trial for trial in ranked if trial.usd >= part * ranked[0].usd]


def _found(trials: list[_Trial]) -> Found | None:
    if not trials:
        return None
    top = trials[0]
    return Found(top.route, top.amount, top.profits[top.amount], top.usd)
