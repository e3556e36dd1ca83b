"""The best loops of a registry: none better is missed, none that is sent depends on another."""

from dataclasses import replace
from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.amm.constant_product import ConstantProduct
from bot.model.decisions import Hop, Loop
from bot.model.events import LenderSeen
from bot.model.registry import Coin, Family, LenderKind, Pool, Registry
from bot.strategy import costs, funding
from bot.strategy.routing import Atlas, Terms, rewalked, search
from bot.strategy.sizing import Sized, size, walk
from strategy import worlds
from strategy.worlds import World

seeds = st.integers(0, 2**32)
small_worlds = st.builds(
    worlds.world,
    seeds,
    pools=st.integers(6, 10),
    coins=st.integers(4, 6),
    spread=st.sampled_from([0.001, 0.01, 0.05]),
    depegged=st.sampled_from([0.0, 0.01, 0.1]),
)


def searched(world: World, most: int = 4) -> tuple[Loop, ...]:
    """By a new atlas."""
    return search(Atlas.of(world.registry), world.pools, world.lenders, world.terms, most)


def circles(registry: Registry) -> set[tuple[Hop, ...]]:
    """All loops, begun at each of their coins, by trying every order of hops."""
    hops = [
        Hop(pool.address, i, j, pool.coins[i], pool.coins[j])
        for pool in registry.pools.values()
        for i, j in permutations(range(len(pool.coins)), 2)
    ]
    found: set[tuple[Hop, ...]] = set()
    paths = [(hop,) for hop in hops]
    for _ in range(3):
        paths = [
            (*path, hop)
            for path in paths
            for hop in hops
            if hop.coin_in == path[-1].coin_out
            and hop.coin_in != path[0].coin_in
            and all(hop.pool != other.pool for other in path)
            and all(hop.coin_out != other.coin_in for other in path[1:])
        ]
        found |= {path for path in paths if path[-1].coin_out == path[0].coin_in}
    return found


def best_by_trying(world: World) -> float:
    """Net dollars of the best loop, every loop sized from each of its coins with each lender."""
    best = 0.0
    for path in circles(world.registry):
        sides = [world.pools[hop.pool].side(hop.i, hop.j) for hop in path]
        for seen in world.lenders:
            if seen.token == path[0].coin_in:
                offer = funding.offer(seen)
                sized = size(sides, offer.fee, offer.rate, seen.cash)
                best = max(best, net(world, path, seen, sized) if sized else 0.0)
    return best


def net(world: World, path: tuple[Hop, ...], seen: LenderSeen, sized: Sized | Loop) -> float:
    """Dollars left after gas and tip."""
    coin = world.registry.coins[seen.token]
    gas = costs.loan_gas(seen.lender_kind) + costs.legs_gas(world.registry.pools[hop.pool].family for hop in path)
    for hop, into in zip(path, sized.flow, strict=False):
        gas += costs.ticks_gas(world.pools[hop.pool], hop.i, hop.j, into)
    profit_usd = sized.profit / 10**coin.decimals * world.terms.usd[coin.address]
    return world.terms.kept * profit_usd - gas * world.terms.gas_usd


@settings(max_examples=30, deadline=None)
@given(world=small_worlds)
def test_the_atlas_has_every_simple_loop_once(world):
    """As many as trying every order of hops finds, whatever coin they are said to begin at."""
    atlas = Atlas.of(world.registry)
    numbered = [tuple(atlas.hops[number] for number in atlas.loop(n)) for n in range(len(atlas))]
    begun_lowest = {path for path in circles(world.registry) if path[0].coin_in == min(hop.coin_in for hop in path)}

    assert len(numbered) == len(set(numbered))
    assert set(numbered) == begun_lowest


@settings(max_examples=60, deadline=None)
@given(world=small_worlds)
def test_no_loop_is_better_than_the_first(world):
    """Sizing every loop from every coin with every lender finds nothing better, and search never claims more."""
    found = searched(world)
    best = best_by_trying(world)

    first = found[0].net_usd if found else 0.0
    rounding = 0.2  # dollars: of coins of two decimals, and of the gas of a tick
    assert best * (1 - 1e-6) - rounding <= first <= best * (1 + 1e-6) + rounding


@settings(max_examples=100, deadline=None)
@given(world=small_worlds)
def test_what_is_found_is_so(world):
    """Every loop closes, its flow is what its pools give, and its profit what is left after the lender's fee."""
    for loop in searched(world):
        sides = [world.pools[hop.pool].side(hop.i, hop.j) for hop in loop.hops]
        seen = next(s for s in world.lenders if (s.lender, s.token) == (loop.lender, loop.token))

        assert all(hop.coin_out == loop.hops[n - len(loop.hops) + 1].coin_in for n, hop in enumerate(loop.hops))
        assert loop.hops[0].coin_in == loop.token
        assert walk(sides, loop.amount) == loop.flow
        assert loop.fee == funding.offer(seen).fee(loop.amount)
        assert loop.profit == loop.flow[-1] - loop.amount - loop.fee > 0
        assert loop.amount <= seen.cash
        assert loop.net_usd == pytest.approx(net(world, loop.hops, seen, loop), abs=0.2)
        assert loop.net_usd >= world.terms.min_net_usd


@settings(max_examples=100, deadline=None)
@given(world=small_worlds, most=st.integers(1, 5))
def test_no_two_share_a_pool_and_the_best_comes_first(world, most):
    """What is sent together can be mined in any order."""
    found = searched(world, most)
    pools = [hop.pool for loop in found for hop in loop.hops]

    assert len(pools) == len(set(pools))
    assert len(found) <= most
    assert [loop.net_usd for loop in found] == sorted((loop.net_usd for loop in found), reverse=True)


@settings(max_examples=40, deadline=None)
@given(world=small_worlds)
def test_one_more_pool_never_lowers_the_best(world):
    """More choice is never worse."""
    last = list(world.registry.pools)[-1]
    fewer = {address: state for address, state in world.pools.items() if address != last}
    without = searched(replace(world, pools=fewer))
    found = searched(world)

    assert not without or found[0].net_usd >= without[0].net_usd * (1 - 1e-9) - 1e-5


@settings(max_examples=40, deadline=None)
@given(world=small_worlds, shuffle=seeds)
def test_the_order_of_the_registry_does_not_matter(world, shuffle):
    """Coins, pools and lenders may come in any order: the answer is the same, ties included."""
    rnd = Random(shuffle)
    coins = rnd.sample(list(world.registry.coins.items()), len(world.registry.coins))
    pools = rnd.sample(list(world.registry.pools.items()), len(world.registry.pools))
    registry = replace(world.registry, coins=dict(coins), pools=dict(pools))
    lenders = rnd.sample(list(world.lenders), len(world.lenders))

    assert searched(replace(world, registry=registry, lenders=lenders)) == searched(world)


@settings(max_examples=40, deadline=None)
@given(before=small_worlds, seed=seeds)
def test_an_atlas_that_saw_other_states_answers_the_same(before, seed):
    """What it remembers of unchanged pools saves time and changes nothing."""
    rnd = Random(seed)
    changed = rnd.sample(list(before.pools), len(before.pools) // 2)
    usd = dict.fromkeys(before.registry.coins, 1.0)
    fresh = {
        address: worlds.state(rnd, before.registry, before.registry.pools[address], usd, 0.01) for address in changed
    }
    now = replace(before, pools={**before.pools, **fresh})
    atlas = Atlas.of(before.registry)
    search(atlas, before.pools, before.lenders, before.terms)

    assert search(atlas, now.pools, now.lenders, now.terms) == searched(now)


ONE, TWO = (Coin(symbol, worlds.address(n), 6) for n, symbol in enumerate(("ONE", "TWO"), 1))
LOW, HIGH = (
    Pool(name, worlds.address(n), Family.UNISWAP_V2, (ONE.address, TWO.address), 100)
    for n, name in ((8, "low"), (9, "high"))
)
PAIR = Registry(1, {coin.address: coin for coin in (ONE, TWO)}, {pool.address: pool for pool in (LOW, HIGH)}, ())
STATES = {LOW.address: ConstantProduct(10**13, 10**13, 100), HIGH.address: ConstantProduct(10**13, 102 * 10**11, 100)}
MONEY = Terms(usd={ONE.address: 1.0, TWO.address: 1.0}, gas_price_wei=10**9, eth_usd=3000.0)


def lender(kind: LenderKind, fee: int = 0, cash: int = 10**15, number: int = 7) -> LenderSeen:
    """Of coin one."""
    return LenderSeen(worlds.address(number), kind, ONE.address, cash, fee)


def found(*lenders: LenderSeen, terms: Terms = MONEY) -> tuple[Loop, ...]:
    """In the two pools."""
    return search(Atlas.of(PAIR), STATES, lenders, terms)


def test_the_lender_that_leaves_most_is_taken():
    """Money for nothing is better than money for a fee, and of two for nothing the one that takes less gas."""
    aave = lender(LenderKind.AAVE_V3, fee=5, number=5)
    minter = lender(LenderKind.ERC3156, number=6)
    morpho = lender(LenderKind.MORPHO_BLUE)

    assert found(aave)[0].lender == aave.lender
    assert found(aave, minter)[0].lender == minter.lender
    assert found(aave, minter, morpho)[0].lender == morpho.lender


def test_a_lender_with_little_cash_loses_to_a_dearer_one_with_enough():
    """A thousand coins for nothing earn less than as many as the loop takes for a fee."""
    poor, rich = lender(LenderKind.MORPHO_BLUE, cash=10**9), lender(LenderKind.AAVE_V3, fee=5, number=5)

    assert found(poor)[0].amount <= 10**9
    assert found(poor, rich)[0].lender == rich.lender


def test_a_uniswap_pool_does_not_lend_to_a_loop_that_swaps_in_it():
    """Its lock is held while it lends."""
    itself = replace(lender(LenderKind.UNISWAP_V3, fee=100), lender=LOW.address)

    assert found(itself) == ()
    assert found(itself, lender(LenderKind.AAVE_V3, fee=5))[0].lender_kind is LenderKind.AAVE_V3


def test_what_does_not_pay_for_its_gas_is_not_found():
    """Dear gas leaves nothing of a small profit; a floor drops what is below it."""
    free = lender(LenderKind.MORPHO_BLUE)
    (loop,) = found(free)

    assert found(free, terms=replace(MONEY, gas_price_wei=10**15)) == ()
    assert found(free, terms=replace(MONEY, min_net_usd=loop.net_usd * 1.001)) == ()
    assert found(free, terms=replace(MONEY, min_net_usd=loop.net_usd * 0.999)) == (loop,)


def test_a_tip_comes_out_of_the_profit():
    """Half of the profit to the builder halves what is left before gas."""
    (kept,), (shared,) = (
        found(lender(LenderKind.MORPHO_BLUE), terms=replace(MONEY, tip_bps=tip, gas_price_wei=0)) for tip in (0, 5_000)
    )
    assert shared.net_usd == pytest.approx(kept.net_usd / 2)


def test_nothing_is_found_where_nobody_lends_or_no_pool_is_known():
    """No lender, no value, no pool: no loop, and no error."""
    free = lender(LenderKind.MORPHO_BLUE)

    assert found() == ()
    assert found(replace(free, cash=0)) == ()
    assert found(free, terms=replace(MONEY, usd={})) == ()
    assert search(Atlas.of(PAIR), {}, (free,), MONEY) == ()
    assert search(Atlas.of(Registry(1, {}, {}, ())), {}, (free,), MONEY) == ()


def test_a_metapool_and_its_base_are_never_in_one_loop():
    """A swap in the base moves the price the metapool counts its LP token at."""
    meta = replace(LOW, family=Family.CURVE_META, base=HIGH.address)
    registry = replace(PAIR, pools={LOW.address: meta, HIGH.address: HIGH})

    assert len(Atlas.of(PAIR)) == 2
    assert len(Atlas.of(registry)) == 0


def test_rewalked_gives_the_route_at_its_new_best_amount():
    """The same states give the same loop; states that moved give another amount; a gain that is gone gives none."""
    free = lender(LenderKind.MORPHO_BLUE)
    (loop,) = found(free)
    less = {**STATES, HIGH.address: ConstantProduct(10**13, 101 * 10**11, 100)}
    level = {**STATES, HIGH.address: ConstantProduct(10**13, 10**13, 100)}

    assert rewalked(loop, STATES, (free,), MONEY) == loop
    assert rewalked(loop, less, (free,), MONEY).amount < loop.amount
    assert rewalked(loop, level, (free,), MONEY) is None
    assert rewalked(loop, {}, (free,), MONEY) is None
    assert rewalked(loop, STATES, (), MONEY) is None
