"""`repeg chain`: the sandbox chain."""

from typing import Annotated

import typer

app = typer.Typer(help="A small mainnet on this machine: real protocols on anvil, or a fork.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@app.command()
def up(
    port: Annotated[int, typer.Option(help="Port on loopback.", min=1, max=65_535)] = 8545,
    fork_url: Annotated[str | None, typer.Option(help="Fork this node instead of building a chain.")] = None,
    block_time: Annotated[
        int | None, typer.Option(help="Seconds between blocks; else one a transaction.", min=1)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start the chain and leave it running."""
    from bot.app import screen
    from bot.sandbox import chain

    status = chain.up(port=port, fork_url=fork_url, block_time=block_time, say=screen.say)
    _report(status, as_json=as_json)


@app.command()
def down(as_json: AsJson = False) -> None:
    """Stop the chain that `up` started."""
    from bot.sandbox import chain

    _report(chain.down(), as_json=as_json)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Say whether it runs, where, and at which block. Exit code 1 when it does not."""
    from bot.sandbox import chain

    found = chain.status()
    _report(found, as_json=as_json)
    if not found.running:
        raise typer.Exit(1)


def _report(status: object, *, as_json: bool) -> None:
    from dataclasses import asdict, is_dataclass

    from bot.app import screen

    told = asdict(status) if is_dataclass(status) and not isinstance(status, type) else {}
    if as_json:
        screen.show_json(told)
    else:
        screen.out.print(screen.table(None, ("", ""), [(key, str(value)) for key, value in told.items()]))
