"""The values that explain all prices best, for many moments at once.

Every market says log(price) = value(base) - value(quote) + noise, and some of them are wrong. It begins with a least
squares in which no venue has more to say about an asset than the third loudest there, so that a single wrong venue is
always in the minority; reweighted, the minority loses its share turn by turn, whichever side par is on. When that is
settled prices are rejected that are far off, first by what was heard, then by their own scales. Start and turns are
fixed: no order matters, and a moment alone is solved as it is among others.

The normal matrix, widened where venues scatter more than their scales explain, gives the uncertainty.

Inside, moments are the last axis, so that every operation runs over all moments at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bot.strategy import market_graph, par
from bot.strategy.market_graph import Bools, Edges, Floats, Frame, Groups, Indices, Markets, Voices

# The search, turn by turn: the power of its error by which a price's weight falls, and how far to go of the way that
# least squares point. With 1 it is least absolute deviations, which cannot be caught by a wrong venue near by; going
# farther gets there in half the turns. Once near, the steeper powers finish.
SEARCH = ((1.0, 1.5), (1.0, 1.5), (1.25, 1.5), (1.5, 1.0), (2.0, 1.0))
DEEPER = 1 / 3  # of its own voice that a venue keeps at least
FLAT = 0.5  # scales within which an error weighs no less for being larger
REJECT = 4.0  # scales at which a price has lost three quarters of its weight
LEAST = 1e-6  # weight that every price keeps, so that the matrix stays regular
ALONE = 2.0  # a venue alone is taken for three times as far off as its scale says, two that agree for one and a half
FAINTEST = 1e-30  # stands in for nothing where one divides by what is heard
FAINT = 0.02  # of the most that a venue holds of a value: whom lesser ones differ with is no matter
NORMAL = 1.4826  # a standard deviation in median absolute deviations
PAR_WIDTH = 50e-4  # how well one knows a coin's dollars by its peg alone
LIQUID = 50e-4  # the scale at which a coin's best market gives it half a say on who is at par
CHUNK = 2048  # moments solved together: their arrays stay in the cache
CELLS = 2**22  # of their matrices at most: of many assets fewer moments are solved together
FEW = 12  # unknowns up to which elimination over all moments at once beats a call of LAPACK for each


Columns = Indices | slice


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

    `log_price`, `scale`: (T, m), NaN where a market has no quote at that moment. Scales are above 0, see
    bot.strategy.weights.scale_of. About 7 microseconds a moment for 17 markets of 4 assets.
    """
    moments, order = len(log_price), markets.edges.order
    sheet, chunk = _Sheet(markets, moments), max(min(CHUNK, CELLS // len(markets.assets) ** 2), 1)
    for start in range(0, moments, chunk):
        rows = slice(start, start + chunk)
        sheet.fill(rows, log_price[rows].T[order], scale[rows].T[order])
    return sheet.solved()


class _Sheet:
    """The answers while they are being filled in, moments last."""

    def __init__(self, markets: Markets, moments: int) -> None:
        n = len(markets.assets)
        self.markets = markets
        self.value = np.full((n, moments), np.nan)
        self.sigma = np.full((n, moments), np.nan)
        self.anchored = np.zeros((n, moments), dtype=np.bool_)
        self.residual = np.full((len(markets.edges.order), moments), np.nan)

    def fill(self, rows: slice, price: Floats, scale: Floats) -> None:
        """Solve the moments `rows`, given edge by edge."""
        edges = self.markets.edges
        live = np.isfinite(price) & np.isfinite(scale)
        price = np.where(live, price * edges.turned, 0.0)
        tight = 1 / np.where(live, scale, np.inf)
        residual = np.full_like(price, np.nan)
        for frame, columns in _frames(self.markets, live):
            answer = _moments(self.markets, frame, price[:, columns], tight[:, columns])
            self.value[:, rows][:, columns], self.sigma[:, rows][:, columns] = answer.value, answer.sigma
            self.anchored[:, rows][:, columns] = frame.anchored
            residual[:, columns] = answer.residual
        self.residual[edges.order, rows] = np.where(live, residual * edges.turned, np.nan)

    def solved(self) -> Solved:
        dollar = self.markets.dollar
        self.value[dollar], self.sigma[dollar], self.anchored[dollar] = 0.0, 0.0, True
        known = PAR_WIDTH**2 / (PAR_WIDTH**2 + self.sigma**2)
        anchor = known * self.anchored
        return Solved(self.value.T, self.sigma.T, anchor.T, self.anchored.T, self.residual.T)


def _frames(markets: Markets, live: Bools) -> Iterator[tuple[Frame, Columns]]:
    """The moments in groups between which different pairs are quoted."""
    quoted = np.logical_or.reduceat(live, markets.edges.by_pair.starts, axis=0)
    if (quoted == quoted[:, :1]).all():
        yield market_graph.frame(markets, quoted[:, 0].tobytes()), slice(None)
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
    edges = markets.edges
    heard = _balanced(markets.voices, tight)
    free, weight = _step(edges, frame, heard, price), heard * heard
    for fall, stride in SEARCH:
        residual = _residual(edges, frame, price, free)
        off = np.maximum(np.abs(residual) * heard, FLAT)
        free += stride * _step(edges, frame, weight / off**fall, residual)
    for scale in (heard, tight):
        residual = _residual(edges, frame, price, free)
        free += _step(edges, frame, scale * scale * _believed(residual * scale), residual)
    residual = _residual(edges, frame, price, free)
    value = np.zeros((len(markets.assets), price.shape[1]))
    value[frame.free] = free
    return _in_dollars(markets, frame, _Answer(value, _uncertainty(markets, frame, residual, tight), residual), tight)


def _residual(edges: Edges, frame: Frame, price: Floats, free: Floats) -> Floats:
    """How far each price is above what the values of the free assets say."""
    return price - (frame.signs.T @ free).take(edges.pair, axis=0)


def _believed(off: Floats) -> Floats:
    """The share of its weight that a price keeps which is so many scales off (Geman, McClure 1987)."""
    kept = 1 / (1 + np.square(off / REJECT))
    believed: Floats = np.maximum(kept * kept, LEAST)
    return believed


def _balanced(voices: Voices, tight: Floats) -> Floats:
    """Turn markets down until no venue is louder on any asset than the third loudest there, so that two outvote one.

    But to no less than a part: deep books are not outvoted by two that are thin or know it by way of bitcoin only.
    Turning a market down for one of its assets makes the venue fainter on the other, hence twice.
    """
    if voices.seats.shape[1] < 3:
        return tight
    loud = _summed(voices.by_voice, tight)
    floor = loud * DEEPER
    once = _turned_down(voices, tight, loud, floor)
    return _turned_down(voices, once, _summed(voices.by_voice, once), floor)


def _turned_down(voices: Voices, tight: Floats, loud: Floats, floor: Floats) -> Floats:
    third = np.sort(_seated(voices, loud, 0.0), axis=1)[:, -3]
    bound = np.maximum(np.where(third > 0, third, np.inf).take(voices.asset, axis=0), floor)
    turned = np.minimum(bound / np.maximum(loud, FAINTEST), 1.0)
    fainter: Floats = np.minimum(turned.take(voices.of_first, axis=0), turned.take(voices.of_second, axis=0))
    return tight * fainter


def _seated(voices: Voices, each: Floats, nobody: float) -> Floats:
    """What there is of each voice, (v, T), by asset, (n, k, T); empty seats hold `nobody`."""
    padded: Floats = np.concatenate([each, np.full((1, each.shape[1]), nobody)])
    return padded.take(voices.seats, axis=0)


def _step(edges: Edges, frame: Frame, weight: Floats, residual: Floats) -> Floats:
    """What to add to the free values: one weighted least squares."""
    pull = frame.signs @ _summed(edges.by_pair, weight * residual)
    return _solution(_normal(frame, _summed(edges.by_pair, weight)), pull[:, None])[:, 0]


def _summed(groups: Groups, each: Floats) -> Floats:
    """Totals by group. At many moments a product of small matrices is faster."""
    if groups.belongs is not None and each.shape[1] > FEW:
        return groups.belongs @ each
    told = each if groups.member is None else each.take(groups.member, axis=0)
    totals: Floats = np.add.reduceat(told, groups.starts, axis=0)
    return totals


def _normal(frame: Frame, weight: Floats) -> Floats:
    """The normal matrix, (f, f, T), from the weight of each pair."""
    free = len(frame.free)
    flat = np.zeros((free * free, weight.shape[1]))
    flat[frame.cells] = -weight.take(frame.joined, axis=0)
    flat[:: free + 1] = frame.touches @ weight
    return flat.reshape(free, free, weight.shape[1])


def _solution(matrix: Floats, right: Floats) -> Floats:
    """Solve (f, f, T) for (f, k, T); positive definite, so no pivoting. May use its arguments up."""
    if len(matrix) > FEW or matrix.shape[2] <= FEW:
        return np.linalg.solve(matrix.transpose(2, 0, 1), right.transpose(2, 0, 1)).transpose(1, 2, 0)
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
    edges = markets.edges
    widened = _scatter(markets, frame, residual, tight)
    trusted = tight / np.maximum(widened[edges.first], widened[edges.second]).take(edges.pair, axis=0)
    covariance = _covariance(edges, frame, trusted * trusted * _believed(residual * trusted))
    sigma: Floats = np.sqrt(covariance[frame.place, frame.place])
    sigma[frame.silent] = np.nan
    return sigma


def _covariance(edges: Edges, frame: Frame, weight: Floats) -> Floats:
    """Of the free values, and zeros in the last row and column for those that are none: the place of those is -1."""
    matrix = _normal(frame, _summed(edges.by_pair, weight))
    free, moments = len(frame.free), weight.shape[1]
    unit, covariance = np.zeros((free * free, moments)), np.zeros((free + 1, free + 1, moments))
    unit[:: free + 1] = 1.0
    covariance[:free, :free] = _solution(matrix, unit.reshape(matrix.shape))
    return covariance


def _scatter(markets: Markets, frame: Frame, residual: Floats, tight: Floats) -> Floats:
    """How much farther off than their scales explain those are whom each value rests on, above 1, (n, T).

    The median over venues: of two that differ nobody knows which is right, of three one is wrong. Few venues that
    agree may still be wrong together.
    """
    voices = markets.voices
    leverage = _leverage(markets, frame, tight)
    held = _summed(voices.by_end, leverage)
    most = _seated(voices, held, 0.0).max(axis=1)
    scales = np.abs(residual) * tight
    off = _summed(voices.by_end, leverage * np.concatenate([scales, scales]))
    mean = np.where(held > FAINT * most.take(voices.asset, axis=0), off, np.inf) / np.maximum(held, FAINTEST)
    seated = np.sort(_seated(voices, mean, np.inf), axis=1)
    venues = (seated < np.inf).sum(axis=1)
    some = np.maximum(venues, 1)
    asset, moment = np.arange(venues.shape[0])[:, None], np.arange(venues.shape[1])
    middle = (seated[asset, (some - 1) // 2, moment] + seated[asset, some // 2, moment]) / 2
    return np.where(venues > 0, np.maximum(NORMAL * middle, 1 + ALONE / (some * some)), 1.0)


def _leverage(markets: Markets, frame: Frame, tight: Floats) -> Floats:
    """By how much each price moves the value of its first asset, (m, T), and below that of its second, (2m, T).

    Not at all where the other asset is known by this one only: what differs there is the other's matter.
    """
    edges, weight = markets.edges, tight * tight
    covariance, one, other = _covariance(edges, frame, weight), frame.place[edges.first], frame.place[edges.second]
    shared = covariance[one, other]
    first, second = (np.maximum(covariance[end, end] - shared, 0.0) for end in (one, other))
    return np.concatenate([weight * first.take(edges.pair, axis=0), weight * second.take(edges.pair, axis=0)])


def _in_dollars(markets: Markets, frame: Frame, answer: _Answer, tight: Floats) -> _Answer:
    """Shift the components that no dollar book reaches to where most of their liquidity is at par."""
    value, sigma = answer.value, answer.sigma
    value[frame.silent] = np.nan
    for inside in frame.adrift:
        coins = inside[markets.peg[inside] == markets.dollar]
        shift, doubt = par.assumed(value[coins], _say(markets, coins, tight), _pairs(markets, coins, tight))
        value[inside] += shift
        sigma[inside] = np.sqrt(sigma[inside] ** 2 + doubt**2)
    return answer


def _pairs(markets: Markets, coins: Indices, tight: Floats) -> Floats:
    """With how many of the other coins each shares a market, (k, T)."""
    edges = markets.edges
    quoted = _summed(edges.by_pair, tight) > 0
    among = np.isin(edges.first, coins) & np.isin(edges.second, coins)
    touched = (edges.first == coins[:, None]) | (edges.second == coins[:, None])
    return np.asarray((touched & among).astype(np.float64) @ quoted)


def _say(markets: Markets, coins: Indices, tight: Floats) -> Floats:
    """The say each coin has on who is at par, (k, T): by its best market and its standing."""
    edges = markets.edges
    best = np.empty((len(coins), tight.shape[1]))
    for row, coin in zip(best, coins, strict=True):
        row[:] = tight[((edges.first == coin) | (edges.second == coin))[edges.pair]].max(axis=0)
    standing = np.array([par.standing(markets.assets[coin]) for coin in coins])
    return np.asarray(standing[:, None] * best * LIQUID / (1 + best * LIQUID))
