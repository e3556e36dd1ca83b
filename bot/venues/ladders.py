"""A Uniswap V3 pool's initialised ticks, read in a window around the price."""

import math
from dataclasses import dataclass

from bot.model.events import TicksSeen
from bot.model.registry import Pool
from bot.venues.multicall import Asking, call, signed, word
from bot.venues.readers import Unreadable

MIN_TICK, MAX_TICK = -887_272, 887_272
WORD = 256  # ticks a word of the bitmap tells of, in units of the spacing
BAND = 0.20  # the window reaches at least this part of the price to either side
MARGIN = 8  # the window is moved when the price is in its outer eighth


@dataclass(frozen=True, slots=True)
class Window:
    """What was read of a ladder: exact from tick `low` to `high`, nothing said of what lies beyond."""

    low: int
    high: int
    ticks: tuple[tuple[int, int], ...]

    def holds(self, tick: int) -> bool:
        """Whether a price at `tick` is far enough from the edges."""
        margin = (self.high - self.low) // MARGIN

        low = self.low if self.low == MIN_TICK else self.low + margin
        high = self.high if self.high == MAX_TICK else self.high - margin
        return low <= tick < high


async def read(pool: Pool, seen: TicksSeen, ask: Asking, band: float = BAND) -> Window:
    """The ladder around where the pool was seen, between two ticks where every swap on its way stops.

    Liquidity that stands beyond an edge is shown as if it began, or ended, at the edge: a quote within the window is
    exact and one that would leave it runs out of liquidity there.
    """
    words = _words(seen.tick, pool.tick_spacing, band)
    bitmap = _all(await ask(*(call(pool.address, "tickBitmap(int16)", each) for each in words)))
    places = zip(words, bitmap, strict=True)
    ticks = [tick for each, bits in places for tick in _set(each, word(bits), pool.tick_spacing)]
    found = _all(await ask(*(call(pool.address, "ticks(int24)", tick) for tick in ticks)))
    nets = {tick: signed(answer, 1) for tick, answer in zip(ticks, found, strict=True)}
    span = WORD * pool.tick_spacing
    low, high = max(words[0] * span, MIN_TICK), min((words[-1] + 1) * span - pool.tick_spacing, MAX_TICK)
    return Window(low, high, closed(nets, seen, low, high))


def _words(tick: int, spacing: int, band: float) -> range:
    """The words of the bitmap to read: the price's own and enough to either side."""
    own = tick // spacing // WORD
    reach = math.ceil(math.log(1 + band, 1.0001) / (spacing * WORD))
    lowest, highest = MIN_TICK // spacing // WORD, MAX_TICK // spacing // WORD
    return range(max(own - reach, lowest), min(own + reach, highest) + 1)


def _set(place: int, bits: int, spacing: int) -> list[int]:
    """The ticks whose bits are set in one word."""
    return [(place * WORD + bit) * spacing for bit in range(WORD) if bits >> bit & 1] if bits else []


def closed(nets: dict[int, int], seen: TicksSeen, low: int, high: int) -> tuple[tuple[int, int], ...]:
    """The net liquidities of a window's ticks, with what crosses its edges begun and ended there. Changes `nets`."""
    above = seen.liquidity + sum(net for tick, net in nets.items() if tick > seen.tick)
    below = seen.liquidity - sum(net for tick, net in nets.items() if tick <= seen.tick)
    if above < 0 or below < 0:
        raise Unreadable("its ticks do not add up to its liquidity")
    if below:
        nets[low] = nets.get(low, 0) + below
    if above:
        nets[high] = nets.get(high, 0) - above
    if not nets:
        raise Unreadable("has no liquidity near the price")
    return tuple(sorted(nets.items()))


def _all(answers: list[bytes | None]) -> list[bytes]:
    found = [answer for answer in answers if answer is not None]
    if len(found) < len(answers):
        raise Unreadable("tickBitmap(int16) or ticks(int24) does not answer")
    return found
