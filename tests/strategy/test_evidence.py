"""What pools and peg modules show of a coin."""

from hypothesis import given
from hypothesis import strategies as st

from bot.amm.redemption import Psm
from bot.amm.stableswap import StableSwap
from bot.model.registry import Coin, Family, Pool, Registry
from bot.model.times import HOUR, MINUTE
from bot.strategy import evidence

USDC, USDT, DAI = ("0x" + digit * 40 for digit in "abc")
NAMED = {USDC: "USDC", USDT: "USDT", DAI: "DAI"}
CURVE, MODULE = ("0x" + digit * 40 for digit in "12")
REGISTRY = Registry(
    chain_id=1,
    coins={USDC: Coin("USDC", USDC, 6), USDT: Coin("USDT", USDT, 6), DAI: Coin("DAI", DAI, 18)},
    pools={
        CURVE: Pool("curve", CURVE, Family.CURVE, (USDC, USDT)),
        MODULE: Pool("psm", MODULE, Family.PSM, (USDC, DAI)),
    },
    lenders=(),
)
amounts = st.integers(1, 10**9)


def pools(usdc, usdt, room=1_000):
    """A pool of whole coins, and a module with so much room."""
    rates = (10**30, 10**30)
    curve = StableSwap((usdc * 10**6, usdt * 10**6), 200_000, 1_000_000, rates)
    return {CURVE: curve, MODULE: Psm(0, 0, 10**12, 10**30, room * 10**6)}


def seen(*moments):
    """Samples of (ns, pools)."""
    samples = ()
    for at, states in moments:
        samples = evidence.remember(samples, at, states, REGISTRY, NAMED)
    return samples


@given(amounts, amounts)
def test_shares_of_a_pool_are_one_together(usdc, usdt):
    """Whatever is in it."""
    samples = seen((1, pools(usdc, usdt)))
    one, other = (evidence.of(coin, samples).pool_share for coin in ("USDC", "USDT"))

    assert abs(one + other - 1) < 1e-9
    assert abs(one - usdc / (usdc + usdt)) < 1e-6


def test_a_coin_that_floods_its_pool_has_a_velocity():
    """From half to nine tenths in half an hour is 0.8 an hour; the other coin goes as fast the other way."""
    samples = seen((0, pools(500, 500)), (30 * MINUTE, pools(900, 100)))

    assert abs(evidence.of("USDC", samples).pool_velocity - 0.8) < 1e-9
    assert abs(evidence.of("USDT", samples).pool_velocity + 0.8) < 1e-9


def test_a_module_that_empties_is_drained():
    """A quarter of its room in half an hour is half of it in an hour."""
    samples = seen((0, pools(1, 1, 1_000)), (30 * MINUTE, pools(1, 1, 750)))

    assert abs(evidence.of("DAI", samples).psm_drain - 0.5) < 1e-9


def test_nothing_is_made_of_little():
    """One sample has no velocity, nor have two of one moment; of a coin in no pool nothing is known."""
    samples = seen((0, pools(1, 1)), (MINUTE, pools(9, 1)))

    assert len(samples) == 1
    assert evidence.of("USDC", samples).pool_velocity is None
    assert evidence.of("FRAX", samples) == evidence.Evidence()


@given(st.lists(st.integers(0, 600), min_size=1, max_size=60))
def test_an_hour_is_remembered_and_no_more(minutes):
    """However often one looks: never more than a sample in five minutes."""
    samples = seen(*((at * MINUTE, pools(1, 1)) for at in sorted(minutes)))

    assert len(samples) <= 13
    assert all(samples[-1].at - each.at <= HOUR for each in samples)
