"""`repeg candles`: price history, from exchanges and files, on a shelf."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.app.downloading import Delivery
    from bot.model.coins import Coins
    from bot.records.shelf import Shelf

app = typer.Typer(help="Price history: fetched from exchanges, kept as Parquet, checked.", no_args_is_help=True)
Config = Annotated[Path | None, typer.Option("--config", "-c", help="The settings file.", envvar="REPEG_CONFIG")]
Folder = Annotated[
    Path | None, typer.Option("--shelf", help="The shelf's folder; `candles` in the state folder without it.")
]
Through = Annotated[
    str | None, typer.Option(help="A gateway or sandbox: a URL with each exchange's host as the path's first part.")
]
CoinsFile = Annotated[Path | None, typer.Option("--coins", help="Coins of your own (TOML), over those shipped.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")]


@app.command()
def download(
    exchange: Annotated[str, typer.Argument(help="ccxt's id of it: binance, kraken, coinbase ...")],
    pair: Annotated[str, typer.Argument(help="BASE/QUOTE, as USDC/USDT.")],
    since: Annotated[str, typer.Option(help="The first bar: 2023-03-11, or 2023-03-11T07:15:00Z.")],
    until: Annotated[str | None, typer.Option(help="Before which bars begin; now, where not told.")] = None,
    timeframe: Annotated[str, typer.Option(help="How long a bar is: 1m, 5m, 15m, 1h, 1d ...")] = "1m",
    through: Through = None,
    again: Annotated[bool, typer.Option("--again", help="Ask also for what is on the shelf already.")] = False,
    shelf: Folder = None,
    coins: CoinsFile = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Fetch candles from an exchange onto the shelf, and tell which bars it did not have.

    Asks page by page, no faster than the exchange allows; what goes wrong on the way is tried again, later each time.
    Interrupted at any time, the same command goes on from there: what is on the shelf, or was asked for and not there,
    is not asked for again. The bar that has not ended yet is left out.
    """
    import asyncio
    import time

    from bot.app import downloading, loop, screen

    kept, known = _opened(shelf, coins, config)
    order = downloading.ordered(exchange, pair, timeframe, since, until, time.time_ns(), known)
    downloading.tell_of_retries()
    with screen.progress(str(order.series)) as advance, asyncio.Runner(loop_factory=loop.new) as runner:
        fetching = downloading.download(order, kept, known, through=through, again=again, advance=advance)
        delivery = runner.run(fetching)
    _deliver(delivery, as_json=as_json)


@app.command(name="import")
def import_(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Candle files, or folders of them.")],
    shelf: Folder = None,
    coins: CoinsFile = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Put candle files onto the shelf, Parquet or CSV; their bars go over those that are there.

    Files are named <venue>_<BASE>-<QUOTE>_<timeframe>, with columns timestamp (ms UTC, the bar's beginning), open,
    high, low, close and volume. What cannot be used is told on stderr, a line each, and the rest goes on; exit code 1
    only when nothing was left.
    """
    from bot.app import histories, holdings, screen
    from bot.records import series

    kept, known = _opened(shelf, coins, config)
    told = []
    for candles in histories.load(paths, known):
        new = kept.append(candles).bars
        told.append({**holdings.named(series.of(candles)), "read": len(candles), "new": new})
    if as_json:
        screen.show_json(told)
    else:
        rows = [(holdings.label(each), f"{each['read']:,}", f"{each['new']:,}") for each in told]
        screen.out.print(screen.table(None, ("series", "read>", "new>"), rows))


@app.command()
def record(
    exchange: Annotated[list[str] | None, typer.Option("--exchange", "-x", help="Only this one; repeatable.")] = None,
    coin: Annotated[list[str] | None, typer.Option("--coin", help="Only this coin; repeatable.")] = None,
    seconds: Annotated[float | None, typer.Option(help="For how long; until Ctrl-C, where not told.", min=1)] = None,
    timeframe: Annotated[str, typer.Option(help="How long a bar is: 1s, 1m, 1h ...")] = "1m",
    through: Through = None,
    shelf: Annotated[
        Path | None, typer.Option("--shelf", help="The shelf's folder; `quotes` in the state folder without it.")
    ] = None,
    coins: CoinsFile = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Record live quotes as price history: the middle of the best bid and ask, bar by bar, without volume.

    On a shelf of its own, since a book's middle and what was paid are not the same. Ended in any way, killed included,
    at most the bar of the moment is lost.
    """
    import asyncio
    from contextlib import suppress

    from bot.app import downloading, holdings, loop, recording, screen
    from bot.app.coins import chosen
    from bot.records.quote_bars import Recorder
    from bot.venues.exchange import EXCHANGES, Feeds

    length = downloading.length_of(timeframe)
    kept, known = _opened(shelf, coins, config, place="quotes")
    feeds = Feeds(exchange or EXCHANGES, known, chosen(coin or (), known), through)
    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=loop.new) as runner:
        runner.run(recording.record(feeds, Recorder(kept, length), seconds))
    found, _ = holdings.all_of(kept)
    if as_json:
        screen.show_json([holdings.described(each) for each in found])
    else:
        holdings.show(found, gaps=False)


@app.command(name="list")
def list_(shelf: Folder = None, coins: CoinsFile = None, config: Config = None, as_json: AsJson = False) -> None:
    """List what is on the shelf: of which markets, how much, from when to when, and how much is missing between."""
    from bot.app import holdings, screen

    found, complaints = holdings.all_of(_opened(shelf, coins, config)[0])
    for line in complaints:
        screen.complain(line)
    if as_json:
        screen.show_json([holdings.described(each) for each in found])
    else:
        holdings.show(found, gaps=False)


@app.command()
def check(shelf: Folder = None, coins: CoinsFile = None, config: Config = None, as_json: AsJson = False) -> None:
    """Look for what cannot be right on the shelf: damaged files, bars twice or out of order, impossible prices.

    Gaps are told as well, and are no fault: nobody traded, or the exchange was out. Exit code 1 when there is a fault.
    """
    from bot.app import holdings, screen

    found, complaints = holdings.all_of(_opened(shelf, coins, config)[0])
    faults = [*complaints, *(fault for each in found for fault in each.faults)]
    if as_json:
        screen.show_json({"series": [holdings.described(each) for each in found], "faults": faults})
    else:
        holdings.show(found, gaps=True)
        for line in faults:
            screen.complain(line)
    if faults:
        raise typer.Exit(1)


def _opened(
    folder: Path | None, coins: Path | None, config: Path | None, place: str = "candles"
) -> "tuple[Shelf, Coins]":
    from bot.app.coins import known
    from bot.app.settings import load
    from bot.records.shelf import Shelf

    settings = load(config)
    all_coins = known(coins or settings.coins)
    return Shelf((folder or settings.folder / place).expanduser(), all_coins), all_coins


def _deliver(delivery: "Delivery", *, as_json: bool) -> None:
    from bot.app import holdings, screen
    from bot.model.times import iso

    for line in delivery.faults:
        screen.complain(line)
    since, until = (iso(end) for end in delivery.order.span)
    if as_json:
        wanted = {"since": since, "until": until, "new": delivery.bars, "questions": delivery.questions}
        screen.show_json(holdings.described(delivery.holding) | wanted)
        return
    holdings.show([delivery.holding], gaps=True)
    told = f"{delivery.bars:,} bars are new; of those wanted {delivery.holding.missing:,} are not there"
    screen.out.print(told, style="dim", highlight=False)
