"""What the bot finds by arithmetic, judged by the chain itself: nothing better is there, and nothing is as it said.

The chain is put out of balance at random, the same way for the same seed. An independent search asks the executor alone
(bot.sandbox.search). `--seeds 200` tries that many.
"""

import math
from collections.abc import Mapping
from random import Random

import pytest

from bot.model.decisions import Loop, Plan
from bot.model.pools import state_of
from bot.model.registry import Address, Family, Pool, Registry
from bot.sandbox import abi, search
from bot.sandbox.actor import Actor
from bot.sandbox.addresses import ADMIN, LITE_PSM, OPERATOR, WETH
from bot.strategy import routing
from bot.strategy.atlas import Atlas
from bot.strategy.costs import Terms
from bot.units import MAX_UINT256, WAD
from bot.venues import calldata, registry
from bot.venues.chain import ChainReader
from bot.venues.rpc import Rpc

pytestmark = pytest.mark.chain

LEAST = 0.9999  # of the best there is
THOROUGH = 1 - 1e-6  # of what arithmetic finds: as good is the search, or it is no judge
WORTH_FINDING = 0.01  # dollars: below, the search itself sees only rounding
BLOCK_GAS = 60_000_000
NEVER = 2**40  # a deadline, unix seconds
LITTLE = 300  # coins
MOST = 0.8  # of what a pool holds: further out a price is where nobody has put any liquidity
MOVED = frozenset({Family.CURVE, Family.CURVE_NG, Family.UNISWAP_V2, Family.UNISWAP_V3})


@pytest.fixture(scope="module")
def watched() -> Registry:
    return registry.load("sandbox")


@pytest.fixture(scope="module")
def atlas(watched: Registry) -> Atlas:
    return Atlas.of(watched)


def unbalance(actor: Actor, watched: Registry, chance: Random) -> None:
    """One to six trades from a few hundred coins to most of what a pool holds; a PSM at any fees, or closed."""
    moved = [pool for pool in watched.pools.values() if pool.family in MOVED and WETH not in pool.coins]
    for _ in range(chance.randint(1, 6)):
        pool = chance.choice(moved)
        i, j = chance.sample(range(len(pool.coins)), 2)
        actor.swap(pool, i, j, amount(actor, watched, pool, (i, j), chance))
    for fee in (b"tin", b"tout"):
        level = chance.choice((0, 0, chance.randrange(WAD // 50), MAX_UINT256))
        actor.send(LITE_PSM, abi.call("file(bytes32,uint256)", fee.ljust(32, b"\0"), level), sender=ADMIN)


def amount(actor: Actor, watched: Registry, pool: Pool, way: tuple[int, int], chance: Random) -> int:
    """Coins to sell, as likely of any order of magnitude, for up to so much of the other coin."""
    sold, bought = (watched.coins[pool.coins[k]] for k in way)
    holds = actor.balance(bought.address, pool.address) / 10**bought.decimals
    coins = math.exp(chance.uniform(math.log(LITTLE), math.log(max(LITTLE, MOST * holds))))
    return int(coins * 10**sold.decimals)


def prices(watched: Registry, chance: Random) -> dict[Address, float]:
    """Dollars for a coin: near par, or off it for one of them."""
    usd = dict.fromkeys(watched.coins, 1.0)
    usd[chance.choice(list(usd))] = chance.uniform(0.85, 1.03)
    return {**usd, WETH: 1_600.0}


async def best_loop(url: str, watched: Registry, atlas: Atlas, usd: Mapping[Address, float]) -> Loop | None:
    """The bot's own way: read the newest block, then find."""
    rpc = Rpc([url])
    seen = await ChainReader(rpc, watched).read(await rpc.call("eth_getBlockByNumber", "latest", False))
    await rpc.close()
    pools = {news.pool: state_of(watched.pools[news.pool], news, None) for news in seen.pools}
    found = routing.search(atlas, pools, seen.lenders, Terms(usd, gas_price_wei=0, eth_usd=1_600.0))
    return found[0] if found else None


def executed(actor: Actor, executor: Address, watched: Registry, loop: Loop) -> int:
    """What the executor returns for the loop when it is told to accept no less than foretold; an error where it is."""
    plan = Plan("1", loop, 0, "0x", loop.profit, NEVER, 0, 0, BLOCK_GAS)
    order = "0x" + calldata.encode(plan, watched, None).hex()
    return int(actor.rpc("eth_call", {"from": OPERATOR, "to": executor, "data": order}, "latest"), 16)


async def test_nothing_better_is_there(actor: Actor, executor: Address, watched: Registry, atlas: Atlas, seed: int):
    """The profit is what the executor pays to the unit, and at least 99.99 % of the best that a search of it finds."""
    chance = Random(seed)
    unbalance(actor, watched, chance)
    usd = prices(watched, chance)
    loop = await best_loop(actor.node.url, watched, atlas, usd)
    judged = search.best(actor.node.url, executor, OPERATOR, watched, values=usd)

    if loop is not None:
        assert executed(actor, executor, watched, loop) == loop.profit
    if loop is not None and loop.profit_usd > WORTH_FINDING:
        assert judged is not None
        assert judged.usd >= THOROUGH * loop.profit_usd
    if judged is not None and judged.usd > WORTH_FINDING:
        assert loop is not None
        assert loop.profit_usd >= LEAST * judged.usd
