"""How little of a market is left in bad times, and how much could be sold there. Estimates, in floats."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from statistics import median

from bot.model.orders import Side
from bot.strategy.liquidity import BP, Levels, Reading

FEW = 30  # looks in which a tail is none
TAIL = 20  # one look in so many is a bad one


@dataclass(frozen=True, slots=True)
class Decay:
    """What a bad time does: the spread grows by `widens` bp, and of the depth `kept` is left, a share."""

    widens: float
    kept: float


MARCH_2023 = Decay(widens=100.0, kept=0.016)
"""USDC/USD at Binance.US, minute by minute, 1 to 13 March 2023: 1 bp wide in calm, 526,000 at the touch. On the 11th
from 04:00 UTC on the medians were 61 bp and 14,500; 100 bp while it was 8 to 12 % below par, 8,700 while 2.5 to 5 %
below."""

WORST_BP = 800.0  # off the peg: from there on spreads were that wide
ONSET = 0.03  # of that: by 30 bp off the peg depth was as good as gone, spreads went on growing with the distance


def severity(off_bp: float) -> float:
    """How bad a time is, 0 to 1, by how far the coin is off its peg."""
    return min(abs(off_bp) / WORST_BP, 1.0)


def decay(history: Sequence[Reading]) -> Decay | None:
    """What bad times did to a market by its own history: its worst twentieth beside its median.

    None where too little is known. A history without a bad time in it says little: see `worse`.
    """
    spreads = sorted(each.spread_bp for each in history if each.spread_bp < inf)
    if len(spreads) < FEW:
        return None
    depths = sorted(each.depth for each in history if each.spread_bp < inf)
    bad, usual = len(depths) // TAIL, median(depths)
    kept = depths[bad] / usual if usual > 0 else 0.0
    return Decay(max(spreads[-1 - bad] - median(spreads), 0.0), min(max(kept, 0.0), 1.0))


def worse(one: Decay, other: Decay) -> Decay:
    """As bad as either in each respect."""
    return Decay(max(one.widens, other.widens), min(one.kept, other.kept))


def stressed(
    depth: float, spread_bp: float, severity: float, decay: Decay = MARCH_2023, already: float = 0.0
) -> tuple[float, float]:
    """Depth and spread (bp) as they would be in a bad time, of those now. Severities 0 to 1, 1 is March 2023.

    Depth goes at once, when the coin has hardly moved; the spread grows with how far it is gone. What the time is
    `already` like has been seen and is not counted again.
    """
    bad, now = min(max(severity, 0.0), 1.0), min(max(already, 0.0), 1.0)
    if bad <= now:
        return depth, spread_bp
    gone = min(bad / ONSET, 1.0) - min(now / ONSET, 1.0)
    return depth * decay.kept**gone, spread_bp + decay.widens * (bad - now)


def in_stress(levels: Levels, side: Side, severity: float, decay: Decay = MARCH_2023, already: float = 0.0) -> Levels:
    """Levels as they would stand in a bad time: thinner, and further away by half of what the spread grows by."""
    left, wider_bp = stressed(1.0, 0.0, severity, decay, already)
    away = 1 + wider_bp / 2 / BP if side is Side.BUY else 1 - wider_bp / 2 / BP
    return tuple((price * away, size * left) for price, size in levels)


def sellable(bids: Levels, severity: float, worst: float, decay: Decay = MARCH_2023, already: float = 0.0) -> float:
    """Base units that could be sold in a bad time at `worst` or more, were the middle where it is."""
    return sum(size for price, size in in_stress(bids, Side.SELL, severity, decay, already) if price >= worst)
