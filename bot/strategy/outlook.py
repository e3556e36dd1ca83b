"""Will a coin that left its peg come back, when, how surely.

What the past says of its mechanism, its depth and its likes (`chances`) is carried on in log-odds by what is known now:
whether par is paid, what the chain shows, and how long it has lasted. All constants are reasoned, none is fitted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, log

from bot.model.coins import Mechanism, Stablecoin
from bot.model.decisions import Depeg
from bot.model.episodes import Redemption
from bot.model.outlooks import Outlook, Stance
from bot.model.redeeming import Access
from bot.model.times import HOUR
from bot.strategy import chances, stances
from bot.strategy.chances import Chance, Prior
from bot.strategy.deviation import COIN
from bot.strategy.likeness import AT_PAR, shape_of
from bot.strategy.memory import Memory as Memory
from bot.strategy.stances import Verdict

# In log-odds. Past coins that paid par all came back: thirteen of an issuer's, four of a protocol's. With half an
# episode against them for what is still to be seen, that is 27 and 9 to 1. A little less is believed, since who tells a
# story afterwards knows its end: 20 and 7 to 1.
PAID_BY_ISSUER, PAID_BY_CODE = 3.0, 2.0
WAIT = 0.4  # less by a third where it is paid when the banks open: promises of par are at times put off
LIMITED = -0.5  # some are paid: of those that came back as many were so as of the others, or a little fewer
SHUT = -1.0  # nobody says until when: most of those that did so died
GONE = -2.5  # one in twelve: somebody may make holders whole
HELD_ELSEWHERE = 3.0  # one venue alone is out of line: twenty to one that it is the venue

BALANCED = 0.5  # of a pool's worth in one coin: half of two, and more than its part of three
LEAN = 2.0  # for each unit of share above that: nine tenths of a pool in it make it half as likely
FLOOD = 5.0  # for each unit of share an hour
DRAIN = 2.0  # for each unit of the module's room an hour
MOST = 1.0  # that one sign of the chain can weigh


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the chain shows of a coin; None: not known. It only ever worsens an outlook: calm proves nothing."""

    pool_share: float | None = None  # how much of its main pools is this coin, 0 to 1
    pool_velocity: float | None = None  # share an hour
    psm_drain: float | None = None  # share an hour of the peg module's room


NOTHING = Evidence()


def assess(
    depeg: Depeg,
    coin: Stablecoin | None,
    access: Access,
    price: float,
    now: int,
    memory: Memory,
    evidence: Evidence = NOTHING,
) -> Outlook:
    """The outlook of a coin at `now` (ns UTC). `price` is the coin's own, everywhere, in units of its peg.

    Times in it are from `now` on and of those that come back. Where only one venue is out of line it is the outlook of
    the coin, which holds its peg elsewhere. Above the peg there is no stop (`worst` is infinite), a premium that stays
    is worth its price, and nobody holds what is too dear: the stance is HEDGED at the boldest.
    """
    mechanism = coin.mechanism if coin else None
    everywhere = depeg.scope == COIN
    lasted = max(now - depeg.start, 0) if everywhere else 0
    shape = shape_of(depeg) if everywhere else AT_PAR
    past = chances.prior(memory, mechanism, depeg.direction)
    chance, away = past.chances[shape], past.away.away(lasted)
    shift = _redeeming(mechanism, access, now) + _chain(evidence) + log(away) + (0.0 if everywhere else HELD_ELSEWHERE)
    low, recovery, high = (chances.share(each + shift) for each in chance[:3])
    worst = past.stop if depeg.direction == "below" else inf
    verdict = _verdict(depeg, mechanism, access, low, now, away, price, worst)
    times = chances.away(memory, mechanism, depeg.direction, shape.depth)
    return Outlook(
        coin=depeg.coin,
        made_at=now,
        recovery=recovery,
        recovery_low=low,
        recovery_high=high,
        fair=_fair(depeg, recovery, past, price),
        worst=worst,
        median_time=times.until(lasted, 0.5) if recovery >= 0.5 else None,
        late_time=times.until(lasted, 0.9),
        stance=verdict[0],
        likeness=round(chance.like),
        reasons=tuple(_reasons(depeg, mechanism, access, chance, verdict, lasted, away, evidence)),
    )


def _redeeming(mechanism: Mechanism | None, access: Access, now: int) -> float:
    paid = PAID_BY_ISSUER if mechanism is Mechanism.FIAT else PAID_BY_CODE
    match access.state:
        case Redemption.OPEN:
            return paid
        case Redemption.CLOSED if stances.shut_for_long_weekend(access, now):
            return paid - WAIT
        case Redemption.CLOSED if access.until is None or access.until <= now:
            return SHUT
        case Redemption.LIMITED | Redemption.CLOSED:  # one that opens in a year is as good as limited
            return LIMITED
        case Redemption.BROKEN:
            return GONE
        case Redemption.UNKNOWN:
            return 0.0


def _chain(evidence: Evidence) -> float:
    return -(
        _weight(LEAN, (evidence.pool_share or 0.0) - BALANCED)
        + _weight(FLOOD, evidence.pool_velocity or 0.0)
        + _weight(DRAIN, evidence.psm_drain or 0.0)
    )


def _weight(slope: float, sign: float) -> float:
    return min(max(slope * sign, 0.0), MOST)


def _fair(depeg: Depeg, recovery: float, past: Prior, price: float) -> float:
    """Par, or what is left: no more than it costs now, since what will not come back is worth no more than that."""
    if depeg.direction == "above":
        return recovery + (1.0 - recovery) * max(price, 1.0)
    return recovery + (1.0 - recovery) * min(past.lost, max(price, 0.0), 1.0)


def _verdict(
    depeg: Depeg,
    mechanism: Mechanism | None,
    access: Access,
    low: float,
    now: int,
    away: float,
    price: float,
    worst: float,
) -> Verdict:
    verdict = stances.boldest(mechanism, access, low, now)
    for other in _limits(depeg, away, price, worst):
        verdict = stances.narrowed(verdict, other)
    return verdict


def _limits(depeg: Depeg, away: float, price: float, worst: float) -> Iterator[Verdict]:
    """What forbids more, whatever else is known."""
    if depeg.direction == "above":
        yield Stance.HEDGED, "it is too dear: there is nothing to hold"
    elif price < worst:
        yield Stance.NO_TOUCH, f"{price:.3f} is below {worst:.2f}, where the outlook is wrong"
    elif depeg.scope == COIN and depeg.trough < worst:
        yield Stance.ATOMIC, f"it was at {depeg.trough:.3f}, below {worst:.2f}, where the outlook is wrong"
    if away <= stances.LATE:
        yield Stance.HEDGED, "nine of ten that came back were back by now"


def _reasons(
    depeg: Depeg,
    mechanism: Mechanism | None,
    access: Access,
    chance: Chance,
    verdict: Verdict,
    lasted: int,
    away: float,
    evidence: Evidence,
) -> Iterator[str]:
    yield verdict[1]
    if depeg.scope != COIN:
        yield f"only {depeg.scope.removeprefix('venue:')} is out of line: this is the outlook of the coin itself"
    yield f"redemption {access.state.value}: {access.why}"
    if chance.like:
        yield f"{mechanism}: of {chance.like:.1f} like it {chance.came:.1f} came back"
    else:
        yield "no past episode is like it"
    if lasted:
        yield f"away for {lasted / HOUR:.1f} h, as {100 * away:.0f} % of those that came back"
    if signs := _chain(evidence):
        yield f"the chain shows that it is sold: {signs:+.1f} in log-odds"
