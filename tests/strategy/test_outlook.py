"""Outlooks: what follows from them must be so whatever the past and the present are."""

from dataclasses import replace
from itertools import pairwise
from math import inf
from timeit import repeat

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.model.coins import Mechanism
from bot.model.episodes import Outcome, Redemption
from bot.model.outlooks import Stance
from bot.model.redeeming import Access
from bot.model.times import DAY, HOUR
from bot.strategy import chances
from bot.strategy.memory import Memory
from bot.strategy.outlook import NOTHING, Evidence, assess
from bot.strategy.stances import BOLDEST
from strategy.pasts import (
    COINS,
    NOW,
    WORSENING,
    accesses,
    coins,
    depeg,
    depegs,
    episodes,
    everything,
    evidences,
    memories,
)

OPEN = WORSENING[0]
FIAT = COINS[Mechanism.FIAT]
NUMERIC = 1e-9


def no_better(worse, better):
    """Whether one outlook is as careful as the other, or more so."""
    bolder = BOLDEST.index(worse.stance) < BOLDEST.index(better.stance)
    return worse.recovery_low <= better.recovery_low + NUMERIC and not bolder


@given(depegs, coins, accesses, st.floats(0, 1), memories, evidences)
def test_an_outlook_is_in_order(left, coin, access, price, memory, evidence):
    """The interval holds its middle; fair is between what is left and par; what comes back soon does so before late."""
    told = assess(left, coin, access, price, NOW, memory, evidence)

    assert 0 < told.recovery_low <= told.recovery <= told.recovery_high < 1
    assert told.recovery <= told.fair <= told.recovery + (1 - told.recovery) * price + NUMERIC
    assert 0 < told.worst < 1
    assert 0 <= (told.median_time or 0) <= told.late_time
    assert (told.median_time is None) == (told.recovery < 0.5)
    assert told.reasons


@given(depegs, coins, st.floats(0, 1), memories, evidences)
def test_worse_redemption_is_never_a_better_outlook(left, coin, price, memory, evidence):
    """From par paid now to nothing left to pay it with."""
    told = [assess(left, coin, access, price, NOW, memory, evidence) for access in WORSENING]

    assert all(no_better(worse, better) for better, worse in pairwise(told))


@given(depegs, st.floats(1, 5), coins, accesses, memories)
def test_deeper_is_never_better(left, times, coin, access, memory):
    """A coin that fell further has no better chances, however few have been there."""
    bp = min(left.peak_bp * times, 10_000)
    deeper = replace(left, peak_bp=bp, trough=1 - bp / 1e4)
    told = [assess(each, coin, access, each.trough, NOW, memory) for each in (left, deeper)]

    assert no_better(told[1], told[0])


@given(depegs, st.integers(0, 30 * DAY), coins, accesses, st.floats(0, 1), memories)
def test_longer_is_never_better(left, more, coin, access, price, memory):
    """Whoever is away for longer is less likely one of those that come back."""
    longer = replace(left, start=left.start - more, trough_at=left.trough_at - more)
    told = [assess(each, coin, access, price, NOW, memory) for each in (left, longer)]

    assert no_better(told[1], told[0])


@given(depegs, coins, accesses, st.floats(0, 1), memories, evidences)
def test_the_chain_only_worsens(left, coin, access, price, memory, evidence):
    """A calm pool proves nothing; one that leans does, and more so the more it leans."""
    calm = assess(left, coin, access, price, NOW, memory, NOTHING)
    seen = assess(left, coin, access, price, NOW, memory, evidence)
    leaning = replace(evidence, pool_share=1.0, pool_velocity=1.0, psm_drain=1.0)
    worst = assess(left, coin, access, price, NOW, memory, leaning)

    assert no_better(seen, calm)
    assert no_better(worst, seen)


@given(depegs, coins, accesses, memories)
def test_broader_is_never_better(left, coin, access, memory):
    """What shows at many venues is no mistake of one."""
    few, many = (
        assess(replace(left, venues=names), coin, access, left.trough, NOW, memory) for names in (("a",), tuple("abcd"))
    )

    assert no_better(many, few)


@given(depegs, accesses, memories, episodes(st.just(Outcome.DIED)), st.sampled_from(sorted(COINS)))
def test_another_death_never_raises_the_chances(left, access, memory, dead, mechanism):
    """Of the mechanism or of another: neither the middle nor either end of the interval."""
    more = Memory((*memory.episodes, replace(dead, mechanism=mechanism)))
    coin = COINS[mechanism]
    told, after = (assess(left, coin, access, left.trough, NOW, each) for each in (memory, more))

    assert after.recovery <= told.recovery + NUMERIC
    assert after.recovery_low <= told.recovery_low + NUMERIC
    assert after.recovery_high <= told.recovery_high + NUMERIC


@given(depegs, accesses, st.floats(0, 1), memories, evidences)
def test_an_algorithmic_coin_is_never_touched(left, access, price, memory, evidence):
    """Whatever else is known."""
    told = assess(left, COINS[Mechanism.ALGORITHMIC], access, price, NOW, memory, evidence)

    assert told.stance is Stance.NO_TOUCH


@given(depegs, coins, st.floats(0, 1), memories)
def test_a_coin_that_nobody_can_pay_is_never_touched(left, coin, price, memory):
    """Broken is broken, also where nothing else is known of it."""
    assert assess(left, coin, WORSENING[-1], price, NOW, memory).stance is Stance.NO_TOUCH


@given(depegs, accesses, st.floats(0, 1), memories)
def test_a_stranger_is_not_held(left, access, price, memory):
    """Nobody knows what stands behind it: at most loops in one transaction."""
    assert assess(left, None, access, price, NOW, memory).stance in (Stance.ATOMIC, Stance.NO_TOUCH)


@given(depegs, coins, accesses, memories)
def test_below_the_stop_nothing_is_touched(left, coin, access, memory):
    """The outlook was wrong, and says so."""
    stop = assess(left, coin, access, 1.0, NOW, memory).worst

    assert assess(left, coin, access, stop - 0.001, NOW, memory).stance is Stance.NO_TOUCH


def test_what_has_lasted_longer_than_nearly_all_is_not_held():
    """Nine of ten that came back were back by then."""
    fresh = assess(depeg(), FIAT, OPEN, 0.98, NOW, everything())
    stale = assess(depeg(lasted=200 * DAY), FIAT, OPEN, 0.98, NOW, everything())

    assert fresh.stance is Stance.HOLD
    assert stale.stance is not Stance.HOLD


def test_one_venue_out_of_line_is_not_the_coin():
    """USDe at 0.65 on one exchange is USDe: its own outlook is that of a coin at par, and this is said."""
    coin = COINS[Mechanism.DELTA_NEUTRAL]
    left = depeg(3500.0, coin="USDE", scope="venue:binance", venues=1)
    told = assess(left, coin, OPEN, 0.999, NOW, everything())
    everywhere = assess(replace(left, scope="coin"), coin, OPEN, 0.65, NOW, everything())

    assert told.recovery > 0.95
    assert any("only binance" in reason for reason in told.reasons)
    assert everywhere.stance is Stance.NO_TOUCH


@given(st.floats(20, 10_000), coins, accesses, memories)
def test_a_premium_is_not_held(bp, coin, access, memory):
    """There is no stop above the peg, and a premium is worth at least par and at most its price."""
    left = depeg(bp, direction="above")
    told = assess(left, coin, access, left.trough, NOW, memory)

    assert told.worst == inf
    assert told.stance is not Stance.HOLD
    assert 1 <= told.fair <= left.trough


def test_nothing_known_is_even_and_wide():
    """Without a past the chances are even, the interval is broad, and nothing is held but where par is paid."""
    told = assess(depeg(), FIAT, Access(Redemption.UNKNOWN, None, ""), 0.98, NOW, Memory())

    assert abs(told.recovery - 0.5) < 0.1
    assert told.recovery_high - told.recovery_low > 0.4
    assert told.likeness == 0
    assert told.stance is Stance.ATOMIC


def test_the_interval_of_few_is_wider_than_that_of_many():
    """The same share of more episodes is known better."""
    few = [each for each in everything().episodes if each.mechanism is Mechanism.FIAT][:5]
    many = [replace(each, id=f"{each.id}-{k}") for each in few for k in range(8)]
    wide, narrow = (assess(depeg(), FIAT, OPEN, 0.98, NOW, Memory.of(past)) for past in (few, many))

    assert narrow.recovery_high - narrow.recovery_low < wide.recovery_high - wide.recovery_low
    assert narrow.likeness > wide.likeness


@given(st.floats(0.5, 60), st.floats(0.5, 60))
def test_quantiles_are_those_of_the_beta_distribution(yes, no):
    """Random shares fall below them as often as they say."""
    shares = np.random.default_rng(1).beta(yes, no, 40_000)
    told = chances.quantiles(np.array([yes]), np.array([no]), (0.1, 0.9))

    for part, ends in zip((0.1, 0.9), told, strict=True):
        assert abs(np.mean(shares <= chances.share(float(ends[0]))) - part) < 0.01


def test_a_look_costs_microseconds():
    """What depends on the past alone is reckoned once: fifty microseconds are plenty for the rest."""
    left, access = depeg(), Access(Redemption.CLOSED, NOW + DAY, "banks are shut")
    evidence = Evidence(0.7, 0.01, 0.1)

    def look():
        return assess(left, FIAT, access, 0.98, NOW + HOUR, everything(), evidence)

    assert min(repeat(look, number=200, repeat=9)) / 200 < 50e-6
