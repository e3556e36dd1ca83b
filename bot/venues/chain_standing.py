"""How a wallet that trades on chain stands: whether orders may go there, why not, and what lies in it."""

from collections.abc import Callable

from bot.model.markets import CHAIN
from bot.model.orders import VenueSeen
from bot.venues.chain_orders import Holdings


class Standing:
    """What was told last of a wallet, so that only news is told. `clock`: ns UTC."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self.ready, self.reason = False, "it was not asked yet"
        self._cause = self._over = ""
        self._held: Holdings | None = None

    def stands(self, held: Holdings) -> list[VenueSeen]:
        """It may trade, with so much in it."""
        if self._over:
            return self.hindered(self._over)
        if self.ready and held == self._held:
            return []
        self.ready, self.reason, self._cause, self._held = True, "", "", held
        return [self._seen(held)]

    def hindered(self, reason: str, cause: str = "", held: Holdings | None = None) -> list[VenueSeen]:
        """It may not trade. Of one `cause` the first reason is told, whatever figures the next ones give.

        `held`: what lies in it, where that is known all the same.
        """
        if self._over:
            reason, cause, held = self._over, "", None
        cause = cause or reason
        if (self.ready, self._cause) == (False, cause) and held in (None, self._held):
            return []
        self.ready, self.reason, self._cause, self._held = False, reason, cause, held or self._held
        return [self._seen(held)]

    def stopped(self, reason: str) -> list[VenueSeen]:
        """It trades no more, whatever else is said of it, before a restart reads anew how it stands."""
        self._over = self._over or reason
        return self.hindered(self._over)

    def _seen(self, held: Holdings | None) -> VenueSeen:
        now = self._clock()
        return VenueSeen(now, now, CHAIN, self.ready, self.reason, held)
