"""A Uniswap V3 pool's ticks: what is read, when it is read again, and what is done at the window's edges."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.amm.concentrated import Concentrated
from bot.model.events import BlockSeen, TicksSeen
from bot.model.pools import state_of
from bot.model.registry import Registry
from bot.sandbox import abi
from bot.sandbox.actor import Actor
from bot.sandbox.addresses import ADMIN, UNISWAP_V3_POSITIONS, USDC, USDT, V3_USDC_USDT_1BP
from bot.sandbox.chain import Sandbox
from bot.venues import ladders, registry
from bot.venues.chain import ChainReader
from bot.venues.ladders import MAX_TICK, MIN_TICK, Window
from bot.venues.readers import Unreadable
from bot.venues.rpc import Rpc

PATIENCE = 10.0
FOREVER = 2**40
MINT = "mint((address,address,uint24,int24,int24,uint256,uint256,uint256,uint256,address,uint256))"
TICKS = st.dictionaries(st.integers(-2000, 2000).filter(bool), st.integers(1, 10**24), min_size=1, max_size=20)


@pytest.fixture
async def rpc(sandbox: Sandbox) -> AsyncIterator[Rpc]:
    rpc = Rpc([sandbox.url])
    yield rpc
    await rpc.close()


@pytest.fixture
def watched() -> Registry:
    """One pool, nothing else."""
    told = registry.load("sandbox")
    return replace(told, pools={V3_USDC_USDT_1BP: told.pools[V3_USDC_USDT_1BP]}, lenders=())


async def test_the_ladder_carries_the_liquidity(rpc, actor: Actor, watched):
    """The ticks read add up to the pool's liquidity at its price, and to none beyond the outermost."""
    (state,) = (await _read(ChainReader(rpc, watched), rpc)).pools
    nets = dict(state.ticks)

    assert sum(net for tick, net in nets.items() if tick <= state.tick) == state.liquidity
    assert sum(nets.values()) == 0
    actor.mine()


async def test_quotes_from_a_reading_are_the_chains_own(rpc, actor: Actor, watched):
    """A swap pays what the state read a block before says, across ticks, and leaves the price it says."""
    pool = watched.pools[V3_USDC_USDT_1BP]
    reader = ChainReader(rpc, watched)
    (state,) = (await _read(reader, rpc)).pools
    known = state_of(pool, state, None)
    assert isinstance(known, Concentrated)
    who = "0x00000000000000000000000000000000000000A1"
    for i, dx in ((0, 3_000_000 * 10**6), (1, 8_000_000 * 10**6)):
        expected = known.side(i, 1 - i).out(dx)
        before = actor.balance(pool.coins[1 - i], who)
        await _mined(actor, actor.swap(pool, i, 1 - i, dx, sender=who))
        (state,) = (await _read(reader, rpc)).pools
        known = state_of(pool, state, known)
        assert actor.balance(pool.coins[1 - i], who) - before == expected
        assert isinstance(known, Concentrated)
        assert known.liquidity == state.liquidity


async def test_the_ladder_is_told_once(rpc, actor: Actor, watched):
    """A swap changes price and liquidity, not the ladder: its ticks are not read nor told again."""
    reader = ChainReader(rpc, watched)
    await _read(reader, rpc)
    await _swapped(actor, watched)
    await _read(reader, rpc)
    sent, batch = [], rpc.batch
    rpc.batch = lambda calls: sent.append(calls) or batch(calls)
    await _swapped(actor, watched)
    (state,) = (await _read(reader, rpc)).pools

    assert state.ticks is None
    assert len(sent) == 1


async def test_new_liquidity_is_seen(rpc, actor: Actor, watched):
    """A mint in the block makes the ladder be read again, with the new ticks in it."""
    reader = ChainReader(rpc, watched)
    await _approve(actor)
    (before,) = (await _read(reader, rpc)).pools
    await _mint(actor, -37, 41)
    (after,) = (await _read(reader, rpc)).pools

    new, old = dict(after.ticks), dict(before.ticks)
    assert (
        new.get(-37, 0) - old.get(-37, 0) == old.get(41, 0) - new.get(41, 0) == after.liquidity - before.liquidity > 0
    )


async def test_a_missed_block_makes_ladders_doubtful(rpc, actor: Actor, watched):
    """Liquidity that came in a block nobody read is found in the next one that is."""
    reader = ChainReader(rpc, watched)
    await _approve(actor)
    await _read(reader, rpc)
    await _mint(actor, -37, 41)
    actor.mine()
    (after,) = (await _read(reader, rpc)).pools

    assert -37 in dict(after.ticks)


async def test_a_reorg_takes_the_ladder_back(rpc, actor: Actor, watched):
    """When a block with new liquidity is thrown out, the ladder is again what it was."""
    reader = ChainReader(rpc, watched)
    await _approve(actor)
    (before,) = (await _read(reader, rpc)).pools
    kept = actor.snapshot()
    await _mint(actor, -37, 41)
    await _read(reader, rpc)
    actor.revert(kept)
    actor.mine(2)
    (after,) = (await _read(reader, rpc)).pools

    assert after.ticks == before.ticks


async def test_the_window_follows_the_price(rpc, actor: Actor, watched):
    """When the price nears the edge of what was read, the ladder is read around the new price."""
    reader = ChainReader(rpc, watched, band=0.001)
    (before,) = (await _read(reader, rpc)).pools
    pool = watched.pools[V3_USDC_USDT_1BP]
    await _mined(actor, actor.swap(pool, 0, 1, 11_400_000 * 10**6))
    (after,) = (await _read(reader, rpc)).pools

    assert before.tick - after.tick > 256
    assert after.ticks is not None
    assert after.ticks[0][0] < after.tick < after.ticks[-1][0]
    assert sum(net for tick, net in after.ticks if tick <= after.tick) == after.liquidity


async def test_a_narrow_window_prices_what_it_knows_as_a_wide_one(rpc, actor: Actor, watched):
    """What a window can price it prices as the whole ladder does, and beyond it prices nothing."""
    pool = watched.pools[V3_USDC_USDT_1BP]
    narrow, wide = [
        state_of(pool, (await _read(ChainReader(rpc, watched, band=band), rpc)).pools[0], None) for band in (0.001, 0.3)
    ]
    for i, j in ((0, 1), (1, 0)):
        cap = narrow.side(i, j).cap
        assert 0 < cap <= wide.side(i, j).cap
        for dx in (1, 10**6, cap // 3, cap - 1, cap):
            assert narrow.side(i, j).out(dx) == wide.side(i, j).out(dx)
        assert narrow.side(i, j).out(cap + 1) is None
    actor.mine()


@given(TICKS, st.integers(-1500, 1500), st.integers(0, 10**24), st.integers(0, 10**24))
def test_edges_close_what_they_cut(positions, tick, below, above):
    """Whatever reaches beyond the window is shown to begin and end at its edges, and what lies inside is untouched."""
    nets = {start: net if start > tick else -net for start, net in positions.items()}
    liquidity = below + sum(net for start, net in nets.items() if start <= tick)
    extra = max(0, -min(liquidity, below), -(liquidity + sum(net for start, net in nets.items() if start > tick)))
    seen = TicksSeen(V3_USDC_USDT_1BP, 1 << 96, tick, liquidity + extra + above, None)
    closed = dict(ladders.closed(dict(nets), seen, -2048, 2048))

    assert sum(closed.values()) == 0
    assert sum(net for start, net in closed.items() if start <= tick) == seen.liquidity
    assert {start: net for start, net in closed.items() if abs(start) != 2048} == nets


def test_ticks_that_contradict_the_liquidity_are_refused():
    """Ticks that would make liquidity negative are no reading, nor are none at all without liquidity."""
    seen = TicksSeen(V3_USDC_USDT_1BP, 1 << 96, 0, 5, None)
    with pytest.raises(Unreadable, match="do not add up"):
        ladders.closed({10: -6}, seen, -256, 256)
    with pytest.raises(Unreadable, match="no liquidity"):
        ladders.closed({}, replace(seen, liquidity=0), -256, 256)


@pytest.mark.parametrize(
    ("window", "inside", "outside"),
    [
        (Window(-800, 800, ()), (-600, 0, 599), (-601, 600, 5000)),
        (Window(MIN_TICK, 800, ()), (MIN_TICK, -700_000), (800,)),
        (Window(-800, MAX_TICK, ()), (MAX_TICK - 1,), (-800,)),
    ],
)
def test_a_window_holds_what_is_clear_of_its_edges(window, inside, outside):
    """A window holds a price that is not in its outer eighths; the ends of all prices are no edges."""
    assert all(window.holds(tick) for tick in inside)
    assert not any(window.holds(tick) for tick in outside)


async def _read(reader: ChainReader, rpc: Rpc) -> BlockSeen:
    return await reader.read(await rpc.call("eth_getBlockByNumber", "latest", False))


async def _swapped(actor: Actor, watched: Registry) -> None:
    await _mined(actor, actor.swap(watched.pools[V3_USDC_USDT_1BP], 0, 1, 10**10))


async def _approve(actor: Actor) -> None:
    for coin in (USDC, USDT):
        actor.deal(coin, ADMIN, 10**15)
        for amount in (0, 2**255):  # USDT wants an allowance to be taken away before it is changed
            data = abi.call("approve(address,uint256)", UNISWAP_V3_POSITIONS, amount)
            await _mined(actor, actor.send(coin, data, sender=ADMIN))


async def _mint(actor: Actor, low: int, high: int) -> None:
    given = (USDC, USDT, 100, low, high, 10**12, 10**12, 0, 0, ADMIN, FOREVER)
    await _mined(actor, actor.send(UNISWAP_V3_POSITIONS, abi.call(MINT, given), sender=ADMIN))


async def _mined(actor: Actor, sent: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while (receipt := actor.rpc("eth_getTransactionReceipt", sent)) is None:  # noqa: ASYNC110 - the node has no event
            await asyncio.sleep(0.002)
    assert receipt["status"] == "0x1"
