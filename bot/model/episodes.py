"""Depegs as history remembers them: what happened, how well we know, and how the price went."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from math import inf
from typing import Literal, NamedTuple

from bot.model.coins import Mechanism, Stablecoin
from bot.model.decisions import Depeg, Severity
from bot.model.markets import DOLLAR, Asset, Candles
from bot.model.times import DAY, HOUR, MINUTE, iso

PATH_POINTS = 200
EVIDENCE = 20  # lines kept of what led to an alert
UNSEEN = 31 * DAY  # that an open episode may have gone on for, unseen
WORD = 100  # characters of a name


class Outcome(StrEnum):
    """How it ended. A trap is a print that looked like a depeg and was none."""

    RECOVERED = "recovered"
    RELAPSED = "relapsed"  # came back, and left again for the same reason
    WOUNDED = "wounded"  # never came back for good, but lives
    DIED = "died"
    OPEN = "open"
    TRAP = "trap"


class Grade(StrEnum):
    """How well it is evidenced, best first."""

    MEASURED = "measured"  # from market data
    PRESS = "press"  # reported at the time
    SECONDARY = "secondary"  # told afterwards, or by an index
    ESTIMATE = "estimate"


class Precision(StrEnum):
    """How exactly its times are known."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"

    @property
    def length(self) -> int:
        """How far apart two moments must be to be told apart, ns."""
        return {"minute": MINUTE, "hour": HOUR, "day": DAY, "month": 31 * DAY}[self.value]


class Redemption(StrEnum):
    """Whether the issuer, or the protocol, gave par for the coin while it lasted."""

    OPEN = "open"
    LIMITED = "limited"  # for some, or up to an amount, or at a cost
    CLOSED = "closed"  # until `reopened`
    BROKEN = "broken"  # what stood behind it was gone
    UNKNOWN = "unknown"


class Origin(StrEnum):
    """Who entered it."""

    CATALOGUE = "catalogue"  # came with repeg
    DETECTED = "detected"  # repeg saw it, live or in recorded history
    USER = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One coin's stay away from its peg, everywhere (`scope` "coin") or at one venue only ("venue:<name>").

    Times are ns UTC, good to `precision`; None: not known, or not yet. `trough` is the price farthest from the peg, in
    `against`; `peak_bp` its distance from par in basis points, positive.
    """

    id: str
    coin: Asset
    start: int
    scope: str = "coin"
    direction: Literal["below", "above"] = "below"
    mechanism: Mechanism | None = None  # at the time
    alert: int | None = None  # when it was, or could have been, sure
    trough_at: int | None = None
    trough: float | None = None
    against: Asset = DOLLAR
    peak_bp: float | None = None
    recovered_at: int | None = None  # back within 50 bp, and stayed
    end: int | None = None
    precision: Precision = Precision.MINUTE
    outcome: Outcome
    severity: Severity | None = None
    cause: str = ""
    redemption: Redemption = Redemption.UNKNOWN
    reopened: int | None = None  # when closed redemption opened again
    liquidity: str = ""  # what was known of it
    depth_usd: float | None = None
    caught_from: tuple[str, ...] = ()  # coins, or ids of episodes, that it came from
    spread_to: tuple[str, ...] = ()
    venues: tuple[str, ...] = ()  # that showed it
    candles: str = ""  # whose bars show it, where anybody's do
    grade: Grade
    doubtful: bool = False
    sources: tuple[str, ...] = ()
    origin: Origin = Origin.USER

    @property
    def speed(self) -> float | None:
        """Basis points an hour from start to trough; None where either is not known to the hour."""
        if self.peak_bp is None or self.trough_at is None or self.precision.length > HOUR:
            return None
        return self.peak_bp / max((self.trough_at - self.start) / HOUR, self.precision.length / HOUR)

    @property
    def last(self) -> int:
        """The last moment that is known to belong to it, ns."""
        known = (self.end, self.recovered_at, self.trough_at, self.alert, self.start)
        return next(moment for moment in known if moment is not None)


class Point(NamedTuple):
    """The price at one moment, ns UTC."""

    at: int
    price: float


@dataclass(frozen=True, slots=True)
class Path:
    """How the price of an episode went, in time order. `source` names the market and its bars."""

    points: tuple[Point, ...]
    against: Asset = DOLLAR
    source: str = ""


def severity_of(peak_bp: float) -> Severity:
    """What depth alone says of how bad it is: 20, 50, 200, 500, 1000 bp."""
    return Severity(max(0, sum(peak_bp >= bound for bound in (20, 50, 200, 500, 1000)) - 1))


def detected(depeg: Depeg, coin: Stablecoin | None = None) -> Episode:
    """A depeg that repeg saw, as an episode; open until it ends. `coin` is what is known of its coin."""
    where = f"-{depeg.scope.removeprefix('venue:')}" if depeg.scope != "coin" else ""
    stamp = iso(depeg.start).translate({ord(sign): None for sign in "-:"})
    return Episode(
        id=f"{depeg.coin}-{stamp}-{depeg.direction}{where}".lower(),
        coin=depeg.coin,
        scope=depeg.scope,
        direction=depeg.direction,
        mechanism=coin.mechanism if coin else None,
        against=coin.peg if coin else DOLLAR,
        start=depeg.start,
        alert=depeg.alert,
        trough_at=depeg.trough_at,
        trough=depeg.trough,
        peak_bp=depeg.peak_bp,
        recovered_at=depeg.end,
        end=depeg.end,
        outcome=Outcome.OPEN if depeg.end is None else Outcome.RECOVERED,
        severity=depeg.severity,
        venues=depeg.venues,
        grade=Grade.MEASURED,
        doubtful=not depeg.anchored,
        sources=depeg.evidence,
        origin=Origin.DETECTED,
    )


def same(known: Episode, seen: Episode) -> bool:
    """Whether both are one stay of one coin away from its peg: they overlap, as far as their times are known.

    One that nobody saw end may have lasted until now, if nobody looked for long; but not for years.
    """
    if (known.coin, known.scope, known.direction) != (seen.coin, seen.scope, seen.direction):
        return False
    blur = known.precision.length
    unseen = UNSEEN if known.outcome is Outcome.OPEN else blur
    return known.start - blur <= seen.last and seen.start <= known.last + unseen


def merged(known: Episode, seen: Episode) -> Episode:
    """What was known of an episode with what is seen of it now; a restart may have seen its later part only."""
    worst = max(known, seen, key=lambda each: each.peak_bp or 0.0)
    ended = known if seen.end is None and seen.last <= known.last else seen  # who saw less of it knows no better
    return replace(
        seen,
        id=known.id,
        start=min(known.start, seen.start),
        alert=min(known.alert or known.start, seen.alert or seen.start),
        trough_at=worst.trough_at,
        trough=worst.trough,
        peak_bp=worst.peak_bp,
        recovered_at=ended.recovered_at,
        end=ended.end,
        outcome=ended.outcome,
        severity=max(known.severity or Severity.WATCH, seen.severity or Severity.WATCH),
        venues=tuple(dict.fromkeys((*known.venues, *seen.venues))),
        sources=tuple(dict.fromkeys((*known.sources, *seen.sources)))[:EVIDENCE],
    )


def faults(episode: Episode) -> Iterator[str]:
    """What cannot be true of it, a line each."""
    yield from _disorder(episode)
    yield from _misspelt(episode)
    if episode.scope != "coin" and not episode.scope.removeprefix("venue:"):
        yield "scope: expected venue:<name>, got no name"
    if episode.scope != "coin" and not episode.scope.startswith("venue:"):
        yield f"scope: expected coin or venue:<name>, got {episode.scope}"
    if episode.trough is not None and not 0 <= episode.trough < inf:
        yield f"trough: expected a price, got {episode.trough}"
    if episode.peak_bp is not None and not 0 <= episode.peak_bp < inf:
        yield f"peak_bp: expected a distance, got {episode.peak_bp}"
    if episode.outcome is Outcome.OPEN and episode.end is not None:
        yield "end: expected none while the outcome is open"


def _misspelt(episode: Episode) -> Iterator[str]:
    """Names that cannot be typed, and texts that would do more to a terminal than be read."""
    for name in ("id", "coin", "scope", "against"):
        word = getattr(episode, name)
        if not word.isprintable() or " " in word or not 0 < len(word) <= WORD:
            yield f"{name}: expected a word of at most {WORD} characters, got {word[:WORD]!r}"
    for name in ("cause", "liquidity", "candles", "caught_from", "spread_to", "venues", "sources"):
        told = getattr(episode, name)
        signs = set(told if isinstance(told, str) else "".join(told)) - {"\n"}
        if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in signs):
            yield f"{name}: expected no control characters"


def _disorder(episode: Episode) -> Iterator[str]:
    """Moments out of order, by more than they are known to."""
    named = ("start", "alert", "trough_at", "recovered_at", "end")
    known = [(name, moment) for name in named if (moment := getattr(episode, name)) is not None]
    lived = [each for each in known if each[0] != "alert"]
    told = [each for each in known if each[0] in ("start", "alert", "end")]  # a sudden fall is past its worst by then
    for (before, early), (after, late) in [*pairwise(lived), *pairwise(told)]:
        if late + episode.precision.length <= early:
            yield f"{after}: expected no earlier than {before} {iso(early)}, got {iso(late)}"


def window(episode: Episode) -> tuple[int, int]:
    """From when to when its path is worth keeping, ns: with a little of what was before and after."""
    last = episode.last + episode.precision.length
    margin = max(HOUR, (last - episode.start) // 8)
    return episode.start - margin, last + margin


def path_of(candles: Candles, episode: Episode, points: int = PATH_POINTS) -> Path:
    """The closes around an episode, at most `points` of them: of each stretch the one farthest in its direction.

    In a market where the coin is what others are priced in, its price is one over theirs.
    """
    import numpy as np

    first, last = np.searchsorted(candles.opened + candles.timeframe, window(episode))
    at, price = candles.opened[first:last] + candles.timeframe, candles.close[first:last]
    inverted = candles.market.quote == episode.coin
    price = 1.0 / price if inverted else price
    starts = np.unique(np.arange(points, dtype=np.int64) * len(at) // points)[: len(at)]
    farthest = np.argmin if episode.direction == "below" else np.argmax
    stretches = zip(starts, [*starts[1:], len(at)], strict=False)
    chosen = [low + farthest(price[low:high]) for low, high in stretches]
    kept = tuple(Point(int(at[each]), float(price[each])) for each in chosen)
    return Path(kept, candles.market.base if inverted else candles.market.quote, str(candles.market))
