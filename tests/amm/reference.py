"""The contracts' own arithmetic, step by step and slowly: what bot.amm is measured against."""

from collections.abc import Mapping, Sequence

from bot.amm.ticks import MAX_SQRT_RATIO, MAX_TICK, MIN_SQRT_RATIO, MIN_TICK, sqrt_ratio, tick_at

WORD = 2**256
FEE_DENOMINATOR = 10**10
PRECISION = 10**18


class Reverted(Exception):  # noqa: N818 - what the contract did
    """The contract would."""


def checked(value: int) -> int:
    """A uint256, or a revert."""
    if not 0 <= value < WORD:
        raise Reverted
    return value


def find_d(xp: Sequence[int], a: int, precision: int, pad: int = 0, *, late: bool = False) -> int:
    """get_D: `a` times `precision` as the contract holds it; `late` where n**n is divided out once."""
    n, s = len(xp), sum(xp)
    d, ann = s, a * n
    for _ in range(255):
        d_p = d
        for x in xp:
            d_p = checked(d_p * d) // (x if late else x * n + pad)
        d_p //= n**n if late else 1
        before = d
        d = (
            checked((ann * s // precision + d_p * n) * d)
            // ((ann - precision) * d // precision + (n + 1) * d_p)
        )  # fmt: skip
        if abs(d - before) <= 1:
            return d
    raise Reverted


def find_y(i: int, j: int, x: int, xp: Sequence[int], a: int, precision: int, d: int) -> int:
    """get_y."""
    n, ann, c, s = len(xp), a * len(xp), d, 0
    for k in range(n):
        if k == j:
            continue
        held = x if k == i else xp[k]
        s += held
        c = checked(c * d) // (held * n)
    c = checked(c * d * precision) // (ann * n)
    b = s + d * precision // ann
    y = d
    for _ in range(255):
        before = y
        if 2 * y + b <= d:
            raise Reverted
        y = checked(y * y + c) // (2 * y + b - d)
        if abs(y - before) <= 1:
            return y
    raise Reverted


def dynamic_fee(a: int, b: int, fee: int, multiplier: int) -> int:
    """StableSwap-NG's _dynamic_fee."""
    if multiplier <= FEE_DENOMINATOR:
        return fee
    return multiplier * fee // ((multiplier - FEE_DENOMINATOR) * 4 * a * b // (a + b) ** 2 + FEE_DENOMINATOR)


def curve_exchange(
    balances: Sequence[int], rates: Sequence[int], a: int, precision: int, fee: int, i: int, j: int, dx: int,
    offpeg: int = 0, pad: int = 0, *, late: bool = False,
) -> int:  # fmt: skip
    """What `exchange` pays. Raises Reverted where it would."""
    xp = [balance * rate // PRECISION for balance, rate in zip(balances, rates, strict=True)]
    x = xp[i] + dx * rates[i] // PRECISION
    y = find_y(i, j, x, xp, a, precision, find_d(xp, a, precision, pad, late=late))
    dy = checked(xp[j] - y - (0 if pad else 1))
    charged = dy * dynamic_fee((xp[i] + x) // 2, (xp[j] + y) // 2, fee, offpeg) // FEE_DENOMINATOR
    if y << 60 < x:
        raise Reverted  # not every contract does, and none quite yet
    return (dy - charged) * PRECISION // rates[j]


def ceil_div(numerator: int, denominator: int) -> int:
    """Rounded up."""
    return -(-numerator // denominator)


def _amount0(low: int, high: int, liquidity: int, *, up: bool) -> int:
    numerator = (liquidity << 96) * (high - low)
    return ceil_div(ceil_div(numerator, high), low) if up else numerator // high // low


def _amount1(low: int, high: int, liquidity: int, *, up: bool) -> int:
    numerator = liquidity * (high - low)
    return ceil_div(numerator, 1 << 96) if up else numerator >> 96


def swap_step(price: int, target: int, liquidity: int, left: int, fee: int) -> tuple[int, int, int, int]:
    """SwapMath.computeSwapStep, exact in: the new price, what it took, what it gave, and the fee."""
    down = price >= target
    low, high = min(price, target), max(price, target)
    less = left * (10**6 - fee) // 10**6
    needed = _amount0(low, high, liquidity, up=True) if down else _amount1(low, high, liquidity, up=True)
    if less >= needed:
        end = target
    elif down:
        end = ceil_div((liquidity << 96) * price, (liquidity << 96) + less * price)
    else:
        end = price + (less << 96) // liquidity
    low, high = min(price, end), max(price, end)
    took = _amount0(low, high, liquidity, up=True) if down else _amount1(low, high, liquidity, up=True)
    gave = _amount1(low, high, liquidity, up=False) if down else _amount0(low, high, liquidity, up=False)
    charged = left - took if end != target else ceil_div(took * fee, 10**6 - fee)
    return end, took, gave, charged


def next_stop(nets: Mapping[int, int], tick: int, spacing: int, *, down: bool) -> tuple[int, bool]:
    """TickBitmap.nextInitializedTickWithinOneWord, kept on the grid."""
    place = tick // spacing + (0 if down else 1)
    edge = place // 256 * 256 + (0 if down else 255)
    for each in range(place, edge - 1, -1) if down else range(place, edge + 1):
        if each * spacing in nets:
            return each * spacing, True
    return min(max(edge * spacing, MIN_TICK), MAX_TICK), False


def v3_swap(
    nets: Mapping[int, int], liquidity: int, price: int, tick: int, fee: int, spacing: int, dx: int, *, down: bool
) -> tuple[int, int, int, int]:
    """UniswapV3Pool.swap, exact in and without a limit: what it gives, then price, tick and liquidity it leaves."""
    left, given = dx, 0
    limit = MIN_SQRT_RATIO + 1 if down else MAX_SQRT_RATIO - 1
    while left and price != limit:
        start = price
        stop, initialised = next_stop(nets, tick, spacing, down=down)
        target = max(sqrt_ratio(stop), limit) if down else min(sqrt_ratio(stop), limit)
        price, took, gave, charged = swap_step(price, target, liquidity, left, fee)
        left, given = left - took - charged, given + gave
        if price == sqrt_ratio(stop):
            if initialised:
                liquidity += -nets[stop] if down else nets[stop]
            tick = stop - 1 if down else stop
        elif price != start:
            tick = tick_at(price)
    if left:
        raise Reverted  # not in the contract, but no caller of ours can do anything with the rest
    return given, price, tick, liquidity


def v2_swap(reserve_in: int, reserve_out: int, dx: int) -> int:
    """UniswapV2Library.getAmountOut."""
    kept = dx * 997
    return kept * reserve_out // (reserve_in * 1000 + kept)
