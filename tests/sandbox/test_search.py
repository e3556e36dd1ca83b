"""The search is a measure to be trusted: it looks at every loop and stops at the top of the best."""

from contextlib import closing
from itertools import permutations

import pytest
from chain_calls import POOLS, done, view, word
from hypothesis import given
from hypothesis import strategies as st

from bot.model.registry import Address, Coin, Family, Lender, LenderKind, Pool, Registry
from bot.sandbox import addresses as at
from bot.sandbox import loops, search
from bot.sandbox.actor import Actor
from bot.sandbox.addresses import ADMIN, DAI, OPERATOR, USDC, USDT
from bot.sandbox.node import Node
from bot.sandbox.search import Route, Search

COINS = {
    address: Coin(name, address, decimals)
    for name, address, decimals in (("USDC", USDC, 6), ("USDT", USDT, 6), ("DAI", DAI, 18), ("sUSD", at.SUSD, 18))
}
LENDERS = (
    Lender("Aave V3", at.AAVE_POOL, LenderKind.AAVE_V3, (USDC, USDT, DAI)),
    Lender("Morpho Blue", at.MORPHO, LenderKind.MORPHO_BLUE, (USDC, USDT, DAI)),
    Lender("DssFlash", at.DSS_FLASH, LenderKind.ERC3156, (DAI,)),
)
WATCHED = ("v3 1 bp", "v3 usdt", "v2", "3pool", "curve susd", "psm")
REGISTRY = Registry(1, COINS, {POOLS[name].address: POOLS[name] for name in WATCHED}, LENDERS)


@st.composite
def registries(draw: st.DrawFn) -> Registry:
    """Up to six pools of two to four of five coins."""
    names = "ABCDE"
    sets = draw(st.lists(st.sets(st.sampled_from(names), min_size=2, max_size=4), max_size=6))
    pools = {
        f"pool {k}": Pool(f"pool {k}", f"pool {k}", Family.CURVE, tuple(sorted(coins))) for k, coins in enumerate(sets)
    }
    return Registry(1, {name: Coin(name, name, 18) for name in names}, pools, ())


def every_loop(registry: Registry, most: int) -> set[frozenset[tuple[str, int, int]]]:
    """By trying every order of every choice of pools and coins. A loop is the set of its hops: order adds nothing."""
    found = set()
    for legs in range(2, most + 1):
        for coins in permutations(registry.coins, legs):
            for pools in permutations(registry.pools.values(), legs):
                steps = list(zip(pools, coins, coins[1:] + coins[:1], strict=True))
                if all(sold in pool.coins and bought in pool.coins for pool, sold, bought in steps):
                    found.add(frozenset((p.address, p.coins.index(a), p.coins.index(b)) for p, a, b in steps))
    return found


@given(registries(), st.integers(2, 3))
def test_every_loop_is_listed_once(registry: Registry, most: int):
    """The loops listed are all there are, each in one of its rotations."""
    listed = loops.simple(registry, most)
    hops = [frozenset((hop.pool, hop.i, hop.j) for hop in loop) for loop in listed]

    assert len(hops) == len(set(hops))
    assert set(hops) == every_loop(registry, most)


@given(registries())
def test_loops_are_closed_and_simple(registry: Registry):
    """Each hop takes what the one before gave, the last gives what the first takes, and nothing is met twice."""
    for loop in loops.simple(registry):
        assert all(before.coin_out == hop.coin_in for before, hop in zip(loop[-1:] + loop[:-1], loop, strict=True))
        assert len({hop.coin_in for hop in loop}) == len({hop.pool for hop in loop}) == len(loop)
        assert len(loops.rotations(loop)) == len(set(loops.rotations(loop))) == len(loop)


@pytest.fixture
def seeker(actor: Actor, executor: Address):
    """A search on the chain, with Aave first among the lenders though it is the one that charges."""
    with closing(Node(actor.node.url)) as node:
        yield Search(node, executor, OPERATOR, REGISTRY)


@pytest.mark.chain
def test_in_balance_there_is_nothing(seeker: Search):
    """On a chain at peg no loop earns its fees."""
    assert seeker.best() is None


@pytest.mark.chain
@pytest.mark.parametrize(
    ("pool", "i", "j", "coins"),
    [("v3 1 bp", 1, 0, 3_000_000), ("3pool", 0, 2, 15_000_000), ("v2", 0, 1, 400_000), ("curve susd", 1, 2, 3_000_000)],
)
def test_no_amount_near_the_best_is_better(actor: Actor, seeker: Search, pool: str, i: int, j: int, coins: int):
    """The profit found is what `execute` returns, and no amount around it earns a millionth more."""
    actor.swap(POOLS[pool], i, j, coins * 10 ** COINS[POOLS[pool].coins[i]].decimals)
    found = seeker.best()
    assert found is not None

    around = [
        found.amount * part // 10_000 for part in (5_000, 9_000, 9_900, 9_990, 9_999, 10_001, 10_010, 10_100, 20_000)
    ]

    assert seeker.profits(found.route, [found.amount]) == [found.profit]
    assert max(seeker.profits(found.route, around)) <= found.profit * (1 + 1e-6)


@pytest.mark.chain
def test_no_other_loop_is_better(actor: Actor, seeker: Search):
    """Not one of all loops, begun at any coin with any lender, earns more at any of many amounts."""
    actor.swap(POOLS["v2"], 0, 1, 300_000 * 10**18)
    actor.swap(POOLS["3pool"], 2, 1, 9_000_000 * 10**6)
    found = seeker.best()
    assert found is not None

    for loop in loops.simple(REGISTRY):
        for hops in loops.rotations(loop):
            for lender in LENDERS if hops[0].coin_in == DAI else LENDERS[:2] if hops[0].coin_in != at.SUSD else ():
                unit = 10 ** COINS[hops[0].coin_in].decimals
                amounts = [int(1_000 * 1.7**step) * unit for step in range(20)]
                best = max(seeker.profits(Route(hops, lender), amounts))
                assert best / unit <= found.usd * (1 + 1e-6)


@pytest.mark.chain
def test_a_cap_is_found_to_the_millionth(actor: Actor, executor: Address):
    """Where the PSM has little DAI left, the best amount to sell it is all that it can pay for."""
    actor.swap(POOLS["v3 1 bp"], 1, 0, 9_000_000 * 10**6)
    actor.deal(DAI, at.LITE_PSM, 50_000 * 10**18)
    pools = {POOLS[name].address: POOLS[name] for name in ("v3 1 bp", "psm")}
    only = Registry(1, COINS, pools, (Lender("Morpho Blue", at.MORPHO, LenderKind.MORPHO_BLUE, (USDC,)),))
    found = search.best(actor.node.url, executor, OPERATOR, only)

    assert found is not None
    assert found.route.hops[0].pool == at.LITE_PSM
    assert found.amount == pytest.approx(50_000 * 10**6, rel=1e-6)


@pytest.mark.chain
def test_the_free_lender_is_found_behind_the_dear_one(actor: Actor, seeker: Search):
    """Aave's premium is paid only where nobody lends for less."""
    actor.swap(POOLS["v3 1 bp"], 1, 0, 3_000_000 * 10**6)
    found = seeker.best()

    assert found is not None
    assert found.route.lender.name != "Aave V3"


@pytest.mark.chain
def test_values_decide_between_coins(actor: Actor, executor: Address):
    """What a profit is worth depends on the coin it is in: the same loop is begun at the dearer one."""
    actor.swap(POOLS["v3 1 bp"], 1, 0, 3_000_000 * 10**6)
    for dear, cheap in ((USDC, DAI), (DAI, USDC)):
        values = {dear: 1.0, cheap: 0.5}
        found = search.best(actor.node.url, executor, OPERATOR, REGISTRY, values=values)
        assert found is not None
        assert found.route.token == dear


@pytest.mark.chain
def test_what_is_halted_is_not_in_a_loop(actor: Actor, seeker: Search):
    """A closed PSM is seen to be closed by asking."""
    actor.swap(POOLS["v3 1 bp"], 1, 0, 8_000_000 * 10**6)
    for fee in ("tin", "tout"):
        assert done(actor, ADMIN, at.LITE_PSM, "file(bytes32,uint256)", word(fee), 2**256 - 1)
    found = seeker.best()

    assert found is not None
    assert at.LITE_PSM not in {hop.pool for hop in found.route.hops}
    assert view(actor, at.LITE_PSM, "tin()") == 2**256 - 1
