"""The values that explain all prices best, for many moments at once.

Every market says log(price) = value(base) - value(quote) + noise. Least absolute deviations find the values: that
problem is convex, so there is no wrong place to start from or to get stuck at. Before, no venue may say more about an
asset than the second loudest there, so that one venue is always outvoted by two. A few steps of Geman and McClure's
redescending estimator then take away what pull the wrong ones have left, and the normal matrix, widened where venues
scatter more than their scales explain, gives the uncertainty.

Moments are the last axis inside, so that every operation runs over all moments at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.strategy import market_graph, par
from bot.strategy.market_graph import Floats, Frame, Indices, Markets

Bools = NDArray[np.bool_]

ROUNDS = 7  # of least absolute deviations: each about squares what share a minority has left
POLISH = 3
FLAT = 0.5  # scales within which an absolute deviation counts as a square
REJECT = 4.0  # scales at which a price has lost three quarters of its weight
LEAST = 1e-6  # weight that every price keeps, so that the matrix stays regular
NORMAL = 1.4826  # a standard deviation in median absolute deviations
PAR_WIDTH = 50e-4  # how well one knows a coin's dollars by its peg alone
LIQUID = 10e-4  # the scale at which a coin's best market gives it half a say on who is at par
CHUNK = 2048  # moments solved together: their arrays stay in the cache
FEW = 12  # unknowns up to which elimination over all moments at once beats a call of LAPACK for each


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """Values and what is known about them, T moments by n assets or m markets. NaN where nothing is known."""

    value: Floats  # (T, n) log dollars
    sigma: Floats  # (T, n) one standard deviation of it
    anchor: Floats  # (T, n) 0 to 1: the share of the knowledge that books and redemptions give, not the peg
    anchored: Bools  # (T, n) some chain of markets leads to the dollar
    residual: Floats  # (T, m) log price above what the values say


def solve_many(markets: Markets, log_price: Floats, scale: Floats) -> Solved:
    """Every asset's value at each of T moments, each from its own row alone.

    `log_price`, `scale`: (T, m), NaN where a market has no quote at that moment; see bot.strategy.weights.scale_of.
    """
    moments = len(log_price)
    sheet = _Sheet(markets, moments)
    for start in range(0, moments, CHUNK):
        rows = slice(start, start + CHUNK)
        _fill(sheet, start, np.ascontiguousarray(log_price[rows].T), np.ascontiguousarray(scale[rows].T))
    return sheet.solved()


class _Sheet:
    """The answers while they are being filled in, moments last."""

    def __init__(self, markets: Markets, moments: int) -> None:
        n = len(markets.assets)
        self.markets = markets
        self.value = np.full((n, moments), np.nan)
        self.sigma = np.full((n, moments), np.nan)
        self.anchored = np.zeros((n, moments), dtype=np.bool_)
        self.residual = np.full((len(markets), moments), np.nan)

    def solved(self) -> Solved:
        dollar = self.markets.dollar
        self.value[dollar], self.sigma[dollar], self.anchored[dollar] = 0.0, 0.0, True
        known = PAR_WIDTH**2 / (PAR_WIDTH**2 + self.sigma**2)
        anchor = np.where(self.anchored, known, np.where(np.isnan(self.sigma), np.nan, 0.0))
        return Solved(self.value.T, self.sigma.T, anchor.T, self.anchored.T, self.residual.T)


def _fill(sheet: _Sheet, start: int, price: Floats, scale: Floats) -> None:
    live = np.isfinite(price) & np.isfinite(scale)
    price, tight = np.where(live, price, 0.0), np.divide(1.0, scale, where=live, out=np.zeros_like(scale))
    for frame, columns in _frames(sheet.markets, live):
        one = _moments(sheet.markets, frame, price[:, columns], tight[:, columns])
        where = columns + start
        sheet.value[:, where], sheet.sigma[:, where] = one.value, one.sigma
        sheet.anchored[:, where] = (frame.label == sheet.markets.dollar)[:, None]
        sheet.residual[:, where] = np.where(live[:, columns], one.residual, np.nan)


def _frames(markets: Markets, live: Bools) -> Iterator[tuple[Frame, Indices]]:
    """The moments in groups between which different pairs are quoted."""
    quoted = markets.joins @ live > 0
    if (quoted == quoted[:, :1]).all():
        yield market_graph.frame(markets, quoted[:, 0].tobytes()), np.arange(live.shape[1])
        return
    patterns, group = np.unique(quoted, axis=1, return_inverse=True)
    for i, pattern in enumerate(patterns.T):
        yield market_graph.frame(markets, pattern.tobytes()), np.flatnonzero(group.ravel() == i)


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    value: Floats  # (n, T)
    sigma: Floats  # (n, T)
    residual: Floats  # (m, T)


def _moments(markets: Markets, frame: Frame, price: Floats, tight: Floats) -> _Answer:
    """Values of moments that have the same pairs quoted. `tight`: one over the scale, 0 where there is no quote."""
    value = np.zeros((len(markets.assets), price.shape[1]))
    heard = tight * _hearing(markets, tight)
    residual, weight = price, heard**2
    for turn in range(ROUNDS + POLISH):
        value[frame.free] += _step(frame, weight, residual)
        residual = price - (value[markets.base] - value[markets.quote])
        if turn < ROUNDS - 1:
            weight = heard**2 / np.maximum(np.abs(residual) * heard, FLAT)
        else:
            weight = tight**2 * _belief(residual * tight)
    sigma = _uncertainty(markets, frame, residual, tight)
    return _in_dollars(markets, frame, _Answer(value, sigma, residual), tight)


def _belief(deviation: Floats) -> Floats:
    """The weight left to a price that is so many scales off (Geman, McClure 1987)."""
    return np.maximum((1 + (deviation / REJECT) ** 2) ** -2, LEAST)


def _hearing(markets: Markets, tight: Floats) -> Floats:
    """By how much each market is turned down, 0 to 1, so that no venue outvotes two others on any asset."""
    voices = markets.voices
    if voices.seats.shape[1] < 3:
        return np.ones_like(tight)
    loud = np.add.reduceat(tight[voices.market], voices.starts, axis=0)
    seated = np.sort(np.vstack([loud, np.zeros((1, loud.shape[1]))])[voices.seats], axis=1)
    second, third = seated[:, -2], seated[:, -3]
    bound = np.where(third > 0, second, np.inf)[voices.asset]
    turned = np.minimum(1.0, np.divide(bound, loud, where=loud > 0, out=np.ones_like(loud)))
    return np.minimum(turned[voices.of_base], turned[voices.of_quote])


def _step(frame: Frame, weight: Floats, residual: Floats) -> Floats:
    """What to add to the free values: one weighted least squares."""
    pull = frame.signs @ (weight * residual)
    return _solution(_normal(frame, weight), pull[:, None])[:, 0]


def _normal(frame: Frame, weight: Floats) -> Floats:
    """The normal matrix, (f, f, T)."""
    free = len(frame.free)
    matrix = np.zeros((free, free, weight.shape[1]))
    between = frame.joins @ weight
    matrix[frame.row, frame.column] = -between
    matrix[frame.column, frame.row] = -between
    matrix[np.arange(free), np.arange(free)] = frame.touches @ weight
    return matrix


def _solution(matrix: Floats, right: Floats) -> Floats:
    """Solve (f, f, T) for (f, k, T); positive definite, so no pivoting. May use its arguments up."""
    if len(matrix) > FEW or matrix.shape[2] < FEW:
        return np.moveaxis(np.linalg.solve(np.moveaxis(matrix, 2, 0), np.moveaxis(right, 2, 0)), 0, 2)
    for k in range(len(matrix)):
        ratio = matrix[k + 1 :, k] / matrix[k, k]
        matrix[k + 1 :, k + 1 :] -= ratio[:, None] * matrix[k, k + 1 :]
        right[k + 1 :] -= ratio[:, None] * right[k]
    for k in reversed(range(len(matrix))):
        right[k] -= (matrix[k, k + 1 :, None] * right[k + 1 :]).sum(axis=0)
        right[k] /= matrix[k, k]
    return right


def _uncertainty(markets: Markets, frame: Frame, residual: Floats, tight: Floats) -> Floats:
    """One standard deviation of each value against its root, (n, T); NaN where nobody quotes it."""
    widened = _scatter(markets, residual, tight)
    trusted = tight / np.maximum(widened[markets.base], widened[markets.quote])
    matrix = _normal(frame, trusted**2 * _belief(residual * trusted))
    free = len(frame.free)
    unit = np.broadcast_to(np.eye(free)[:, :, None], matrix.shape).copy()
    variance = _solution(matrix, unit)[np.arange(free), np.arange(free)]
    sigma = np.where(frame.label == market_graph.NONE, np.nan, 0.0)[:, None].repeat(residual.shape[1], axis=1)
    sigma[frame.free] = np.sqrt(variance)
    return sigma


def _scatter(markets: Markets, residual: Floats, tight: Floats) -> Floats:
    """How much farther off than their scales explain the venues of each asset are, at least 1, (n, T).

    The median over venues: of two that differ nobody knows which is right, of three one is wrong.
    """
    voices = markets.voices
    off = np.add.reduceat((np.abs(residual) * tight)[voices.market], voices.starts, axis=0)
    said = np.add.reduceat((tight > 0).astype(np.float64)[voices.market], voices.starts, axis=0)
    mean = np.divide(off, said, where=said > 0, out=np.full_like(off, np.inf))
    seated = np.sort(np.vstack([mean, np.full((1, mean.shape[1]), np.inf)])[voices.seats], axis=1)
    heard = np.maximum(np.isfinite(seated).sum(axis=1, keepdims=True), 1)
    low, high = (np.take_along_axis(seated, (heard - odd) // 2, axis=1)[:, 0] for odd in (1, 0))
    middle = (low + np.where(np.isfinite(high), high, low)) / 2
    return np.maximum(1.0, np.where(np.isfinite(middle), NORMAL * middle, 1.0))


def _in_dollars(markets: Markets, frame: Frame, answer: _Answer, tight: Floats) -> _Answer:
    """Shift the components that no dollar book reaches to where most of their liquidity is at par."""
    value, sigma = answer.value, answer.sigma
    value[frame.label == market_graph.NONE] = np.nan
    for root in np.unique(frame.label):
        if root in (market_graph.NONE, markets.dollar):
            continue
        inside = frame.label == root
        coins = np.flatnonzero(inside & (markets.peg == markets.dollar))
        shift, doubt = par.assumed(value[coins], _say(markets, coins, tight))
        value[inside] += shift
        sigma[inside] = np.sqrt(sigma[inside] ** 2 + doubt**2)
    return answer


def _say(markets: Markets, coins: Indices, tight: Floats) -> Floats:
    """The say each coin has on who is at par, by its best market."""
    best = np.stack([tight[markets.signs[coin] != 0].max(axis=0) for coin in coins]) if len(coins) else tight[:0]
    return best * LIQUID / (1 + best * LIQUID)
