"""`repeg run`: the bot."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bot.app.run import Bot
    from bot.app.settings import Settings
    from bot.model.decisions import Action
    from bot.model.events import Event
    from bot.strategy.engine import State

Config = Annotated[Path | None, typer.Option("--config", "-c", help="The settings file.", envvar="REPEG_CONFIG")]


def run(
    config: Config = None,
    live: Annotated[bool, typer.Option("--live", help="Send; the settings must say `armed = true` too.")] = False,
    node: Annotated[str | None, typer.Option(help="Node URL, over the settings.")] = None,
    state: Annotated[Path | None, typer.Option(help="Folder of the journal, over the settings.")] = None,
    blocks: Annotated[int | None, typer.Option(help="Stop after this many blocks.", min=1)] = None,
    clear_halt: Annotated[bool, typer.Option("--clear-halt", help="Trade again after a halt.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print every event as a line of JSON.")] = False,
) -> None:
    """Watch every block, find what pays, and capture it. A dry run unless told --live."""
    import asyncio

    from bot.app import screen
    from bot.app.settings import load

    settings = load(config, node=node, state=state)
    screen.say("live: transactions will be sent" if live else "dry run: nothing is sent")
    with asyncio.Runner(loop_factory=_loop()) as runner:
        runner.run(_follow(settings, live=live, blocks=blocks, clear_halt=clear_halt, as_json=as_json))


async def _follow(settings: "Settings", *, live: bool, blocks: int | None, clear_halt: bool, as_json: bool) -> None:
    from bot.app import screen, wiring

    async with wiring.bot(settings, live=live, say=screen.say, clear_halt=clear_halt) as (bot, reader):
        bot.witness = _print_json if as_json else _printer(bot)
        screen.say(f"watching {len(bot.policy.registry.pools)} pools and {len(bot.policy.atlas)} loops")
        if bot.state.standing.halted:
            screen.complain(f"halted: {bot.state.standing.halted}. `repeg run --clear-halt` lets it trade again")
        seen = 0
        async for block in reader.blocks():
            await bot.on_block(block)
            seen += 1
            if seen == blocks:
                return


def _printer(bot: "Bot") -> "Callable[[Event | Action, State], None]":
    from bot.app import narrate, screen

    def show(happened: "Event | Action", _state: "State") -> None:
        text = narrate.line(happened, bot.policy.registry)
        if text:
            screen.out.print(text, highlight=False, markup=False, soft_wrap=True)

    return show


def _print_json(happened: "Event | Action", _state: "State") -> None:
    """Events as the journal keeps them; actions show in the events that follow them."""
    import sys

    from bot.model.decisions import Cancel, Halt, Replace, Send, Warn
    from bot.records.journal import EVENT

    match happened:
        case Send() | Replace() | Cancel() | Warn() | Halt():
            return
        case event:
            sys.stdout.buffer.write(EVENT.dump_json(event) + b"\n")
            sys.stdout.buffer.flush()


def _loop() -> "Callable[[], Any] | None":
    """The faster event loop where there is one."""
    import sys

    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop
