"""`repeg detect`: the depegs in price history."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bot.analysis.history import Found
    from bot.app.settings import Settings
    from bot.model.coins import Coins
    from bot.model.decisions import Depeg, Severity
    from bot.model.markets import Candles
    from bot.strategy.thresholds import Thresholds

COLUMNS = ("start", "lasted>", "coin", "where", "severity", "trough>", "bp>", "alert>")
COLOURS = ("dim", "yellow", "dark_orange", "red", "bold red")  # by severity

Config = Annotated[Path | None, typer.Option("--config", "-c", help="The settings file.", envvar="REPEG_CONFIG")]


def detect(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Candle files, or folders of them.")],
    coin: Annotated[list[str] | None, typer.Option("--coin", help="Tell of this coin only; repeatable.")] = None,
    threshold: Annotated[
        float | None, typer.Option(metavar="BP", min=1, max=9_999, help="Where a depeg begins, basis points.")
    ] = None,
    coins: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Coins of your own (TOML), over those shipped.")
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Keep what is found in the episode database, with its path.")
    ] = False,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
) -> None:
    """Find every depeg in price history: when it began, was told, was worst and ended; of which coin, and where.

    All files together are one market, whatever their resolutions: what a coin is worth comes from all of them at once.
    Files are Parquet or CSV, named <venue>_<BASE>-<QUOTE>_<timeframe>, with columns timestamp (ms UTC, the bar's
    beginning), open, high, low, close and volume. `repeg candles download` makes such files.

    alert: how long after its start a depeg was confirmed. In JSON, scope is "coin" when the coin moved everywhere and
    "venue:<name>" when one venue is out of line; anchored tells whether its dollars rest on dollar books, rather than
    on the assumption that most liquidity is at par.

    Files and rows that cannot be used are told on stderr, a line each, and the rest goes on; exit code 1 only when
    nothing was left.
    """
    from time import perf_counter

    from bot.app import histories, screen
    from bot.app.coins import known
    from bot.app.settings import load

    began = perf_counter()
    settings = load(config)
    all_coins = known(coins or settings.coins)
    among = _pegged(coin or (), all_coins)
    history = histories.load(paths, all_coins)
    found = _found(history, all_coins, _thresholds(settings, threshold))
    episodes = [each for each in found.episodes if each.coin in among]
    if record:
        _record(episodes, history, all_coins, config)
    if as_json:
        screen.show_json(_told(episodes, found, perf_counter() - began))
        return
    screen.out.print(screen.table(None, COLUMNS, [_row(each) for each in episodes]))
    screen.out.print(_summary(episodes, found, perf_counter() - began), style="dim", highlight=False, soft_wrap=True)


def _thresholds(settings: "Settings", entry: float | None) -> "Thresholds":
    from dataclasses import replace

    told = settings.detection.thresholds()
    return told if entry is None else replace(told, entry=entry)


def _found(history: "Sequence[Candles]", coins: "Coins", thresholds: "Thresholds") -> "Found":
    from bot.analysis.history import find
    from bot.app import screen

    with screen.progress("looking") as advance:
        return find(history, coins, thresholds, advance)


def _record(depegs: Sequence["Depeg"], history: "Sequence[Candles]", coins: "Coins", config: Path | None) -> None:
    """One that is known is brought up to date, not doubled."""
    import asyncio

    from bot.app import entering, episodes, screen
    from bot.model.episodes import detected

    async def keep() -> None:
        async with episodes.opened(config, None) as kept:
            with screen.progress("recording") as advance:
                for done, depeg in enumerate(depegs, 1):
                    seen = detected(depeg, coins.by_symbol.get(depeg.coin))
                    await kept.record(depeg, entering.best_path(seen, history))
                    advance(done / len(depegs))

    asyncio.run(keep())
    screen.say(f"{len(depegs)} recorded: `repeg episodes list` shows them")


def _pegged(names: Sequence[str], coins: "Coins") -> set[str]:
    """The coins meant; money and references have no peg that they could leave."""
    from bot.app.coins import chosen
    from bot.model.errors import UserError

    meant = set(chosen(names, coins))
    for free in meant - coins.by_symbol.keys():
        raise UserError(f"{free} promises nothing, so it has no peg to leave: name a stablecoin with --coin")
    return meant


def _told(episodes: Sequence["Depeg"], found: "Found", seconds: float) -> dict[str, Any]:
    from bot.app import depegs
    from bot.model.times import iso

    return {
        "episodes": [depegs.told(each) for each in episodes],
        "markets": found.markets,
        "quotes": found.quotes,
        "span": [iso(end) for end in found.span],
        "seconds": round(seconds, 3),
    }


def _row(depeg: "Depeg") -> tuple[str, ...]:
    from bot.app import depegs
    from bot.app.screen import plain

    return (
        depegs.clock(depeg.start),
        "so far" if depeg.end is None else depegs.length(depeg.end - depeg.start),
        depeg.coin if depeg.anchored else f"{depeg.coin}*",
        "everywhere" if depeg.scope == "coin" else plain(depeg.scope.removeprefix("venue:")),
        _coloured(depeg.severity),
        f"{depeg.trough:.4f}",
        f"{depeg.peak_bp if depeg.direction == 'above' else -depeg.peak_bp:+.0f}",
        depegs.length(depeg.alert - depeg.start),
    )


def _coloured(severity: "Severity") -> str:
    return f"[{COLOURS[severity]}]{severity.name.lower()}[/]"


def _summary(episodes: Sequence["Depeg"], found: "Found", seconds: float) -> str:
    from bot.app.depegs import clock

    began, ended = (clock(end) for end in found.span)
    many = f"{len(episodes)} episode{'' if len(episodes) == 1 else 's'}"
    unanchored = any(not each.anchored for each in episodes)
    note = "\n* not anchored: dollars by the assumption that most liquidity is at par" if unanchored else ""
    return f"{many} in {found.quotes:,} bars of {found.markets} markets, {began} to {ended}, in {seconds:.1f} s{note}"
