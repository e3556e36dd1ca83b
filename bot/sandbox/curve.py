"""Curve: the sUSD pool as deployed in 2020, a StableSwap-NG in the 3pool's place, and a metapool on it."""

from bot.model.registry import Address
from bot.sandbox import abi, addresses, artifacts, tokens
from bot.sandbox.addresses import ADMIN, CURVE_3POOL, CURVE_NG_FACTORY, CURVE_SUSD, CURVE_SUSD_LP, DAI, SUSD, USDC, USDT
from bot.sandbox.builder import Builder

_OLD = "@setprotocol/set-protocol-v2/external/abi/curve"
_NO_ORACLE = b"\0" * 4
_PRICE_MEMORY = 866  # seconds over ln 2: ten minutes
_BP = 10**6  # Curve counts fees in parts of 1e10


def build(chain: Builder, code: dict[str, str]) -> None:
    """`code` is `compile.curve`'s. All liquidity belongs to `ADMIN`."""
    _susd_pool(chain)
    factory = artifacts.forge_creation("contracts/test/sandbox/CurveFactory.sol", "CurveFactory")
    chain.place(CURVE_NG_FACTORY, factory + abi.arguments("(address)", ADMIN))
    _three_pool(chain, code["CurveStableSwapNG"])
    _metapool(chain, code["CurveStableSwapMetaNG"])


def _susd_pool(chain: Builder) -> None:
    coins = (DAI, USDC, USDT, SUSD)
    lp = abi.arguments("(string,string,uint256,uint256)", "Curve.fi DAI/USDC/USDT/sUSD", "crvPlain3andSUSD", 18, 0)
    chain.place(CURVE_SUSD_LP, artifacts.creation(f"{_OLD}/CurvePoolERC20.json") + lp)
    types = "(address[4],address[4],address,uint256,uint256)"
    given = abi.arguments(types, coins, coins, CURVE_SUSD_LP, 100, 4 * _BP)
    chain.place(CURVE_SUSD, artifacts.creation(f"{_OLD}/Stableswap.json") + given)
    chain.send(CURVE_SUSD_LP, "set_minter(address)", CURVE_SUSD)
    amounts = _bring(chain, CURVE_SUSD, coins, 5_000_000)
    chain.send(CURVE_SUSD, "add_liquidity(uint256[4],uint256)", amounts, 0)


def _three_pool(chain: Builder, code: str) -> None:
    coins = (DAI, USDC, USDT)
    rates = [10 ** (36 - tokens.DECIMALS[coin]) for coin in coins]
    types = "(string,string,uint256,uint256,uint256,uint256,address[],uint256[],uint8[],bytes4[],address[])"
    plain = ([0] * 3, [_NO_ORACLE] * 3, [addresses.ZERO] * 3)
    terms = (2_000, _BP, 2 * 10**10, _PRICE_MEMORY)
    given = abi.arguments(types, "DAI/USDC/USDT", "3Crv", *terms, coins, rates, *plain)
    chain.place(CURVE_3POOL, code + given, sender=CURVE_NG_FACTORY)
    amounts = _bring(chain, CURVE_3POOL, coins, 20_000_000)
    chain.send(CURVE_3POOL, "add_liquidity(uint256[],uint256)", amounts, 0)


def _metapool(chain: Builder, code: str) -> None:
    """A pool of sUSD against the 3pool's LP token. No such pool is on mainnet, so it stands where nobody's does.

    This edition cannot approve USDT, so it is not told of it: `exchange_underlying` reaches DAI and USDC.
    """
    pool = addresses.META_SUSD_3POOL
    types = (
        "(string,string,uint256,uint256,uint256,address,address,address[],address[],"
        "uint256[],uint8[],bytes4[],address[])"
    )
    coins = (SUSD, CURVE_3POOL)
    terms = (500, 4 * _BP, _PRICE_MEMORY, addresses.WETH, CURVE_3POOL)
    plain = ([10**18] * 2, [0] * 2, [_NO_ORACLE] * 2, [addresses.ZERO] * 2)
    given = abi.arguments(types, "sUSD/3Crv", "sUSD3CRV", *terms, coins, (DAI, USDC), *plain)
    chain.place(pool, code + given, sender=CURVE_NG_FACTORY)
    shares = tokens.whole(SUSD, 2_000_000)
    tokens.give(chain, SUSD, ADMIN, shares)
    tokens.approve(chain, ADMIN, pool, SUSD, CURVE_3POOL)
    chain.send(pool, "add_liquidity(uint256[],uint256)", [shares, shares], 0)


def _bring(chain: Builder, pool: Address, coins: tuple[Address, ...], each: int) -> list[int]:
    """Gives `ADMIN` so many whole coins of each and lets the pool take them; their amounts in base units."""
    amounts = [tokens.whole(coin, each) for coin in coins]
    for coin, amount in zip(coins, amounts, strict=True):
        tokens.give(chain, coin, ADMIN, amount)
    tokens.approve(chain, ADMIN, pool, *coins)
    return amounts
