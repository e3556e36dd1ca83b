"""Old paths go to files and come back without loss; what is wrong with them is found; the same on both databases."""

import pytest
from sqlalchemy import text

from bot.model.times import DAY
from bot.records import archive, episode_checks
from bot.records.episode_database import EpisodesError
from bot.records.episode_tables import PATHS
from bot.records.episodes import Query

from .chronicle import START, numbered

COUNT = 60


@pytest.fixture
async def full(episodes):
    """A database of episodes with paths, a day apart."""
    await episodes.put(numbered(COUNT))
    return episodes


async def paths_of(episodes):
    """Every path there is, wherever it lies."""
    return {each.id: await episodes.path(each.id) for each in await episodes.search(Query())}


async def test_the_archive_loses_nothing(full):
    """Paths of old episodes are in a file, others in the database, and all of them still found."""
    before = await paths_of(full)
    moved = await archive.move(full.database, full.folder, START + 40 * DAY)
    async with full.database.reading() as connection:
        left = len((await connection.execute(PATHS.select().where(PATHS.c.points.is_not(None)))).all())

    assert (moved.paths, left) == (40, COUNT - 40)
    assert await paths_of(full) == before
    assert (await archive.move(full.database, full.folder, START + 40 * DAY)).paths == 0


async def test_what_was_archived_comes_back(full):
    """From all its files, into the database."""
    before = await paths_of(full)
    await archive.move(full.database, full.folder, START + 20 * DAY)
    await archive.move(full.database, full.folder, START + 40 * DAY)
    brought = await archive.bring_back(full.database, full.folder)
    for name in brought.files:
        (full.folder / name).unlink()

    assert (brought.paths, len(brought.files)) == (40, 2)
    assert await paths_of(full) == before


async def test_a_missing_file_loses_no_episode(full):
    """The episode is there, its path is said to be gone and where it should be; nothing can be brought back."""
    moved = await archive.move(full.database, full.folder, START + DAY)
    (full.folder / moved.files[0]).unlink()

    assert await full.get("c0-0")
    with pytest.raises(EpisodesError, match=f"{moved.files[0]}.*is not there"):
        await full.path("c0-0")
    with pytest.raises(EpisodesError, match="is not there"):
        await archive.bring_back(full.database, full.folder)


async def test_a_sound_database_has_no_faults(full):
    """Whatever is in the archive."""
    await archive.move(full.database, full.folder, START + 40 * DAY)
    health = await episode_checks.check(full.database, full.folder)

    assert health.faults == ()
    assert (health.episodes, health.paths, health.archived) == (COUNT, COUNT, 40)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("UPDATE episode_paths SET digest = 'x' WHERE episode = 'c5-45'", "c5-45: its path is damaged"),
        ("UPDATE episodes SET trough_at = start - 86400000000000 WHERE id = 'c5-45'", "c5-45: trough_at: expected"),
        ("UPDATE episodes SET outcome = 'lost' WHERE id = 'c5-45'", "c5-45: 'lost' is not a valid Outcome"),
        ("UPDATE episode_archives SET digest = 'x'", "is not the file that was written"),
    ],
)
async def test_harm_is_found(full, harm, said):
    """And named."""
    await archive.move(full.database, full.folder, START + 40 * DAY)
    async with full.database.writing() as connection:
        await connection.execute(text(harm))
    health = await episode_checks.check(full.database, full.folder)

    assert len(health.faults) == 1
    assert said in health.faults[0]


async def test_a_lost_archive_is_found(full):
    """The file is named, with how many paths were in it; once these have been entered anew it is not missed."""
    moved = await archive.move(full.database, full.folder, START + 2 * DAY)
    (full.folder / moved.files[0]).write_bytes(b"no longer Parquet")
    health = await episode_checks.check(full.database, full.folder)

    await full.put(numbered(2))

    assert [fault.endswith("(2 were in it)") for fault in health.faults] == [True]
    assert "cannot be read" in health.faults[0]
    assert (await episode_checks.check(full.database, full.folder)).faults == ()
    assert (await archive.bring_back(full.database, full.folder)).paths == 0


async def test_a_folder_that_cannot_be_written_moves_nothing(full, tmp_path):
    """All paths stay."""
    (tmp_path / "file").touch()
    with pytest.raises(EpisodesError, match="cannot be archived"):
        await archive.move(full.database, tmp_path / "file" / "below", START + 40 * DAY)

    assert None not in (await paths_of(full)).values()
