"""`repeg liquidity`: how much each market bears, and what a bad time would leave of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.app.market_lines import Line
    from bot.app.settings import Settings
    from bot.model.coins import Coins

SIZE_USD = 10_000.0
MOST_USD = 1e12


def liquidity(
    names: Annotated[list[str] | None, typer.Argument(metavar="[COIN]...", help="Only markets of these.")] = None,
    size: Annotated[float, typer.Option(metavar="USD", help="The size whose cost is told.")] = SIZE_USD,
    seconds: Annotated[float, typer.Option(help="How long to watch.", min=1, max=86_400)] = 15.0,
    history: Annotated[
        list[Path] | None, typer.Option(metavar="PATH", help="From candle files or folders instead; repeatable.")
    ] = None,
    exchange: Annotated[list[str] | None, typer.Option("--exchange", "-x", help="Only this one; repeatable.")] = None,
    through: Annotated[
        str | None, typer.Option(help="A gateway or sandbox: a URL with each exchange's host as the path's first part.")
    ] = None,
    chain: Annotated[bool, typer.Option("--chain", help="The pools of the settings' chain are markets, too.")] = False,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="The settings file.", envvar="REPEG_CONFIG")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Watch markets for a while and tell what each bears, the best first. Exit code 1 when none is heard.

    n bp $: dollars within so many basis points of the best price, on the thinner side. slip: what the size costs beyond
    the best price, on the worse side; nothing where too little stands. score: 0 to 1, narrow, deep and heard of lately;
    nothing is bought below 0.05. trend: the last third of what was watched beside all of it. left: dollars that could
    be sold within 100 bp of the best price if the time became as bad as March 2023.

    With --history the last bar of each market is told: slip is what the size would move the price by, by the volume and
    volatility of the last day, the trend is that day's beside all of it, and left is of what trades in a minute.
    """
    from bot.app import coins as coin_names
    from bot.app import market_lines, screen
    from bot.app.settings import flagged, load

    _check(size)
    settings = flagged(load(config), "exchanges", venues=exchange, through=through)
    coins = coin_names.known(settings.coins)
    named = [_asset(name, coins) for name in names or []]
    if history:
        found, silent = _then(history, coins, named, size)
    else:
        settings = flagged(settings, "exchanges", coins=named or None)
        found, silent = _now(settings, named, size, seconds, chain=chain)
    ranked = market_lines.best_first(found)
    if as_json:
        screen.show_json({"size_usd": size, "markets": [market_lines.told(each) for each in ranked], "silent": silent})
    else:
        _show(ranked, silent)


def _check(size: float) -> None:
    from bot.model.errors import UserError

    if not 0 < size <= MOST_USD:
        raise UserError(f"--size is dollars, more than none and {MOST_USD:g} at most; got {size:g}")


def _asset(name: str, coins: "Coins") -> str:
    from bot.model.errors import UserError

    asset = coins.asset(name)
    if asset is None:
        raise UserError(coins.stranger(name))
    return asset


def _then(
    paths: "Sequence[Path]", coins: "Coins", named: "Sequence[str]", size: float
) -> "tuple[list[Line], dict[str, str]]":
    from bot.app import histories, liquid_then
    from bot.model.errors import UserError

    found = list(liquid_then.lines(histories.load(paths, coins), coins, named, size))
    if not found:
        raise UserError(f"no history of {_of(named)} in {', '.join(map(str, paths))}")
    return found, {}


def _now(
    settings: "Settings", named: "Sequence[str]", size: float, seconds: float, *, chain: bool
) -> "tuple[list[Line], dict[str, str]]":
    import asyncio

    from bot.app import liquid_now, loop, screen
    from bot.model.errors import UserError

    with screen.progress("listening") as advance, asyncio.Runner(loop_factory=loop.new) as runner:
        seen = runner.run(liquid_now.listen(settings, seconds, chain=chain, advance=advance))
    found = list(liquid_now.lines(seen, named, size))
    if not found:
        why = "; ".join(f"{venue}: {why}" for venue, why in list(seen.silent.items())[:1])
        raise UserError(f"no market of {_of(named)} was heard of within {seconds:g} s{f' ({why})' if why else ''}")
    return found, seen.silent


def _of(named: "Sequence[str]") -> str:
    return ", ".join(named) or "any coin"


def _show(ranked: "Sequence[Line]", silent: "dict[str, Any]") -> None:
    from bot.app import market_lines, screen

    for venue, why in silent.items():
        screen.say(f"{venue}: {why}")
    columns = market_lines.columns(ranked)
    screen.out.print(screen.table(None, columns, [market_lines.row(each, columns) for each in ranked]))
