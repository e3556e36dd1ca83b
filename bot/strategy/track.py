"""The life of one deviation, in one scope and direction: suspected, confirmed, worse, back, over.

It is confirmed when the next news shows it too, some time later: a single print is nothing, however far away. From then
on it lasts until it has stayed back for a while.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import sqrt
from statistics import median
from typing import Literal

from bot.model.decisions import Depeg, Severity
from bot.model.times import MINUTE, SECOND
from bot.strategy.deviation import BP, ROUNDING, Reading
from bot.strategy.thresholds import Thresholds

NORMAL = 1.4826  # standard deviations to one median absolute deviation, if it were a bell

Direction = Literal["below", "above"]
Sample = tuple[int, float]  # a minute since the epoch, and its last deviation
DIRECTIONS: tuple[Direction, ...] = ("below", "above")


@dataclass(frozen=True, slots=True)
class Track:
    """One coin in one scope that is suspected or off its peg, in one direction. Deviations away from the peg, bp."""

    start: int
    last: int  # the newest reading that showed it
    away: float  # its deviation
    looks: int  # readings that showed it, in a row
    total: float  # of their deviations
    peak: float
    trough: float
    trough_at: int
    venues: frozenset[str]
    depeg: Depeg | None = None  # None while only suspected
    back_since: int | None = None


def advance(
    track: Track | None,
    reading: Reading,
    direction: Direction,
    own_noise: Callable[[int], float],
    thresholds: Thresholds,
) -> tuple[Track | None, Depeg | None]:
    """One coin in one scope and direction after one more reading, and what there is to tell.

    `own_noise` gives the coin's noise before a moment (ns UTC), bp; it is asked only when the rest speaks for a depeg.
    """
    if track is None:
        return _first_sight(reading, direction, thresholds), None
    if track.depeg is None:
        return _suspected(track, reading, direction, own_noise, thresholds)
    return _lasting(track, track.depeg, reading, direction, thresholds)


def remember(samples: Sequence[Sample], at: int, bp: float, thresholds: Thresholds) -> tuple[Sample, ...]:
    """The newest deviation of each minute, as many as count."""
    minute = at // MINUTE
    kept = samples[:-1] if samples and samples[-1][0] == minute else samples
    return (*kept[1 - thresholds.samples :], (minute, bp))


def noise_bp(samples: Sequence[Sample], now: int, thresholds: Thresholds, before: int) -> float:
    """One standard deviation of a coin's readings about their own drift, before a moment, bp.

    From the median of what changed between one and the next: a jump to a new level is one change among many. 0 where
    too little is remembered. Times are ns UTC.
    """
    first, last = (now - thresholds.memory) // MINUTE, before // MINUTE
    recent = [bp for minute, bp in samples if first <= minute < last]
    changes = [abs(after - before) for before, after in pairwise(recent)]
    return NORMAL * median(changes) / sqrt(2) if len(changes) >= thresholds.few else 0.0


def shows(reading: Reading, sign: int, thresholds: Thresholds) -> bool:
    """Whether this reading is evidence of a depeg: far enough, surely enough, and by somebody who just said so.

    Where every venue shows it, it is sure enough, however thin the books: who is at par where no dollar book says so
    is a doubt the alert tells of and does not wait for. Where venues differ it must exceed what the value may be off.
    """
    enters, away = thresholds.enters(reading.scope), reading.bp * sign
    if away < enters:
        return False
    showing = {venue for venue, bp in reading.shows.items() if bp * sign >= enters * thresholds.back}
    disputed = len(showing) < len(reading.shows)
    return not showing.isdisjoint(reading.news) and (not disputed or away >= thresholds.sigmas * reading.sigma_bp)


def _first_sight(reading: Reading, direction: Direction, thresholds: Thresholds) -> Track | None:
    sign = sign_of(direction)
    if not shows(reading, sign, thresholds):
        return None
    away, venues = reading.bp * sign, _venues(reading, sign, thresholds)
    return Track(reading.at, reading.at, away, 1, away, _depth(reading), reading.price, reading.at, venues)


def _suspected(
    track: Track, reading: Reading, direction: Direction, own_noise: Callable[[int], float], thresholds: Thresholds
) -> tuple[Track | None, Depeg | None]:
    sign = sign_of(direction)
    if not shows(reading, sign, thresholds):  # without news of its own a deviation is neither confirmed nor over
        still = reading.bp * sign >= thresholds.enters(reading.scope)
        return track if still else None, None
    if reading.at - track.last > thresholds.settle:
        return _first_sight(reading, direction, thresholds), None
    seen = _seen(track, reading, sign, thresholds)
    if seen.looks < thresholds.looks or reading.at - seen.start < thresholds.hold:
        return seen, None
    own = own_noise(seen.start)
    if seen.total / seen.looks < thresholds.noises * own / sqrt(seen.looks):
        return seen, None
    depeg = _begun(track, seen, reading, direction, own, thresholds)
    return replace(seen, depeg=depeg), depeg


def _lasting(
    track: Track, depeg: Depeg, reading: Reading, direction: Direction, thresholds: Thresholds
) -> tuple[Track | None, Depeg | None]:
    sign, now = sign_of(direction), reading.at
    if shows(reading, sign, thresholds):
        seen = _seen(track, reading, sign, thresholds)
        worst = _severity(track, seen, reading, thresholds)
        deeper = _updated(depeg, seen, max(worst, depeg.severity))
        return replace(seen, depeg=deeper, back_since=None), deeper if worst > depeg.severity else None
    if track.back_since is None and reading.bp * sign < thresholds.enters(reading.scope) * thresholds.back:
        track = replace(track, back_since=now)
    if track.back_since is not None and now - track.back_since >= thresholds.settle:
        return None, replace(depeg, end=track.back_since)
    return track, None


def _seen(track: Track, reading: Reading, sign: int, thresholds: Thresholds) -> Track:
    """One more reading that shows it."""
    away, venues = reading.bp * sign, track.venues | _venues(reading, sign, thresholds)
    seen = replace(track, last=reading.at, away=away, looks=track.looks + 1, total=track.total + away, venues=venues)
    depth = _depth(reading)
    if depth <= track.peak + ROUNDING:
        return seen
    return replace(seen, peak=depth, trough=reading.price, trough_at=reading.at)


def _begun(
    before: Track, track: Track, reading: Reading, direction: Direction, own: float, thresholds: Thresholds
) -> Depeg:
    return Depeg(
        coin=reading.coin,
        scope=reading.scope,
        direction=direction,
        start=track.start,
        alert=reading.at,
        severity=_severity(before, track, reading, thresholds),
        trough_at=track.trough_at,
        trough=track.trough,
        peak_bp=track.peak,
        anchored=reading.anchored,
        venues=tuple(sorted(track.venues)),
        evidence=_evidence(track, reading, own),
    )


def _updated(depeg: Depeg, track: Track, severity: Severity) -> Depeg:
    return replace(
        depeg,
        severity=severity,
        trough_at=track.trough_at,
        trough=track.trough,
        peak_bp=track.peak,
        venues=tuple(sorted(track.venues)),
    )


def _severity(before: Track, track: Track, reading: Reading, thresholds: Thresholds) -> Severity:
    """The class of what two readings in a row show: one alone may be a single print.

    A move that is fast, or at most of many venues, counts for more; thin books, where the value is less sure, for less.
    """
    depth = min(before.away, track.away)
    fast = reading.at - track.start <= thresholds.fast
    broad = len(track.venues) >= max(thresholds.broad, len(reading.shows) / 2)
    thin = reading.anchored and reading.sigma_bp > thresholds.thin * depth
    depth *= thresholds.urgency ** (fast + broad - thin)
    return thresholds.severity(max(depth, thresholds.enters(reading.scope)))


def _evidence(track: Track, reading: Reading, own: float) -> tuple[str, ...]:
    silent, seconds = sorted(set(reading.shows) - track.venues), (reading.at - track.start) / SECOND
    noise = f"its own noise is {own:.1f} bp, " if own else ""  # nothing is known of it yet
    return (
        f"{track.total / track.looks:.0f} bp away at {track.looks} looks in {seconds:.0f} s",
        f"{noise}the value is sure to {reading.sigma_bp:.1f} bp",
        f"shown at {', '.join(sorted(track.venues))}" + (f", not at {', '.join(silent)}" if silent else ""),
    )


def _venues(reading: Reading, sign: int, thresholds: Thresholds) -> frozenset[str]:
    enters = thresholds.enters(reading.scope)
    return frozenset(venue for venue, bp in reading.shows.items() if bp * sign >= enters)


def _depth(reading: Reading) -> float:
    return abs(reading.price - 1) * BP


def sign_of(direction: Direction) -> int:
    """1 or -1: times this, deviations are away from the peg."""
    return 1 if direction == "above" else -1
