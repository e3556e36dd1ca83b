"""`repeg episodes`: the depegs of the past, found, shown, entered, and kept safe."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from bot.model.coins import Coins
    from bot.model.episodes import Episode
    from bot.records.episodes import Episodes

Answer = TypeVar("Answer")
TOLD = 100  # lines of a file that are told to be wrong
app = typer.Typer(
    help="The depegs of the past: a catalogue that comes with repeg, what repeg saw itself, and what you enter.",
    no_args_is_help=True,
)
Config = Annotated[Path | None, typer.Option("--config", "-c", help="The settings file.", envvar="REPEG_CONFIG")]
Database = Annotated[
    str | None,
    typer.Option(help="A file, or postgresql://user@host/name without a password, over the settings."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Limit = Annotated[int, typer.Option(help="How many at most.", min=1)]
Traps = Annotated[bool, typer.Option("--traps", help="Also prints that looked like depegs and were none.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="As `repeg episodes list` names it.")]


@app.command(name="list")
def list_(
    limit: Limit = 200, traps: Traps = False, config: Config = None, database: Database = None, as_json: AsJson = False
) -> None:
    """List what is known, newest first."""
    from bot.app.asking import query

    asked = query({}, limit=limit, traps=traps)
    _show(_ask(lambda episodes: episodes.search(asked), config, database), as_json=as_json)


@app.command()
def search(
    coin: Annotated[str | None, typer.Option(help="Of this coin.")] = None,
    at_least: Annotated[float | None, typer.Option(metavar="BP", help="This deep or deeper.", min=0)] = None,
    at_most: Annotated[float | None, typer.Option(metavar="BP", help="This deep or less.", min=0)] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Begun then or later: 2023-03-10, 2023-03.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Begun then or before.")] = None,
    outcome: Annotated[list[str] | None, typer.Option(help="recovered, relapsed, wounded, died, open, trap.")] = None,
    grade: Annotated[list[str] | None, typer.Option(help="measured, press, secondary, estimate.")] = None,
    mechanism: Annotated[str | None, typer.Option(help="fiat-backed, crypto-backed, algorithmic, ...")] = None,
    direction: Annotated[str | None, typer.Option(help="below or above.")] = None,
    deepest: Annotated[bool, typer.Option("--deepest", help="Deepest first, not newest.")] = False,
    limit: Limit = 200,
    traps: Traps = False,
    config: Config = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Find what is like that. Options given together must all hold; --outcome and --grade may be repeated."""
    from bot.app.asking import query

    told: dict[str, Any] = {
        "coin": coin,
        "at_least_bp": at_least,
        "at_most_bp": at_most,
        "since": since,
        "until": until,
    }
    told |= {"outcomes": outcome, "grades": grade, "mechanism": mechanism, "direction": direction}
    asked = query(told, limit=limit, traps=traps, deepest=deepest)
    _show(_ask(lambda episodes: episodes.search(asked), config, database), as_json=as_json)


@app.command()
def show(episode: Id, config: Config = None, database: Database = None, as_json: AsJson = False) -> None:
    """Tell everything about one, and draw how its price went where somebody has kept it."""
    from bot.app import episodes as looks
    from bot.app import screen
    from bot.records import episode_rows

    async def both(episodes: "Episodes") -> Any:  # noqa: ANN401 - a pair
        return await episodes.get(episode), await episodes.path(episode)

    found, path = _ask(both, config, database)
    told = episode_rows.written(found)
    if as_json:
        screen.show_json({**told, "path": episode_rows.written_path(path) if path else None})
        return
    looks.tell(screen.table(None, ("", ""), looks.facts(found, told)))
    hint = f"no path: repeg episodes import --candles PATH --id {found.id} keeps one from your own candles"
    screen.out.print(looks.chart(found, path) if path else hint, highlight=False, markup=False, soft_wrap=True)


@app.command()
def add(
    file: Annotated[Path | None, typer.Argument(help="A TOML file: a table an episode, named by its id.")] = None,
    fact: Annotated[
        list[str] | None, typer.Option("--fact", "-f", metavar="FIELD=VALUE", help="A field of it; repeatable.")
    ] = None,
    candles: Annotated[Path | None, typer.Option(help="Candle file or folder that shows its path.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Change what is there under its id.")] = False,
    config: Config = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Enter an episode, by a file or by facts: -f coin=USDC -f start=2023-03-10T22:05Z -f trough=0.874 ...

    Needed are coin, start, outcome and grade. Depth follows from the trough, severity from the depth, the id from
    coin and start; times may be as rough as they are known (2022-05). `repeg episodes show` has the other fields.
    """
    from bot.app import entering

    async def entered(episodes: "Episodes") -> Any:  # noqa: ANN401 - a list
        return await entering.add(episodes, entering.told(file, fact or []), candles, _coins(config), replace=replace)

    _report({"added": _ask(entered, config, database)}, as_json=as_json)


@app.command(name="import")
def import_(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help=".jsonl or .csv, as export writes.")
    ] = None,
    candles: Annotated[
        list[Path] | None, typer.Option(help="Candle file or folder: keep paths of the episodes it shows.")
    ] = None,
    episode: Annotated[list[str] | None, typer.Option("--id", help="With --candles: of this one only.")] = None,
    config: Config = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Enter episodes from files, or their paths from candles. Those whose id is known are changed.

    A row that is no episode is told with its line, field and what was expected; the rest goes on. Exit code 1 when
    there was one.
    """
    from bot.app import entering, screen

    async def entered(episodes: "Episodes") -> Any:  # noqa: ANN401 - two numbers and lines
        return await entering.take_in(episodes, files or [], candles or [], episode or [], _coins(config))

    told = _ask(entered, config, database)
    for line in told["refused"][:TOLD]:
        screen.complain(line)
    if (more := len(told["refused"]) - TOLD) > 0:
        screen.complain(f"and {more:,} more lines like these")
    _report(told | {"refused": len(told["refused"])}, as_json=as_json)
    if told["refused"]:
        raise typer.Exit(1)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help=".jsonl, with paths, or .csv, without.")],
    config: Config = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Write all episodes into a file, traps too."""
    from bot.records import episode_files
    from bot.records.episodes import Query

    count = _ask(lambda episodes: episode_files.write(episodes, Query(traps=True), file), config, database)
    _report({"file": str(file), "episodes": count}, as_json=as_json)


@app.command()
def archive(
    older_than: Annotated[
        int, typer.Option(metavar="DAYS", help="Of episodes that began so long ago.", min=0, max=99_999)
    ] = 365,
    back: Annotated[bool, typer.Option("--back", help="Bring every archived path back instead.")] = False,
    config: Config = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Move old paths out of the database into Parquet files in the state folder. They are still shown from there."""
    import time

    from bot.model.times import DAY
    from bot.records import archive

    async def moved(episodes: "Episodes") -> archive.Archived:
        if back:
            return await archive.bring_back(episodes.database, episodes.folder)
        return await archive.move(episodes.database, episodes.folder, time.time_ns() - older_than * DAY)

    told = _ask(moved, config, database)
    _report({"paths": told.paths, "files": list(told.files)}, as_json=as_json)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to make.")],
    config: Config = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Copy everything into one file, archived paths too, also while repeg runs. It goes into SQLite and PostgreSQL."""
    from dataclasses import asdict

    from bot.records import episode_backup

    told = _ask(lambda each: episode_backup.backup(each.database, each.folder, file), config, database)
    _report({"file": str(file), **asdict(told)}, as_json=as_json)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `repeg episodes backup` made.")],
    keep: Annotated[bool, typer.Option(help="Back up first what is there; --no-keep where that is damaged.")] = True,
    config: Config = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Put what a backup holds in place of what is there, compared row by row, or leave all as it was.

    What was there is backed up first, into the state folder.
    """
    from dataclasses import asdict

    from bot.app import entering
    from bot.records import episode_backup

    async def restored(episodes: "Episodes") -> dict[str, Any]:
        before = episodes.folder.with_name(f"episodes-before-{entering.stamp()}.sqlite") if keep else None
        told = await episode_backup.restore(episodes.database, episodes.folder, file, keep=before)
        return {"before": before and str(before), **asdict(told)}

    _report(_ask(restored, config, database), as_json=as_json)


@app.command()
def check(config: Config = None, database: Database = None, as_json: AsJson = False) -> None:
    """Look whether all is whole: the file, the rows, the paths, the archive. Exit code 1 where something is not."""
    from dataclasses import asdict

    from bot.records import episode_checks

    told = asdict(_ask(lambda each: episode_checks.check(each.database, each.folder), config, database))
    _report(told | {"faults": list(told["faults"])}, as_json=as_json)
    if told["faults"]:
        raise typer.Exit(1)


def _ask(asked: "Callable[[Episodes], Awaitable[Answer]]", config: Path | None, database: str | None) -> "Answer":
    """What the database answers."""
    from bot.app import episodes as looks

    async def answer() -> "Answer":
        async with looks.opened(config, database) as episodes:
            return await asked(episodes)

    return asyncio.run(answer())


def _show(found: "list[Episode]", *, as_json: bool) -> None:
    from bot.app import episodes as looks
    from bot.app import screen

    if as_json:
        from bot.records import episode_rows  # with its checks, which a table does without

        screen.show_json([episode_rows.written(each) for each in found])
        return
    looks.tell(looks.listed(found))


def _report(told: dict[str, Any], *, as_json: bool) -> None:
    from bot.app import episodes as looks
    from bot.app import screen

    if as_json:
        screen.show_json(told)
        return
    rows = [(key, "\n".join(value) if isinstance(value, list) else str(value)) for key, value in told.items()]
    looks.tell(screen.table(None, ("", ""), rows))


def _coins(config: Path | None) -> "Coins":
    """Those of the settings, so that candles of one's own coins are understood."""
    from bot.app.coins import known
    from bot.app.settings import load

    return known(load(config).coins)
