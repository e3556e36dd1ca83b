"""`repeg demo`: USDC leaves its peg on a chain of real protocols, and the bot captures the way back."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bot.app.rehearsal import Outcome

COLUMNS = ("block>", "USDC>", "banked USD>", "best found>", "loop", "lent by", "ms>")


def demo(
    blocks: Annotated[int, typer.Option(help="How many blocks the weekend takes.", min=1, max=2_000)] = 20,
    seed: Annotated[int, typer.Option(help="The same seed, the same traders.")] = 2023,
    exchanges: Annotated[
        bool,
        typer.Option("--exchanges", help="Play exchanges too: the bot learns from their books what coins are worth."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON, and nothing else.")] = False,
) -> None:
    """Show the whole of it: start a chain, let USDC lose its peg, find, borrow, capture, bank the profit.

    With --exchanges depegs are told as the bot sees them on the books, and `repeg watch` can look on (the URL is said).
    Orders go to five of them, too: the fallen coin is held until it returns, or with its perpetual sold short until
    the two have met, and a coin is sold where it is dear.
    """
    import asyncio
    from contextlib import nullcontext

    from rich.live import Live

    from bot.app import rehearsal, screen

    table = screen.table("USDC leaves its peg", COLUMNS, [])
    with nullcontext() if as_json else Live(table, console=screen.out, vertical_overflow="visible"):
        outcome = asyncio.run(
            rehearsal.rehearse(
                blocks, seed, say=screen.say, show=lambda told: table.add_row(*_row(told)), exchanges=exchanges
            )
        )
    if as_json:
        screen.show_json(outcome.told())
    else:
        _show_total(outcome)


def _row(told: dict[str, Any]) -> tuple[str, ...]:
    if "warning" in told:
        return "", "", "", "", f"[yellow]{told['warning'].partition(', seen')[0]}[/]", "", ""
    if "trade" in told:
        return "", "", "", "", f"[cyan]{told['trade']}[/]", "", ""
    start = str(told["block"]), f"{told['usdc']:.4f}"
    capture = told["capture"]
    if capture is None:
        return *start, "", f"{told['optimum_usd']:,.2f}", f"[dim]{told['reason']}[/]", "", ""
    coins = [hop.split(">")[0] for hop in capture["route"]]
    return (
        *start,
        f"[bold green]{capture['profit_usd']:,.2f}[/]",
        f"{capture['optimum_usd']:,.2f}",
        ">".join([*coins, coins[0]]),
        capture["lender"],
        f"{capture['latency_ms']:.1f}",
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
    screen.out.print(screen.table("The weekend", ("", ""), [*rows, *_exchange_rows(told)]))


def _exchange_rows(told: dict[str, Any]) -> list[tuple[str, str]]:
    """What came of trading at exchanges; nothing where there were none."""
    if "trades" not in told:
        return []
    kinds = [trade["kind"] for trade in told["trades"]]
    left = sum(trade["exit_reason"].startswith("not left") for trade in told["trades"])
    money = told["money"]
    exact = "to the last unit" if money["exact"] else f"BUT FOR {money['off']}"
    return [
        ("holds, pairs", f"{kinds.count('hold')} and {kinds.count('pair')} at exchanges, {left} still open"),
        ("earned there", f"{told['pnl_usd']:,.2f} USD after fees"),
        ("worth more", f"{money['gained_usd']:,.2f} USD, all that lies there at the end's prices"),
        ("the accounts", f"hold what was put in, and the fills less fees, {exact}"),
    ]
