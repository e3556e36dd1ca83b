"""What an operator is told of a depeg."""

from bot.model.decisions import Depeg, Warn
from bot.strategy.deviation import COIN

MINUTE = 60 * 10**9


def warning(depeg: Depeg) -> Warn:
    """One line: the coin, where, which way, how far, how bad; and the evidence that first led to the alert."""
    where = "" if depeg.scope == COIN else f" at {depeg.scope.removeprefix('venue:')}"
    return Warn(f"{depeg.coin}{where} {_standing(depeg)}", depeg)


def _standing(depeg: Depeg) -> str:
    if depeg.end is not None:
        lasted = (depeg.end - depeg.start) / MINUTE
        return f"is back at its peg after {lasted:,.0f} min, {_farthest(depeg)}"
    about = f"is {depeg.direction} its peg, {depeg.severity.name.lower()}, {_farthest(depeg)}"
    doubt = "" if depeg.anchored else "; no dollar market says so"
    return f"{about}{doubt} ({'; '.join(depeg.evidence)})" if depeg.evidence else f"{about}{doubt}"


def _farthest(depeg: Depeg) -> str:
    """The trough, or the peak."""
    return f"{depeg.trough:.4f} at the farthest ({depeg.peak_bp:,.0f} bp)"
