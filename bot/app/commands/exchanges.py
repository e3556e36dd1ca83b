"""`repeg exchanges`: the sandbox's exchanges."""

from typing import Annotated

import typer

app = typer.Typer(
    help="Exchanges on this machine that speak their real wire formats, and a weekend on which USDC leaves its peg.",
    no_args_is_help=True,
)


@app.command()
def up(
    port: Annotated[int, typer.Option(help="Port on loopback; 0 takes a free one.", min=0, max=65_535)] = 8590,
    venue: Annotated[list[str] | None, typer.Option(help="An exchange to play, may be repeated; else all.")] = None,
    rate: Annotated[float, typer.Option(help="Changes a second, over all markets.", min=0.1, max=20_000)] = 200.0,
    speed: Annotated[
        float, typer.Option(help="How fast the weekend of March 2023 passes; 1 as it did.", min=0)
    ] = 640.0,
    seed: Annotated[int, typer.Option(help="The same seed, the same prices.")] = 2023,
    fault: Annotated[
        list[str] | None, typer.Option(help="Trouble at one of them, like okx=stall or okx=slow:3; may be repeated.")
    ] = None,
    fund: Annotated[
        list[str] | None, typer.Option(help="What an account holds, like kraken=USD:1000; may be repeated.")
    ] = None,
    astray: Annotated[
        str | None, typer.Option(help="A market that prints 0.51 for a while on its own, like gate:USDC/USDT.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print where they are as JSON.")] = False,
) -> None:
    """Play exchanges until Ctrl-C: their books follow USDC, USDT, DAI, BTC and ETH through that weekend.

    Faults: drop, stall, gap, garbage, rate-limited, unavailable, slow, skew, maintenance.
    """
    import asyncio
    from contextlib import suppress

    from bot.sandbox.exchange_process import Play, astray_like, play

    what = Play(
        venues=tuple(venue) if venue else None,
        port=port,
        rate=rate,
        speed=speed,
        seed=seed,
        faults=tuple(fault or ()),
        astray=astray_like(astray) if astray else None,
        funds=tuple(fund or ()),
    )
    with suppress(KeyboardInterrupt):
        asyncio.run(play(what, lambda url: _told(url, as_json=as_json)))


def _told(url: str, *, as_json: bool) -> None:
    from bot.app import screen

    if as_json:
        screen.show_json({"url": url})
        return
    screen.out.print(f"exchanges at {url}, until Ctrl-C", highlight=False)
    screen.out.print(f"watch them with  repeg feeds --through {url}\n            or  repeg watch --through {url}")
