"""The catalogue that comes with repeg is sound, is loaded once, and leaves alone what the user has changed."""

import csv
import os
from dataclasses import replace
from pathlib import Path

import pytest

from bot.model.episodes import Grade, Origin, Outcome
from bot.model.times import moment
from bot.records import catalogue
from bot.records.episodes import Episodes, Query

from .chronicle import SVB

SHIPPED = catalogue.parse(catalogue.shipped())
FIRST = b"""
[usdc-2023-03]
coin = "USDC"
start = "2023-03-10T22:05Z"
outcome = "recovered"
grade = "press"

[iron-2021-06]
coin = "IRON"
start = "2021-06"
outcome = "died"
grade = "press"
"""
SECOND = (
    FIRST.replace(b"press", b"measured")
    + b"""
[dai-2023-03]
coin = "DAI"
start = "2023-03-11"
outcome = "recovered"
grade = "press"
"""
)


def test_every_row_has_a_source_and_a_depth_that_fits():
    """Who says so, and severity by how deep it was; a measured one says what was measured."""
    for each in SHIPPED:
        assert each.sources, each.id
        assert each.origin is Origin.CATALOGUE
        assert (each.severity is None) == (each.peak_bp is None) or each.doubtful
        assert each.grade is not Grade.MEASURED or each.trough is not None


def test_rows_name_each_other():
    """What an episode came from, and what came of it, is in the catalogue."""
    names = {each.id for each in SHIPPED}

    assert {name for each in SHIPPED for name in (*each.caught_from, *each.spread_to)} <= names


@pytest.mark.data
def test_every_documented_depeg_is_in_it():
    """By its coin and month; traps as traps."""
    file = Path(os.environ.get("REPEG_DATA", "../shared/data")) / "episodes.csv"
    if not file.exists():
        pytest.skip("no market history")
    known = {(each.coin.partition("-")[0], each.outcome is Outcome.TRAP) for each in SHIPPED}
    with file.open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            coin = {"PAX": "USDP", "USDC.m": "USDC"}.get(row["coin"], row["coin"]).upper().split("/")[0].split()[0]
            assert (coin, row["event_id"].startswith("TRAP")) in known, row["event_id"]


async def test_the_first_start_loads_it(where, tmp_path):
    """All of it, once: what is there is not loaded again."""
    for _ in range(2):
        episodes = await Episodes.open(where, tmp_path)
        count = await episodes.count()
        found = await episodes.search(Query(traps=True))
        await episodes.close()

    assert count == len(SHIPPED)
    assert {each.id: each for each in found} == {each.id: each for each in SHIPPED}


async def test_a_newer_edition_adds_and_corrects(where, tmp_path):
    """New rows are added, changed ones changed, but not what the user has changed."""
    episodes = await Episodes.open(where, tmp_path, edition=FIRST)
    edited = replace(await episodes.get("usdc-2023-03"), cause="mine")
    await episodes.put([(edited, None)])
    await episodes.close()
    episodes = await Episodes.open(where, tmp_path, edition=SECOND)

    assert await episodes.get("usdc-2023-03") == edited
    assert (await episodes.get("iron-2021-06")).grade is Grade.MEASURED
    assert await episodes.count() == 3
    await episodes.close()


async def test_a_corrected_row_gives_way_to_the_users_of_the_same_beginning(where, tmp_path):
    """It stays as it was; the others are corrected."""
    moved = SECOND.replace(b'start = "2021-06"', b'start = "2021-06-16"')
    episodes = await Episodes.open(where, tmp_path, edition=FIRST)
    mine = replace(SVB, id="mine", coin="IRON", start=moment("2021-06-16"), trough_at=None, recovered_at=None)
    await episodes.put([(mine, None)])
    await episodes.close()
    episodes = await Episodes.open(where, tmp_path, edition=moved)

    assert (await episodes.get("iron-2021-06")).start == moment("2021-06-01")
    assert await episodes.get("mine") == mine
    assert (await episodes.get("usdc-2023-03")).grade is Grade.MEASURED
    await episodes.close()


async def test_what_was_there_first_stays(where, tmp_path):
    """An episode that the user has under the catalogue's id, or with its beginning, is the user's."""
    episodes = await Episodes.open(where, tmp_path, edition=b"")
    await episodes.put([(replace(SVB, id="mine"), None)])
    await episodes.close()
    episodes = await Episodes.open(where, tmp_path, edition=FIRST)

    assert {each.id for each in await episodes.search(Query())} == {"mine", "iron-2021-06"}
    await episodes.close()
