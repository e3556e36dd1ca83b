"""Uniswap V3's price grid: tick t stands at price 1.0001**t, held as sqrt(price) * 2**96 (whitepaper, section 6.1)."""

from functools import lru_cache
from math import floor, log

MIN_TICK, MAX_TICK = -887272, 887272
MIN_SQRT_RATIO = 4295128739
MAX_SQRT_RATIO = 1461446703485210103287273052203988822378723970342
WORD = 256  # ticks, in spacings, that one word of the pool's bitmap covers
Q96 = 1 << 96

# 2**128 / sqrt(1.0001)**(2**k), k from 0, as the contract rounds them
_POWERS = (
    0xFFFCB933BD6FAD37AA2D162D1A594001,
    0xFFF97272373D413259A46990580E213A,
    0xFFF2E50F5F656932EF12357CF3C7FDCC,
    0xFFE5CACA7E10E4E61C3624EAA0941CD0,
    0xFFCB9843D60F6159C9DB58835C926644,
    0xFF973B41FA98C081472E6896DFB254C0,
    0xFF2EA16466C96A3843EC78B326B52861,
    0xFE5DEE046A99A2A811C461F1969C3053,
    0xFCBE86C7900A88AEDCFFC83B479AA3A4,
    0xF987A7253AC413176F2B074CF7815E54,
    0xF3392B0822B70005940C7A398E4B70F3,
    0xE7159475A2C29B7443B29C7FA6E889D9,
    0xD097F3BDFD2022B8845AD8F792AA5825,
    0xA9F746462D870FDF8A65DC1F90E061E5,
    0x70D869A156D2A1B890BB3DF62BAF32F7,
    0x31BE135F97D08FD981231505542FCFA6,
    0x9AA508B5B7A84E1C677DE54F3E99BC9,
    0x5D6AF8DEDB81196699C329225EE604,
    0x2216E584F5FA1EA926041BEDFE98,
    0x48A170391F7DC42444E8FA2,
)
_LOG_STEP = log(1.0001) / 2


@lru_cache(maxsize=1 << 16)
def sqrt_ratio(tick: int) -> int:
    """The square root of the price at `tick`, times 2**96, as the contract rounds it. ValueError outside the grid."""
    if not MIN_TICK <= tick <= MAX_TICK:
        raise ValueError(f"tick {tick} is outside {MIN_TICK}..{MAX_TICK}")
    ratio = 1 << 128
    for k, power in enumerate(_POWERS):
        if abs(tick) >> k & 1:
            ratio = ratio * power >> 128
    if tick > 0:
        ratio = ((1 << 256) - 1) // ratio
    return -(-ratio >> 32)


def tick_at(sqrt_price: int) -> int:
    """The highest tick at or below a sqrt price of MIN_SQRT_RATIO..MAX_SQRT_RATIO - 1. ValueError outside."""
    if not MIN_SQRT_RATIO <= sqrt_price < MAX_SQRT_RATIO:
        raise ValueError(f"sqrt price {sqrt_price} is outside {MIN_SQRT_RATIO}..{MAX_SQRT_RATIO}")
    tick = min(max(floor(log(sqrt_price / Q96) / _LOG_STEP), MIN_TICK), MAX_TICK - 1)
    while sqrt_ratio(tick) > sqrt_price:
        tick -= 1
    while sqrt_ratio(tick + 1) <= sqrt_price:
        tick += 1
    return tick
