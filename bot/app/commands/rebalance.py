"""`repeg rebalance`: what to move between exchanges so that pairs can go on. It moves nothing itself."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from bot.app.settings import Settings
    from bot.model.account import Purse
    from bot.model.coins import Coins
    from bot.strategy.drift import Drift
    from bot.strategy.rebalancing import Bounds, Move, Rebalancing, Stuck

COLUMNS = ("from", "to", "asset", "amount>", "network", "fee>", "minutes>", "why")
LEFT = ("stays off target", "asset", "surplus>", "why")
DRIFT = ("coin", "money", "bought at", "sold at", "back bp>")


def rebalance(
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="The settings file.", envvar="REPEG_CONFIG")
    ] = None,
    targets: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where what is wanted, and ways exchanges do not tell (TOML).")
    ] = None,
    equal: Annotated[bool, typer.Option("--equal", help="As much at each exchange, not as it was at first.")] = False,
    tolerance: Annotated[
        float, typer.Option(help="Off target by no more than so much of an exchange's average: left.", min=0.01, max=10)
    ] = 0.2,
    most_bp: Annotated[float, typer.Option(help="The fee of a move, at most.", min=0, max=10_000)] = 10.0,
    least_usd: Annotated[float, typer.Option(help="A move, at least.", min=0)] = 100.0,
    state: Annotated[Path | None, typer.Option("--state", help="The state folder, over the settings.")] = None,
    live: Annotated[
        bool, typer.Option("--live", help="The live books, and balances as the exchanges have them now.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell what to move between exchanges, over which networks, to bring inventory back. Nothing is withdrawn.

    Trading pairs gathers coins where they are cheap and money where they are dear. What is there of each asset is
    spread as it was when the exchanges were first seen, or by --targets, or in --equal parts; coins of open holds and
    what is promised to orders stays. Networks and fees are what exchanges whose keys are there say now; fees are flat,
    in coins, and the amount includes them. Minutes are what is usual.

    In the FILE a table targets.NAME holds what is wanted at an exchange, as USDC = 50000; only proportions count. Where
    an exchange does not tell, a table ways.NAME.COIN holds what withdrawing costs in coins, by network, as ERC20 = 4.0.

    back: what a pair that goes this way costs in bringing coins and money back, in bp of what it trades, when all that
    there is of either has gone that way. Pairs pay that where exchanges tell it, else desk.rebalance_bp, here too.
    """
    from bot.app import screen
    from bot.app.settings import load
    from bot.strategy.rebalancing import Bounds

    bounds = Bounds(tolerance, most_bp, least_usd)
    told = _told(load(config, state=state), bounds, targets, equal=equal, live=live)
    screen.show_json(told) if as_json else _show(told)


def _told(settings: "Settings", bounds: "Bounds", file: Path | None, *, equal: bool, live: bool) -> dict[str, Any]:
    import asyncio

    from bot.app import coins as coin_names
    from bot.app import inventory
    from bot.model.errors import UserError
    from bot.model.markets import CHAIN
    from bot.strategy import drift, rebalancing

    coins = coin_names.known(settings.coins)
    wanted = inventory.wanted(file, coins) if file else inventory.Wanted()
    if equal and wanted.targets:
        raise UserError("--equal or [targets]: not both")
    events = inventory.kept(settings.journal(live=live))
    answers = asyncio.run(inventory.ask(settings, coins, balances=live))
    account = inventory.account([*events, *answers.seen])
    if not account.balances:
        raise UserError(f"no exchange's books in {settings.journal(live=live)}: `repeg run` writes them")
    if all(venue == CHAIN for venue, _ in account.balances):
        raise UserError(f"no exchange in {settings.journal(live=live)}, only the wallet: there is nowhere to move to")
    unknown = {venue: why for venue in {venue for venue, _ in account.balances} if (why := account.ready(venue))}
    stock = {purse: each for purse, each in rebalancing.stocks(account).items() if purse[0] not in unknown}
    goals = wanted.targets or (inventory.equal(stock) if equal else inventory.first([*events, *answers.seen]))
    aims = {purse: each for purse, each in goals.items() if purse[0] not in unknown}
    ways = inventory.over(answers.ways, wanted.ways)
    usd = _usd(settings, coins, aims)
    plan = rebalancing.plan(stock, usd, aims, ways, bounds)
    drifts = list(drift.drifts({purse: each.held for purse, each in stock.items()}, coins.by_symbol.keys(), usd, ways))
    assumed = settings.desk.mandate().rebalance_bp
    return _described(plan) | {"drift": _drifts(drifts, assumed), "left_out": unknown, "silent": dict(answers.silent)}


def _usd(settings: "Settings", coins: "Coins", aims: "Mapping[Purse, Decimal]") -> dict[str, float]:
    """Dollars for the size of a move: as the settings say, else what is pegged to the dollar counts as one."""
    from bot.model.markets import DOLLAR

    assets = {asset for _, asset in aims}
    return {each: 1.0 for each in assets if each == DOLLAR or coins.peg(each) == DOLLAR} | settings.usd


def _described(plan: "Rebalancing") -> dict[str, Any]:
    """As programs read it; amounts are exact, and so are text."""
    from decimal import Decimal

    fees: dict[str, Decimal] = {}
    for move in plan.moves:
        fees[move.asset] = fees.get(move.asset, Decimal(0)) + move.fee
    return {
        "moves": [_move(each) for each in plan.moves],
        "fees": {asset: f"{fee:f}" for asset, fee in fees.items()},
        "stuck": [_stuck(each) for each in plan.stuck],
    }


def _move(move: "Move") -> dict[str, Any]:
    return {
        "from": move.sender,
        "to": move.receiver,
        "asset": move.asset,
        "amount": f"{move.amount:f}",
        "network": move.network,
        "fee": f"{move.fee:f}",
        "arrives": f"{move.arrives:f}",
        "minutes": move.minutes,
        "why": move.why,
    }


def _stuck(stuck: "Stuck") -> dict[str, Any]:
    return {"venue": stuck.venue, "asset": stuck.asset, "surplus": f"{stuck.surplus:f}", "why": stuck.why}


def _drifts(drifts: "Sequence[Drift]", assumed_bp: float) -> dict[str, Any]:
    """What coming back costs pairs; null where no way back is told, and `assumed_bp` is what they pay then."""
    return {"assumed_bp": assumed_bp, "ways": [_drift(each) for each in drifts]}


def _drift(each: "Drift") -> dict[str, Any]:
    cost = None if each.cost_bp is None else round(each.cost_bp, 3)
    return {
        "coin": each.buy.base,
        "money": each.buy.quote,
        "bought_at": each.buy.venue,
        "sold_at": each.sell.venue,
        "back_bp": cost,
    }


def _show(told: dict[str, Any]) -> None:
    from bot.app import screen

    for venue, why in (told["left_out"] | told["silent"]).items():
        screen.say(f"{venue}: {why}")
    if told["moves"]:
        screen.out.print(screen.table(None, COLUMNS, [_row(each, COLUMNS) for each in told["moves"]]))
    if told["stuck"]:
        rows = [_row(each, ("venue", *LEFT[1:])) for each in told["stuck"]]
        screen.out.print(screen.table(None, LEFT, rows))
    known = [each for each in told["drift"]["ways"] if each["back_bp"] is not None]
    if known:
        keys = [name.replace(" ", "_") for name in DRIFT]
        screen.out.print(screen.table(None, DRIFT, [_row(each, keys) for each in known]))
        screen.say(f"where exchanges tell no way back, pairs pay {told['drift']['assumed_bp']:g} bp for it")
    if not told["moves"] and not told["stuck"]:
        screen.out.print("nothing to move: every exchange is on its target")


def _row(told: dict[str, Any], columns: "Sequence[str]") -> tuple[str, ...]:
    from bot.app import screen

    return tuple(screen.plain(f"{told[name.rstrip('>')]}") for name in columns)
