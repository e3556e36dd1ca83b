"""Depegs and their times, as people and programs read them."""

from typing import Any

from bot.model.decisions import Depeg
from bot.model.times import MINUTE, iso


def told(depeg: Depeg) -> dict[str, Any]:
    """A depeg for programs. Times ISO 8601 UTC, `end` null while it lasts."""
    return {
        "coin": depeg.coin,
        "scope": depeg.scope,
        "direction": depeg.direction,
        "start": iso(depeg.start),
        "alert": iso(depeg.alert),
        "trough_time": iso(depeg.trough_at),
        "trough_price": depeg.trough,
        "end": None if depeg.end is None else iso(depeg.end),
        "severity": depeg.severity.name.lower(),
        "peak_deviation_bp": round(depeg.peak_bp, 2),
        "anchored": depeg.anchored,
        "venues": list(depeg.venues),
    }


def clock(moment: int) -> str:
    """UTC, to the minute: bars are no finer."""
    return iso(moment)[:16].replace("T", " ")


def length(nanoseconds: int) -> str:
    """The two largest of days, hours and minutes."""
    hours, minutes = divmod(nanoseconds // MINUTE, 60)
    days, hours = divmod(hours, 24)
    parts = [f"{count}{unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "m")) if count]
    return " ".join(parts[:2]) or "0m"
