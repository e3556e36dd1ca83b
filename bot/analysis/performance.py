"""How good a replay was: profit, hit rate, capture, risk, and where all of it came from."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from bot.analysis.outcome import Outcome, Standing
from bot.analysis.trades import Trade, slippage_bp, trades
from bot.model.coins import Coins
from bot.model.times import DAY

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

YEAR = 365  # days: these markets do not close
STEADY = 1e-9  # of the mean: changes that vary by less are one and the same, but for rounding


@dataclass(frozen=True, slots=True)
class Group:
    """Trades that have something in common. Dollars."""

    trades: int
    pnl_usd: float
    best_pnl_usd: float
    fees_usd: float
    hit_rate: float | None
    capture: float | None


@dataclass(frozen=True, slots=True)
class Drawdown:
    """How far and how long equity was below its highest."""

    deepest: float  # share of the peak, 0 to 1
    share: float  # of the time, 0 to 1
    longest: int  # ns, from a peak until it was reached again, or until the end


@dataclass(frozen=True, slots=True)
class Exposure:
    """The coins that were held, as a share of equity."""

    mean: float  # over time
    most: float


@dataclass(frozen=True, slots=True)
class Performance:
    """The figures of one replay. Ratios are None where nothing can be told."""

    trades: tuple[Trade, ...]
    total: Group
    capital_usd: float
    equity_usd: float  # at the end
    profit_factor: float | None  # what was won for each dollar lost; None where nothing was lost
    sharpe: float | None
    sortino: float | None
    drawdown: Drawdown
    exposure: Exposure
    avg_slippage_bp: float  # by dollars
    by_coin: Mapping[str, Group]
    by_mechanism: Mapping[str, Group]
    by_venue: Mapping[str, Group]  # a trade counts at each of its venues, its money by what was traded there
    by_kind: Mapping[str, Group]


def measure(outcome: Outcome, coins: Coins) -> Performance:
    """All figures of an outcome; `coins` tell the mechanisms."""
    made = trades(outcome)
    returns = daily_returns(outcome.capital, outcome.curve)
    return Performance(
        trades=made,
        total=_group(made),
        capital_usd=outcome.capital,
        equity_usd=outcome.curve[-1].equity if outcome.curve else outcome.capital,
        profit_factor=profit_factor([trade.pnl_usd for trade in made]),
        sharpe=sharpe(returns),
        sortino=sortino(returns),
        drawdown=drawdown(outcome.capital, outcome.curve),
        exposure=exposure(outcome.curve),
        avg_slippage_bp=slippage_bp(outcome.fills),
        by_coin=_grouped(made, lambda trade: trade.coin),
        by_mechanism=_grouped(made, lambda trade: _mechanism(trade, coins)),
        by_venue=_by_venue(made),
        by_kind=_grouped(made, lambda trade: trade.kind),
    )


def profit_factor(profits: Iterable[float]) -> float | None:
    """All that was won over all that was lost; None where nothing was lost."""
    all_of_it = list(profits)
    lost = -sum(each for each in all_of_it if each < 0)
    return sum(each for each in all_of_it if each > 0) / lost if lost > 0 else None


def daily_returns(capital: float, curve: Sequence[Standing]) -> Floats:
    """Relative change of equity in each day (UTC) of the curve, the first and last in part; none of equity used up."""
    if not curve:
        return np.empty(0)
    at, equity = _columns(curve)
    days = np.arange(at[0] // DAY, at[-1] // DAY + 1)
    closing = np.append(capital, equity[np.searchsorted(at, (days + 1) * DAY) - 1])
    return np.diff(closing) / closing[:-1] if (closing[:-1] > 0).all() else np.empty(0)


def sharpe(returns: Floats) -> float | None:
    """Mean over standard deviation of daily returns, a year's; None of fewer than two, or where they never vary."""
    spread = float(returns.std(ddof=1)) if len(returns) > 1 else 0.0
    mean = float(returns.mean()) if len(returns) else 0.0
    return mean / spread * sqrt(YEAR) if spread > STEADY * abs(mean) else None


def sortino(returns: Floats) -> float | None:
    """Mean over downside deviation from nothing of daily returns, a year's; None of fewer than two, or of no loss."""
    if len(returns) < 2:
        return None
    downside = float(np.sqrt(np.mean(np.minimum(returns, 0.0) ** 2)))
    return float(returns.mean()) / downside * sqrt(YEAR) if downside > 0 else None


def drawdown(capital: float, curve: Sequence[Standing]) -> Drawdown:
    """How far and how long equity stood below its highest; the capital is its first peak."""
    if not curve:
        return Drawdown(0.0, 0.0, 0)
    at, equity = _columns(curve)
    peak = np.maximum(np.maximum.accumulate(equity), capital)
    depth = np.clip(1 - equity / peak, 0.0, 1.0)
    below = depth > 0
    span = int(at[-1] - at[0])
    share = float(np.diff(at)[below[:-1]].sum() / span) if span else 0.0
    return Drawdown(float(depth.max()), share, _longest(at, below))


def _longest(at: Times, below: NDArray[np.bool_]) -> int:
    """The longest stretch of time that is below, from its first moment to the first that is not."""
    edges = np.flatnonzero(np.diff(below.astype(np.int8), prepend=0, append=0))
    begins, ends = at[edges[::2]], at[np.minimum(edges[1::2], len(at) - 1)]
    return int((ends - begins).max(initial=0))


def exposure(curve: Sequence[Standing]) -> Exposure:
    """Coins held as a share of equity; each standing counts until the next."""
    if not curve:
        return Exposure(0.0, 0.0)
    at, equity = _columns(curve)
    held = np.array([standing.exposure for standing in curve], dtype=np.float64)
    share = np.divide(held, equity, out=np.zeros_like(held), where=equity > 0)
    lasted = np.diff(at, append=at[-1])
    mean = np.average(share, weights=lasted) if lasted.any() else share[-1]
    return Exposure(float(mean), float(share.max()))


def _columns(curve: Sequence[Standing]) -> tuple[Times, Floats]:
    """Times and equity."""
    at, equity = [each.at for each in curve], [each.equity for each in curve]
    return np.array(at, dtype=np.int64), np.array(equity, dtype=np.float64)


def _mechanism(trade: Trade, coins: Coins) -> str:
    known = coins.by_symbol.get(trade.coin)
    return known.mechanism.value if known else "unknown"


def _grouped(made: Iterable[Trade], name: Callable[[Trade], str]) -> dict[str, Group]:
    parts: dict[str, list[Trade]] = {}
    for trade in made:
        parts.setdefault(name(trade), []).append(trade)
    return _sorted({each: _group(some) for each, some in parts.items()})


def _group(some: Sequence[Trade]) -> Group:
    """The whole of these trades."""
    shares = [(trade, 1.0) for trade in some]
    return _of_shares(shares, sum(trade.fees_usd for trade in some))


def _by_venue(made: Sequence[Trade]) -> dict[str, Group]:
    parts: dict[str, list[tuple[Trade, float]]] = {}
    fees: dict[str, float] = {}
    for trade in made:
        total = sum(trade.turnover)
        for venue, dollars, fee in zip(trade.venues, trade.turnover, trade.fees, strict=True):
            share = dollars / total if total > 0 else 1 / len(trade.venues)
            parts.setdefault(venue, []).append((trade, share))
            fees[venue] = fees.get(venue, 0.0) + fee
    return _sorted({venue: _of_shares(shares, fees[venue]) for venue, shares in parts.items()})


def _of_shares(shares: Sequence[tuple[Trade, float]], fees: float) -> Group:
    pnl = sum(share * trade.pnl_usd for trade, share in shares)
    judged = [(trade, share, trade.best_pnl_usd) for trade, share in shares if trade.best_pnl_usd is not None]
    best = sum(share * most for _, share, most in judged)
    got = sum(share * trade.pnl_usd for trade, share, _ in judged)
    won = sum(trade.pnl_usd > 0 for trade, _ in shares)
    return Group(
        trades=len(shares),
        pnl_usd=pnl,
        best_pnl_usd=best,
        fees_usd=fees,
        hit_rate=won / len(shares) if shares else None,
        capture=got / best if best > 0 else None,
    )


def _sorted(groups: Mapping[str, Group]) -> dict[str, Group]:
    """What earned most comes first."""
    return dict(sorted(groups.items(), key=lambda each: (-each[1].pnl_usd, each[0])))
