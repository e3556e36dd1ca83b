"""Orders as laid out here, carried out by the real executor through real lenders and pools."""

import time

import pytest

from bot.model.decisions import Approved, Hop, Loop, Plan
from bot.model.events import Accepted, Event, Mined
from bot.model.registry import Address, Lender, LenderKind, Pool
from bot.sandbox.actor import Actor
from bot.sandbox.addresses import GUARDIAN, OWNER, TREASURY
from bot.sandbox.node import Node
from bot.units import GWEI
from bot.venues import calldata, registry
from bot.venues.executor import SendingPolicy, TransactionExecutor
from bot.venues.rpc import Rpc

from .till import SIGNER, Till

pytestmark = pytest.mark.chain

SANDBOX = registry.load("sandbox")
POOLS = {pool.name: pool for pool in SANDBOX.pools.values()}
USDC, DAI = (next(coin.address for coin in SANDBOX.coins.values() if coin.symbol == name) for name in ("USDC", "DAI"))


@pytest.fixture
def contract(actor: Actor) -> Address:
    """A deployed executor that our signer operates."""
    return actor.deploy_executor(OWNER, SIGNER.address, GUARDIAN, TREASURY)


def hop(pool: Pool, coin_in: Address, coin_out: Address) -> Hop:
    return Hop(pool.address, pool.coins.index(coin_in), pool.coins.index(coin_out), coin_in, coin_out)


def unbalanced(actor: Actor, pool: Pool, sold: Address, bought: Address, dollars: int) -> None:
    """So much of one coin sold into the pool that it is cheap there."""
    way = hop(pool, sold, bought)
    amount = dollars * 10 ** SANDBOX.coins[sold].decimals
    actor.swap(pool, way.i, way.j, amount)


def planned(actor: Actor, contract: Address, hops: tuple[Hop, ...], lender: Lender, dollars: int) -> Plan:
    """A plan whose profit is what the executor itself says it would be."""
    token = hops[0].coin_in
    amount = dollars * 10 ** SANDBOX.coins[token].decimals

    def plan(profit: int) -> Plan:
        loop = Loop(hops, token, lender.address, lender.kind, amount, (), 0, profit, 0, 1.0, 1.0)
        return Plan("1", loop, 0, "", profit, 2**40, 5 * GWEI, GWEI, 2_000_000)

    order = calldata.encode(plan(1), SANDBOX, None)
    call = {"from": SIGNER.address, "to": contract, "data": "0x" + order.hex()}
    return plan(int(actor.rpc("eth_call", call, "pending"), 16))


async def captured(url: str, contract: Address, plan: Plan) -> Mined:
    """The capture of a plan, sent and mined."""
    rpc, till = Rpc([url]), Till(Node(url))
    recorded: list[Event] = []
    policy = SendingPolicy(chain_id=SANDBOX.chain_id)
    executor = TransactionExecutor(rpc, SIGNER, contract, SANDBOX, recorded.append, time.time_ns, policy)
    try:
        await executor.start([])
        (sent,) = await executor.send(Approved(plan))
        assert isinstance(sent, Accepted), sent
        return await mined(executor, till)
    finally:
        till.node.close()
        await rpc.close()


async def mined(executor: TransactionExecutor, till: Till) -> Mined:
    """Its report. A chain that mines at once does not do it quite at once."""
    for _ in range(1_000):
        for report in await executor.on_block(till.head()):
            assert isinstance(report, Mined), report
            return report
    raise AssertionError("not mined")


@pytest.mark.parametrize("kind", LenderKind)
async def test_every_lender_funds_a_capture(sandbox, actor, contract, kind):
    """Borrowed from each kind of lender, a loop of DAI through a pool and the PSM banks its profit."""
    lender = next(each for each in SANDBOX.lenders if each.kind is kind and DAI in each.tokens)
    pool = POOLS["Uniswap V3 DAI/USDC 5bp"]
    unbalanced(actor, pool, USDC, DAI, 300_000)
    hops = (hop(pool, DAI, USDC), hop(POOLS["LitePSM USDC/DAI"], USDC, DAI))
    plan = planned(actor, contract, hops, lender, 10_000)

    capture = await captured(sandbox.url, contract, plan)

    assert capture.profit == plan.loop.profit == actor.balance(DAI, TREASURY) > 0
    assert capture.token == DAI


@pytest.mark.parametrize(
    ("cheap", "sold", "other"),
    [
        ("Uniswap V3 DAI/USDC 1bp", 5_000_000, "LitePSM USDC/DAI"),
        ("Curve 3pool", 5_000_000, "Uniswap V3 DAI/USDC 1bp"),
        ("Curve sUSD", 2_000_000, "Curve 3pool"),
        ("Uniswap V2 DAI/USDC", 1_000_000, "Curve sUSD"),
        ("Uniswap V3 DAI/USDC 5bp", 500_000, "Uniswap V2 DAI/USDC"),
    ],
)
async def test_every_family_carries_a_capture(sandbox, actor, contract, cheap, sold, other):
    """Each family is bought from and sold to as the real contracts want it, the last leg with all there is."""
    lender = next(each for each in SANDBOX.lenders if each.kind is LenderKind.MORPHO_BLUE)
    unbalanced(actor, POOLS[cheap], DAI, USDC, sold)
    plan = planned(actor, contract, (hop(POOLS[cheap], USDC, DAI), hop(POOLS[other], DAI, USDC)), lender, 10_000)

    capture = await captured(sandbox.url, contract, plan)

    assert capture.profit == plan.loop.profit == actor.balance(USDC, TREASURY) > 0
    assert actor.balance(USDC, contract) == actor.balance(DAI, contract) == 0


async def test_a_simulated_refusal_of_the_real_executor_is_readable(sandbox, contract):
    """When there is nothing to gain the executor's own error comes back decoded."""
    lender = next(each for each in SANDBOX.lenders if each.kind is LenderKind.MORPHO_BLUE)
    pool = POOLS["Uniswap V3 DAI/USDC 1bp"]
    loop = Loop(
        (hop(pool, DAI, USDC), hop(pool, USDC, DAI)), DAI, lender.address, lender.kind, 10**18, (), 0, 1, 0, 1, 1
    )
    plan = Plan("1", loop, 0, "", 1, 2**40, 5 * GWEI, GWEI, 2_000_000)
    rpc = Rpc([sandbox.url])
    policy = SendingPolicy(chain_id=SANDBOX.chain_id)
    executor = TransactionExecutor(rpc, SIGNER, contract, SANDBOX, [].append, time.time_ns, policy)
    (rejected,) = await executor.send(Approved(plan))
    await rpc.close()

    assert rejected.reason.startswith("simulation: ")
    assert "unknown error" not in rejected.reason
    assert "(" in rejected.reason
