"""What is watched: the file, and whether the chain agrees."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.model.registry import Coin, Family, Lender, LenderKind, Pool, Registry
from bot.sandbox import addresses
from bot.sandbox.addresses import CURVE_3POOL, CURVE_SUSD, DAI, LITE_PSM, SDAI, SUSD, USDC, USDT, WETH
from bot.sandbox.chain import Sandbox
from bot.venues import registry
from bot.venues.registry import RegistryError, Verified
from bot.venues.rpc import Rpc

NOWHERE = "0x000000000000000000000000000000000000dEaD"
V3 = addresses.V3_USDC_USDT_1BP

FILE = f"""
chain_id = 1
coins = [
  {{ symbol = "USDC", address = "{USDC}", decimals = 6 }},
  {{ symbol = "DAI", address = "{DAI.lower()}", decimals = 18, peg = "none" }},
]
pools = [
  {{ name = "V2", family = "uniswap-v2", address = "{addresses.V2_DAI_USDC}", coins = ["USDC", "DAI"], fee = 3000 }},
]
lenders = [{{ name = "Morpho", kind = "morpho-blue", address = "{addresses.MORPHO}", tokens = ["DAI"] }}]
"""


@pytest.fixture
def written(tmp_path: Path):
    def write(text: str, name: str = "own.toml") -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


@pytest.fixture
async def rpc(sandbox: Sandbox) -> AsyncIterator[Rpc]:
    rpc = Rpc([sandbox.url])
    yield rpc
    await rpc.close()


def test_a_file_becomes_a_registry(written):
    """Names become checksummed addresses, and a Uniswap pool's coins stand in the order of theirs."""
    found = registry.load(written(FILE))

    assert found.coins[DAI] == Coin("DAI", DAI, 18, None)
    assert found.pools[addresses.V2_DAI_USDC].coins == (DAI, USDC)
    assert found.lenders == (Lender("Morpho", addresses.MORPHO, LenderKind.MORPHO_BLUE, (DAI,)),)


@pytest.mark.parametrize("name", ["mainnet", "sandbox"])
def test_built_in_registries_load(name):
    """Both built-in registries are sound: every name resolves and every checksum is right."""
    found = registry.load(name)

    assert found.chain_id == 1
    assert all(coin in found.coins for pool in found.pools.values() for coin in pool.coins)
    assert all(token in found.coins for lender in found.lenders for token in lender.tokens)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (FILE.replace("decimals = 6", 'decimals = "six"'), r"own\.toml: coins\.0\.decimals: .*integer"),
        (FILE.replace(USDC, USDC.swapcase().replace("0X", "0x")), r"coins\.0\.address: .*wrong checksum"),
        (FILE.replace(USDC, "USDC"), r"coins\.0\.address: .*40 hexadecimal digits"),
        (FILE.replace('"uniswap-v2"', '"uniswap-v9"'), r"pools\.0\.family: .*'uniswap-v3'"),
        (FILE.replace("morpho-blue", "morpho"), r"lenders\.0\.kind: .*one of morpho-blue, balancer-v2"),
        (FILE.replace('tokens = ["DAI"]', 'tokens = ["FRAX"]'), r"lenders\.Morpho\.tokens: nothing is called FRAX"),
        (FILE.replace("fee = 3000", "tick_spacing = 1"), r"pools\.V2\.fee: parts per million"),
        (FILE.replace("uniswap-v2", "uniswap-v3"), r"pools\.V2\.tick_spacing: "),
        (FILE.replace("uniswap-v2", "curve-meta"), r"pools\.V2\.base: "),
        (FILE.replace('symbol = "DAI"', 'symbol = "USDC"'), r"coins\.USDC: stands there twice"),
        (FILE.replace("fee = 3000", "fees = 3000"), r"pools\.0\.fees: Extra inputs"),
        (FILE.replace("chain_id = 1", ""), r"chain_id: missing"),
        ("coins = [", r"own\.toml: "),
    ],
)
def test_a_wrong_file_is_refused(written, wrong, said):
    """A mistake is answered with the file, the key and what was expected."""
    with pytest.raises(RegistryError, match=said):
        registry.load(written(wrong))


def test_a_missing_file_is_refused(tmp_path):
    """A registry that is not there is named."""
    with pytest.raises(RegistryError, match="nowhere: "):
        registry.load("nowhere")
    with pytest.raises(RegistryError, match=r"own\.toml: No such file"):
        registry.load(tmp_path / "own.toml")


def test_an_overlay_adds_replaces_and_drops(written):
    """An overlay has the last word on what has its name, adds what is new, and drops what it lists."""
    over = f"""
    drop = ["Morpho"]
    coins = [{{ symbol = "USDT", address = "{USDT}", decimals = 6 }}]
    [[pools]]
    name = "V2"
    family = "uniswap-v2"
    address = "{addresses.V2_USDC_USDT}"
    coins = ["USDC", "USDT"]
    fee = 3000
    """
    found = registry.load(written(FILE), written(over, "over.toml"))

    assert set(found.coins) == {USDC, DAI, USDT}
    assert set(found.pools) == {addresses.V2_USDC_USDT}
    assert found.lenders == ()


async def test_the_sandbox_is_what_its_registry_says(rpc):
    """Nothing of the sandbox's registry is dropped or changed on the sandbox."""
    told = registry.load("sandbox")

    assert await registry.verify(told, rpc) == Verified(told, ())


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (Pool("p", NOWHERE, Family.CURVE, (DAI, USDC)), "no code there"),
        (Pool("p", CURVE_SUSD, Family.CURVE, (DAI, USDC, USDT)), "does not have 3 coins"),
        (Pool("p", CURVE_3POOL, Family.CURVE, (DAI, USDC, SUSD)), "its coins are 0x"),
        (Pool("p", V3, Family.UNISWAP_V3, (USDC, USDT), 500, 1), r"fee\(\) is 100, not 500"),
        (Pool("p", V3, Family.UNISWAP_V3, (USDC, USDT), 100, 10), r"tickSpacing\(\) is 1, not 10"),
        (Pool("p", V3, Family.UNISWAP_V3, (USDT, USDC), 100, 1), r"token0\(\) is 0xa0b8.*, not 0xdAC1"),
        (Pool("p", addresses.V2_DAI_USDC, Family.UNISWAP_V2, (DAI, USDT), 3000), r"token1\(\) is "),
        (Pool("p", LITE_PSM, Family.PSM, (USDT, DAI)), r"gem\(\) is "),
        (Pool("p", LITE_PSM, Family.PSM, (USDC, DAI), spender=NOWHERE), r"gemJoin\(\) is "),
        (Pool("p", SDAI, Family.ERC4626, (USDC, SDAI)), r"asset\(\) is "),
        (Pool("p", SDAI, Family.ERC4626, (DAI, SUSD)), "the share must be the vault"),
        (Pool("p", USDC, Family.PSM, (USDC, DAI)), r"gem\(\) does not answer"),
    ],
)
async def test_what_the_chain_denies_is_dropped(rpc, wrong, why):
    """A pool that is not what the registry says is dropped, with the reason, and nothing else is."""
    told = registry.load("sandbox")
    found = await registry.verify(replace(told, pools={**told.pools, wrong.address: wrong}), rpc)

    (dropped,) = found.dropped
    assert (dropped.name, dropped.address, dropped.part) == ("p", wrong.address, "pool")
    assert re.search(why, dropped.why)
    assert found.registry.pools == {at: pool for at, pool in told.pools.items() if at != wrong.address}


async def test_what_hangs_on_a_dropped_coin_goes_with_it(rpc):
    """A coin with other decimals is dropped, and with it every pool and loan of it."""
    told = registry.load("sandbox")
    coins = {**told.coins, SUSD: replace(told.coins[SUSD], decimals=6)}
    found = await registry.verify(replace(told, coins=coins), rpc)

    assert [(each.name, each.why) for each in found.dropped] == [
        ("sUSD", "decimals() is 18, not 6"),
        ("Curve sUSD", "its coin sUSD was dropped"),
    ]


@pytest.mark.parametrize(
    ("lender", "why"),
    [
        (Lender("l", addresses.AAVE_POOL, LenderKind.AAVE_V3, (WETH, SUSD)), "it has no reserve of that token"),
        (Lender("l", V3, LenderKind.UNISWAP_V3, (DAI, SUSD)), "the token is none of the pool's two"),
        (Lender("l", addresses.DSS_FLASH, LenderKind.ERC3156, (USDC, SUSD)), "does not answer for that token"),
        (Lender("l", addresses.MORPHO, LenderKind.BALANCER_V2, (USDC, SUSD)), "does not answer"),
    ],
)
async def test_a_loan_nobody_gives_is_dropped(rpc, lender, why):
    """A lender is kept for the tokens it lends, and dropped when there is none."""
    told: Registry = replace(registry.load("sandbox"), lenders=(lender,))
    found = await registry.verify(told, rpc)

    assert all(why in each.why for each in found.dropped)
    assert [each.name for each in found.dropped] == [f"l {told.coins[token].symbol}" for token in lender.tokens]
    assert found.registry.lenders == ()


async def test_curves_order_and_edition_are_the_contracts(rpc):
    """A Curve pool listed with its coins in another order, as of another edition, is watched as what it is."""
    told = registry.load("sandbox")
    listed = replace(told.pools[CURVE_3POOL], family=Family.CURVE, coins=(USDT, DAI, USDC))
    found = await registry.verify(replace(told, pools={CURVE_3POOL: listed}), rpc)

    assert found.registry.pools == {CURVE_3POOL: told.pools[CURVE_3POOL]}
