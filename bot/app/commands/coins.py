"""`repeg coins`: the coins repeg knows, who must keep their promise, and whether it is kept now."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bot.model.coins import Coins, Stablecoin, Terms

COLUMNS = ("coin", "mechanism", "peg", "issuer", "redemption", "until", "freezable", "why")
WIDE = 120  # signs of a terminal that has room for the last column
COLOURS = {"open": "green", "limited": "yellow", "closed": "yellow", "broken": "red"}


def coins(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Tell everything about this one; any name venues give it.")
    ] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="As of then, not now: 2023-03-10T22:44 (UTC).")] = None,
    coins: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Coins of your own (TOML), over those shipped.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="The settings file.", envvar="REPEG_CONFIG")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
) -> None:
    """List the coins repeg knows: what stands behind each, who issues it, and whether par is paid for it now.

    redemption: open to whoever may redeem; limited to some, or at a cost; closed until the banks of New York open;
    broken for good; or unknown. It is what the registry knows by the calendar alone: whether a module is empty, or an
    issuer in trouble, it does not say. freezable: whether the issuer can freeze what is in an address.

    With a NAME also its backing, its addresses, the terms of redemption as they changed, and the sources of all that.
    Coins of your own go into a file, a table each, with the same fields; name and mechanism are needed.
    """
    import time

    from bot.app import screen
    from bot.app.coins import known
    from bot.app.settings import load

    now = time.time_ns() if at is None else _moment(at)
    all_coins = known(coins or load(config).coins)
    meant = list(all_coins.by_symbol.values()) if name is None else [_named(name, all_coins)]
    told = [_told(coin, now) | {"one_bet_with": sorted(all_coins.akin(coin.symbol))} for coin in meant]
    if as_json:
        screen.show_json(told[0] if name else told)
        return
    room = None if screen.out.width >= WIDE else -1
    rows = (
        [(key, screen.plain(line)) for key, line in _facts(told[0])] if name else [_row(each)[:room] for each in told]
    )
    table = screen.table(None, ("", "") if name else COLUMNS[:room], rows)
    table.columns[0].no_wrap = True
    screen.out.print(table, highlight=False)


def _named(name: str, coins: "Coins") -> "Stablecoin":
    from bot.model.errors import UserError

    found = coins.by_symbol.get(coins.asset(name) or "")
    if found is None:
        raise UserError(coins.stranger(name))
    return found


def _moment(text: str) -> int:
    from bot.model.errors import UserError
    from bot.model.times import moment

    try:
        told = moment(text)
    except (ValueError, OverflowError):
        told = -1
    if not 0 <= told < moment("9999-01-01"):
        raise UserError(f"--at: expected a time like 2023-03-10T22:44, got {text}")
    return told


def _told(coin: "Stablecoin", now: int) -> dict[str, Any]:
    """Everything about a coin, as JSON has it."""
    from dataclasses import fields

    from bot.model.redeeming import access
    from bot.model.times import iso

    found = access(coin, now)
    until = None if found.until is None else iso(found.until)
    told = {each.name: getattr(coin, each.name) for each in fields(coin)}
    return told | {
        "redemption": {"at": iso(now), "state": found.state.value, "until": until, "why": found.why},
        "terms": [_terms(each) for each in coin.redemption],
    }


def _terms(terms: "Terms") -> dict[str, Any]:
    """Terms of redemption; what is not known is left out."""
    from dataclasses import asdict

    from bot.model.times import iso

    told = {name: value for name, value in asdict(terms).items() if value not in (None, "")}
    return told | {name: iso(told[name]) for name in ("since", "until") if name in told}


def _row(told: dict[str, Any]) -> tuple[str, ...]:
    from bot.app import screen

    state, until, why = (told["redemption"][name] for name in ("state", "until", "why"))
    return (
        *(screen.plain(told[name]) for name in ("symbol", "mechanism", "peg", "issuer")),
        f"[{COLOURS.get(state, 'dim')}]{state}[/]",
        _short(until) if until else "",
        _yes(told["freeze"]),
        screen.plain(why),
    )


def _facts(told: dict[str, Any]) -> list[tuple[str, str]]:
    """A line a fact; what is not known is left out."""
    state = told["redemption"]
    lines = {
        **{name: told[name] for name in ("symbol", "name", "mechanism", "peg")},
        "also called": ", ".join(told["also"]),
        "issuer": told["issuer"],
        "rests on": ", ".join(told["backing"]),
        "one bet with": ", ".join(told["one_bet_with"]),
        "redemption": f"{state['state']} ({state['why']})"
        + (f" until {_short(state['until'])}" if state["until"] else ""),
        "terms": "\n".join(_line(each) for each in told["terms"]),
        "freezable": _yes(told["freeze"]),
        "addresses": "\n".join(f"{chain} {address}" for chain, address in told["addresses"].items()),
        **{name: told[name] for name in ("born", "died")},
        "sources": "\n".join(told["sources"]),
    }
    return [(name, line) for name, line in lines.items() if line]


def _line(terms: dict[str, Any]) -> str:
    """Terms in one line."""
    told = (
        terms["who"],
        terms.get("opens"),
        f"paid in {terms['pays']}" if "pays" in terms else None,
        f"within {terms['hours']:g} h" if terms.get("hours") else None,
        f"fee {terms['fee_bp']:g} bp" if "fee_bp" in terms else None,
        f"at least {terms['least']:,.0f} dollars" if "least" in terms else None,
        f"at most {terms['most']:,.0f} dollars" if "most" in terms else None,
        terms.get("hindrance"),
        f"since {_short(terms['since'])}" if "since" in terms else None,
        f"until {_short(terms['until'])}" if "until" in terms else None,
    )
    return ", ".join(each for each in told if each)


def _short(moment: str) -> str:
    return moment[:16].replace("T", " ").removesuffix(" 00:00")


def _yes(told: bool | None) -> str:
    return {True: "yes", False: "no", None: "?"}[told]
