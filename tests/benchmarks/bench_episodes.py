"""How soon the episode database answers with 10,000 episodes in it, and what it takes: scripts/bench episodes."""

import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path as Folder

from harness import verdict

from bot.model.episodes import Episode, Grade, Outcome, Path, Point, severity_of
from bot.model.times import DAY, MINUTE
from bot.records import archive, episode_backup, episode_checks, episode_files
from bot.records.episodes import Episodes, Query

COUNT, POINTS = 10_000, 200
COINS = [f"C{k}" for k in range(40)]
LOOKUPS = 2_000
PAGE = 50  # episodes a look-up asks for
REPEG = Folder(sys.executable).with_name("repeg")


def made(dice: random.Random) -> Iterator[tuple[Episode, Path]]:
    """Episodes of all depths over ten years, each with a path."""
    for k in range(COUNT):
        start = 1_500_000_000 * 10**9 + int(dice.random() * 3_650 * DAY)
        depth = min(9_999.0, 20 * dice.paretovariate(1))
        points = tuple(Point(start + i * MINUTE, 1 - depth / 1e4 * dice.random()) for i in range(POINTS))
        episode = Episode(
            id=f"e{k}",
            coin=dice.choice(COINS),
            start=start,
            trough_at=start + 60 * MINUTE,
            peak_bp=depth,
            outcome=Outcome.RECOVERED,
            severity=severity_of(depth),
            grade=Grade.MEASURED,
        )
        yield episode, Path(points, "USD", "made")


@contextmanager
def told(what: str, count: int | None = None) -> Iterator[None]:
    """Prints how long it took."""
    begun = time.perf_counter()
    yield
    taken = time.perf_counter() - begun
    print(f"  {what:<44} {taken:8.2f} s{f'   {count / taken:10,.0f} /s' if count else ''}")


async def slowest(what: str, ask: Callable[[], Awaitable[object]]) -> float:
    """The 99th percentile of many different questions, ms of our own time; by the wall it has the neighbours in it."""
    own, wall = [], []
    for _ in range(LOOKUPS):
        begun, busy = time.perf_counter(), time.process_time()
        await ask()
        wall.append(1e3 * (time.perf_counter() - begun))
        own.append(1e3 * (time.process_time() - busy))
    p50, p99 = statistics.median(own), statistics.quantiles(own, n=100)[98]
    told = f"{statistics.median(wall):.2f} and {statistics.quantiles(wall, n=100)[98]:.2f}"
    print(f"  {what:<44} p50 {p50:6.2f} ms   p99 {p99:6.2f} ms   (by the wall {told})")
    return p99


async def lookups(episodes: Episodes, dice: random.Random) -> float:
    """The worst 99th percentile of looking up by coin and magnitude, ms."""

    def query(**more: object) -> Query:
        low = 20 * dice.paretovariate(1)
        return Query(coin=dice.choice(COINS), at_least_bp=low, at_most_bp=low * 4, limit=PAGE, **more)

    asked = {
        f"coin + magnitude, deepest {PAGE}": lambda: episodes.search(query(by="depth")),
        f"coin + magnitude, newest {PAGE}": lambda: episodes.search(query()),
        "one episode by its id": lambda: episodes.get(f"e{dice.randrange(COUNT)}"),
        "one path": lambda: episodes.path(f"e{dice.randrange(COUNT)}"),
    }
    return max([await slowest(what, ask) for what, ask in asked.items()])


async def everything(episodes: Episodes) -> dict[str, Path]:
    """All paths, wherever they lie."""
    names = [f"e{k}" for k in range(COUNT)]
    return {
        name: path for k in range(0, COUNT, 500) for name, path in (await episodes.paths(names[k : k + 500])).items()
    }


async def measured(folder: Folder) -> list[tuple[str, bool]]:
    """Everything, in order."""
    dice = random.Random(7)
    rows = list(made(dice))
    episodes = await Episodes.open(folder / "episodes.sqlite", folder / "archive", edition=b"")
    with told("entered", COUNT):
        for first in range(0, COUNT, 500):
            await episodes.put(rows[first : first + 500])
    lookup = await lookups(episodes, dice)
    with told("exported as JSON lines", COUNT):
        await episode_files.write(episodes, Query(), folder / "all.jsonl")
    with told("imported from JSON lines", COUNT):
        imported = await episode_files.enter(episodes, folder / "all.jsonl")
    before = await everything(episodes)
    with told("archived", COUNT):
        await archive.move(episodes.database, episodes.folder, time.time_ns())
    from_files = await everything(episodes)
    await slowest("one archived path", lambda: episodes.path(f"e{dice.randrange(COUNT)}"))
    with told("backed up, archived as they are", COUNT):
        backed_up = await episode_backup.backup(episodes.database, episodes.folder, folder / "backup.sqlite")
    with told("checked", COUNT):
        health = await episode_checks.check(episodes.database, episodes.folder)
    with told("restored", COUNT):
        restored = await episode_backup.restore(episodes.database, episodes.folder, folder / "backup.sqlite")
    after = await everything(episodes)
    await episodes.close()
    return [
        ("any look-up by coin + magnitude under 5 ms at the 99th percentile", lookup < 5.0),
        ("every row that was exported was imported", (imported.changed, imported.refused) == (COUNT, [])),
        ("archived and restored without loss", before == from_files == after and backed_up == restored),
        ("all of it sound", not health.faults),
    ]


def started(folder: Folder) -> float:
    """Seconds until `repeg episodes list` has answered."""
    env = {**os.environ, "HOME": str(folder)}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # as it is installed: compiled once
    taken = []
    for _ in range(7):
        begun = time.perf_counter()
        subprocess.run([REPEG, "episodes", "list"], check=True, stdout=subprocess.DEVNULL, env=env)
        taken.append(time.perf_counter() - begun)
    print(f"  repeg episodes list{'':<25} {statistics.median(taken):8.2f} s")
    return statistics.median(taken)


def main() -> None:
    """Measures and judges."""
    print(f"\n{COUNT:,} episodes, {POINTS} points each, SQLite")
    with tempfile.TemporaryDirectory() as folder:
        claims = asyncio.run(measured(Folder(folder)))
        claims.append(("repeg episodes list within 0.7 s", started(Folder(folder)) < 0.7))
    verdict(*claims)


if __name__ == "__main__":
    main()
