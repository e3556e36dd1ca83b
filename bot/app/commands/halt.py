"""`repeg halt`, `resume` and `limits`: to stop everything, to let it run again, and what stands between."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bot.app.killswitch import KillSwitch
    from bot.app.settings import Settings

Config = Annotated[Path | None, typer.Option("--config", "-c", help="The settings file.", envvar="REPEG_CONFIG")]
StateFolder = Annotated[Path | None, typer.Option("--state", help="The state folder, over the settings.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def halt(
    reason: Annotated[str, typer.Argument(help="Why: it is told to whoever looks.")] = "by hand",
    config: Config = None,
    state: StateFolder = None,
    as_json: AsJson = False,
) -> None:
    """Stop: nothing is sent to the chain, orders that would begin something are pulled. Ways out stay open.

    It is on disk before anything else happens, a bot that runs sees it within seconds, and it outlives restarts until
    `repeg resume`. The file it writes is named: only a bot that has the same state folder reads it.
    """
    from bot.app import books, killswitch, screen

    settings, switch = _switch(config, state)
    reason = killswitch.said(reason)
    switch.pull(reason)
    file = switch.file.absolute()
    told = {"state": "halted", "reason": reason, "file": str(file)}
    said = f"halted: {reason}, in {file}. `repeg resume` lets it trade again"
    screen.show_json(told) if as_json else screen.say(said)
    if not books.ever_kept(settings):
        screen.complain(f"no bot has ever run from {settings.folder}: one that runs from another folder is not halted")


def resume(config: Config = None, state: StateFolder = None, as_json: AsJson = False) -> None:
    """Let it trade again after a halt, also one of its own making: look first why it stopped.

    Where a journal cannot be read nothing is resumed: nobody knows then what was open and why it stopped. Nor is
    anything where no bot has ever run.
    """
    from bot.app import books, limits, screen
    from bot.app.killswitch import KillSwitch
    from bot.app.settings import load
    from bot.model.errors import UserError

    settings = load(config, state=state)
    limits.check(settings)
    if not books.ever_kept(settings):
        raise UserError(f"no bot has ever run from {settings.folder}: nothing was resumed")
    switch = KillSwitch(settings.folder / "HALT")
    before = _halted(settings)
    switch.resume([settings.journal(live=live).stem for live in (True, False)])
    told = {"state": "active", "was": before, "file": str(switch.file)}
    screen.show_json(told) if as_json else screen.say(f"resumed; it was {f'halted: {before}' if before else 'active'}")


def limits(
    config: Config = None,
    state: StateFolder = None,
    live: Annotated[bool, typer.Option("--live", help="Of the live books, not those of dry runs.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show every limit, what of it is used by the books, and whether anything is stopped.

    Shares of the capital are shown in dollars: no price is asked for, so the capital is dollars, coins pegged to the
    dollar at one, and what was bought at its cost. What only prices tell is not shown as used. Losses are a share of
    what there was this morning, and at best, as the bot has written it down.

    --json prints "state" ("active", "paused" or "halted") and "reason"; "books" ("live" or "dry run"); "capital_usd";
    "morning_usd" and "peak_usd", null before a bot wrote them down; "shares", the settings that are shares of the
    capital; "limits" and "used", both by the setting's name and in the same unit: dollars, but a number in max_failures
    and ether in max_gas_eth, null where it is not known; "at_most", what is used of those at most; "unknown", why;
    "by", dollars for each coin, issuer, mechanism and exchange, of which "used" has the most; "open", the trades; and
    "venues", each "ready" or why no order goes there.
    """
    import time

    from bot.app import limits, screen
    from bot.app.settings import load

    told = limits.told(load(config, state=state), time.time_ns(), live=live)
    if as_json:
        screen.show_json(told)
        return
    rows = [
        (name.replace("_", " "), _share(told["shares"].get(name)), _shown(limit), _used(name, told))
        for name, limit in told["limits"].items()
    ]
    screen.out.print(screen.table(None, ("limit", "share>", "at most>", "used>"), rows))
    because = f": {told['reason']}" if told["reason"] else ""
    capital = f"{told['books']} books, {told['capital_usd']:,.2f} USD at cost and par, {len(told['open'])} open trades"
    lines = [f"{venue}: {why}" for venue, why in told["venues"].items() if why != "ready"]
    for line in (f"{told['state']}{because}; {capital}", *told["unknown"], *lines):
        screen.out.print(screen.one_line(line), highlight=False, soft_wrap=True, markup=False)


def _used(name: str, told: "dict[str, Any]") -> str:
    """What is used of a limit; of what is not known how much at most."""
    most = told["at_most"].get(name)
    return _shown(told["used"][name]) if most is None else f"at most {_shown(most)}"


def _halted(settings: "Settings") -> str | None:
    """Why it stands still, by the file or by either journal. UserError where one of these cannot be read."""
    import time

    from bot.app import books
    from bot.model.errors import UserError

    reasons = []
    for live in (True, False):
        try:
            state = books.read(settings, time.time_ns(), live=live).state
        except UserError as error:
            raise UserError(f"{error}; nothing was resumed") from None
        standing, reason = books.standing(settings, state, live=live)
        reasons += [reason] if standing == "halted" else []
    return next(iter(reasons), None)


def _switch(config: Path | None, state: Path | None) -> "tuple[Settings, KillSwitch]":
    from bot.app.killswitch import KillSwitch
    from bot.app.settings import load
    from bot.model.errors import UserError

    settings = load(config, state=state)
    folder = settings.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"the state folder {folder} cannot be made: {error.strerror}") from None
    return settings, KillSwitch(folder / "HALT")


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:,.10g}"
