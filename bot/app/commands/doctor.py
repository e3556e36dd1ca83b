"""`repeg doctor`: what works and what is missing, on this machine and for these settings."""

from pathlib import Path
from typing import Annotated

import typer


def doctor(
    config: Annotated[Path | None, typer.Option("--config", "-c", help="Settings file.", envvar="REPEG_CONFIG")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check this machine, the settings, the node, the contract and the key. Exit code 1 when something is broken."""
    import asyncio
    from dataclasses import asdict

    from bot.app import screen
    from bot.app.checkup import examine

    found = asyncio.run(examine(config))
    if as_json:
        screen.show_json([asdict(finding) for finding in found])
    else:
        marks = {"works": "[green]works[/]", "missing": "[yellow]missing[/]", "broken": "[red]broken[/]"}
        rows = [(marks[finding.state], finding.what, finding.detail) for finding in found]
        screen.out.print(screen.table(None, ("", "what", ""), rows))
    if any(finding.state == "broken" for finding in found):
        raise typer.Exit(1)
