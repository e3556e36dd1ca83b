"""What is on the shelf of price history, as people and programs read it."""

from collections.abc import Iterable
from typing import Any

from bot.app import screen
from bot.model.times import iso, timeframe_name
from bot.records.series import Series
from bot.records.shelf import Holding, Shelf

COLUMNS = ("series", "bars>", "from", "to", "missing>", "MB>")
GAPS = ("gap in", "from", "to", "bars>")
LONGEST = 20  # gaps are shown to people, programs get them all


def all_of(shelf: Shelf) -> tuple[list[Holding], list[str]]:
    """Everything on it, and a line about each folder that cannot be told."""
    known, complaints = shelf.every()
    found = []
    with screen.progress("looking") as advance:
        for whose in known:
            found.append(shelf.look(whose))
            advance(len(found) / len(known))
    return found, complaints


def named(series: Series) -> dict[str, Any]:
    """Whose bars."""
    market = series.market
    return {
        "venue": market.venue,
        "pair": f"{market.base}/{market.quote}",
        "timeframe": timeframe_name(series.timeframe),
    }


def described(holding: Holding) -> dict[str, Any]:
    """A holding as programs read it. Times ISO 8601 UTC, spans without their end."""
    span, length = holding.span, holding.series.timeframe
    gaps = [(iso(hole.since), iso(hole.until), (hole.until - hole.since) // length) for hole in holding.holes]
    return {
        **named(holding.series),
        "bars": holding.bars,
        "from": iso(span.since) if span else None,
        "to": iso(span.until) if span else None,
        "missing": holding.missing,
        "bytes": holding.bytes,
        "gaps": [dict(zip(("from", "to", "bars"), gap, strict=True)) for gap in gaps],
        "faults": list(holding.faults),
    }


def show(holdings: Iterable[Holding], *, gaps: bool) -> None:
    """Tables for people."""
    told = [described(each) for each in holdings]
    screen.out.print(screen.table(None, COLUMNS, [_row(each) for each in told]))
    found = [(label(each), gap) for each in told for gap in each["gaps"]]
    if gaps and found:
        longest = sorted(found, key=lambda each: -each[1]["bars"])[:LONGEST]
        title = f"\nthe {LONGEST} longest of {len(found):,} gaps" if len(found) > LONGEST else "\ngaps"
        rows = [(name, _clock(gap["from"]), _clock(gap["to"]), f"{gap['bars']:,}") for name, gap in longest]
        screen.out.print(screen.table(title, GAPS, rows))


def label(told: dict[str, Any]) -> str:
    """A series on one line."""
    return screen.plain(f"{told['venue']} {told['pair']} {told['timeframe']}")


def _row(told: dict[str, Any]) -> tuple[str, ...]:
    return (
        label(told),
        f"{told['bars']:,}",
        _clock(told["from"])[:10],
        _clock(told["to"])[:10],
        f"{told['missing']:,}",
        f"{told['bytes'] / 1e6:.1f}",
    )


def _clock(told: str | None) -> str:
    return told[:16].replace("T", " ") if told else ""
