"""Episodes are kept, found, recorded as they are seen, and never doubled; the same on SQLite and PostgreSQL."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from bot.model.decisions import Severity
from bot.model.episodes import Grade, Origin, Outcome, Path, Point
from bot.model.times import DAY, HOUR, MINUTE
from bot.records.episode_database import EpisodesError
from bot.records.episodes import Query

from .chronicle import DEPEG, PATH, START, SVB, episode, numbered, paths


async def test_what_is_kept_comes_back(episodes):
    """An episode and its path, equal; its id in any case."""
    kept = await episodes.put([(SVB, PATH)])

    assert (kept.added, kept.changed, kept.refused) == (1, 0, {})
    assert await episodes.get("USDC-2023-03") == SVB
    assert await episodes.path("USDC-2023-03") == PATH


@given(episode, paths)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_anything_that_can_be_an_episode_comes_back(episodes, some, path):
    """Every field of it, and every point of its path to the bit."""
    some = replace(some, id=some.id.lower())
    kept = await episodes.put([(some, path)])

    if not kept.refused:
        assert await episodes.get(some.id) == some
        assert await episodes.path(some.id) == path


async def test_the_same_id_is_the_same_episode(episodes):
    """It is changed, and keeps the path it had unless a new one comes with it."""
    await episodes.put([(SVB, PATH)])
    kept = await episodes.put([(replace(SVB, cause="a bank"), None)])

    assert (kept.added, kept.changed) == (0, 1)
    assert (await episodes.get(SVB.id)).cause == "a bank"
    assert await episodes.path(SVB.id) == PATH


async def test_two_names_for_one_episode_are_refused(episodes):
    """The second is named with the first; what came with it is kept."""
    kept = await episodes.put(
        [(SVB, None), (replace(SVB, id="again"), None), (replace(SVB, id="dai", coin="DAI"), None)]
    )

    assert (kept.added, list(kept.refused)) == (2, ["again"])
    assert SVB.id in kept.refused["again"]


async def test_who_is_not_there_is_named(episodes):
    """With where to look."""
    with pytest.raises(EpisodesError, match=r"no episode nobody.*list"):
        await episodes.get("nobody")
    assert await episodes.path("nobody") is None


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        (Query(coin="C3"), lambda each: each.coin == "C3"),
        (Query(coin="C3", at_least_bp=1_000), lambda each: each.coin == "C3" and each.peak_bp >= 1_000),
        (Query(at_least_bp=57, at_most_bp=140, traps=True), lambda each: 57 <= each.peak_bp <= 140),
        (Query(since=START + 10 * DAY, until=START + 20 * DAY), lambda each: 10 <= (each.start - START) // DAY <= 20),
        (Query(outcomes=(Outcome.DIED, Outcome.TRAP)), lambda each: each.outcome in ("died", "trap")),
        (Query(grades=(Grade.PRESS,)), lambda each: each.grade == "press"),
        (Query(direction="above"), lambda each: each.direction == "above" and each.outcome != "trap"),
        (Query(), lambda each: each.outcome != "trap"),
        (Query(traps=True), lambda _: True),
        (Query(scope="venue:kraken"), lambda each: each.scope == "venue:kraken"),
    ],
)
async def test_a_search_finds_what_fits_and_nothing_else(episodes, query, fits):
    """Whatever is asked for; traps only where they are asked for."""
    every = [each for each, _ in numbered(40)]
    every[3] = replace(every[3], outcome=Outcome.DIED, grade=Grade.PRESS)
    every[4] = replace(every[4], outcome=Outcome.TRAP, direction="above")
    every[5] = replace(every[5], direction="above", scope="venue:kraken")
    await episodes.put([(each, None) for each in every])

    found = await episodes.search(query)

    assert {each.id for each in found} == {each.id for each in every if fits(each)}
    assert found == sorted(found, key=lambda each: -each.start)


async def test_the_deepest_come_first_where_that_is_asked(episodes):
    """As many as wanted; whose depth nobody knows come last."""
    unknown = replace(SVB, id="unknown", coin="IRON", peak_bp=None)
    await episodes.put([*numbered(9), (unknown, None)])

    found = await episodes.search(Query(by="depth"))

    assert [each.peak_bp for each in found[:-1]] == sorted((each.peak_bp for each in found[:-1]), reverse=True)
    assert found[-1] == unknown
    assert await episodes.search(Query(by="depth", limit=3)) == found[:3]


async def test_a_depeg_fills_the_database_as_it_goes_on(episodes):
    """Open at first; deeper, then ended, it is still one episode."""
    first = await episodes.record(DEPEG)
    await episodes.record(replace(DEPEG, trough=0.874, peak_bp=1_260.0, severity=Severity.CRITICAL))
    ended = await episodes.record(replace(DEPEG, end=START + DAY, venues=("coinbase",)), PATH)

    assert await episodes.search(Query()) == [ended]
    assert (first.outcome, ended.outcome) == (Outcome.OPEN, Outcome.RECOVERED)
    assert (ended.peak_bp, ended.severity, ended.origin) == (1_260.0, Severity.CRITICAL, Origin.DETECTED)
    assert ended.venues == ("kraken", "coinbase")
    assert await episodes.path(ended.id) == PATH


async def test_after_a_restart_the_open_episode_goes_on(episodes):
    """A detector that woke in the middle of it sees a later start: the earlier one stands."""
    await episodes.record(DEPEG)
    await episodes.record(replace(DEPEG, start=START + 3 * HOUR, alert=START + 3 * HOUR, trough_at=START + 4 * HOUR))

    (only,) = await episodes.search(Query())
    assert only.start == START


async def test_the_next_depeg_is_another(episodes):
    """So is the same hour at one venue only, or above the peg."""
    await episodes.record(replace(DEPEG, end=START + HOUR))
    await episodes.record(replace(DEPEG, start=START + DAY, alert=START + DAY, trough_at=START + DAY))
    await episodes.record(replace(DEPEG, scope="venue:binanceus"))
    await episodes.record(replace(DEPEG, direction="above"))

    assert await episodes.count() == 4


async def test_what_history_knows_is_not_doubled(episodes):
    """A scan that finds an episode of the catalogue, some minutes off, gives it a path and leaves its words."""
    await episodes.put([(SVB, None)])
    known = await episodes.record(replace(DEPEG, start=START + 7 * MINUTE), PATH)
    again = await episodes.record(replace(DEPEG, start=START - 7 * MINUTE), replace(PATH, source="another"))

    assert known == again == SVB
    assert await episodes.count() == 1
    assert await episodes.path(SVB.id) == PATH


async def test_a_path_can_be_given_later(episodes):
    """To an episode that is there; one without points is none."""
    await episodes.put([(SVB, Path(()))])
    assert await episodes.path(SVB.id) is None
    await episodes.keep_path(SVB.id, Path((Point(START, 0.9),)))

    assert await episodes.path(SVB.id) == Path((Point(START, 0.9),))
    with pytest.raises(EpisodesError, match="nobody"):
        await episodes.keep_path("nobody", PATH)


async def test_paths_are_had_in_bulk(episodes):
    """Of more episodes than a database takes names in one question."""
    await episodes.put([(SVB, PATH)])

    assert await episodes.paths([*(f"nobody-{k}" for k in range(40_000)), SVB.id]) == {SVB.id: PATH}
