"""`repeg demo`: USDC leaves its peg on a chain of real protocols, and the bot captures the way back."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bot.app.rehearsal import Outcome


def demo(
    blocks: Annotated[int, typer.Option(help="How many blocks the weekend takes.", min=1, max=2_000)] = 20,
    seed: Annotated[int, typer.Option(help="The same seed, the same traders.")] = 2023,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON, and nothing else.")] = False,
) -> None:
    """Show the whole of it: start a chain, let USDC lose its peg, find, borrow, capture, bank the profit."""
    import asyncio

    from bot.app import rehearsal, screen

    outcome = asyncio.run(rehearsal.rehearse(blocks, seed, say=screen.say, show=None if as_json else _show_block))
    if as_json:
        screen.show_json(outcome.told())
    else:
        _show_total(outcome)


def _show_block(told: dict[str, Any]) -> None:
    from bot.app import screen

    screen.out.print(_line(told), highlight=False, soft_wrap=True)


def _line(told: dict[str, Any]) -> str:
    head = f"block {told['block']}  USDC {told['usdc']:.4f}  "
    capture = told.get("capture")
    if capture is None:
        return f"{head}[dim]{told['reason']}[/]"
    return (
        f"{head}[bold green]+{capture['profit_usd']:,.2f} USD[/] of {capture['optimum_usd']:,.2f}  "
        f"{' '.join(hop.split()[0] + ' ' + hop.split()[1] for hop in capture['route'])}  "
        f"[dim]{capture['lender']}, {capture['gas_used']:,} gas, {capture['latency_ms']:.1f} ms[/]"
    )


def _show_total(outcome: "Outcome") -> None:
    from bot.app import screen

    told = outcome.told()
    screen.out.print()
    rows = [
        ("blocks", str(told["blocks"])),
        ("captures", str(len(told["captures"]))),
        ("missed", str(len(told["missed"]))),
        ("banked", f"{told['profit_usd']:,.2f} USD in the treasury"),
        ("efficiency", f"{told['efficiency']:.6f} of the best an independent search found by asking the chain"),
    ]
    screen.out.print(screen.table("The weekend", ("", ""), rows))
