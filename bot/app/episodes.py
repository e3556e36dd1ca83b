"""The episode database as the settings name it, and how episodes look on a terminal."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path as File
from typing import Any

from rich.table import Table

from bot.app import screen
from bot.app.settings import load
from bot.model.episodes import Episode, Outcome, Path, Precision
from bot.model.times import DAY, HOUR, MINUTE, iso
from bot.records.episodes import Episodes

COLUMNS = ("id", "coin", "start", "depth bp>", "outcome", "lasted>", "worst>", "severity", "evidence")
WIDTH, HEIGHT = 100, 22


@asynccontextmanager
async def opened(config: File | None, database: str | None) -> AsyncIterator[Episodes]:
    """The database that the flag names, or the settings, or else the file in the state folder."""
    settings = load(config)
    where = database or settings.database or settings.folder / "episodes.sqlite"
    episodes = await Episodes.open(where, settings.folder / "episode-paths")
    try:
        yield episodes
    finally:
        await episodes.close()


def tell(table: Table) -> None:
    """Print a table: names as they are typed, and texts as they were entered, whatever signs are in them."""
    table.columns[0].no_wrap = True
    screen.out.print(table, markup=False, highlight=False)


def listed(episodes: Iterable[Episode]) -> Table:
    """A line an episode, with as many columns as there is room for."""
    room = max(2, screen.out.width // 13)
    return screen.table(None, COLUMNS[:room], [row(each)[:room] for each in episodes])


def row(episode: Episode) -> tuple[str, ...]:
    """One line of a table, for `COLUMNS`."""
    return (
        episode.id,
        episode.coin if episode.scope == "coin" else f"{episode.coin} at {episode.scope.removeprefix('venue:')}",
        when(episode.start, episode.precision),
        "?" if episode.peak_bp is None else f"{'-' if episode.direction == 'below' else '+'}{episode.peak_bp:,.0f}",
        episode.outcome.value,
        _lasted(episode),
        "?" if episode.trough is None else f"{episode.trough:.5g} {episode.against}",
        "" if episode.severity is None else episode.severity.name.lower(),
        f"{episode.grade}{', doubtful' if episode.doubtful else ''}",
    )


def facts(episode: Episode, told: dict[str, Any]) -> list[tuple[str, str]]:
    """Everything about one, a line a fact; `told` is the episode as JSON has it."""
    lines = {name: "\n".join(value) if isinstance(value, list) else str(value) for name, value in told.items()}
    for name in ("start", "alert", "trough_at", "recovered_at", "end", "reopened"):
        if (moment := getattr(episode, name)) is not None:
            lines[name] = when(moment, episode.precision)
    return [(name.replace("_", " "), line) for name, line in lines.items()]


def when(moment: int, precision: Precision) -> str:
    """A moment, no finer than it is known."""
    ends = {Precision.MONTH: 7, Precision.DAY: 10, Precision.HOUR: 13, Precision.MINUTE: 16}
    return iso(moment)[: ends[precision]].replace("T", " ")


def chart(episode: Episode, path: Path) -> str:
    """The path as text, par dotted, with the letters of what happened on it."""
    from plotext import figure, uncolorize  # type: ignore[import-untyped]  # it has none

    at, prices = [point.at / HOUR for point in path.points], [point.price for point in path.points]
    figure.clear()
    figure.theme("colorless").canvas("default").plot_size(WIDTH, HEIGHT)
    figure.title(f"{episode.coin} in {path.against}, {path.source}")
    figure.draw(figure.signal(at, prices, marker="hd"))
    if min(prices) <= 1.0 <= max(prices) + 0.02:
        figure.line(1.0, "horizontal", style="dotted")
    for letter, moment in marks(episode, path):
        figure.draw(figure.signal([moment / HOUR], [_price(path, moment)], marker=letter))
    ticks = [at[0] + (at[-1] - at[0]) * k / 4 for k in range(5)]
    figure.ruler("x").ticks(ticks, [iso(int(tick * HOUR))[5:16].replace("T", " ") for tick in ticks])
    return f"{uncolorize(figure.build()).rstrip()}\n  S start, A alert, T trough or peak, R recovered"


def marks(episode: Episode, path: Path) -> Iterator[tuple[str, int]]:
    """What happened while the path goes, by its letter; where two fall together the later is seen."""
    named = (("S", episode.start), ("A", episode.alert), ("T", episode.trough_at), ("R", episode.recovered_at))
    for letter, moment in named:
        if moment is not None and path.points[0].at <= moment <= path.points[-1].at:
            yield letter, moment


def _price(path: Path, moment: int) -> float:
    return min(path.points, key=lambda point: abs(point.at - moment)).price


def _lasted(episode: Episode) -> str:
    end = episode.recovered_at or episode.end
    if end is None:
        return {Outcome.OPEN: "lasts", Outcome.TRAP: "", Outcome.DIED: "for ever"}.get(episode.outcome, "?")
    taken = max(end - episode.start, episode.precision.length)
    unit, length = next((unit, length) for unit, length in (("d", DAY), ("h", HOUR), ("m", MINUTE)) if taken >= length)
    return f"{'<' if taken == episode.precision.length else ''}{taken / length:.0f} {unit}"
