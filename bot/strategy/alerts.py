"""What an operator is told of a depeg."""

from bot.model.decisions import Depeg, Warn
from bot.strategy.deviation import COIN

SECOND = 10**9
MINUTE = 60 * SECOND
READABLE = 100  # characters: longer evidence, such as all venues by name, stays with the depeg
FEW = 3


def warning(depeg: Depeg) -> Warn:
    """One line: the coin, where, which way, how bad, how far; and the evidence that first led to the alert."""
    where = "" if depeg.scope == COIN else f" at {depeg.scope.removeprefix('venue:')}"
    return Warn(f"{depeg.coin}{where} {_standing(depeg)}", depeg)


def _standing(depeg: Depeg) -> str:
    if depeg.end is not None:
        return f"is back at its peg after {_lasted(depeg.end - depeg.start)}, {_farthest(depeg)}"
    told = f"is {depeg.direction} its peg, {depeg.severity.name.lower()}, {_farthest(depeg)}"
    doubt = "" if depeg.anchored else "; no dollar market says so"
    because = "; ".join(line for line in depeg.evidence if len(line) <= READABLE)
    return f"{told}{doubt} ({because})" if because else f"{told}{doubt}"


def _farthest(depeg: Depeg) -> str:
    """The trough, or the peak, and where it showed."""
    venues = ", ".join(depeg.venues) if len(depeg.venues) <= FEW else f"{len(depeg.venues)} venues"
    return f"{depeg.trough:.4f} at the farthest ({depeg.peak_bp:,.0f} bp), seen at {venues}"


def _lasted(time: int) -> str:
    return f"{time / MINUTE:,.0f} min" if time >= 2 * MINUTE else f"{time / SECOND:.0f} s"
