"""Outlooks held against what came: the scores are what they say, and the rules do not hang on one episode."""

from dataclasses import replace
from functools import cache
from math import log

import pytest

from bot.analysis import calibration
from bot.analysis.calibration import calibrate, changes, predictions, reliability
from bot.analysis.hindsight import Cut, Paid, When, judged
from bot.model.coins import Mechanism
from bot.model.episodes import Outcome, Redemption
from bot.model.outlooks import Stance
from bot.records import catalogue
from bot.strategy.memory import Memory


@cache
def everything():
    """All that the catalogue remembers."""
    return Memory.of(catalogue.parse(catalogue.shipped()))


@pytest.mark.parametrize("cut", Cut)
@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("paid", Paid)
def test_outlooks_say_more_than_the_base_rate(cut, when, paid):
    """By Brier's score and by the logarithm, whatever may be known of the past and of redemption."""
    told = calibrate(everything(), cut, when, paid)

    assert told is not None
    assert told.brier < 0.85 * told.base_brier
    assert told.log_score < 0.9 * told.base_log_score


@pytest.mark.parametrize("cut", Cut)
def test_what_could_have_been_held_came_back(cut):
    """Every one, and no coin that died was more than probable."""
    told = predictions(everything(), cut, When.ALERT, Paid.WRITTEN)

    assert all(each.recovered for each in told if each.stance is Stance.HOLD)
    assert sum(each.stance is Stance.HOLD for each in told) > 8
    assert not any(each.low > 0.7 for each in told if not each.recovered)


@pytest.mark.parametrize("cut", Cut)
def test_the_table_counts_every_episode(cut):
    """Bins hold all predictions, those that came back among them, and their intervals hold the share that did."""
    told = calibrate(everything(), cut, When.ALERT, Paid.WRITTEN)

    assert sum(each.count for each in told.bins) == told.count
    assert sum(round(each.count * each.came) for each in told.bins) == told.recovered
    for each in told.bins:
        assert each.at_least <= each.said <= each.below
        assert each.low <= each.came <= each.high or each.came in (0.0, 1.0)


def test_scores_are_brier_and_logarithm():
    """Of one sure word that was wrong and one that was right."""
    told = predictions(everything(), Cut.BEFORE, When.ALERT, Paid.WRITTEN)[:1] * 2
    pair = [replace(told[0], recovery=0.8, recovered=True), replace(told[1], recovery=0.8, recovered=False)]
    (only,) = reliability(pair)

    assert (only.count, only.came, only.said) == (2, 0.5, 0.8)
    assert calibration.surprise(0.8, recovered=True) == pytest.approx(-log(0.8))
    assert calibration.surprise(0.8, recovered=False) == pytest.approx(-log(0.2))
    assert calibration.surprise(0.0, recovered=True) < 20


def test_of_few_the_interval_is_wide():
    """Two of two is no certainty; two hundred of two hundred nearly is."""
    few, many = calibration.interval(2, 0), calibration.interval(200, 0)

    assert few[0] < 0.65
    assert many[0] > 0.98
    assert few[1] <= 1.0


def test_walking_forward_knows_nothing_of_what_came_later():
    """What is said of a depeg stays the same when everything after it had gone otherwise."""
    usdc = next(each for each in everything().episodes if each.id == "usdc-2023-03")
    otherwise = [
        replace(each, outcome=Outcome.DIED) if each.start > usdc.start else each for each in everything().episodes
    ]
    said, then = (judged(usdc, memory, Cut.BEFORE) for memory in (everything(), Memory.of(otherwise)))

    assert (said.recovery, said.stance, said.reasons) == (then.recovery, then.stance, then.reasons)


def test_leaving_out_leaves_out():
    """An episode's own end does not speak for it."""
    usdc = next(each for each in everything().episodes if each.id == "usdc-2023-03")
    died = replace(usdc, outcome=Outcome.DIED)
    other = Memory.of([*everything().without(usdc.id).episodes, died])

    assert judged(usdc, everything(), Cut.LEFT_OUT) == judged(died, other, Cut.LEFT_OUT)


@pytest.mark.parametrize("cut", Cut)
@pytest.mark.parametrize("when", When)
def test_no_stance_hangs_on_one_episode_of_an_issuers_coins(cut, when):
    """Whichever is left out, what may be done with each coin is the same (the command asks it of all mechanisms)."""
    issuers = Memory(tuple(each for each in everything().episodes if each.mechanism is Mechanism.FIAT))

    assert changes(issuers, cut, when) == []


def test_a_conclusion_that_hangs_on_one_episode_is_told():
    """As rescues add up there comes one without which the coin would not be held: the report says so."""
    rescue = next(each for each in everything().episodes if each.id == "dai-2023-03")
    paid = replace(rescue, redemption=Redemption.OPEN, caught_from=())
    pasts = (Memory.of(replace(paid, id=f"dai-{k}") for k in range(many)) for many in range(2, 16))
    hold = [each for past in pasts for each in changes(past, Cut.LEFT_OUT) if each.stance is Stance.HOLD]

    assert {each.instead for each in hold} == {Stance.HEDGED}
    assert all(each.left_out != each.of for each in hold)


def test_of_no_episodes_nothing_is_said():
    """An empty past has no scores."""
    assert calibrate(Memory(), Cut.BEFORE, When.ALERT, Paid.WRITTEN) is None
    assert changes(Memory(), Cut.BEFORE) == []
