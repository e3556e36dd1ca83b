"""`repeg backtest`: price history, traded as the bot would have."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.analysis.outcome import Outcome
    from bot.analysis.performance import Performance
    from bot.app.settings import Settings
    from bot.model.coins import Coins
    from bot.model.markets import Candles

CAPITAL = 1_000_000.0
MOST_USD = 1e12

Config = Annotated[Path | None, typer.Option("--config", "-c", help="The settings file.", envvar="REPEG_CONFIG")]


def backtest(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Candle files, or folders of them.")],
    capital: Annotated[float, typer.Option(metavar="USD", help="Dollars to trade with.")] = CAPITAL,
    coins: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Coins of your own (TOML), over those shipped.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a report too: one HTML file, to be read offline.")
    ] = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
) -> None:
    """Trade price history as the bot would have, and tell what came of it.

    Every decision is made by the code, and from the settings, that trade live. Files are those of `repeg detect`: all
    of them together are one market.

    in, out: dollars a coin, weighted by volume. slip: how much worse than the price it was decided on. pnl: after fees;
    what is still held at the end counts at the last price. of best: the part of what the same entries could have made,
    sold at the best price before the depeg ended.
    """
    from time import perf_counter

    from bot.analysis.performance import measure
    from bot.app import backtesting, histories, screen
    from bot.app.coins import known
    from bot.app.settings import load

    began = perf_counter()
    _check(capital, report)
    settings = load(config)
    all_coins = known(coins or settings.coins)
    outcome = _replayed(histories.load(paths, all_coins), all_coins, settings, capital)
    made = measure(outcome, all_coins)
    if report is not None:
        _write(report, outcome, made)
    if as_json:
        screen.show_json(backtesting.told(outcome, made, perf_counter() - began))
    else:
        _show(outcome, made, perf_counter() - began)


def _check(capital: float, report: Path | None) -> None:
    """What would be found out only at the end is found out first."""
    from math import isfinite

    from bot.model.errors import UserError

    if not (isfinite(capital) and capital > 0):
        raise UserError(f"--capital is dollars to trade with, more than none; got {capital:g}")
    if capital > MOST_USD:
        raise UserError(f"--capital is {MOST_USD:g} dollars at most; got {capital:g}")
    if report is not None and report.is_dir():
        raise UserError(f"--report {report} is a folder: name a file in it")
    if report is not None and not report.expanduser().parent.is_dir():
        raise UserError(f"--report {report}: there is no folder {report.expanduser().parent}")


def _replayed(history: "Sequence[Candles]", coins: "Coins", settings: "Settings", capital: float) -> "Outcome":
    from bot.analysis import replay
    from bot.app import screen
    from bot.app.wiring_backtest import policy

    with screen.progress("trading") as advance:
        return replay.run(history, coins, policy(settings, coins), capital, advance)


def _write(report: Path, outcome: "Outcome", made: "Performance") -> None:
    from bot.app import backtest_report, screen
    from bot.model.errors import UserError

    try:
        report.expanduser().write_text(backtest_report.page(outcome, made), encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot write the report {report}: {error.strerror}") from None
    screen.say(f"the report is in {report}")


def _show(outcome: "Outcome", made: "Performance", seconds: float) -> None:
    from bot.app import backtesting, screen

    if made.trades:
        screen.out.print(screen.table(None, backtesting.COLUMNS, [backtesting.row(each) for each in made.trades]))
    figures = screen.table(None, ("", ""), backtesting.figures(made))
    figures.show_header = False
    screen.out.print(figures)
    screen.out.print(backtesting.closing(outcome, seconds), style="dim", highlight=False, soft_wrap=True)
