"""The rows of `repeg watch`: what is known, as cells."""

from collections.abc import Sequence

from rich.text import Text

from bot.app.watch_lines import CoinLine, MarketLine
from bot.model.decisions import Depeg
from bot.model.markets import Asset
from bot.model.times import iso
from bot.venues.health import FeedHealth

Cells = tuple[Text | str, ...]

COINS = ("coin", "dollars", "off bp", "±bp", "severity", "anchor", "dearest", "cheapest", "markets", "age s")
DEPEGS = ("coin", "where", "way", "severity", "farthest", "bp", "since", "told by")
FEEDS = ("exchange", "state", "fresh", "msg/s", "age s", "p99 ms", "again", "last error")
MARKETS = ("market", "bid", "ask", "dollars", "apart bp", "age s")
COLOURS = {
    "watch": "yellow", "minor": "yellow", "major": "dark_orange", "severe": "red", "critical": "bold red",
    "live": "green", "stale": "yellow", "maintenance": "yellow", "down": "red", "refused": "red",
}  # fmt: skip


def summary(lines: Sequence[CoinLine], lasting: Sequence[Depeg], feeds: Sequence[FeedHealth]) -> str:
    """All of it in a line."""
    live = sum(each.state == "live" for each in feeds)
    anchored = (
        "" if any(line.anchored for line in lines) or not lines else "  no dollar market is heard: par is assumed"
    )
    return f" {len(lines)} coins  {len(lasting)} off their peg  {live} of {len(feeds)} exchanges live{anchored}"


def coin(line: CoinLine) -> Cells:
    """For `COINS`."""
    return (
        line.coin,
        f"{line.usd:.4f}",
        Text(_signed(line.off_bp), COLOURS.get(line.severity, "")),
        f"{line.sigma_bp:.1f}",
        Text(line.severity, COLOURS.get(line.severity, "")),
        "dollars" if line.anchored else "assumed",
        _at(line.best),
        _at(line.worst),
        str(line.markets),
        _number(line.age),
    )


def depeg(depeg: Depeg) -> Cells:
    """For `DEPEGS`."""
    severity = depeg.severity.name.lower()
    return (
        depeg.coin,
        "everywhere" if depeg.scope == "coin" else depeg.scope.removeprefix("venue:"),
        depeg.direction,
        Text(severity, COLOURS[severity]),
        f"{depeg.trough:.4f}",
        f"{depeg.peak_bp:,.0f}",
        iso(depeg.start // 10**9 * 10**9),
        Text("; ".join(depeg.evidence)),
    )


def feed(health: FeedHealth) -> Cells:
    """For `FEEDS`."""
    return (
        health.venue,
        Text(health.state, COLOURS.get(health.state, "dim")),
        f"{health.fresh}/{health.markets}",
        f"{health.rate:.1f}",
        _number(health.age),
        _number(health.latency_p99_ms),
        str(health.reconnects),
        Text(health.last_error),
    )


def market(line: MarketLine) -> Cells:
    """For `MARKETS`."""
    return (
        str(line.market),
        "" if line.bid is None else f"{line.bid:.6g}",
        "" if line.ask is None else f"{line.ask:.6g}",
        f"{line.usd:.4f}",
        _signed(line.apart_bp),
        _number(line.age),
    )


def portrait(coin: Asset, line: CoinLine | None, told: Sequence[Depeg]) -> str:
    """One coin in words."""
    if line is None:
        return f" {coin}: nobody says what it is worth"
    since = [f"{depeg.severity.name.lower()} {depeg.direction} since {iso(depeg.start)}" for depeg in told]
    return f" {coin}  {line.usd:.4f} dollars  {_signed(line.off_bp)} bp off its peg  {'; '.join(since)}"


def _at(place: tuple[str, float] | None) -> str:
    return f"{place[1]:.4f} {place[0]}" if place else ""


def _signed(bp: float | None) -> str:
    return "" if bp is None else f"{bp:+.1f}"


def _number(number: float | None) -> str:
    return "" if number is None else f"{number:.1f}"
