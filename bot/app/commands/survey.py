"""`repeg lenders` and `repeg pools`: what is there, what it offers now, and what was dropped and why."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path | None, typer.Option("--config", "-c", help="The settings file.", envvar="REPEG_CONFIG")]
NodeUrl = Annotated[str | None, typer.Option("--node", help="Node URL, over the settings.")]
RegistryName = Annotated[str | None, typer.Option("--registry", help="Registry, over the settings.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def lenders(
    config: Config = None, node: NodeUrl = None, registry: RegistryName = None, as_json: AsJson = False
) -> None:
    """List the flash lenders: fee, cash now, callback, and whether each is what the registry says."""
    import asyncio

    from bot.app import screen
    from bot.app.surveying import lender_rows

    found = asyncio.run(lender_rows(config, node, registry))
    if as_json:
        screen.show_json(found)
        return
    columns = ("lender", "token", "cash>", "fee bp>", "callback", "verified")
    rows = [
        (row["name"], row["token"], row["cash"], row["fee_bps"], row["callback"], row["why_not"] or "yes")
        for row in found
    ]
    screen.out.print(screen.table(None, columns, rows))


def pools(config: Config = None, node: NodeUrl = None, registry: RegistryName = None, as_json: AsJson = False) -> None:
    """List the pools and redemptions: coins, marginal rate now, fee, and whether each is what the registry says."""
    import asyncio

    from bot.app import screen
    from bot.app.surveying import pool_rows

    found = asyncio.run(pool_rows(config, node, registry))
    if as_json:
        screen.show_json(found)
        return
    columns = ("pool", "family", "coins", "rates", "address", "verified")
    rows = [
        (
            row["name"],
            row["family"],
            "/".join(row["coins"]),
            "  ".join(row["rates"]),
            row["address"],
            row["why_not"] or "yes",
        )
        for row in found
    ]
    screen.out.print(screen.table(None, columns, rows))
