"""`repeg feeds`: how the exchanges' feeds do."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Group

    from bot.venues.exchange import Feeds
    from bot.venues.health import FeedHealth

COLUMNS = ("exchange", "state", "fresh>", "age s>", "msg/s>", "p50 ms>", "p99 ms>", "again>")
COLOURS = {"live": "green", "stale": "yellow", "maintenance": "yellow", "down": "red", "refused": "red"}
EVERY = 0.5  # seconds between two tables


def feeds(
    config: Annotated[Path | None, typer.Option("--config", "-c", help="Settings file.", envvar="REPEG_CONFIG")] = None,
    exchange: Annotated[list[str] | None, typer.Option("--exchange", "-x", help="Only this one; repeatable.")] = None,
    coin: Annotated[list[str] | None, typer.Option("--coin", help="Only this coin; repeatable.")] = None,
    seconds: Annotated[float, typer.Option(help="How long to watch.", min=1)] = 15.0,
    through: Annotated[
        str | None, typer.Option(help="A gateway or sandbox: a URL with each exchange's host as the path's first part.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Watch the exchanges' books for a while and tell how each feed does. Exit code 1 when none is live.

    All exchanges and coins that repeg knows, or those of the settings, or those named here.

    fresh: markets heard of lately, of those watched there. age: since the last message. p50, p99: from the exchange's
    timestamp to our receipt, its clock's skew taken off. again: how often it was connected anew. Below: the last error
    of each, clocks that are wrong, quotes dropped because the bid was not below the ask, breaks in a book's sequence.
    """
    import asyncio
    from dataclasses import asdict

    from bot.app import coins, loop, screen
    from bot.app.settings import load

    settings = load(config)
    known = coins.known(settings.coins)
    watched = coins.chosen(coin or settings.exchanges.coins, known)

    from bot.venues.exchange import EXCHANGES, Feeds  # takes seconds: it brings every exchange that ccxt knows

    venues = exchange or settings.exchanges.venues or EXCHANGES
    watching = Feeds(venues, known, watched, through or settings.exchanges.through)
    with asyncio.Runner(loop_factory=loop.new) as runner:
        found = runner.run(_watched(watching, seconds))
    if as_json:
        screen.show_json([asdict(each) for each in found])
    else:
        screen.out.print(_shown(found))
    if not any(each.state == "live" for each in found):
        raise typer.Exit(1)


async def _watched(watching: "Feeds", seconds: float) -> "tuple[FeedHealth, ...]":
    """The feeds' health after so long, a table on the terminal meanwhile."""
    import asyncio

    from rich.live import Live

    from bot.app import screen

    async with watching, asyncio.TaskGroup() as tasks:
        emptying = tasks.create_task(_emptied(watching))
        with Live(console=screen.err, transient=True, auto_refresh=False) as live:
            for _ in range(max(round(seconds / EVERY), 1)):
                await asyncio.sleep(EVERY)
                live.update(_shown(watching.health()), refresh=screen.err.is_terminal)
        emptying.cancel()
        return watching.health()


async def _emptied(watching: "Feeds") -> None:
    async for _ in watching.looks():
        pass


def _shown(found: "Sequence[FeedHealth]") -> "Group":
    from rich.console import Group
    from rich.text import Text

    from bot.app import screen

    notes = [Text(f"{told.venue}: {note}", style="dim") for told in found if (note := _note(told))]
    return Group(screen.table(None, COLUMNS, [_row(each) for each in found]), *notes)


def _row(told: "FeedHealth") -> tuple[str, ...]:
    colour = COLOURS.get(told.state, "dim")
    return (
        told.venue,
        f"[{colour}]{told.state}[/]",
        f"{told.fresh}/{told.markets}",
        *(_number(each) for each in (told.age, told.rate, told.latency_p50_ms, told.latency_p99_ms)),
        str(told.reconnects),
    )


def _note(told: "FeedHealth") -> str:
    """What is not as it should be."""
    counted = [f"{count} {what}" for count, what in ((told.crossed, "crossed"), (told.gaps, "gaps")) if count]
    ahead = [f"clock {abs(told.skew_ms):.0f} ms {'ahead' if told.skew_ms > 0 else 'behind'}"] if told.skew_ms else []
    return "; ".join([*ahead, *counted, *([told.last_error] if told.last_error else [])])


def _number(number: float | None) -> str:
    return "" if number is None else f"{number:.1f}"
