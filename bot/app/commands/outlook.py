"""`repeg outlook`: whether a coin that left its peg comes back, and how good such words were in the past."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bot.app.commands.episodes import AsJson, Config, Database

if TYPE_CHECKING:
    from bot.analysis.calibration import Calibration, Change
    from bot.model.coins import Stablecoin
    from bot.model.outlooks import Outlook
    from bot.strategy.memory import Memory

app = typer.Typer(
    help="Whether a coin that left its peg comes back, when, how surely: from the depegs of the past.",
    no_args_is_help=True,
)
LATEST = "9999-01-01"  # the calendar ends soon after
SCORES = ("known of the past", "judged at", "redemption", "episodes>", "Brier>", "base>", "log score>", "base>")
BINS = ("said", "episodes>", "said, mean>", "came back>", "80 % interval>")


@app.command()
def calibrate(config: Config = None, database: Database = None, as_json: AsJson = False) -> None:
    """Hold what would have been said of every past depeg against what came.

    Each is judged as though it had not been ("left out"), and by what was over at the time ("before"), at its alert and
    at its worst, with redemption as the database has it, which is partly hindsight, and without. Scores are means,
    smaller is better; base: the share that came back of those known, said of each. The constants were reasoned with
    these episodes in view, and depegs that one event caused are not independent: intervals are rather too narrow.
    """
    from dataclasses import asdict

    from bot.analysis.calibration import calibrate as score
    from bot.analysis.hindsight import Cut, Paid, When
    from bot.app import screen
    from bot.model.errors import UserError

    memory = _memory(config, database)
    found = [told for cut in Cut for when in When for paid in Paid if (told := score(memory, cut, when, paid))]
    if not found:
        raise UserError("no episode in the database is over: there is nothing to hold outlooks against")
    if as_json:
        screen.show_json([asdict(each) for each in found])
        return
    screen.out.print(screen.table(None, SCORES, [_scores(each) for each in found]), highlight=False)
    for each in found:
        if (each.when, each.paid) == (When.ALERT, Paid.WRITTEN):
            title = (
                f"\nat the alert, redemption as written, {each.cut.value}: {each.recovered} of {each.count} came back"
            )
            screen.out.print(screen.table(title, BINS, _bins(each)), highlight=False)


@app.command(name="leave-one-out")
def leave_one_out(config: Config = None, database: Database = None, as_json: AsJson = False) -> None:
    """Tell which conclusions hang on a single past episode: stances at an alert that change when it is left out."""
    from dataclasses import asdict

    from bot.analysis.calibration import changes
    from bot.analysis.hindsight import Cut, When
    from bot.app import screen

    memory = _memory(config, database)
    found = list["Change"]()
    for cut in Cut:
        with screen.progress(f"leaving out, {cut.value}") as advance:
            found += changes(memory, cut, When.ALERT, advance)
    if as_json:
        screen.show_json({"episodes": len(memory.episodes), "changes": [asdict(each) for each in found]})
        return
    if not found:
        screen.out.print(f"none of {len(memory.episodes)} episodes decides a stance alone", highlight=False)
        return
    rows = [(each.left_out, each.of, each.cut.value, each.stance.value, each.instead.value) for each in found]
    screen.out.print(screen.table(None, ("left out", "of", "past", "stance", "instead"), rows), highlight=False)


@app.command()
def show(
    coin: Annotated[str, typer.Argument(metavar="COIN", help="USDC, DAI, ...")],
    price: Annotated[
        float, typer.Option(metavar="P", min=0.0, max=1000.0, help="What it costs, in units of its peg.")
    ] = 0.99,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="When it left its peg; now, if not told.")] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="As of then: what was over later is not known.")
    ] = None,
    trough: Annotated[
        float | None, typer.Option(metavar="P", min=0.0, max=1000.0, help="The price farthest from the peg so far.")
    ] = None,
    config: Config = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Tell what is expected of a coin at that price, that far into a depeg, and why.

    Redemption is what the coin's terms say of that moment; of a run, a hack or a halt nothing is known here.
    """
    from bot.app import screen

    now = _moment("--at", at) if at else _now()
    began = _moment("--since", since) if since else now
    outlook = _outlook(_coin(coin, config), price, price if trough is None else trough, (began, now), config, database)
    if as_json:
        screen.show_json(_told(outlook))
        return
    screen.out.print(screen.table(None, ("", ""), _lines(outlook)), highlight=False, markup=False)


def _outlook(
    coin: "Stablecoin",
    price: float,
    trough: float,
    span: tuple[int, int],
    config: Path | None,
    database: str | None,
) -> "Outlook":
    """Of a depeg seen everywhere, at its worst at the end."""
    from bot.model.decisions import Depeg
    from bot.model.episodes import severity_of
    from bot.model.errors import UserError
    from bot.model.redeeming import access
    from bot.model.times import iso
    from bot.strategy.outlook import assess

    began, now = span
    if began > now:
        raise UserError(f"--since: expected no later than --at {iso(now)}, got {iso(began)}")
    for flag, told in (("--at", now), ("--since", began)):
        if coin.unborn(told):
            raise UserError(f"{flag}: {coin.symbol} is there since {coin.born}, got {iso(told)}")
    bp = abs(1.0 - trough) * 1e4
    if bp < abs(1.0 - price) * 1e4 - 1e-6 or (trough - 1.0) * (price - 1.0) < 0.0:
        raise UserError(f"--trough: expected a price farther from the peg than {price:g}, got {trough:g}")
    direction: Literal["below", "above"] = "above" if trough > 1.0 else "below"
    depeg = Depeg(coin.symbol, "coin", direction, began, began, severity_of(bp), now, trough, bp, True, ())
    return assess(depeg, coin, access(coin, now), price, now, _memory(config, database).before(now))


def _memory(config: Path | None, database: str | None) -> "Memory":
    """All that the database knows; of one that was never made, what it would be made with. Nothing is made here."""
    from bot.app import episodes as kept
    from bot.app.asking import query
    from bot.app.settings import load
    from bot.model.errors import UserError
    from bot.records import catalogue
    from bot.strategy.memory import Memory

    settings = load(config)
    if not _there(database or settings.database or settings.folder / "episodes.sqlite"):
        if database:
            raise UserError(f"--database {database}: there is no episode database")
        return Memory.of(catalogue.parse(catalogue.shipped()))

    async def asked() -> "Memory":
        async with kept.opened(config, database) as episodes:
            return Memory.of(await episodes.search(query({}, limit=1_000_000, traps=False)))

    return asyncio.run(asked())


def _there(where: str | Path) -> bool:
    """Whether something lies there; a server is asked when it is opened."""
    from bot.records.episode_database import url_of

    url = url_of(where)
    if not url.drivername.startswith("sqlite"):
        return True
    file = Path(url.database or "")
    return file.exists() and not (file.is_file() and file.stat().st_size == 0)


def _coin(name: str, config: Path | None) -> "Stablecoin":
    from bot.app.coins import known
    from bot.app.settings import load
    from bot.model.errors import UserError

    coins = known(load(config).coins)
    asset = coins.asset(name)
    if asset is None:
        raise UserError(coins.stranger(name))
    if asset not in coins.by_symbol:
        raise UserError(f"{asset} promises nothing, so it has no peg to leave: name a stablecoin")
    return coins.by_symbol[asset]


def _moment(flag: str, text: str) -> int:
    from bot.model.errors import UserError
    from bot.model.times import moment

    try:
        found = moment(text)
    except (ValueError, OverflowError):
        raise UserError(f"{flag}: expected a time such as 2023-03-11T07:00Z, got {text}") from None
    if found >= moment(LATEST):
        raise UserError(f"{flag}: expected a time before {LATEST}, got {text}")
    return found


def _now() -> int:
    import time

    return time.time_ns()


def _told(outlook: "Outlook") -> dict[str, Any]:
    """JSON has no infinity: no stop is null. Times in seconds."""
    from dataclasses import asdict
    from math import isinf

    from bot.model.times import SECOND, iso

    times = {name: told and round(told / SECOND) for name, told in _times(outlook)}
    told = asdict(outlook) | {"made_at": iso(outlook.made_at), "worst": None if isinf(outlook.worst) else outlook.worst}
    return {**told, **times}


def _times(outlook: "Outlook") -> tuple[tuple[str, int | None], ...]:
    return ("median_time", outlook.median_time), ("late_time", outlook.late_time)


def _lines(outlook: "Outlook") -> list[tuple[str, str]]:
    from math import isinf

    from bot.model.times import HOUR, iso

    median, late = ("" if told is None else f"{told / HOUR:,.1f} h, " for _, told in _times(outlook))
    return [
        ("coin", outlook.coin),
        ("as of", iso(outlook.made_at)),
        ("stance", outlook.stance.value),
        ("comes back", f"{outlook.recovery:.3f} (80 %: {outlook.recovery_low:.3f} to {outlook.recovery_high:.3f})"),
        ("fair", f"{outlook.fair:.4f}"),
        ("stop", "none" if isinf(outlook.worst) else f"{outlook.worst:.4f}"),
        ("back within", f"{median}half of those that come back" if median else "more likely never"),
        ("", f"{late}nine of ten of those that come back" if late else "nobody knows when, if it comes back"),
        ("rests on", f"{outlook.likeness} episodes, about"),
        *(("because" if k == 0 else "", reason) for k, reason in enumerate(outlook.reasons)),
    ]


def _scores(told: "Calibration") -> tuple[str, ...]:
    scores = (told.brier, told.base_brier, told.log_score, told.base_log_score)
    return told.cut.value, told.when.value, told.paid.value, str(told.count), *(f"{each:.3f}" for each in scores)


def _bins(told: "Calibration") -> list[tuple[str, ...]]:
    return [
        (
            f"{each.at_least:.1f} to {each.below:.1f}",
            str(each.count),
            f"{each.said:.2f}",
            f"{each.came:.2f}",
            f"{each.low:.2f} to {each.high:.2f}",
        )
        for each in told.bins
    ]
