"""What would have been said of past depegs at the time, or now without them."""

from enum import StrEnum
from math import inf

from bot.model.coins import Stablecoin
from bot.model.decisions import Depeg
from bot.model.episodes import Episode, Redemption, severity_of
from bot.model.outlooks import Outlook
from bot.model.redeeming import Access
from bot.strategy.memory import Memory
from bot.strategy.outlook import assess
from bot.strategy.thresholds import Thresholds

NOTICED_BP = Thresholds().entry  # how deep a depeg is when it is told of


class Cut(StrEnum):
    """Which of the past may be known."""

    LEFT_OUT = "left out"  # all but the one that is judged: what came later, and what it caused, is known
    BEFORE = "before"  # what was over by then


class When(StrEnum):
    """At which moment it is judged."""

    ALERT = "alert"  # nothing of its depth is known but that it is one
    TROUGH = "trough"  # at its worst


class Paid(StrEnum):
    """What is known of redemption."""

    UNKNOWN = "unknown"
    WRITTEN = "as written"  # as the database says it was: partly hindsight


def judged(
    episode: Episode,
    memory: Memory,
    cut: Cut,
    when: When = When.ALERT,
    paid: Paid = Paid.WRITTEN,
) -> Outlook | None:
    """What would be said of it. None where it is not known how deep it went, and that is asked."""
    now, bp = _seen(episode, when)
    if bp is None:
        return None
    known = memory.before(now) if cut is Cut.BEFORE else memory
    others = known.without(episode.id) if any(each.id == episode.id for each in known.episodes) else known
    depeg = depeg_of(episode, bp)
    return assess(depeg, coin_of(episode), _access(episode, paid), _price(depeg), now, others)


def moment_of(episode: Episode, when: When) -> int:
    """When it is judged, ns; at its start where nothing finer is known."""
    told = episode.alert if when is When.ALERT else episode.trough_at
    return max(told or episode.start, episode.start)


def depeg_of(episode: Episode, bp: float) -> Depeg:
    """The episode as detection saw it when it was `bp` deep. Above the peg a price may be any multiple of it."""
    below = episode.direction == "below"
    at = moment_of(episode, When.TROUGH if bp == episode.peak_bp else When.ALERT)
    price = max(1.0 - bp / 1e4, 0.0) if below else 1.0 + bp / 1e4
    return Depeg(
        coin=episode.coin,
        scope=episode.scope,
        direction=episode.direction,
        start=episode.start,
        alert=at,
        severity=severity_of(bp),
        trough_at=at,
        trough=price,
        peak_bp=bp,
        anchored=True,
        venues=episode.venues,
    )


def coin_of(episode: Episode) -> Stablecoin | None:
    """The coin as it was at the time; None where what stood behind it is not known."""
    if episode.mechanism is None:
        return None
    return Stablecoin(episode.coin, episode.coin, episode.mechanism)


def _seen(episode: Episode, when: When) -> tuple[int, float | None]:
    if when is When.TROUGH:
        return moment_of(episode, when), episode.peak_bp
    return moment_of(episode, when), min(NOTICED_BP, inf if episode.peak_bp is None else episode.peak_bp)


def _price(depeg: Depeg) -> float:
    """The coin's own: at par where one venue alone is out of line."""
    return depeg.trough if depeg.scope == "coin" else 1.0


def _access(episode: Episode, paid: Paid) -> Access:
    match paid:
        case Paid.WRITTEN:
            return Access(episode.redemption, episode.reopened, "as the database has it")
        case Paid.UNKNOWN:
            return Access(Redemption.UNKNOWN, None, "left open")
