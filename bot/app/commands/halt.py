"""`repeg halt`, `resume` and `limits`: to stop everything, to let it run again, and what stands between."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bot.app.settings import Settings
    from bot.model.account import Account

Config = Annotated[Path | None, typer.Option("--config", "-c", help="The settings file.", envvar="REPEG_CONFIG")]
StateFolder = Annotated[Path | None, typer.Option("--state", help="The state folder, over the settings.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def halt(
    reason: Annotated[str, typer.Argument(help="Why: it is told to whoever looks.")] = "by hand",
    config: Config = None,
    state: StateFolder = None,
    as_json: AsJson = False,
) -> None:
    """Stop: nothing is sent to the chain, orders that would begin something are pulled. Ways out stay open.

    It is on disk before anything else happens, a bot that runs sees it within seconds, and it outlives restarts until
    `repeg resume`.
    """
    from bot.app import screen

    switch = _switch(config, state)
    switch.pull(reason)
    told = {"state": "halted", "reason": reason, "file": str(switch.file)}
    screen.show_json(told) if as_json else screen.say(f"halted: {reason}. `repeg resume` lets it trade again")


def resume(config: Config = None, state: StateFolder = None, as_json: AsJson = False) -> None:
    """Let it trade again after a halt, also one of its own making: look first why it stopped."""
    from bot.app import screen

    switch = _switch(config, state)
    before = switch.reason()
    switch.resume()
    told = {"state": "active", "was": before, "file": str(switch.file)}
    screen.show_json(told) if as_json else screen.say(f"resumed; it was {f'halted: {before}' if before else 'active'}")


def limits(
    config: Config = None,
    state: StateFolder = None,
    live: Annotated[bool, typer.Option("--live", help="Of the live books, not those of dry runs.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show every limit, what of it is used by the books, and whether anything is stopped."""
    from bot.app import screen
    from bot.app.settings import load

    settings = load(config, state=state)
    told = _told(settings, live=live)
    if as_json:
        screen.show_json(told)
        return
    rows = [
        (name.replace("_", " "), _shown(limit), _shown(told["used"].get(name)))
        for name, limit in told["limits"].items()
    ]
    screen.out.print(screen.table(None, ("limit", "at most>", "used>"), rows))
    because = f": {told['reason']}" if told["reason"] else ""
    screen.out.print(f"{told['state']}{because}", highlight=False, soft_wrap=True)


def _switch(config: Path | None, state: Path | None) -> "Any":  # noqa: ANN401 - a KillSwitch, imported late
    from bot.app.killswitch import KillSwitch
    from bot.app.settings import load
    from bot.model.errors import UserError

    folder = load(config, state=state).folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"the state folder {folder} cannot be made: {error.strerror}") from None
    return KillSwitch(folder / "HALT")


def _told(settings: "Settings", *, live: bool) -> dict[str, Any]:
    from bot.app.killswitch import KillSwitch

    switch = KillSwitch(settings.folder / "HALT")
    reason = switch.reason() if settings.folder.is_dir() else None
    account = _account(settings, live=live)
    held = {name: trade.basis_usd for name, trade in account.trades.items() if trade.kind == "hold"} if account else {}
    mandate = settings.desk.mandate()
    return {
        "state": "halted" if reason else "active",
        "reason": reason,
        "limits": {
            "max_loan_usd": settings.risk.max_loan_usd,
            "max_failures": settings.risk.max_failures,
            "max_gas_eth": settings.risk.max_gas_eth,
            "max_drawdown": mandate.max_drawdown,
            "max_daily_loss": mandate.max_daily_loss,
            "risk": mandate.risk,
            "risk_per_bet": mandate.risk_per_bet,
            "per_coin": mandate.per_coin,
            "per_issuer": mandate.per_issuer,
            "per_mechanism": mandate.per_mechanism,
            "per_venue": mandate.per_venue,
            "exposure": mandate.exposure,
            "most_usd": mandate.most_usd,
        },
        "used": {"exposure_usd": sum(held.values())},
        "open": [_trade(each) for each in account.trades.values()] if account else [],
        "venues": {venue: why or "ready" for venue, why in _venues(account).items()},
    }


def _account(settings: "Settings", *, live: bool) -> "Account | None":
    """The exchanges' books, from the journal; None where there is none."""
    from functools import reduce

    from bot.model import account
    from bot.model.orders import OrderEvent
    from bot.records.journal import Journal

    path = settings.journal(live=live)
    if not path.exists():
        return None
    journal = Journal.read_only(path)
    try:
        events = (event for event in journal.but_the_world() if isinstance(event, OrderEvent))
        return reduce(account.post, events, account.Account())
    finally:
        journal.close()


def _trade(trade: Any) -> dict[str, Any]:  # noqa: ANN401 - a Trade, imported late
    from bot.model.times import iso

    return {
        "id": trade.id,
        "kind": trade.kind,
        "coin": trade.coin,
        "opened": iso(trade.opened),
        "coins": str(trade.net),
        "cost_usd": round(trade.basis_usd, 2),
    }


def _venues(account: "Account | None") -> dict[str, str]:
    if account is None:
        return {}
    return dict.fromkeys(sorted(account.seen), "") | dict(account.unready)


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:,.6g}"
