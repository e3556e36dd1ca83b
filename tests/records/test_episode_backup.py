"""A backup is whole, taken while others write, and goes into either database; a damaged one changes nothing."""

import asyncio
import sqlite3
from dataclasses import replace

import pytest

from bot.model.times import DAY
from bot.records import archive, episode_backup
from bot.records.episode_database import EpisodesError
from bot.records.episodes import Episodes, Query

from .chronicle import START, SVB, numbered

COUNT = 60


@pytest.fixture
async def full(episodes):
    """A database of episodes, with paths, half of them archived."""
    await episodes.put(numbered(COUNT))
    await archive.move(episodes.database, episodes.folder, START + COUNT // 2 * DAY)
    return episodes


async def everything(episodes):
    """All that is kept."""
    return [(each, await episodes.path(each.id)) for each in await episodes.search(Query(traps=True))]


async def test_a_backup_brings_all_of_it_back(full, tmp_path):
    """Also what was archived, with the archive gone; what was entered since is gone."""
    before = await everything(full)
    told = await episode_backup.backup(full.database, full.folder, tmp_path / "backup.sqlite")
    await full.put([(SVB, None), (replace(before[0][0], cause="changed"), None)])
    for file in full.folder.iterdir():
        file.unlink()
    restored = await episode_backup.restore(full.database, full.folder, tmp_path / "backup.sqlite")

    assert told == restored
    assert (told.episodes, told.paths) == (COUNT, COUNT)
    assert await everything(full) == before


async def test_a_backup_of_one_database_goes_into_the_other(full, fresh_url, tmp_path):
    """And is equal there: from a file to a server, from a server to a server, and to a file."""
    await episode_backup.backup(full.database, full.folder, tmp_path / "backup.sqlite")
    for where in (fresh_url, tmp_path / "another.sqlite"):
        other = await Episodes.open(where, tmp_path / "elsewhere", edition=b"")
        await episode_backup.restore(other.database, other.folder, tmp_path / "backup.sqlite")
        copied = await everything(other)
        await other.close()

        assert copied == await everything(full)


async def test_a_backup_is_one_file_that_opens(full, tmp_path):
    """Without anything beside it, as a database of its own."""
    (tmp_path / "backups").mkdir()
    await episode_backup.backup(full.database, full.folder, tmp_path / "backups" / "b.sqlite")
    beside = list((tmp_path / "backups").iterdir())
    opened = await Episodes.open(tmp_path / "backups" / "b.sqlite", tmp_path / "none", edition=b"")

    assert beside == [tmp_path / "backups" / "b.sqlite"]
    assert await everything(opened) == await everything(full)
    await opened.close()


async def test_a_backup_sees_one_moment_while_another_writes(full, where, tmp_path):
    """Every transaction of the other is in it whole or not at all, and none of them has to wait for its end."""
    writer = await Episodes.open(where, full.folder, edition=b"")
    rounds = 0
    done = asyncio.Event()

    async def write():
        nonlocal rounds
        while not done.is_set():
            pair = [(replace(SVB, id=f"{side}-{rounds}", coin=side, start=START + rounds), None) for side in "ab"]
            await writer.put(pair)
            rounds += 1

    writing = asyncio.create_task(write())
    told = [await episode_backup.backup(full.database, full.folder, tmp_path / f"{each}.sqlite") for each in range(3)]
    done.set()
    await writing
    await writer.close()

    assert rounds > 0
    assert all((each.episodes - COUNT) % 2 == 0 for each in told)
    assert await full.count() == COUNT + 2 * rounds


async def test_nothing_is_overwritten_by_a_backup(full, tmp_path):
    """A file that is there stays."""
    (tmp_path / "backup.sqlite").write_text("mine")
    with pytest.raises(EpisodesError, match="is there already"):
        await episode_backup.backup(full.database, full.folder, tmp_path / "backup.sqlite")

    assert (tmp_path / "backup.sqlite").read_text() == "mine"


def harmed(path):
    """One price in it is another."""
    connection = sqlite3.connect(path)
    connection.execute("UPDATE episodes SET peak_bp = peak_bp + 1 WHERE id = 'c0-0'")
    connection.commit()
    connection.close()


def emptied(path):
    """A path in it is another, its digest as it was."""
    connection = sqlite3.connect(path)
    connection.execute("UPDATE episode_paths SET points = x'00' WHERE episode = 'c0-0'")
    connection.commit()
    connection.close()


def unsealed(path):
    """What it says of itself is no more than noise."""
    connection = sqlite3.connect(path)
    connection.execute("UPDATE repeg_backup SET contents = 'noise'")
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (harmed, "is damaged"),
        (emptied, "is damaged"),
        (unsealed, "is damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[:9_000]), "malformed"),
        (lambda path: path.write_bytes(b""), "not a backup"),
        (lambda path: path.unlink(), "cannot be read"),
    ],
)
async def test_a_backup_that_is_not_whole_changes_nothing(full, tmp_path, harm, said):
    """What was there is there, and no copy of it is made; the backup is named by its own name."""
    before = await everything(full)
    await episode_backup.backup(full.database, full.folder, tmp_path / "backup.sqlite")
    harm(tmp_path / "backup.sqlite")

    with pytest.raises(EpisodesError, match=f"^{tmp_path / 'backup.sqlite'}: .*{said}"):
        await episode_backup.restore(full.database, full.folder, tmp_path / "backup.sqlite", tmp_path / "before.sqlite")
    assert await everything(full) == before
    assert not (tmp_path / "before.sqlite").exists()


async def test_a_damaged_path_is_not_backed_up_as_if_it_were_whole(full, tmp_path):
    """The backup is refused, and there is no file."""
    for file in full.folder.iterdir():
        file.write_bytes(b"harmed")

    with pytest.raises(EpisodesError, match="cannot be read"):
        await episode_backup.backup(full.database, full.folder, tmp_path / "backup.sqlite")
    assert not (tmp_path / "backup.sqlite").exists()
