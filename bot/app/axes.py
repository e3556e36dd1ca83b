"""Where things stand on a chart: scales, round ticks, and points thinned to what can be seen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil, floor, log10

from bot.model.times import DAY, HOUR, MINUTE, SECOND

Point = tuple[int, float]  # a moment, ns UTC, and what was so at it

STEPS = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY)
MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)
MONTH = 2_629_746 * SECOND  # on average


@dataclass(frozen=True, slots=True)
class Axis:
    """A stretch of values on a stretch of pixels."""

    low: float
    high: float
    first: float  # where `low` is
    last: float

    def at(self, value: float) -> float:
        """Where a value is, to a tenth of a pixel."""
        part = (value - self.low) / (self.high - self.low)
        return round(self.first + part * (self.last - self.first), 1)


def padded(values: Sequence[float], margin: float = 0.08, least: float = 1e-9) -> tuple[float, float]:
    """The stretch that holds the values, with a little room; never empty."""
    low, high = min(values), max(values)
    room = max((high - low) * margin, abs(high) * least, least)
    return low - room, high + room


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """About so many round numbers between."""
    rough = (high - low) / count
    magnitude = 10.0 ** floor(log10(rough))
    step = magnitude * min((1, 2, 5, 10), key=lambda one: abs(one * magnitude - rough))
    digits = max(0, 1 - floor(log10(step)))
    return [round(n * step, digits) for n in range(ceil(low / step), floor(high / step) + 1)]


def moments(low: int, high: int, count: int = 6) -> list[tuple[int, str]]:
    """About so many round times between, and what they are called."""
    rough = max(high - low, 1) / count
    step = next((one for one in STEPS if one >= rough), None)
    if step is None:
        months = next((many for many in MONTHS if many * MONTH >= rough), MONTHS[-1])
        return [(at, _told(at, MONTH)) for at in _months(low, high, months)]
    first = -(-low // step) * step
    return [(at, _told(at, step)) for at in range(first, high + 1, step)]


def _months(low: int, high: int, step: int) -> Iterator[int]:
    began = datetime.fromtimestamp(low / SECOND, UTC)
    number = -(-(began.year * 12 + began.month - 1) // step) * step
    while (at := int(datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC).timestamp()) * SECOND) <= high:
        if at >= low:
            yield at
        number += step


def _told(at: int, step: int) -> str:
    moment = datetime.fromtimestamp(at / SECOND, UTC)
    if step < DAY and at % DAY:
        return f"{moment:%H:%M}"
    if step < MONTH:
        return f"{moment.day} {moment:%b}"
    return f"{moment:%Y}" if moment.month == 1 else f"{moment:%b}"


def thinned(points: Sequence[Point], columns: int) -> list[Point]:
    """Of each column of time the first, the lowest, the highest and the last: what a line through all would show."""
    if len(points) <= 4 * columns:
        return list(points)
    began, span = points[0][0], points[-1][0] - points[0][0] + 1
    by_column: dict[int, list[Point]] = {}
    for point in points:
        by_column.setdefault((point[0] - began) * columns // span, []).append(point)
    return [point for some in by_column.values() for point in _telling(some)]


def _telling(some: Sequence[Point]) -> list[Point]:
    lowest, highest = (pick(range(len(some)), key=lambda n: some[n][1]) for pick in (min, max))
    return [some[n] for n in sorted({0, lowest, highest, len(some) - 1})]


def line(points: Sequence[Point], x: Axis, y: Axis, *, steps: bool = False) -> str:
    """The path through the points, for SVG; in `steps` each stands until the next."""
    if not points:
        return ""
    (first, value), *rest = points
    parts = [f"M{x.at(first)} {y.at(value)}"]
    parts += [f"H{x.at(at)}V{y.at(value)}" if steps else f"L{x.at(at)} {y.at(value)}" for at, value in rest]
    return "".join(parts)


def area(points: Sequence[Point], x: Axis, y: Axis, base: float, *, steps: bool = False) -> str:
    """The surface between the points and a value."""
    if not points:
        return ""
    return f"{line(points, x, y, steps=steps)}V{y.at(base)}H{x.at(points[0][0])}Z"
