"""The size of a loop: a true peak in integers, as good as any search finds, within every limit."""

from itertools import pairwise
from random import Random

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from bot.amm.constant_product import ConstantProduct
from bot.amm.invariant import Dialect
from bot.amm.lending import flash_fee
from bot.amm.redemption import Psm
from bot.amm.side import Side
from bot.amm.stableswap import StableSwap
from bot.model.registry import LenderKind
from bot.strategy import sizing
from bot.strategy.sizing import Fee, Sized, size
from strategy import worlds

seeds = st.integers(0, 2**32)
legs = st.integers(2, 4)


def free(amount: int) -> int:
    """A loan without a fee."""
    return 0 * amount


def charged(amount: int) -> int:
    """Aave's five basis points."""
    return flash_fee(LenderKind.AAVE_V3, 5, amount)


loans = st.sampled_from([(free, 0.0), (charged, 0.0005)])


def profit(sides: list[Side], fee: Fee, amount: int) -> int | None:
    """By walking; None where a side refuses."""
    flow = sizing.walk(sides, amount)
    return flow[-1] - amount - fee(amount) if flow else None


def by_thirds(sides: list[Side], fee: Fee, most: int) -> int:
    """The best profit by a search that knows nothing of rates."""
    low, high = 1, most
    while high - low > 100:
        third = (high - low) // 3
        left, right = (profit(sides, fee, amount) for amount in (low + third, high - third))
        left_is_better = right is None or (left is not None and left > right)
        low, high = (low, high - third) if left_is_better else (low + third, high)
    return max(profit(sides, fee, amount) or 0 for amount in range(max(1, low - 50), high + 50))


def roughness(coins: list[worlds.Coin]) -> int:
    """What rounding can cost, in base units of the first coin: units of every coin on the way, one a tick crossed."""
    first = coins[0].decimals
    return 20 * sum(10 ** max(0, first - coin.decimals) for coin in coins)


@settings(max_examples=200, deadline=None)
@given(seed=seeds, legs=legs, loan=loans)
def test_no_neighbour_earns_more(seed, legs, loan):
    """f(x-1) <= f(x) >= f(x+1), whatever the families and decimals of the loop."""
    sides, _ = worlds.loop(Random(seed), legs)
    sized = size(sides, *loan, most=10**30)
    assume(sized is not None)

    for neighbour in (sized.amount - 1, sized.amount + 1):
        other = profit(sides, loan[0], neighbour) if neighbour else 0
        assert other is None or other <= sized.profit


@settings(max_examples=200, deadline=None)
@given(seed=seeds, legs=legs, loan=loans)
def test_profit_is_what_walking_the_flow_leaves(seed, legs, loan):
    """Each side gives exactly what goes into the next, and the profit is what is left after loan and fee."""
    sides, _ = worlds.loop(Random(seed), legs)
    sized = size(sides, *loan, most=10**30)
    assume(sized is not None)

    assert sized.flow[0] == sized.amount
    for side, (into, out) in zip(sides, pairwise(sized.flow), strict=True):
        assert side.out(into) == out
    assert sized.profit == sized.flow[-1] - sized.amount - loan[0](sized.amount) > 0


@settings(max_examples=100, deadline=None)
@given(seed=seeds, legs=legs, loan=loans)
def test_as_good_as_a_search_without_slopes(seed, legs, loan):
    """A search by thirds of the interval never finds more than a millionth, or rounding, above it."""
    sides, coins = worlds.loop(Random(seed), legs)
    most = 10 ** (9 + coins[0].decimals)
    sized = size(sides, *loan, most=most)
    searched = by_thirds(sides, loan[0], min(most, sides[0].cap))

    found = sized.profit if sized else 0
    assert found >= searched * (1 - 1e-6) - roughness(coins)


NARROW = StableSwap((50, 50), 20_000, 4 * 10**6, (10**30, 10**30))
reserves = st.integers(50, 3_000)
pairs = st.builds(ConstantProduct, reserves, reserves, st.sampled_from([100, 3000]))
modules = st.builds(Psm, st.just(0), st.sampled_from([0, 10**16]), st.just(1), reserves, reserves)
curves = st.builds(
    lambda a, b: StableSwap((a, b), 20_000, 4 * 10**6, (10**30, 10**30)), st.integers(50, 3_000), reserves
)


@settings(max_examples=150, deadline=None)
@given(pools=st.lists(st.one_of(pairs, modules, curves), min_size=2, max_size=4), most=st.integers(1, 4_000))
@example(pools=[NARROW, ConstantProduct(50, 1635, 100), NARROW], most=2)  # of one unit nothing comes out
def test_never_beats_looking_at_every_amount_and_comes_within_rounding_of_it(pools, most):
    """Over small integers the best of all amounts is known; the answer is one of them, a unit a leg below at worst."""
    sides = [pool.side(0, 1) for pool in pools]
    best = max(profit(sides, free, amount) or 0 for amount in range(1, most + 1))
    sized = size(sides, free, 0.0, most)

    found = sized.profit if sized else 0
    assert best - len(sides) <= found <= best


@settings(max_examples=100, deadline=None)
@given(seed=seeds, legs=legs, part=st.floats(0.001, 1.0))
def test_never_more_than_is_lent_nor_than_a_side_takes(seed, legs, part):
    """Whatever limit binds, it is kept."""
    sides, _ = worlds.loop(Random(seed), legs)
    unlimited = size(sides, free, 0.0, 10**30)
    assume(unlimited is not None)
    most = max(1, int(unlimited.amount * part))
    sized = size(sides, free, 0.0, most)

    assert unlimited.amount <= sides[0].cap
    assert all(into <= side.cap for side, into in zip(sides, unlimited.flow, strict=False))
    assert sized is None or sized.amount <= most


def test_a_module_with_little_left_is_emptied():
    """Where a cap binds on the way, all of it is used but parts that bring no unit of profit."""
    rich = ConstantProduct(10**15, 11 * 10**14, 100).side(0, 1)
    module = Psm(0, 0, 10**12, 5 * 10**6 * 10**18, 0).side(0, 1)
    back = ConstantProduct(10**28, 10**16, 100).side(0, 1)
    sized = size((rich, module, back), free, 0.0, 10**15)

    assert sized is not None
    assert 0 <= module.cap - sized.flow[1] < 10


def test_a_staircase_is_taken_at_the_foot_of_its_step():
    """Through a coin of 6 decimals a borrower of 18 gives no more than the step costs: one base unit less loses it."""
    first = ConstantProduct(10**24, 11 * 10**11, 3000).side(0, 1)
    second = ConstantProduct(10**12, 10**24, 3000).side(0, 1)
    sized = size((first, second), free, 0.0, 10**30)

    assert sized is not None
    assert first.out(sized.amount) == sized.flow[1]
    assert first.out(sized.amount - 1) == sized.flow[1] - 1


def test_a_start_far_beyond_the_peak_does_not_lose_it():
    """With a dynamic fee the first step can land where more coins in bring fewer out: the climb comes back."""
    drained = StableSwap((10**12, 10**12), 200_000, 10**6, (10**30, 10**30), 5 * 10**10, 0, Dialect.NG).side(0, 1)
    dear = ConstantProduct(10**13, 1_002 * 10**10, 100).side(0, 1)
    far = size((drained, dear), free, 0.0, 10**17)
    near = size((drained, dear), free, 0.0, 10**17, guess=10.0**9)

    assert drained.rate(1e17 / 1024)[1] < 0
    assert far is not None
    assert near is not None
    assert abs(far.profit - near.profit) <= 2


def test_no_size_for_a_loop_that_loses():
    """Round trips through the same price cost their fees at every amount."""
    pool = ConstantProduct(10**12, 10**12)
    assert size((pool.side(0, 1), pool.side(1, 0)), free, 0.0, 10**12) is None


def test_no_size_through_a_closed_side():
    """A halted module stops the loop."""
    pool = ConstantProduct(10**12, 2 * 10**12)
    halted = Psm(2**256 - 1, 2**256 - 1, 1, 10**12, 10**12)
    assert size((pool.side(0, 1), halted.side(0, 1)), free, 0.0, 10**12) is None


def test_a_fee_above_the_gain_leaves_nothing():
    """What pays borrowed for nothing need not pay borrowed for a fee."""
    sides = (ConstantProduct(10**12, 1_001 * 10**9, 100).side(0, 1), ConstantProduct(10**12, 10**12, 100).side(0, 1))
    assert isinstance(size(sides, free, 0.0, 10**12), Sized)
    assert size(sides, lambda amount: amount // 1_000, 0.001, 10**12) is None
