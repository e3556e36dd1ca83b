"""`repeg config`: the settings file."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="The settings file.", no_args_is_help=True)

EXAMPLE = Path(__file__).parent.parent / "example.toml"


@app.command()
def example() -> None:
    """Print a settings file with every key, its default and what it means."""
    typer.echo(EXAMPLE.read_text(encoding="utf-8"), nl=False)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The settings file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the settings as JSON.")] = False,
) -> None:
    """Read a settings file and say what is wrong with it, a line each, or what it comes to."""
    from bot.app import screen, wiring_desk
    from bot.app.complaints import WrongSettingsError
    from bot.app.settings import load

    try:
        settings = load(file)
    except WrongSettingsError as error:
        for line in error.lines:
            screen.complain(line)
        raise typer.Exit(1) from None
    wiring_desk.check(settings)
    told = settings.model_dump(mode="json")
    told["node"]["urls"] = [f"{len(settings.node.urls)} url(s)"]  # they may carry keys
    if as_json:
        screen.show_json(told)
    else:
        screen.out.print_json(data=told)
