"""What a backtest came to, as people and programs read it."""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from bot.analysis.outcome import Declined, Outcome
from bot.analysis.performance import Group, Performance
from bot.analysis.trades import Trade
from bot.app import depegs
from bot.app.screen import plain
from bot.model.times import SECOND, iso

COLUMNS = (
    "entered", "held>", "coin", "kind", "venues", "size $>", "in>", "out>", "slip bp>", "pnl $>", "of best>", "left",
)  # fmt: skip
UNKNOWN = "–"

DOLLARS, PRICE, RATIO, BPS = 4, 8, 6, 2  # digits after the point


def told(outcome: Outcome, performance: Performance, seconds: float) -> dict[str, Any]:
    """All of it for programs. Times ISO 8601 UTC; what cannot be told is null."""
    return {
        "episodes": [depegs.told(each) for each in outcome.episodes],
        "trades": [_trade(each) for each in performance.trades],
        "refused": [_refused(each) for each in outcome.declined],
        "summary": summary(performance),
        "seconds": round(seconds, 3),
        "events": outcome.events,
    }


def summary(made: Performance) -> dict[str, Any]:
    """The figures of all trades together. Drawdown and exposure are shares, 0 to 1."""
    return {
        "pnl_usd": number(made.total.pnl_usd, DOLLARS),
        "trades": made.total.trades,
        "hit_rate": number(made.total.hit_rate, RATIO),
        "capture": number(made.total.capture, RATIO),
        "max_drawdown": number(made.drawdown.deepest, RATIO),
        "avg_slippage_bp": number(made.avg_slippage_bp, BPS),
        "sharpe": number(made.sharpe, RATIO),
        "sortino": number(made.sortino, RATIO),
        "profit_factor": number(made.profit_factor, RATIO),
        "best_pnl_usd": number(made.total.best_pnl_usd, DOLLARS),
        "fees_usd": number(made.total.fees_usd, DOLLARS),
        "open_trades": sum(each.exit_time is None for each in made.trades),
        "capital_usd": number(made.capital_usd, DOLLARS),
        "equity_usd": number(made.equity_usd, DOLLARS),
        "time_in_drawdown": number(made.drawdown.share, RATIO),
        "longest_drawdown_seconds": made.drawdown.longest // SECOND,
        "mean_exposure": number(made.exposure.mean, RATIO),
        "max_exposure": number(made.exposure.most, RATIO),
        **{f"by_{name}": {each: _group(group) for each, group in groups.items()} for name, groups in grouped(made)},
    }


def grouped(made: Performance) -> Iterable[tuple[str, Mapping[str, Group]]]:
    """Every way the trades are grouped, and what it is called."""
    yield "coin", made.by_coin
    yield "mechanism", made.by_mechanism
    yield "venue", made.by_venue
    yield "kind", made.by_kind


def number(value: float | None, digits: int) -> float | None:
    """Rounded; None for what is no finite number, which JSON does not know."""
    return None if value is None or not isfinite(value) else round(value, digits)


def _group(group: Group) -> dict[str, Any]:
    return {
        "trades": group.trades,
        "pnl_usd": number(group.pnl_usd, DOLLARS),
        "hit_rate": number(group.hit_rate, RATIO),
        "capture": number(group.capture, RATIO),
        "fees_usd": number(group.fees_usd, DOLLARS),
    }


def _trade(trade: Trade) -> dict[str, Any]:
    return {
        "coin": trade.coin,
        "kind": trade.kind,
        "venues": list(trade.venues),
        "entry_time": iso(trade.entry_time),
        "exit_time": None if trade.exit_time is None else iso(trade.exit_time),
        "entry_price": number(trade.entry_price, PRICE),
        "exit_price": number(trade.exit_price, PRICE),
        "size_usd": number(trade.size_usd, DOLLARS),
        "fees_usd": number(trade.fees_usd, DOLLARS),
        "slippage_bp": number(trade.slippage_bp, BPS),
        "pnl_usd": number(trade.pnl_usd, DOLLARS),
        "best_pnl_usd": number(trade.best_pnl_usd, DOLLARS),
        "capture": number(trade.capture, RATIO),
        "exit_reason": trade.exit_reason,
    }


def _refused(declined: Declined) -> dict[str, Any]:
    return {"time": iso(declined.at), "coin": declined.coin, "kind": declined.kind, "reason": declined.reason}


def row(trade: Trade) -> tuple[str, ...]:
    """A trade as a row under COLUMNS."""
    return (
        depegs.clock(trade.entry_time),
        held(trade),
        trade.coin,
        trade.kind,
        plain(" ".join(trade.venues)),
        f"{trade.size_usd:,.0f}",
        price(trade.entry_price),
        price(trade.exit_price),
        f"{trade.slippage_bp:.1f}",
        _coloured(trade.pnl_usd),
        share(trade.capture),
        plain(trade.exit_reason or ""),
    )


def figures(made: Performance) -> list[tuple[str, str]]:
    """The summary for people, the weightiest first: what it is, and how much."""
    risk, still = made.drawdown, sum(each.exit_time is None for each in made.trades)
    return [
        ("profit", f"{signed(made.total.pnl_usd)}, {made.total.pnl_usd / made.capital_usd:+.2%} of capital"),
        ("trades", f"{made.total.trades}, {still} still open" if still else f"{made.total.trades}"),
        ("hit rate", share(made.total.hit_rate)),
        ("capture", share(made.total.capture)),
        ("max drawdown", f"{risk.deepest:.2%}"),
        ("sharpe", ratio(made.sharpe)),
        ("sortino", ratio(made.sortino)),
        ("profit factor", ratio(made.profit_factor)),
        ("slippage", f"{made.avg_slippage_bp:.1f} bp"),
        ("fees", f"${made.total.fees_usd:,.0f}"),
        ("exposure", f"{made.exposure.mean:.1%}, {made.exposure.most:.0%} at most"),
        ("below its peak", f"{risk.share:.0%}, of the time; {depegs.length(risk.longest)} at most"),
    ]


def held(trade: Trade) -> str:
    """How long it lasted."""
    return f"{depegs.length(trade.held)}{' so far' if trade.exit_time is None else ''}"


def price(value: float | None) -> str:
    """Dollars a coin."""
    return UNKNOWN if value is None else f"{value:.4f}"


def signed(usd: float) -> str:
    """Dollars won or lost."""
    return f"{'-' if round(usd) < 0 else '+'}${abs(usd):,.0f}"


def share(value: float | None) -> str:
    """A part of a whole, in percent."""
    return UNKNOWN if value is None else f"{value:.0%}"


def ratio(value: float | None) -> str:
    """A plain number."""
    return UNKNOWN if value is None else f"{value:,.2f}"


def _coloured(usd: float) -> str:
    return f"[{'green' if usd > 0 else 'red'}]{usd:,.0f}[/]"


def closing(outcome: Outcome, seconds: float) -> str:
    """What was looked at, and how much was passed up."""
    episodes, refused = len(outcome.episodes), len(outcome.declined)
    return (
        f"{many(episodes, 'depeg')}, {many(refused, 'chance')} refused (--json and --report tell why); "
        f"{outcome.events:,} events of {outcome.looks:,} looks, in {seconds:.1f} s"
    )


def many(count: int, what: str) -> str:
    """So many of them."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
