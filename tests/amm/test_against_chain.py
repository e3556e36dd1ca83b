"""Every family against the real bytecode: thousands of quotes in random states, without a single difference."""

import random
from collections.abc import Callable, Iterator
from itertools import permutations

import pytest

from bot.amm.concentrated import Concentrated
from bot.amm.constant_product import MAX_RESERVE, ConstantProduct
from bot.amm.invariant import Dialect
from bot.amm.ladder import Ladder
from bot.amm.liquidity_tokens import deposited
from bot.amm.redemption import HALTED, Psm, Vault
from bot.amm.side import PoolState, Side
from bot.amm.stableswap import StableSwap
from bot.amm.ticks import WORD, sqrt_ratio
from bot.model.registry import Family, Pool
from bot.sandbox import abi, trades
from bot.sandbox.addresses import (
    CURVE_3POOL,
    CURVE_SUSD,
    CURVE_SUSD_LP,
    DAI,
    LITE_PSM,
    LITE_PSM_POCKET,
    META_SUSD_3POOL,
    SDAI,
    SUSD,
    UNISWAP_V2_ROUTER,
    UNISWAP_V3_ROUTER,
    USDC,
    USDT,
    V2_DAI_USDC,
    V3_DAI_USDC_1BP,
    V3_DAI_USDC_5BP,
)
from bot.sandbox.trades import Trade
from bot.units import RAY, WAD

from .stage import PLENTY, WHO, Stage, hashed

pytestmark = pytest.mark.chain

STATES, QUOTES = 80, 40  # of each family: more than 2,000 comparisons
IMBALANCE = 1000
SCALE = {DAI: 10**18, USDC: 10**6, USDT: 10**6, SUSD: 10**18, CURVE_3POOL: 10**18}


@pytest.fixture
def stage(actor):
    """The sandbox as it was built; afterwards it is again."""
    return Stage(actor)


@pytest.fixture
def draw():
    """The same states and amounts every time."""
    return random.Random(2023)


def log_uniform(draw: random.Random, low: int, high: int) -> int:
    """A whole number between, every order of magnitude as likely."""
    return min(high, max(low, int(low * (high / low) ** draw.random()) + draw.randrange(-3, 4)))


def amounts(draw: random.Random, side: Side, depth: int) -> list[int]:
    """Tiny, ordinary, draining and absurd amounts for one side of a pool that holds `depth` of the coin in."""
    most = min(side.cap, PLENTY)
    if not most:
        return []
    fixed = [1, 2, most, min(most, depth), min(most, 1_000 * depth)]
    return fixed + [log_uniform(draw, 1, min(most, 100 * depth)) for _ in range(QUOTES - len(fixed))]


def compare(stage: Stage, pool: Pool, state: PoolState, i: int, j: int, given: list[int]) -> int:
    """Every quote equals what the pool pays; the number compared."""
    paid = stage.paid([trades.trade(stage.node, pool, i, j, dx, WHO) for dx in given], pool.coins[j])

    assert [(dx, state.side(i, j).out(dx)) for dx in given] == list(zip(given, paid, strict=True))
    return len(given)


def curve_states(
    stage: Stage, draw: random.Random, pool: Pool, dialect: Dialect, slots: Callable[[list[int], int, int, int], dict]
) -> Iterator[StableSwap]:
    """Puts a Curve pool into one random state after the other: balances, A, fee, and NG's multiplier."""
    rates = [10**36 // SCALE[coin] for coin in pool.coins]
    if pool.base:
        rates[1] = stage.read(pool.base, "get_virtual_price()")
    for _ in range(STATES):
        depth = log_uniform(draw, 10**3, 10**9)
        balances = [log_uniform(draw, depth * SCALE[coin] // IMBALANCE, depth * SCALE[coin]) for coin in pool.coins]
        a, fee = draw.choice((10, 85, 100, 500, 2000)), draw.choice((0, 10**6, 4 * 10**6, 10**8))
        offpeg = draw.choice((0, 10**10, 2 * 10**10, 20 * 10**10)) if pool.family is Family.CURVE_NG else 0
        stage.write(pool.address, slots(balances, a, fee, offpeg))
        stage.deal((coin, pool.address, balance) for coin, balance in zip(pool.coins, balances, strict=True))
        yield StableSwap(tuple(balances), 100 * a, fee, tuple(rates), offpeg, dialect=dialect)


def curve_quotes(stage: Stage, draw: random.Random, pool: Pool, states: Iterator[StableSwap]) -> int:
    """Compares each state in one direction after the other."""
    compared = 0
    ways = list(permutations(range(len(pool.coins)), 2))
    for at, state in enumerate(states):
        i, j = ways[at % len(ways)]
        given = amounts(draw, state.side(i, j), state.balances[i])
        compared += compare(stage, pool, state, i, j, [dx for dx in given if dx <= 1_000 * state.balances[i]])
    return compared


def test_the_susd_pool_pays_what_is_quoted(stage, draw):
    """Four coins, bytecode of 2020: a D that is padded by one, and no unit kept back."""
    pool = Pool("sUSD", CURVE_SUSD, Family.CURVE, (DAI, USDC, USDT, SUSD))
    stage.provide(pool.coins, pool.address)

    assert curve_quotes(stage, draw, pool, curve_states(stage, draw, pool, Dialect.PADDED, susd_slots)) >= 2_000


def susd_slots(balances: list[int], a: int, fee: int, _offpeg: int) -> dict[int, int]:
    """An array begins at the hash of its place in Vyper of that time."""
    return {3: a, 4: fee} | {hashed(2) + i: balance for i, balance in enumerate(balances)}


def test_a_deposit_mints_what_is_quoted(stage, draw):
    """LP tokens of the sUSD pool for deposits of every shape, the fee on disproportion taken.

    Where D swings between two values for ever this contract takes the last of 255 rounds; we give no quote.
    """
    pool = Pool("sUSD", CURVE_SUSD, Family.CURVE, (DAI, USDC, USDT, SUSD))
    stage.provide(pool.coins, pool.address)
    supply = stage.read(CURVE_SUSD_LP, "totalSupply()")
    for state in curve_states(stage, draw, pool, Dialect.PADDED, susd_slots):
        state.supply = supply
        given = [
            tuple(log_uniform(draw, 1, 10 * held) * draw.randrange(2) for held in state.balances) for _ in range(10)
        ]
        made = [abi.call("add_liquidity(uint256[4],uint256)", amounts, 0) for amounts in given]
        minted = stage.paid([Trade(CURVE_SUSD, CURVE_SUSD, data) for data in made], CURVE_SUSD_LP)
        quoted = [(deposited(state, amounts), tokens) for amounts, tokens in zip(given, minted, strict=True)]
        differences = [pair for pair in quoted if pair[0] is not None and pair[0] != pair[1]]

        assert differences == []
        assert sum(quote is None for quote, _ in quoted) <= 3  # of ten, some put nothing in


def ng_slots(balances: list[int], a: int, fee: int, offpeg: int) -> dict[int, int]:
    """Where StableSwap-NG keeps them, A in hundredths and twice: it may be on its way from one to the other."""
    return {9: fee, 10: offpeg, 11: 100 * a, 12: 100 * a} | {1 + i: balance for i, balance in enumerate(balances)}


def meta_slots(balances: list[int], a: int, fee: int, _offpeg: int) -> dict[int, int]:
    """The metapool keeps no multiplier."""
    return {9: fee, 10: 100 * a, 11: 100 * a} | {1 + i: balance for i, balance in enumerate(balances)}


def test_stableswap_ng_pays_what_is_quoted(stage, draw):
    """Three coins with a fee that moves with the imbalance; an edition that still divides as 3pool did."""
    pool = Pool("3pool", CURVE_3POOL, Family.CURVE_NG, (DAI, USDC, USDT))
    stage.provide(pool.coins, pool.address)

    assert curve_quotes(stage, draw, pool, curve_states(stage, draw, pool, Dialect.CLASSIC, ng_slots)) >= 2_000


def test_a_metapool_pays_what_is_quoted(stage, draw):
    """One coin against the LP token of a base pool, worth its virtual price."""
    pool = Pool("sUSD/3Crv", META_SUSD_3POOL, Family.CURVE_META, (SUSD, CURVE_3POOL), base=CURVE_3POOL)
    stage.provide(pool.coins, pool.address)
    stage.write(CURVE_3POOL, {1: 21_234_567 * 10**18})  # a virtual price above one

    assert stage.read(CURVE_3POOL, "get_virtual_price()") > WAD
    assert curve_quotes(stage, draw, pool, curve_states(stage, draw, pool, Dialect.NG, meta_slots)) >= 2_000


def random_nets(draw: random.Random, spacing: int, centre: int) -> dict[int, int]:
    """Ticks of a few overlapping positions, some of them far apart, some as thin as dust."""
    nets: dict[int, int] = {}
    for _ in range(draw.randrange(1, 12)):
        low = draw.randrange(-900, 899)
        high = draw.randrange(low + 1, min(900, low + draw.choice((3, 40, 600, 1800))) + 1)
        liquidity = log_uniform(draw, 1, 10**24)
        for place, net in ((low, liquidity), (high, -liquidity)):
            tick = (centre // spacing + place) * spacing
            nets[tick] = nets.get(tick, 0) + net
    return nets


def v3_slots(nets: dict[int, int], spacing: int, slot0: int, state: Concentrated) -> dict[int, int]:
    """A Uniswap V3 pool's price, liquidity, ticks and bitmap, every word between the outermost ticks written."""
    words = {place // WORD: 0 for place in range(min(nets) // spacing, max(nets) // spacing + 1, 1)}
    slots = {0: slot0 >> 184 << 184 | (state.tick % (1 << 24)) << 160 | state.sqrt_price, 4: state.liquidity}
    for tick, net in nets.items():
        words[tick // spacing // WORD] |= 1 << tick // spacing % WORD
        slots[hashed(tick, 5)] = (net % (1 << 128)) << 128 | abs(net)
    return slots | {hashed(place, 6): bits for place, bits in words.items()}


@pytest.mark.parametrize(("address", "fee", "spacing"), [(V3_DAI_USDC_1BP, 100, 1), (V3_DAI_USDC_5BP, 500, 10)])
def test_uniswap_v3_pays_what_is_quoted(stage, draw, address, fee, spacing):
    """Random ladders with gaps, dust and ticks on word edges; also amounts that end exactly on a stop."""
    pool = Pool("DAI/USDC", address, Family.UNISWAP_V3, (DAI, USDC), fee=fee, tick_spacing=spacing)
    stage.provide(pool.coins, UNISWAP_V3_ROUTER)
    stage.deal((coin, address, PLENTY) for coin in pool.coins)
    slot0, compared = int(stage.node.rpc("eth_getStorageAt", address, "0x0", "latest"), 16), 0
    for _ in range(STATES):
        nets = random_nets(draw, spacing, draw.choice((-276_324, 0, 5_120)))
        tick = draw.randrange(min(nets), max(nets))
        price = draw.randrange(sqrt_ratio(tick), sqrt_ratio(tick + 1))
        state = Concentrated(Ladder(sorted(nets.items()), fee, spacing), price, tick)
        stage.write(address, v3_slots(nets, spacing, slot0, state))
        for i, j in ((0, 1), (1, 0)):
            compared += compare(stage, pool, state, i, j, v3_amounts(draw, state, i))
    assert compared >= 2_000


def v3_amounts(draw: random.Random, state: Concentrated, i: int) -> list[int]:
    """Amounts of every size up to the cap, and such as end on a stop or a unit beside it."""
    rungs, side = (state.ladder.down, state.ladder.up)[i], state.side(i, 1 - i)
    shift = side.cap - rungs.paid[-1]
    stops = [side.cap - paid if i == 0 else paid + shift for paid in rungs.paid]
    near = [stop + beside for stop in stops for beside in (-1, 0, 1) if 0 < stop + beside <= min(side.cap, PLENTY)]
    return (amounts(draw, side, side.cap)[: QUOTES // 2] if side.cap else []) + draw.sample(near, min(len(near), 15))


def test_uniswap_v2_pays_what_is_quoted(stage, draw):
    """Reserves from dust to as much as a pair can hold, up to 1000 to 1 and beyond."""
    pool = Pool("DAI/USDC", V2_DAI_USDC, Family.UNISWAP_V2, (DAI, USDC), fee=3000)
    stage.provide(pool.coins, UNISWAP_V2_ROUTER)
    compared = 0
    for at in range(STATES):
        depth = log_uniform(draw, 10**4, MAX_RESERVE // 2)
        reserves = [log_uniform(draw, max(1, depth // IMBALANCE), depth) for _ in range(2)]
        stage.write(pool.address, {8: reserves[1] << 112 | reserves[0]})
        stage.deal(zip(pool.coins, (pool.address,) * 2, reserves, strict=True))
        state, i = ConstantProduct(*reserves), at % 2
        compared += compare(stage, pool, state, i, 1 - i, amounts(draw, state.side(i, 1 - i), reserves[i]))
    assert compared >= 2_000


def psm_trade(state: Psm, i: int, dx: int) -> Trade:
    """The call as the executor makes it: gems sold, or as many bought as the DAI pays for."""
    gems = dx if i == 0 else state.side(1, 0).out(dx)
    return Trade(LITE_PSM, LITE_PSM, abi.call(f"{('sellGem', 'buyGem')[i]}(address,uint256)", WHO, gems))


def test_the_psm_pays_what_is_quoted(stage, draw):
    """Fees from nothing to a tenth, both ways, up to all that the module holds."""
    coins = (USDC, DAI)
    stage.provide(coins, LITE_PSM)
    compared = 0
    for at in range(STATES):
        tin, tout = (draw.choice((0, 1, WAD // 10_000, draw.randrange(WAD // 10))) for _ in range(2))
        state = Psm(tin, tout, 10**12, log_uniform(draw, 10**12, 10**27), log_uniform(draw, 1, 10**15))
        stage.write(LITE_PSM, {0: tin, 1: tout})
        stage.deal([(DAI, LITE_PSM, state.dai_room), (USDC, LITE_PSM_POCKET, state.gem_room)])
        i = at % 2
        side = state.side(i, 1 - i)
        given = amounts(draw, side, side.cap)
        paid = stage.paid([psm_trade(state, i, dx) for dx in given], coins[1 - i])

        assert [(dx, side.out(dx)) for dx in given] == list(zip(given, paid, strict=True))
        compared += len(given)
    assert compared >= 2_000


def test_the_psm_refuses_what_is_not_quoted(stage):
    """One unit beyond the cap and the module cannot pay; halted, it pays nothing."""
    stage.provide((USDC, DAI), LITE_PSM)
    open_psm = Psm(0, 0, 10**12, 10**24, 10**12)
    stage.deal([(DAI, LITE_PSM, open_psm.dai_room), (USDC, LITE_PSM_POCKET, open_psm.gem_room)])
    stage.write(LITE_PSM, {0: 0, 1: 0})
    sell = [abi.call("sellGem(address,uint256)", WHO, open_psm.side(0, 1).cap + over) for over in (0, 1)]

    assert stage.paid([Trade(LITE_PSM, LITE_PSM, data) for data in sell], DAI) == [10**24, None]
    stage.write(LITE_PSM, {0: HALTED, 1: HALTED})
    assert stage.paid([Trade(LITE_PSM, LITE_PSM, sell[0])], DAI) == [None]


def test_the_vault_pays_what_is_quoted(stage, draw):
    """A savings vault at any price of a share, both ways."""
    pool = Pool("sDAI", SDAI, Family.ERC4626, (DAI, SDAI))
    stage.provide(pool.coins, SDAI)
    stage.write(DAI, {1: 2 * PLENTY})  # the supply, which a deposit burns from
    compared = 0
    for at in range(STATES):
        chi = log_uniform(draw, RAY, 10 * RAY)
        stage.write(SDAI, {2: chi, 3: 2 * PLENTY})
        state = Vault(chi, RAY, PLENTY, PLENTY)
        i = at % 2
        compared += compare(stage, pool, state, i, 1 - i, amounts(draw, state.side(i, 1 - i), 10**30))
    assert compared >= 2_000
