"""From what was read to a pool state."""

import pytest

from bot.amm.concentrated import Concentrated
from bot.amm.constant_product import ConstantProduct
from bot.amm.invariant import Dialect
from bot.amm.redemption import Psm, Vault
from bot.amm.side import CLOSED, UNPRICED
from bot.amm.stableswap import StableSwap
from bot.model.events import CurveSeen, PsmSeen, ReservesSeen, TicksSeen, VaultSeen
from bot.model.pools import state_of
from bot.model.registry import Family, Pool

AT, COINS = "0x" + "1" * 40, ("0x" + "2" * 40, "0x" + "3" * 40)
V3_POOL = Pool("USDC/USDT", AT, Family.UNISWAP_V3, COINS, fee=100, tick_spacing=1)
TICKS = ((-10, 10**15), (10, -(10**15)))


@pytest.mark.parametrize(
    ("family", "dialect", "expected"),
    [
        (Family.CURVE, None, Dialect.CLASSIC),
        (Family.CURVE, Dialect.PADDED, Dialect.PADDED),
        (Family.CURVE_META, None, Dialect.CLASSIC),
        (Family.CURVE_META, Dialect.NG, Dialect.NG),
        (Family.CURVE_NG, None, Dialect.NG),
    ],
)
def test_a_curve_pool_speaks_its_familys_dialect_or_its_own(family, dialect, expected):
    """The registry may say what the family does not."""
    pool = Pool("pool", AT, family, COINS, dialect=dialect)
    state = state_of(pool, CurveSeen(AT, (10**24, 10**24), 20_000, 10**6, (10**18, 10**18), 2 * 10**10, 7), None)

    assert isinstance(state, StableSwap)
    assert (state.dialect, state.amp, state.offpeg_fee, state.supply) == (expected, 20_000, 2 * 10**10, 7)


def test_a_pair_takes_its_fee_from_the_registry():
    """Uniswap V2 does not tell its fee; the registry does."""
    state = state_of(Pool("pair", AT, Family.UNISWAP_V2, COINS, fee=2500), ReservesSeen(AT, 5, 6), None)

    assert isinstance(state, ConstantProduct)
    assert (state.reserves, state.fee) == ((5, 6), 2500)


def test_redemptions_are_taken_as_they_are():
    """A PSM and a vault are their own states."""
    psm = state_of(Pool("psm", AT, Family.PSM, COINS), PsmSeen(AT, 0, 0, 10**12, 10**24, 10**12), None)
    vault = state_of(Pool("vault", AT, Family.ERC4626, COINS), VaultSeen(AT, 11, 10, 100, 100), None)

    assert isinstance(psm, Psm)
    assert isinstance(vault, Vault)
    assert (psm.side(0, 1).out(10**6), vault.side(1, 0).out(10)) == (10**18, 11)


def test_a_new_price_keeps_the_ladder():
    """When ticks did not change the tables of the last state are used again."""
    first = state_of(V3_POOL, TicksSeen(AT, 1 << 96, 0, 10**15, TICKS), None)
    second = state_of(V3_POOL, TicksSeen(AT, (1 << 96) + 10**20, 0, 10**15, None), first)

    assert isinstance(first, Concentrated)
    assert isinstance(second, Concentrated)
    assert second.ladder is first.ladder
    assert second.side(0, 1).cap > first.side(0, 1).cap


def test_liquidity_below_the_window_is_inferred():
    """Ticks read around the price need not begin with the first position."""
    state = state_of(V3_POOL, TicksSeen(AT, 1 << 96, 0, 3 * 10**15, TICKS), None)

    assert isinstance(state, Concentrated)
    assert state.ladder.liquidity_at(-11) == 2 * 10**15


@pytest.mark.parametrize("previous", [None, UNPRICED, ConstantProduct(1, 1)])
def test_without_a_ladder_a_pool_is_unpriced(previous):
    """A price alone says nothing of depth."""
    state = state_of(V3_POOL, TicksSeen(AT, 1 << 96, 0, 10**15, None), previous)

    assert state is UNPRICED
    assert state.side(0, 1) is CLOSED


def test_a_ladder_that_contradicts_the_pool_is_not_used():
    """If the pool's own liquidity is not what the ladder carries there, nothing is priced until ticks are read."""
    first = state_of(V3_POOL, TicksSeen(AT, 1 << 96, 0, 10**15, TICKS), None)

    assert state_of(V3_POOL, TicksSeen(AT, 1 << 96, 0, 10**15 + 1, None), first) is UNPRICED
