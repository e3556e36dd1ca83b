"""How fast an exchange is asked: as fast as it allows over time, and at once after a pause.

ccxt's own throttle forgets pauses, and lets orders that cost nothing wait behind what reads.
"""

import asyncio
import time


class Bucket:
    """Tokens that come at `rate` a second, `burst` at most. Whoever takes more than there are waits, in order."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._tokens, self._at = burst, time.monotonic()
        self._turn = asyncio.Lock()

    async def take(self, cost: float | None = None) -> None:
        """Waits for `cost` tokens, one if it is not told. What costs nothing waits for nobody."""
        wanted = 1.0 if cost is None else float(cost)
        if not wanted:
            return
        async with self._turn:
            missing = min(wanted, self._burst) - self._refilled()
            if missing > 0:
                await asyncio.sleep(missing / self._rate)
            self._tokens = self._refilled() - wanted

    def _refilled(self) -> float:
        now = time.monotonic()
        self._tokens = min(self._tokens + (now - self._at) * self._rate, self._burst)
        self._at = now
        return self._tokens
