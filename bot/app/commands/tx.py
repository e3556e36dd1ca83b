"""`repeg tx`: what became of our transactions, from the journal and the node."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bot.app.settings import Settings
    from bot.records.journal import Journal
    from bot.records.transactions import Transaction

app = typer.Typer(help="What became of our transactions.", no_args_is_help=True)
Config = Annotated[Path | None, typer.Option("--config", "-c", help="The settings file.", envvar="REPEG_CONFIG")]
StateFolder = Annotated[Path | None, typer.Option("--state", help="The folder of the journal, over the settings.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Look at the journal of dry runs.")]


@app.command(name="list")
def list_(
    config: Config = None,
    state: StateFolder = None,
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1)] = 20,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """List the plans decided last: state, attempts, what they brought."""
    from bot.app import screen, telling
    from bot.app.settings import load

    settings = load(config, state=state)
    found = _journal(settings, dry_run=dry_run).transactions(limit)
    registry = telling.registry_of(settings)
    told = [telling.transaction(each, registry) for each in found]
    if as_json:
        screen.show_json(told)
        return
    columns = ("plan", "state", "block>", "attempts>", "gwei>", "route", "outcome", "hash")
    screen.out.print(screen.table(None, columns, [_row(each) for each in told]))


@app.command()
def status(
    hash_: Annotated[str, typer.Argument(metavar="HASH", help="A transaction's hash, or a plan's number.")],
    config: Config = None,
    state: StateFolder = None,
    node: Annotated[str | None, typer.Option(help="Node URL, over the settings.")] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Tell everything about one transaction: attempts, nonce, fees, route, profit or the decoded revert."""
    from bot.app.settings import load

    settings = load(config, node=node, state=state)
    transaction = _find(settings, hash_, dry_run=dry_run)
    _show(asyncio.run(_told(settings, transaction)), as_json=as_json)


@app.command()
def watch(
    hash_: Annotated[str, typer.Argument(metavar="HASH", help="A transaction's hash, or a plan's number.")],
    config: Config = None,
    state: StateFolder = None,
    node: Annotated[str | None, typer.Option(help="Node URL, over the settings.")] = None,
    seconds: Annotated[float, typer.Option(help="Give up after this long.", min=0)] = 600.0,
    as_json: AsJson = False,
) -> None:
    """Follow one transaction until it ends; exit code 1 if it did not capture."""
    from bot.app.settings import load

    settings = load(config, node=node, state=state)
    told = asyncio.run(_followed(settings, hash_, seconds))
    _show(told, as_json=as_json)
    if told["state"] != "mined":
        raise typer.Exit(1)


def _journal(settings: "Settings", *, dry_run: bool) -> "Journal":
    from bot.records.journal import Journal

    return Journal.read_only(settings.journal(live=not dry_run))


def _find(settings: "Settings", name: str, *, dry_run: bool) -> "Transaction":
    from bot.model.errors import UserError

    journal = _journal(settings, dry_run=dry_run)
    try:
        found = journal.by_plan(name) if name.isdecimal() else journal.by_hash(name)
    finally:
        journal.close()
    if found is None:
        raise UserError(f"the journal knows no transaction {name}: `repeg tx list` shows what it knows")
    return found


async def _told(settings: "Settings", transaction: "Transaction") -> dict[str, Any]:
    from bot.app import telling

    told = telling.transaction(transaction, telling.registry_of(settings))
    told["node"] = await telling.node_view(settings, transaction)
    return told


async def _followed(settings: "Settings", name: str, seconds: float) -> dict[str, Any]:
    """Asks the journal again every second: the bot's own process writes it."""
    waited = 0.0
    while True:
        transaction = _find(settings, name, dry_run=False)
        if transaction.outcome is not None or waited >= seconds:
            return await _told(settings, transaction)
        await asyncio.sleep(1.0)
        waited += 1.0


def _row(told: dict[str, Any]) -> tuple[str, ...]:
    last = told["attempts"][-1] if told["attempts"] else {}
    return (
        told["plan"],
        told["state"],
        str(told["made_for"]),
        str(len(told["attempts"])),
        f"{last['max_fee_per_gas'] / 1e9:.2f}" if last else "",
        told["summary"],
        told["outcome"],
        last.get("hash", ""),
    )


def _show(told: dict[str, Any], *, as_json: bool) -> None:
    from bot.app import screen

    if as_json:
        screen.show_json(told)
        return
    rows = [(key, str(value)) for key, value in told.items() if key not in ("attempts", "route", "node")]
    rows += [("route", hop) for hop in told["route"]]
    rows += [
        (
            f"attempt {k}",
            f"nonce {each['nonce']}, {each['purpose']}, {each['max_fee_per_gas'] / 1e9:.3f} gwei, {each['hash']}",
        )
        for k, each in enumerate(told["attempts"], 1)
    ]
    rows += [("node", f"{key}: {value}") for key, value in told["node"].items()]
    screen.out.print(screen.table(None, ("", ""), rows))
