"""Episodes as users enter them: facts, files, and paths from candles of their own."""

import tomllib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path as File
from typing import Any

from bot.app import histories
from bot.app.screen import progress
from bot.model.coins import Coins
from bot.model.episodes import Episode, Path, path_of, window
from bot.model.errors import UserError
from bot.model.markets import Candles
from bot.records import episode_files, episode_rows
from bot.records.episode_rows import BadRow
from bot.records.episodes import Episodes, Query

ENOUGH = 2  # points that make a path


def told(file: File | None, facts: Sequence[str]) -> list[Episode]:
    """The episodes that a TOML file or facts (FIELD=VALUE) tell; facts are laid over each of the file's."""
    over = dict(_fact(each) for each in facts)
    tables = _tables(file) if file else {str(over.pop("id", "")): {}}
    return [
        _episode(f"{file}: {name}" if file else "episode", {"id": name} | table | over)
        for name, table in tables.items()
    ]


async def add(
    episodes: Episodes, given: Sequence[Episode], candles: File | None, coins: Coins, *, replace: bool
) -> list[str]:
    """Enter episodes, each with its path where the candles show it; their ids. None is entered where one cannot be."""
    known = {each.id for each in await episodes.search(Query(traps=True))}
    if not replace and (twice := [each.id for each in given if each.id in known]):
        raise UserError(f"there is an episode {twice[0]} already: give another id, or --replace to change it")
    history = histories.read([candles] if candles else [], coins)
    if history.complaints:
        raise UserError(history.complaints[0])
    await episodes.put([(each, best_path(each, history.candles)) for each in given], all_or_none=True)
    return [each.id for each in given]


async def take_in(
    episodes: Episodes, files: Sequence[File], candles: Sequence[File], only: Sequence[str], coins: Coins
) -> dict[str, Any]:
    """Enter what is in files and candles; how much, and a line about each thing that was refused."""
    if not (files or candles) or (only and not candles):
        raise UserError("nothing to import: give files of episodes, or --candles (and --id to name one), or both")
    done = {"added": 0, "changed": 0, "paths": 0}
    refused: list[str] = []
    for file in files:
        entered = await _entered(episodes, file)
        done["added"] += entered.added
        done["changed"] += entered.changed
        refused += entered.refused
    history = histories.read(candles, coins)
    done["paths"] = await _keep_paths(episodes, history.candles, only)
    return {**done, "refused": [*refused, *history.complaints]}


async def _entered(episodes: Episodes, file: File) -> episode_files.Imported:
    lines = max(1, episode_files.length(file))
    with progress(file.name) as advance:
        return await episode_files.enter(episodes, file, lambda line: advance(line / lines))


def best_path(episode: Episode, series: Iterable[Candles]) -> Path | None:
    """The path of an episode from the market that shows most of it; None where none does.

    A venue's own episode is shown by that venue only. Against dollars is better than against another coin.
    """
    shown = [each for each in series if _shows(each, episode)]
    paths = [path for path in (path_of(each, episode) for each in shown) if len(path.points) >= ENOUGH]
    return max(paths, key=lambda path: (path.against == episode.against, len(path.points)), default=None)


def stamp() -> str:
    """This moment, as part of a file's name."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")


def _shows(candles: Candles, episode: Episode) -> bool:
    venue, base, quote = candles.market
    since, until = window(episode)
    here = episode.scope in ("coin", f"venue:{venue}") and episode.coin in (base, quote)
    return here and len(candles) > 0 and bool(candles.opened[0] < until and candles.opened[-1] > since)


async def _keep_paths(episodes: Episodes, series: Sequence[Candles], only: Sequence[str]) -> int:
    if not series:
        return 0
    wanted = [await episodes.get(each) for each in only] or await episodes.search(Query(traps=True))
    found = [(each.id, path) for each in wanted if (path := best_path(each, series))]
    for name, path in found:
        await episodes.keep_path(name, path)
    return len(found)


def _fact(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UserError(f"--fact {text}: expected FIELD=VALUE; fields are {', '.join(episode_rows.FIELDS)}")
    return name.strip(), value.strip()


def _tables(file: File) -> dict[str, dict[str, Any]]:
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{file} is not TOML: {error}") from None
    if strange := [name for name, facts in tables.items() if not isinstance(facts, dict)]:
        raise UserError(f"{file}: {strange[0]}: expected a table an episode, as in [usdc-2023-03]")
    return tables


def _episode(where: str, facts: dict[str, Any]) -> Episode:
    try:
        return episode_rows.read(facts)
    except BadRow as fault:
        raise UserError(f"{where}: {fault}") from None
