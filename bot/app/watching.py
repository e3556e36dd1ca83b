"""Watching is running without trading: the same feeds, the same `step`, and nothing is sent."""

from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from bot.app.inbox import Happened
from bot.model.coins import Coins
from bot.model.decisions import Warn
from bot.model.events import BlockSeen, Tick
from bot.model.markets import Asset
from bot.model.registry import Registry
from bot.strategy import deviation, onchain
from bot.strategy.depeg import Thresholds
from bot.strategy.engine import Policy, State, step
from bot.strategy.fair_value import Pricing
from bot.strategy.risk import Standing
from bot.strategy.routing import Atlas

SECOND = 10**9
PACE = 0.1  # seconds between two looks: eyes need no more
TRAIL = 300  # seconds of each coin's past
WARNINGS = 100
NOTHING = Registry(chain_id=0, coins={}, pools={}, lenders=())


def policy(coins: Coins, thresholds: Thresholds, registry: Registry = NOTHING) -> Policy:
    """What is watched, and when a coin counts as off its peg. No loop is ever looked for."""
    pricing = Pricing(coins, onchain.reliability(registry))
    return Policy(registry, Atlas.of(NOTHING), "", {}, pricing=pricing, thresholds=thresholds)


@dataclass(slots=True)
class Watch:
    """What was seen so far."""

    policy: Policy
    clock: Callable[[], int]  # ns UTC
    state: State = field(default_factory=lambda: State(standing=Standing(halted="only watching")))
    warnings: deque[Warn] = field(default_factory=lambda: deque(maxlen=WARNINGS))  # the newest last
    trails: dict[Asset, deque[float]] = field(default_factory=dict)  # distance from the peg each second, bp
    trailed: int = 0  # the last second of them

    async def follow(self, events: AsyncGenerator[Happened, None]) -> None:
        """Take in what happens until nothing does any more, and close it when cancelled."""
        async with aclosing(events):
            async for event in events:
                self.take(event)

    def take(self, event: Happened) -> None:
        """One event; after a block a look at its pools."""
        self.state, actions = step(self.state, event, self.policy)
        self.warnings += [action for action in actions if isinstance(action, Warn)]
        second = self.state.values.made_at // SECOND
        if second > self.trailed:
            self.trailed = second
            self._leave_trail()
        if isinstance(event, BlockSeen):
            self.take(Tick(made_at=self.clock(), seen_at=self.clock()))

    def off_peg(self, coin: Asset) -> float | None:
        """How far a coin stands from its peg, bp; None where nobody can say."""
        price = deviation.in_peg(self.state.values.values, coin, self.policy.pricing.coins)
        return None if price is None else (price - 1) * deviation.BP

    def _leave_trail(self) -> None:
        for coin in self.policy.pricing.coins.by_symbol:
            off = self.off_peg(coin)
            if off is not None:
                self.trails.setdefault(coin, deque(maxlen=TRAIL)).append(off)
