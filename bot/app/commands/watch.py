"""`repeg watch`: what coins are worth and how the feeds do, as it happens."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.app.settings import Settings
    from bot.app.watch_source import Source

Config = Annotated[Path | None, typer.Option("--config", "-c", help="The settings file.", envvar="REPEG_CONFIG")]

SANDBOX_HOLD = 2.0  # seconds from first sight to alert: there time passes 640 times as fast
SANDBOX_SETTLED = 20.0


def watch(
    config: Config = None,
    exchange: Annotated[list[str] | None, typer.Option("--exchange", "-x", help="Only this one; repeatable.")] = None,
    coin: Annotated[list[str] | None, typer.Option("--coin", help="Only this coin; repeatable.")] = None,
    coins: Annotated[Path | None, typer.Option(help="A file of your own coins, over the settings.")] = None,
    through: Annotated[
        str | None, typer.Option(help="A gateway or sandbox: a URL with each exchange's host as the path's first part.")
    ] = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Play exchanges on this machine: needs no internet.")
    ] = False,
    chain: Annotated[bool, typer.Option("--chain", help="The pools of the settings' chain are markets, too.")] = False,
    hold: Annotated[float | None, typer.Option(help="Seconds from first sight to alert, over the settings.")] = None,
    seconds: Annotated[float | None, typer.Option(help="With --json: stop after so long.", min=1)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="No screen: print a line of JSON a second.")] = False,
) -> None:
    """Watch every coin on many exchanges: its dollars, its peg, who has it dear and who cheap, and who says nothing.

    Enter goes into a coin (its markets, its last minutes), s sorts, / filters, q quits. Nothing is traded. Exchanges
    are those of the settings, all of them where none is named. --sandbox plays the weekend of March 2023 in six
    minutes.
    """
    import asyncio

    from bot.app import loop
    from bot.app.settings import flagged, load

    settings = flagged(load(config), "exchanges", venues=exchange, coins=coin, through=through)
    if sandbox:
        settings = flagged(settings, "detection", hold=SANDBOX_HOLD, settled=SANDBOX_SETTLED)
    settings = flagged(settings, "detection", hold=hold).model_copy(update={"coins": coins or settings.coins})
    with asyncio.Runner(loop_factory=loop.new) as runner:
        runner.run(_watch(settings, sandbox=sandbox, chain=chain, seconds=seconds, as_json=as_json))


async def _watch(settings: "Settings", *, sandbox: bool, chain: bool, seconds: float | None, as_json: bool) -> None:
    from bot.app import watch_source

    async with watch_source.opened(settings, sandbox=sandbox, chain=chain) as source:
        await (_print(source, seconds) if as_json else _show(source))


async def _show(source: "Source") -> None:
    from bot.app.watch_screen import WatchApp

    app = WatchApp(source.watch, source.events, source.feeds.health)
    await app.run_async()
    if app.complaint:
        raise app.complaint


async def _print(source: "Source", seconds: float | None) -> None:
    """A snapshot a second, until so many seconds have passed or the chain ends."""
    import asyncio
    import sys
    from itertools import count

    import orjson

    from bot.app import watch_lines

    following = asyncio.create_task(source.watch.follow(source.events))
    for passed in count(1):
        await asyncio.wait([following], timeout=1.0)
        snapshot = watch_lines.snapshot(source.watch, source.feeds.health())
        sys.stdout.buffer.write(orjson.dumps(snapshot) + b"\n")
        sys.stdout.buffer.flush()
        if following.done() or (seconds is not None and passed >= seconds):
            break
    if following.done():
        await following  # to raise what ended it
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
