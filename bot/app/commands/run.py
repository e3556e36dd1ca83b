"""`repeg run`: the bot."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.app.inbox import Happened
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
    as_json: Annotated[bool, typer.Option("--json", help="Print events and warnings as lines of JSON.")] = False,
) -> None:
    """Watch every block, find what pays, and capture it. A dry run unless told --live.

    With exchanges in the settings it also listens to their books: coins count at their value in dollars, and a coin
    that leaves its peg is told. --json prints every event but quotes and ticks, which are in the journal, and a depeg
    that begins, worsens or ends as {"kind": "warning", "text": ..., "depeg": {...}}.
    """
    import asyncio

    from bot.app import loop, screen
    from bot.app.settings import load

    settings = load(config, node=node, state=state)
    screen.say("live: transactions will be sent" if live else "dry run: nothing is sent")
    with asyncio.Runner(loop_factory=loop.new) as runner:
        runner.run(_follow(settings, live=live, blocks=blocks, clear_halt=clear_halt, as_json=as_json))


async def _follow(settings: "Settings", *, live: bool, blocks: int | None, clear_halt: bool, as_json: bool) -> None:
    from contextlib import aclosing

    from bot.app import inbox, keeping, screen, wiring

    before: list[tuple[Event | Action, State]] = []  # what became known before there was anybody to tell

    def keep(happened: "Event | Action", state: "State") -> None:
        before.append((happened, state))

    async with (
        wiring.bot(settings, live=live, say=screen.say, witness=keep, clear_halt=clear_halt) as (bot, reader),
        keeping.depegs(settings) as bot.remember,
        wiring.quotes(settings) as feeds,
    ):
        bot.witness = _print_json if as_json else _printer(bot)
        _greet(bot, settings)
        for happened, known in before:
            bot.witness(happened, known)
        looks = feeds.looks() if feeds else None
        orders = bot.errands.heard() if bot.floor else None
        async with aclosing(inbox.events(reader.blocks(), looks, bot.clock, orders=orders)) as events:
            await _live(bot, events, blocks)


async def _live(bot: "Bot", events: "AsyncIterator[Happened]", blocks: int | None) -> None:
    """Until the world ends, or so many blocks have come."""
    from bot.model.events import BlockSeen, QuotesSeen, Tick

    seen = 0
    async for event in events:
        match event:
            case BlockSeen():
                await bot.on_block(event)
                seen += 1
                if seen == blocks:
                    return
            case QuotesSeen():
                await bot.on_look(event)
            case Tick():
                await bot.on_silence(event)
            case _:
                await bot.tell(event)


def _greet(bot: "Bot", settings: "Settings") -> None:
    from bot.app import screen

    exchanges = f", listening to {len(settings.exchanges.venues)} exchanges" if settings.exchanges.venues else ""
    screen.say(f"watching {len(bot.policy.registry.pools)} pools and {len(bot.policy.atlas)} loops{exchanges}")
    if bot.state.standing.halted:
        screen.complain(f"halted: {bot.state.standing.halted}. `repeg resume` lets it trade again")


def _printer(bot: "Bot") -> "Callable[[Event | Action, State], None]":
    from bot.app import narrate, screen

    def show(happened: "Event | Action", _state: "State") -> None:
        text = narrate.line(happened, bot.policy.registry)
        if text:
            screen.out.print(text, highlight=False, markup=False, soft_wrap=True)

    return show


def _print_json(happened: "Event | Action", _state: "State") -> None:
    """Events as the journal keeps them, less the many that only it keeps. Of actions warnings show, and no others."""
    import sys

    from bot.app import telling
    from bot.model.decisions import Cancel, Halt, Mark, Place, Pull, Replace, Send, Warn
    from bot.model.events import QuotesSeen, Tick
    from bot.records.journal import EVENT

    match happened:
        case Send() | Replace() | Cancel() | Place() | Pull() | Halt() | Mark() | QuotesSeen() | Tick():
            return
        case Warn():
            line = telling.warning(happened)
        case event:
            line = EVENT.dump_json(event)
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()
