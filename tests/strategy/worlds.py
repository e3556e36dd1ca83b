"""Registries and pool states of the real families, made from a seed, to test and time routing and sizing on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import floor, log, sqrt
from random import Random

from bot.amm.concentrated import Concentrated
from bot.amm.constant_product import ConstantProduct
from bot.amm.invariant import Dialect
from bot.amm.ladder import Ladder
from bot.amm.redemption import Psm, Vault
from bot.amm.side import PoolState, Side
from bot.amm.stableswap import StableSwap
from bot.amm.ticks import sqrt_ratio
from bot.model.events import LenderSeen
from bot.model.registry import Address, Coin, Family, LenderKind, Pool, Registry
from bot.strategy.routing import Atlas, Terms, search
from bot.units import WAD

HUB_WEIGHT = 30  # how many times likelier a pool holds one of the three largest coins
FAMILIES = (
    *[Family.UNISWAP_V3] * 9,
    *[Family.CURVE] * 4,
    *[Family.CURVE_NG] * 3,
    *[Family.UNISWAP_V2] * 2,
    Family.PSM,
    Family.ERC4626,
)

MARKETS = frozenset(FAMILIES) - {Family.ERC4626}
LAGGING = 0.25  # of the pools still price a depegged coin at par


@dataclass(frozen=True)
class World:
    """One moment of a made-up chain."""

    registry: Registry
    pools: Mapping[Address, PoolState]
    lenders: Sequence[LenderSeen]
    terms: Terms


def address(number: int) -> Address:
    """Some address; neighbours in number are not neighbours in order."""
    return f"0x{number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**160:040x}"


def registry(rnd: Random, pools: int, coins: int) -> Registry:
    """Coins of 2 to 18 decimals; the first three are in most pools."""
    made = [Coin(f"C{n}", address(n + 1), rnd.choice((6, 18, 18)) if n else 6) for n in range(coins)]
    made[-1] = Coin("CENTS", made[-1].address, 2)
    weights = [HUB_WEIGHT if n < 3 else 1 for n in range(coins)]
    listed = [_pool(rnd, 1000 + n, FAMILIES[n % len(FAMILIES)], made, weights) for n in range(pools)]
    return Registry(1, {coin.address: coin for coin in made}, {pool.address: pool for pool in listed}, ())


def _pool(rnd: Random, number: int, family: Family, coins: Sequence[Coin], weights: Sequence[int]) -> Pool:
    size = rnd.choice((2, 3)) if family in (Family.CURVE, Family.CURVE_NG) else 2
    held: list[Coin] = []
    while len(held) < min(size, len(coins)):
        coin = rnd.choices(coins, weights)[0]
        held += [coin] if coin not in held else []
    if family is Family.PSM:
        held.sort(key=lambda coin: coin.decimals)
    fee = {Family.UNISWAP_V3: rnd.choice((100, 100, 500)), Family.UNISWAP_V2: 3000}.get(family, 0)
    return Pool(f"{family} {number}", address(number), family, tuple(coin.address for coin in held), fee, fee // 50)


def state(rnd: Random, book: Registry, pool: Pool, usd: Mapping[Address, float], spread: float) -> PoolState:
    """The pool at about the coins' dollar values, off by up to `spread` (a part of the price)."""
    coins = [book.coins[coin] for coin in pool.coins]
    depth = 10 ** rnd.uniform(5, 8)
    par = usd[coins[0].address] / usd[coins[1].address]
    price = par * (1 + rnd.uniform(-spread, spread))
    units = [10**coin.decimals for coin in coins]
    match pool.family:
        case Family.UNISWAP_V3:
            return concentrated(rnd, pool, depth, price * units[1] / units[0])
        case Family.UNISWAP_V2:
            return ConstantProduct(int(depth * units[0]), int(depth * price * units[1]), pool.fee)
        case Family.PSM:
            fees = rnd.choice((0, 0, 10**15)), rnd.choice((0, 10**14))
            room = int(depth * units[1]), int(depth * units[0])
            return Psm(*fees, WAD // units[0], *room) if coins[1].decimals == 18 else Psm(WAD, WAD, 1, 0, 0)
        case Family.ERC4626:
            return Vault(units[0], int(par * units[1]), 2**256 - 1, int(depth * units[1]))
        case family:
            shares = [rnd.uniform(0.6, 1.4) for _ in coins]
            shares[0] *= max(0.05, 1 - 100 * (price - 1))
            ng = family is Family.CURVE_NG
            return StableSwap(
                tuple(int(depth * share * unit) for share, unit in zip(shares, units, strict=True)),
                amp=rnd.choice((200, 1000, 2000)) * 100,
                fee=rnd.choice((10**6, 4 * 10**6)),
                rates=tuple(WAD * WAD // unit for unit in units),
                offpeg_fee=5 * 10**10 if ng else 0,
                dialect=Dialect.NG if ng else Dialect.CLASSIC,
            )


def concentrated(rnd: Random, pool: Pool, depth: float, price: float) -> Concentrated:
    """Some forty ticks on either side of `price`, in base units of coin 1 for one of coin 0."""
    middle = floor(log(price) / log(1.0001)) // pool.tick_spacing * pool.tick_spacing
    liquidity = int(depth * sqrt(price) / 1e-3)
    nets: dict[int, int] = {}
    for _ in range(40):
        low, high = -rnd.randrange(1, 60) * pool.tick_spacing, rnd.randrange(1, 60) * pool.tick_spacing
        part = max(1, int(liquidity * rnd.uniform(0.01, 0.05)))
        nets[middle + low] = nets.get(middle + low, 0) + part
        nets[middle + high] = nets.get(middle + high, 0) - part
    ladder = Ladder(sorted(nets.items()), pool.fee, pool.tick_spacing)
    return Concentrated(ladder, sqrt_ratio(middle) + 1, middle)


def lenders(rnd: Random, book: Registry) -> tuple[LenderSeen, ...]:
    """Every coin from one or two lenders, most of them free."""
    kinds = (LenderKind.MORPHO_BLUE, LenderKind.BALANCER_V2, LenderKind.AAVE_V3, LenderKind.ERC3156)
    return tuple(
        LenderSeen(address(900 + kind), kind, coin.address, int(10 ** rnd.uniform(5, 9)) * 10**coin.decimals, fee)
        for coin in book.coins.values()
        for kind, fee in zip(rnd.sample(kinds, 2), (0, 5), strict=True)
    )


def world(seed: int, pools: int = 14, coins: int = 6, spread: float = 0.001, *, depegged: float = 0.0) -> World:
    """A registry and one state of it; the second coin is worth `depegged` less than a dollar, and some pools lag."""
    rnd = Random(seed)
    book = registry(rnd, pools, coins)
    par = dict.fromkeys(book.coins, 1.0)
    moved = {**par, list(par)[1]: 1.0 - depegged}
    states = {
        pool.address: state(
            rnd, book, pool, par if rnd.random() < LAGGING and pool.family in MARKETS else moved, spread
        )
        for pool in book.pools.values()
    }
    terms = Terms(usd=moved, gas_price_wei=10**9, eth_usd=3000.0)
    return World(book, states, lenders(rnd, book), terms)


def loop(rnd: Random, legs: int, *, gain: float = 0.01) -> tuple[list[Side], list[Coin]]:
    """The sides of a loop through coins of some decimals, and the coins."""
    coins = [Coin(f"C{n}", address(n + 1), rnd.choice((2, 6, 6, 18))) for n in range(legs)]
    return loop_through(rnd, coins, gain=gain), coins


def loop_through(rnd: Random, coins: Sequence[Coin], *, gain: float) -> list[Side]:
    """The sides of a loop of some families whose first pool pays up to `gain` too much."""
    book = Registry(1, {coin.address: coin for coin in coins}, {}, ())
    par = dict.fromkeys(book.coins, 1.0)
    dear = {**par, coins[0].address: 1.0 + rnd.uniform(0, gain)}
    sides = []
    for n, (coin, following) in enumerate(zip(coins, [*coins[1:], coins[0]], strict=True)):
        ends = (coin, following) if rnd.random() < 0.5 else (following, coin)
        pool = _pool(rnd, 1000 + n, rnd.choice(FAMILIES), ends, (1, 1))
        i = pool.coins.index(coin.address)
        sides.append(state(rnd, book, pool, par if n else dear, 0.0001).side(i, 1 - i))
    return sides


def settled(world: World, atlas: Atlas) -> World:
    """The same world once everything that pays was traded away."""
    pools = dict(world.pools)
    while found := search(atlas, pools, world.lenders, world.terms, most=len(pools)):
        for hop, into in ((hop, into) for loop in found for hop, into in zip(loop.hops, loop.flow, strict=False)):
            pools[hop.pool] = after(pools[hop.pool], hop.i, hop.j, into)
    return replace(world, pools=pools)


def shoved(world: World, rnd: Random, pools: int, by: float) -> World:
    """The same world after others traded in some of its pools, moving each price by up to `by`."""
    states = dict(world.pools)
    markets = [pool for pool in world.registry.pools.values() if pool.family not in (Family.PSM, Family.ERC4626)]
    for pool in rnd.sample(markets, pools):
        i, j = rnd.sample(range(len(pool.coins)), 2)
        side = states[pool.address].side(i, j)
        aim, dx = side.rate(0.0)[1] * (1 - rnd.uniform(0, by)), 1
        while 2 * dx < side.cap and side.rate(2.0 * dx)[1] > aim:
            dx *= 2
        if side.out(dx):
            states[pool.address] = after(states[pool.address], i, j, dx)
    return replace(world, pools=states)


def after(state: PoolState, i: int, j: int, dx: int) -> PoolState:
    """The pool once `dx` was swapped."""
    match state:
        case Concentrated() | ConstantProduct() | StableSwap() | Psm() | Vault():
            return state.after(i, j, dx)
    raise TypeError(f"no family of ours: {state}")
