"""Whoever moves the pools gets what the pools themselves say they pay."""

import pytest
from chain_calls import POOLS, SOMEBODY, receipt, view

from bot.model.registry import Address
from bot.sandbox import abi, chain, tokens
from bot.sandbox import addresses as at
from bot.sandbox.actor import Actor
from bot.sandbox.addresses import DAI, SDAI, USDC, USDT, WETH
from bot.sandbox.errors import SandboxError

pytestmark = pytest.mark.chain

DECIMALS = {**tokens.DECIMALS, SDAI: 18, at.CURVE_3POOL: 18}
WAYS = [
    (name, i, j)
    for name, pool in POOLS.items()
    for i in range(len(pool.coins))
    for j in range(len(pool.coins))
    if i != j and name != "curve meta"
]


@pytest.mark.parametrize("coin", [*tokens.STABLES, WETH])
def test_coins_are_dealt_at_once(actor: Actor, coin: Address):
    """What somebody holds of a coin is set without a transaction."""
    block = actor.rpc("eth_blockNumber")

    actor.deal(coin, SOMEBODY, 12_345_678)

    assert actor.balance(coin, SOMEBODY) == 12_345_678
    assert actor.rpc("eth_blockNumber") == block


@pytest.mark.parametrize(("name", "i", "j"), WAYS)
def test_every_pool_trades_every_way(actor: Actor, name: str, i: int, j: int):
    """Ten coins sold anywhere are ten coins less, and within three per cent of their worth comes back."""
    pool = POOLS[name]
    sold, bought = pool.coins[i], pool.coins[j]
    worth = {WETH: 1_600.0, SDAI: 1.023}
    dx = 10 * 10 ** DECIMALS[sold]
    actor.deal(sold, SOMEBODY, dx) if sold != SDAI else actor.swap(POOLS["vault"], 0, 1, 11 * 10**18, sender=SOMEBODY)
    held = actor.balance(sold, SOMEBODY), actor.balance(bought, SOMEBODY)

    assert receipt(actor, actor.swap(pool, i, j, dx, sender=SOMEBODY))["status"] == "0x1"

    got = (actor.balance(bought, SOMEBODY) - held[1]) / 10 ** DECIMALS[bought]
    assert held[0] - actor.balance(sold, SOMEBODY) == dx
    assert got * worth.get(bought, 1.0) == pytest.approx(10 * worth.get(sold, 1.0), rel=0.03)


def test_v3_pays_what_its_quoter_says(actor: Actor):
    """A swap through many ticks gives exactly what Uniswap's own quoter foretold."""
    dx = 5_000_000 * 10**6
    quote = "quoteExactInputSingle((address,address,uint256,uint24,uint160))"
    told = actor.rpc(
        "eth_call", {"to": at.UNISWAP_V3_QUOTER_V2, "data": abi.call(quote, (USDC, DAI, dx, 100, 0))}, "latest"
    )
    amount, _, crossed, _ = abi.decode("(uint256,uint160,uint32,uint256)", told)

    receipt(actor, actor.swap(POOLS["v3 1 bp"], 1, 0, dx, sender=SOMEBODY))

    assert actor.balance(DAI, SOMEBODY) == amount
    assert crossed >= 2


def test_curve_pays_what_it_says(actor: Actor):
    """The old pool's `exchange` gives what its `get_dy` says, or the one unit less that it keeps for rounding."""
    told = view(actor, at.CURVE_SUSD, "get_dy(int128,int128,uint256)", 1, 2, 10**12)

    receipt(actor, actor.swap(POOLS["curve susd"], 1, 2, 10**12, sender=SOMEBODY))

    assert told - 1 <= actor.balance(USDT, SOMEBODY) <= told


def test_a_metapool_reaches_through_its_base(actor: Actor):
    """Sold for the base pool's shares, or through them for a coin of the base pool, sUSD pays about par."""
    shares = receipt(actor, actor.swap(POOLS["curve meta"], 0, 1, 10**21, sender=SOMEBODY))
    through = abi.call("exchange_underlying(int128,int128,uint256,uint256)", 0, 2, 10**21, 0)
    actor.deal(at.SUSD, SOMEBODY, 10**21)
    dollars = receipt(actor, actor.send(at.META_SUSD_3POOL, through, sender=SOMEBODY))

    assert shares["status"] == dollars["status"] == "0x1"
    assert actor.balance(at.CURVE_3POOL, SOMEBODY) == pytest.approx(10**21, rel=1e-3)
    assert actor.balance(USDC, SOMEBODY) == pytest.approx(10**9, rel=1e-3)


@pytest.mark.parametrize("coin", [USDC, DAI])
def test_prices_stay_in_range_at_thirteen_percent(actor: Actor, coin: Address):
    """A pool that has lost its peg by 13 % still has liquidity where it then is."""
    pool, i = POOLS["v3 1 bp"], POOLS["v3 1 bp"].coins.index(coin)
    unit = 10 ** DECIMALS[coin]
    start = _price(actor, pool.address)
    while abs(_price(actor, pool.address) / start - 1) < 0.13:
        receipt(actor, actor.swap(pool, i, 1 - i, 500_000 * unit))

    assert view(actor, pool.address, "liquidity()") > 0
    assert abs(_price(actor, pool.address) / start - 1) < 0.2


def test_swaps_wait_for_a_block_where_the_chain_does():
    """On a chain that mines only when told, a swap and the approval before it wait in line and work."""
    with chain.running(mining=False) as waiting:
        actor = Actor(waiting.url)
        actor.deal(DAI, SOMEBODY, 10**21)

        sent = [actor.swap(POOLS[name], 0, 1, 10**20, sender=SOMEBODY) for name in ("v2", "v3 1 bp", "3pool")]
        early = [actor.rpc("eth_getTransactionReceipt", each) for each in sent]
        actor.mine()

        assert early == [None] * 3
        assert [actor.rpc("eth_getTransactionReceipt", each)["status"] for each in sent] == ["0x1"] * 3
        actor.close()


def test_mining_takes_the_time_it_is_given(actor: Actor):
    """The first of the blocks asked for has that timestamp."""
    now = int(actor.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    actor.mine(timestamp=now + 1_000)

    assert int(actor.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16) == now + 1_000


def test_a_snapshot_brings_everything_back(actor: Actor):
    """Balances, approvals and blocks are afterwards what they were."""
    before = actor.snapshot()
    actor.swap(POOLS["v2"], 0, 1, 10**18, sender=SOMEBODY)

    actor.revert(before)

    assert actor.balance(USDC, SOMEBODY) == 0
    assert view(actor, DAI, "allowance(address,address)", SOMEBODY, at.UNISWAP_V2_ROUTER) == 0
    with pytest.raises(SandboxError, match="no snapshot"):
        actor.revert("0xffff")


def _price(actor: Actor, pool: Address) -> float:
    answer = actor.rpc("eth_call", {"to": pool, "data": abi.call("slot0()")}, "latest")
    return int(answer[2:66], 16) ** 2 / 2**192
