"""What people and programs see: tables on the terminal, JSON on stdout, one-line errors on stderr."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table

PIPE = 200  # columns where there is no terminal to say how many: names stay whole, for grep

out = Console(emoji=False, width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE)
err = Console(stderr=True)


def table(title: str | None, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table with the columns named; one whose name ends in `>` is set right."""
    made = Table(title=title, title_justify="left", header_style="bold", box=None, padding=(0, 2, 0, 0))
    for name in columns:
        made.add_column(name.rstrip(">"), justify="right" if name.endswith(">") else "left", overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def show_json(value: Any) -> None:  # noqa: ANN401 - whatever a command reports
    """One JSON document on stdout and nothing else. Integers beyond 2**53 stand as they are: exact."""
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Tell how long work is going, on stderr so that stdout stays a report."""
    err.print(plain(text), highlight=False, style="dim", soft_wrap=True)


def complain(text: str) -> None:
    """One line about what is wrong."""
    err.print(f"[bold red]repeg:[/] {plain(text)}", highlight=False, soft_wrap=True)


@contextmanager
def progress(what: str) -> Iterator[Callable[[float], None]]:
    """A bar on stderr while it lasts, and who moves it: told the part done, 0 to 1. Nothing where nobody looks."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda part: bar.update(task, completed=part)


def dollars(amount: float) -> str:
    """Dollars as people write them."""
    return f"{amount:,.2f}"


def short(address: str) -> str:
    """An address or hash by its ends."""
    return f"{address[:6]}…{address[-4:]}" if len(address) > 12 else address


def plain(text: str) -> str:
    """Words of others as they stand: no markup of ours, nothing that moves a terminal."""
    from rich.markup import escape

    return escape("\n".join(map(_printable, text.split("\n"))))


def one_line(text: str) -> str:
    """Words of others on one line, nothing in it that moves a terminal. Markup is left as it stands."""
    return _printable(" ".join(text.split()))


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
