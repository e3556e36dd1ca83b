"""Editions of contracts that the sandbox does not hold, answered from a list."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from bot.amm.redemption import Vault
from bot.model.events import BlockSeen, CurveSeen, LenderSeen, PsmSeen, VaultSeen
from bot.model.pools import state_of
from bot.model.registry import Coin, Family, Lender, LenderKind, Pool, Registry
from bot.sandbox.actor import Actor
from bot.sandbox.addresses import DAI, LITE_PSM, LITE_PSM_POCKET, USDC
from bot.sandbox.chain import Sandbox
from bot.venues import registry
from bot.venues.chain import ChainReader
from bot.venues.rpc import Rpc

from . import canned

HERE = "0x00000000000000000000000000000000C0DEC0dE"
THERE = "0x00000000000000000000000000000000DecADE01"
WAD, RAY, MANY = 10**18, 10**27, 2**256 - 1
COINS = {USDC: Coin("USDC", USDC, 6), DAI: Coin("DAI", DAI, 18), HERE: Coin("own", HERE, 18, None)}
Put = Callable[..., None]


@pytest.fixture
async def rpc(sandbox: Sandbox) -> AsyncIterator[Rpc]:
    rpc = Rpc([sandbox.url])
    yield rpc
    await rpc.close()


@pytest.fixture
def put(actor: Actor) -> Put:
    """Puts a contract that answers from a list at an address."""

    def put_at(at: str = HERE, /, **answers: canned.Answer | tuple[canned.Answer, ...]) -> None:
        signatures = {SIGNATURES.get(name, f"{name}()"): answer for name, answer in answers.items()}
        actor.rpc("anvil_setCode", at, canned.code(signatures))
        actor.mine()

    return put_at


SIGNATURES = {
    "balances": "balances(uint256)",
    "old_balances": "balances(int128)",
    "convertToAssets": "convertToAssets(uint256)",
    "previewDeposit": "previewDeposit(uint256)",
    "previewRedeem": "previewRedeem(uint256)",
    "maxDeposit": "maxDeposit(address)",
    "getReserveData": "getReserveData(address)",
    "getConfiguration": "getConfiguration(address)",
    "virtual": "getVirtualUnderlyingBalance(address)",
}


async def _seen(rpc: Rpc, *pools: Pool, lenders: tuple[Lender, ...] = ()) -> BlockSeen:
    told = Registry(1, COINS, {pool.address: pool for pool in pools}, lenders)
    return await ChainReader(rpc, told).read(await rpc.call("eth_getBlockByNumber", "latest", False))


async def test_curves_amplification_is_in_hundredths(rpc, put):
    """A() is scaled by a hundred where the contract has no A_precise(), and A_precise() is taken where it has."""
    pool = Pool("p", HERE, Family.CURVE, (DAI, USDC))
    put(old_balances=7, A=2000, fee=4)
    (old,) = (await _seen(rpc, pool)).pools
    put(balances=7, A=2000, A_precise=200_050, fee=4)
    (new,) = (await _seen(rpc, pool)).pools

    assert old == CurveSeen(HERE, (7, 7), 200_000, 4, (WAD, 10**30))
    assert new == replace(old, amp=200_050)


async def test_rates_of_fixed_length_are_not_ngs(rpc, put):
    """A pool before StableSwap-NG may have a stored_rates() of its own; its coins' decimals are what counts."""
    put(balances=7, A_precise=100, fee=4, stored_rates=(WAD, WAD))
    (state,) = (await _seen(rpc, Pool("p", HERE, Family.CURVE, (DAI, USDC)))).pools

    assert state.rates == (WAD, 10**30)


@pytest.mark.parametrize(("age", "price"), [(0, 11 * WAD // 10), (601, 12 * WAD // 10)])
async def test_an_early_metapool_remembers_its_bases_price(rpc, actor, put, age, price):
    """The virtual price it remembers counts for ten minutes, then the base's own."""
    now = int(actor.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    put(THERE, balances=1, A=1, fee=1, get_virtual_price=12 * WAD // 10)
    put(balances=7, A_precise=100, fee=4, base_virtual_price=11 * WAD // 10, base_cache_updated=now)
    actor.mine(timestamp=now + 10 + age)
    meta = Pool("p", HERE, Family.CURVE_META, (DAI, HERE), base=THERE)
    (state,) = (await _seen(rpc, meta)).pools

    assert state.rates == (WAD, price)


async def test_a_metapool_asks_its_base(rpc, put):
    """A metapool that remembers no price has its base's of the moment."""
    put(THERE, get_virtual_price=12 * WAD // 10)
    put(balances=7, A_precise=100, fee=4)
    (state,) = (await _seen(rpc, Pool("p", HERE, Family.CURVE_META, (DAI, HERE), base=THERE))).pools

    assert state.rates == (WAD, 12 * WAD // 10)


async def test_a_wrapped_psm_pays_what_the_inner_one_holds(rpc, actor, put):
    """The wrapper's room is the inner PSM's DAI and its pocket's gems, its fees its own."""
    put(pocket=LITE_PSM_POCKET, psm=LITE_PSM, to18ConversionFactor=10**12, tin=1, tout=MANY)
    (state,) = (await _seen(rpc, Pool("p", HERE, Family.PSM, (USDC, HERE)))).pools

    rooms = actor.balance(DAI, LITE_PSM), actor.balance(USDC, LITE_PSM_POCKET)
    assert state == PsmSeen(HERE, 1, MANY, 10**12, *rooms)


async def test_a_psm_of_another_make_is_gone(rpc, put):
    """A PSM without a pocket cannot be read, and is named as gone."""
    put(tin=0, tout=0)

    assert (await _seen(rpc, Pool("p", HERE, Family.PSM, (USDC, DAI)))).gone == (HERE,)


PROBE = 987_654_321 * WAD
VAULTS = {  # what each kind of vault divides by what
    "by a rate": (11 * RAY // 10, RAY),
    "by its totals": (3 * WAD + 7, 2 * WAD + 5),
    "by its totals and virtual ones": (3 * WAD + 8, 2 * WAD + 6),
}


@pytest.mark.parametrize(("assets", "shares"), VAULTS.values(), ids=VAULTS)
async def test_a_vaults_ratio_is_the_one_it_previews_by(rpc, actor, put, assets, shares):
    """Whichever way a vault counts, the ratio read converts as it does, and it pays out no more than it holds."""
    put(
        convertToAssets=RAY * assets // shares,
        totalAssets=3 * WAD + 7,
        totalSupply=2 * WAD + 5,
        previewDeposit=PROBE * shares // assets,
        previewRedeem=PROBE * assets // shares,
        maxDeposit=5 * WAD,
    )
    actor.deal(DAI, HERE, WAD)
    pool = Pool("p", HERE, Family.ERC4626, (DAI, HERE))
    (state,) = (await _seen(rpc, pool)).pools

    assert state == VaultSeen(HERE, assets, shares, 5 * WAD, WAD * shares // assets)
    assert isinstance(vault := state_of(pool, state, None), Vault)
    assert vault.side(0, 1).out(WAD) == WAD * shares // assets


async def test_a_savings_vault_mints_what_it_pays(rpc, put):
    """A vault of Maker's, which holds nothing, redeems all the shares there are."""
    put(
        chi=RAY,
        convertToAssets=RAY,
        totalAssets=WAD,
        totalSupply=WAD,
        previewDeposit=PROBE,
        previewRedeem=PROBE,
        maxDeposit=MANY,
    )
    (state,) = (await _seen(rpc, Pool("p", HERE, Family.ERC4626, (DAI, HERE)))).pools

    assert (state.max_deposit, state.max_redeem) == (MANY, WAD)


async def test_a_vault_with_a_fee_is_gone(rpc, put):
    """A vault whose previews follow no ratio cannot be priced, and is named as gone."""
    put(
        convertToAssets=RAY,
        totalAssets=WAD,
        totalSupply=WAD,
        previewDeposit=PROBE * 99 // 100,
        previewRedeem=PROBE * 99 // 100,
        maxDeposit=MANY,
    )

    assert (await _seen(rpc, Pool("p", HERE, Family.ERC4626, (DAI, HERE)))).gone == (HERE,)


async def test_a_pool_without_a_price_is_gone(rpc, put):
    """A Uniswap V3 pool that was never initialised is named as gone."""
    put(slot0=(0,) * 7, liquidity=0)

    assert (await _seen(rpc, Pool("p", HERE, Family.UNISWAP_V3, (DAI, USDC), 100, 1))).gone == (HERE,)


async def test_aave_lends_what_it_has_booked(rpc, actor, put):
    """Since version 3.1 a donation to the aToken is not lent, and never more than the aToken holds."""
    open_ = 1 << 56 | 1 << 63
    terms = {"getReserveData": (*[0] * 8, THERE), "getConfiguration": open_, "FLASHLOAN_PREMIUM_TOTAL": 5}
    lender = Lender("l", HERE, LenderKind.AAVE_V3, (DAI,))
    actor.deal(DAI, THERE, 100)
    for booked, cash in ((90, 90), (110, 100)):
        put(**terms, virtual=booked)
        (loan,) = (await _seen(rpc, lenders=(lender,))).lenders
        assert loan == LenderSeen(HERE, LenderKind.AAVE_V3, DAI, cash, 5)


async def test_a_contract_that_burns_all_gas_is_dropped_alone(rpc, actor):
    """Verification drops a contract that spends all gas it is given, and nothing else with it."""
    actor.rpc("anvil_setCode", HERE, "0xfe")
    actor.mine()
    told = registry.load("sandbox")
    bad = Pool("bad", HERE, Family.CURVE, (DAI, USDC))
    found = await registry.verify(replace(told, pools={**told.pools, HERE: bad}), rpc)

    assert [each.name for each in found.dropped] == ["bad"]
