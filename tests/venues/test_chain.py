"""The chain, block by block."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.events import BlockSeen, CurveSeen, TicksSeen
from bot.model.registry import Coin, Family, Lender, LenderKind, Pool, Registry
from bot.sandbox import abi, addresses
from bot.sandbox.actor import Actor
from bot.sandbox.addresses import ADMIN, CURVE_3POOL, DAI, LITE_PSM, SUSD, USDC, V2_DAI_USDC, V3_USDC_USDT_1BP
from bot.sandbox.chain import Sandbox
from bot.venues import chain, registry
from bot.venues.chain import ChainReader, next_base_fee
from bot.venues.rpc import Rpc, RpcError

PATIENCE = 10.0
NOWHERE = "0x000000000000000000000000000000000000dEaD"


@pytest.fixture(params=["http", "ipc"])
async def rpc(sandbox: Sandbox, request: pytest.FixtureRequest) -> AsyncIterator[Rpc]:
    rpc = Rpc([sandbox.url if request.param == "http" else str(sandbox.ipc)], poll=0.01)
    yield rpc
    await rpc.close()


@pytest.fixture
def watched() -> Registry:
    return registry.load("sandbox")


async def _swap(actor: Actor, pool: Pool, dx: int) -> None:
    """A swap of the first coin for the second, mined."""
    sent = actor.swap(pool, 0, 1, dx)
    await _mined(actor, sent)


async def _mined(actor: Actor, sent: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while actor.rpc("eth_getTransactionReceipt", sent) is None:  # noqa: ASYNC110 - the node has no event to await
            await asyncio.sleep(0.002)


async def _head(rpc: Rpc) -> dict:
    return await rpc.call("eth_getBlockByNumber", "latest", False)


async def test_the_first_block_tells_everything(rpc, watched):
    """The first reading has every pool and every loan of the registry, and nothing is gone."""
    seen = await ChainReader(rpc, watched).read(await _head(rpc))

    assert {state.pool for state in seen.pools} == set(watched.pools)
    assert {(loan.lender, loan.token) for loan in seen.lenders} == {
        (lender.address, token) for lender in watched.lenders for token in lender.tokens
    }
    assert seen.gone == ()


async def test_later_blocks_tell_what_changed(rpc, actor: Actor, watched):
    """After a swap only its pool and the loans it touched are told, and after an idle block nothing."""
    reader = ChainReader(rpc, watched)
    await reader.read(await _head(rpc))
    await _swap(actor, watched.pools[V2_DAI_USDC], 10**21)
    seen = await reader.read(await _head(rpc))
    actor.mine()
    idle = await reader.read(await _head(rpc))

    assert [state.pool for state in seen.pools] == [V2_DAI_USDC]
    assert seen.lenders == ()
    assert (idle.pools, idle.lenders, idle.gone) == ((), (), ())


async def test_what_is_read_together_is_what_is_read_alone(rpc, actor: Actor, watched):
    """Each pool's state and each loan is the same when the registry holds nothing else."""
    for pool in watched.pools.values():
        await _swap(actor, pool, 10 ** watched.coins[pool.coins[0]].decimals * 12_345)
    head = await _head(rpc)
    together = await ChainReader(rpc, watched).read(head)
    for state in together.pools:
        alone = replace(watched, pools={state.pool: watched.pools[state.pool]}, lenders=())
        assert (await ChainReader(rpc, alone).read(head)).pools == (state,)
    for lender in watched.lenders:
        alone = replace(watched, pools={}, lenders=(lender,))
        theirs = tuple(loan for loan in together.lenders if loan.lender == lender.address)
        assert (await ChainReader(rpc, alone).read(head)).lenders == theirs


async def test_states_are_the_contracts_own(rpc, actor: Actor, watched):
    """What is read equals what the contracts answer to plain calls of their documented getters."""
    await _swap(actor, watched.pools[CURVE_3POOL], 10**24)
    seen = await ChainReader(rpc, watched).read(await _head(rpc))
    curve = next(state for state in seen.pools if state.pool == CURVE_3POOL)
    pair = next(state for state in seen.pools if state.pool == V2_DAI_USDC)
    psm = next(state for state in seen.pools if state.pool == LITE_PSM)

    def ask(at, signature, *arguments):
        answer = actor.rpc("eth_call", {"to": at, "data": abi.call(signature, *arguments)}, "latest")
        return int(answer[2:66], 16)

    assert isinstance(curve, CurveSeen)
    assert curve.balances == tuple(ask(CURVE_3POOL, "balances(uint256)", i) for i in range(3))
    assert curve.amp == ask(CURVE_3POOL, "A()") * 100
    assert curve.fee == ask(CURVE_3POOL, "fee()")
    assert curve.offpeg_fee == ask(CURVE_3POOL, "offpeg_fee_multiplier()")
    assert (pair.reserve0, pair.reserve1) == (actor.balance(DAI, V2_DAI_USDC), actor.balance(USDC, V2_DAI_USDC))
    assert psm.dai_room == actor.balance(DAI, LITE_PSM)
    assert psm.gem_room == actor.balance(USDC, addresses.LITE_PSM_POCKET)


async def test_a_reading_is_pinned_to_its_block(rpc, actor: Actor, watched):
    """What happens in later blocks does not leak into a reading of an earlier one."""
    head = await _head(rpc)
    before = await ChainReader(rpc, watched).read(head)
    for pool in watched.pools.values():
        await _swap(actor, pool, 10 ** watched.coins[pool.coins[0]].decimals * 1_000)
    again = await ChainReader(rpc, watched).read(head)

    assert replace(again, seen_at=0) == replace(before, seen_at=0)


async def test_a_block_nobody_knows_leaves_no_trace(rpc, watched):
    """When the node does not know the block the error is raised, and the next reading tells everything."""
    reader = ChainReader(rpc, watched)
    head = await _head(rpc)
    with pytest.raises(RpcError):
        await reader.read({**head, "hash": "0x" + "12" * 32})
    seen = await reader.read(head)

    assert len(seen.pools) == len(watched.pools)


async def test_the_header_is_told(rpc, actor: Actor, watched):
    """Number, hashes, time and base fees are the header's."""
    actor.mine()
    head = await _head(rpc)
    seen = await ChainReader(rpc, replace(watched, pools={}, lenders=())).read(head)
    actor.mine()
    child = await _head(rpc)

    assert (seen.hash, seen.parent_hash, seen.number) == (head["hash"], head["parentHash"], int(head["number"], 16))
    assert seen.made_at == seen.timestamp * 10**9 == int(head["timestamp"], 16) * 10**9
    assert (seen.base_fee, seen.next_base_fee) == (int(head["baseFeePerGas"], 16), int(child["baseFeePerGas"], 16))


@given(st.integers(7, 10**12), st.integers(0, 30_000_000))
def test_the_base_fee_moves_by_an_eighth_at_most(fee, used):
    """The next base fee is within an eighth of this one, rises with full blocks and falls with empty ones."""
    head = {"baseFeePerGas": hex(fee), "gasUsed": hex(used), "gasLimit": hex(30_000_000)}
    change = next_base_fee(head) - fee

    assert abs(change) <= max(fee // 8, 1)
    assert (change > 0) == (used > 15_000_000)


async def test_a_pool_that_fails_is_gone_until_it_answers(rpc, actor: Actor, watched):
    """A pool whose code fails is named as gone, no other suffers, and it is told anew when it answers again."""
    reader = ChainReader(rpc, watched)
    first = await reader.read(await _head(rpc))
    code = actor.rpc("eth_getCode", V3_USDC_USDT_1BP, "latest")
    actor.rpc("anvil_setCode", V3_USDC_USDT_1BP, "0xfe")
    actor.mine()
    seen = await reader.read(await _head(rpc))
    actor.rpc("anvil_setCode", V3_USDC_USDT_1BP, code)
    actor.mine()
    back = await reader.read(await _head(rpc))

    assert (seen.gone, seen.pools) == ((V3_USDC_USDT_1BP,), ())
    assert back.gone == ()
    assert back.pools == tuple(state for state in first.pools if state.pool == V3_USDC_USDT_1BP)


async def test_a_lender_that_fails_has_nothing_to_lend(rpc, actor: Actor, watched):
    """A lender that stops answering is told with no cash, once."""
    reader = ChainReader(rpc, watched)
    await reader.read(await _head(rpc))
    actor.rpc("anvil_setCode", addresses.DSS_FLASH, "0xfe")
    actor.mine()
    seen = await reader.read(await _head(rpc))
    actor.mine()
    after = await reader.read(await _head(rpc))

    assert [(loan.lender, loan.cash) for loan in seen.lenders] == [(addresses.DSS_FLASH, 0)]
    assert after.lenders == ()


async def test_a_paused_reserve_lends_nothing(rpc, actor: Actor, watched):
    """Aave's cash counts only while the reserve may be flash-borrowed."""
    reader = ChainReader(rpc, watched)
    await reader.read(await _head(rpc))
    off = abi.call("setReserveFlashLoaning(address,bool)", USDC, False)
    await _mined(actor, actor.send(addresses.AAVE_CONFIGURATOR, off, sender=ADMIN))
    seen = await reader.read(await _head(rpc))

    assert [(loan.lender, loan.token, loan.cash) for loan in seen.lenders] == [(addresses.AAVE_POOL, USDC, 0)]


async def test_what_was_never_there_is_gone_from_the_start(rpc, watched):
    """An unverified registry with a pool that does not exist is read all the same."""
    ghost = Pool("ghost", NOWHERE, Family.CURVE, (DAI, USDC))
    lender = Lender("ghost", NOWHERE, LenderKind.BALANCER_V2, (DAI,))
    told = replace(watched, pools={**watched.pools, NOWHERE: ghost}, lenders=(*watched.lenders, lender))
    seen = await ChainReader(rpc, told).read(await _head(rpc))

    assert seen.gone == (NOWHERE,)
    assert len(seen.pools) == len(watched.pools)


async def test_a_metapool_is_read_with_its_base(rpc, actor: Actor, watched):
    """A metapool's second rate is its base's virtual price, and the base is told with its LP tokens."""
    lp = Coin("3Crv", CURVE_3POOL, 18, None)
    meta = Pool("meta", addresses.META_SUSD_3POOL, Family.CURVE_META, (SUSD, CURVE_3POOL), base=CURVE_3POOL)
    pools = {CURVE_3POOL: watched.pools[CURVE_3POOL], meta.address: meta}
    told = replace(watched, coins={**watched.coins, CURVE_3POOL: lp}, pools=pools, lenders=())
    base, state = (await ChainReader(rpc, told).read(await _head(rpc))).pools
    price = actor.rpc("eth_call", {"to": CURVE_3POOL, "data": abi.call("get_virtual_price()")}, "latest")
    supply = actor.rpc("eth_call", {"to": CURVE_3POOL, "data": abi.call("totalSupply()")}, "latest")

    assert base.supply == int(supply, 16)
    assert state.rates == (10**18, int(price, 16))
    assert len(state.balances) == 2


async def test_blocks_follow_the_chain(rpc, actor: Actor, watched):
    """Each new block is told, its ladder known from before, and silence is counted from the last one."""
    await _swap(actor, watched.pools[V3_USDC_USDT_1BP], 10**10)  # approves, which takes a block of its own
    reader = ChainReader(rpc, watched)
    blocks = reader.blocks()
    first = await _next(blocks)
    await _swap(actor, watched.pools[V3_USDC_USDT_1BP], 10**10)
    second = await _next(blocks)
    await blocks.aclose()

    assert second.parent_hash == first.hash
    assert [(state.pool, state.ticks) for state in second.pools] == [(V3_USDC_USDT_1BP, None)]
    assert reader.silence < PATIENCE


async def test_a_slow_reader_skips_to_the_newest(rpc, actor: Actor, watched):
    """Blocks that came while nobody listened are passed over, and nothing of what they changed is lost."""
    await _swap(actor, watched.pools[V2_DAI_USDC], 10**21)
    blocks = ChainReader(rpc, watched).blocks()
    first = await _next(blocks)
    for _ in range(3):
        await _swap(actor, watched.pools[V2_DAI_USDC], 10**21)
        await asyncio.sleep(0.05)
    last = await _next(blocks)
    await blocks.aclose()

    assert last.number == first.number + 3
    assert [state.pool for state in last.pools] == [V2_DAI_USDC]


async def test_a_reorg_is_a_newer_reading(rpc, actor: Actor, watched):
    """When the chain takes a swap back, the next block told has the pool as it was before."""
    await _swap(actor, watched.pools[V2_DAI_USDC], 10**21)
    blocks = ChainReader(rpc, watched).blocks()
    before = {state.pool: state for state in (await _next(blocks)).pools}
    await _swap(actor, watched.pools[V2_DAI_USDC], 10**21)
    swapped = await _next(blocks)
    actor.rpc("anvil_reorg", 1, [])
    taken_back = await _next(blocks)
    await blocks.aclose()

    assert (taken_back.number, taken_back.parent_hash) == (swapped.number, swapped.parent_hash)
    assert before[V2_DAI_USDC] in taken_back.pools


async def test_an_unreadable_head_is_passed_over(rpc, watched, monkeypatch):
    """A head the node forgets again, as in a reorg, is tried a few times and then the next one is awaited."""
    monkeypatch.setattr(chain, "ATTEMPT_AGAIN", 0.001)
    reader = ChainReader(rpc, watched)
    real, bogus = await _head(rpc), {**await _head(rpc), "hash": "0x" + "12" * 32}

    async def heads():
        yield bogus
        await asyncio.sleep(0.1)
        yield real

    monkeypatch.setattr(rpc, "heads", heads)
    told = [seen async for seen in reader.blocks()]

    assert [seen.hash for seen in told] == [real["hash"]]


async def _next(blocks) -> BlockSeen:
    return await asyncio.wait_for(anext(blocks), PATIENCE)


def ticks_of(seen: BlockSeen, pool: str) -> TicksSeen:
    return next(state for state in seen.pools if state.pool == pool)
