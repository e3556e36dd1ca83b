"""Uniswap V2 and V3: factories, routers and quoters, and pools with liquidity."""

from dataclasses import dataclass
from math import isqrt

from bot.model.registry import Address
from bot.sandbox import abi, addresses, artifacts, tokens
from bot.sandbox.addresses import ADMIN, DAI, UNISWAP_V2_FACTORY, UNISWAP_V3_FACTORY, USDC, USDT, WETH
from bot.sandbox.builder import Builder
from bot.sandbox.errors import BuildError

_CORE = "@uniswap/v3-core/artifacts/contracts"
_PERIPHERY = "@uniswap/v3-periphery/artifacts/contracts"
_ROUTERS = "@uniswap/swap-router-contracts/artifacts/contracts"
_POSITIONS = "NonfungiblePositionManager.sol/NonfungiblePositionManager"
_MINT = "address,address,uint24,int24,int24,uint256,uint256,uint256,uint256,address,uint256"
_NEVER = 2**40  # a deadline, unix seconds

Range = tuple[int, int, int]  # ticks below and above the price, and whole coins of the dearer kind on each side

# Overlapping and lopsided, so that a swap meets stops on its way; the broad one holds through a depeg of 20 %.
STABLE_RANGES: tuple[Range, ...] = (
    (3, 7, 1_500_000),
    (20, 20, 3_000_000),
    (110, 90, 2_500_000),
    (640, 560, 2_500_000),
    (2_600, 2_500, 2_500_000),
)
SPARSE_RANGES: tuple[Range, ...] = ((20, 10, 300_000), (120, 180, 400_000), (2_500, 2_600, 600_000))
ETHER_RANGES: tuple[Range, ...] = ((600, 800, 3_000_000), (3_000, 2_000, 5_000_000), (20_000, 20_000, 8_000_000))


@dataclass(frozen=True)
class Pool:
    """A V3 pool to be made. `price` is whole coins of `second` for one whole coin of `first`."""

    address: Address
    first: Address
    second: Address
    fee: int
    spacing: int
    price: int
    ranges: tuple[Range, ...]


POOLS = (
    Pool(addresses.V3_USDC_USDT_1BP, USDC, USDT, 100, 1, 1, STABLE_RANGES),
    Pool(addresses.V3_DAI_USDC_1BP, DAI, USDC, 100, 1, 1, STABLE_RANGES),
    Pool(addresses.V3_DAI_USDT_1BP, DAI, USDT, 100, 1, 1, STABLE_RANGES[1:]),
    Pool(addresses.V3_DAI_USDC_5BP, DAI, USDC, 500, 10, 1, SPARSE_RANGES),
    Pool(addresses.V3_USDC_WETH_5BP, WETH, USDC, 500, 10, 1_600, ETHER_RANGES),
)
PAIRS = ((addresses.V2_DAI_USDC, DAI, USDC, 5_000_000), (addresses.V2_USDC_USDT, USDC, USDT, 4_000_000))


def build(chain: Builder) -> None:
    """Both versions, with liquidity that belongs to `ADMIN`."""
    _v2_contracts(chain)
    _v3_contracts(chain)
    for spender in (addresses.UNISWAP_V2_ROUTER, addresses.UNISWAP_V3_POSITIONS):
        tokens.approve(chain, ADMIN, spender, USDC, USDT, DAI, WETH)
    for address, first, second, coins in PAIRS:
        _pair(chain, address, first, second, coins)
    for pool in POOLS:
        _pool(chain, pool)


def _v2_contracts(chain: Builder) -> None:
    by = addresses.UNISWAP_V2_DEPLOYER
    factory = artifacts.creation("@uniswap/v2-core/build/UniswapV2Factory.json")
    chain.deploy_at(UNISWAP_V2_FACTORY, factory + abi.arguments("(address)", ADMIN), by, 0)
    router = artifacts.creation("@uniswap/v2-periphery/build/UniswapV2Router02.json")
    given = abi.arguments("(address,address)", UNISWAP_V2_FACTORY, WETH)
    chain.deploy_at(addresses.UNISWAP_V2_ROUTER, router + given, by, 3)


def _v3_contracts(chain: Builder) -> None:
    by = addresses.UNISWAP_V3_DEPLOYER
    chain.deploy_at(
        UNISWAP_V3_FACTORY, artifacts.creation(f"{_CORE}/UniswapV3Factory.sol/UniswapV3Factory.json"), by, 0
    )
    both = abi.arguments("(address,address)", UNISWAP_V3_FACTORY, WETH)
    describer = abi.arguments("(address,address,address)", UNISWAP_V3_FACTORY, WETH, addresses.ZERO)
    router = (UNISWAP_V2_FACTORY, UNISWAP_V3_FACTORY, addresses.UNISWAP_V3_POSITIONS, WETH)
    four = abi.arguments("(address,address,address,address)", *router)
    for address, path, given, nonce in (
        (addresses.UNISWAP_V3_QUOTER, f"{_PERIPHERY}/lens/Quoter.sol/Quoter", both, 3),
        (addresses.UNISWAP_V3_ROUTER, f"{_PERIPHERY}/SwapRouter.sol/SwapRouter", both, 4),
        (addresses.UNISWAP_V3_POSITIONS, f"{_PERIPHERY}/{_POSITIONS}", describer, 8),
        (addresses.UNISWAP_V3_QUOTER_V2, f"{_ROUTERS}/lens/QuoterV2.sol/QuoterV2", both, 13),
        (addresses.UNISWAP_ROUTER_02, f"{_ROUTERS}/SwapRouter02.sol/SwapRouter02", four, 14),
    ):
        chain.deploy_at(address, artifacts.creation(f"{path}.json") + given, by, nonce)
    chain.send(UNISWAP_V3_FACTORY, "enableFeeAmount(uint24,int24)", 100, 1, sender=by)


def _pair(chain: Builder, address: Address, first: Address, second: Address, coins: int) -> None:
    one, two = tokens.whole(first, coins), tokens.whole(second, coins)
    tokens.give(chain, first, ADMIN, one)
    tokens.give(chain, second, ADMIN, two)
    add = "addLiquidity(address,address,uint256,uint256,uint256,uint256,address,uint256)"
    chain.send(addresses.UNISWAP_V2_ROUTER, add, first, second, one, two, 0, 0, ADMIN, _NEVER)
    made = chain.read(UNISWAP_V2_FACTORY, "getPair(address,address)", "address", first, second)
    _expect(address, made)


def _pool(chain: Builder, pool: Pool) -> None:
    low, high = sorted((pool.first, pool.second), key=str.lower)
    chain.send(UNISWAP_V3_FACTORY, "createPool(address,address,uint24)", low, high, pool.fee)
    made = chain.read(UNISWAP_V3_FACTORY, "getPool(address,address,uint24)", "address", low, high, pool.fee)
    _expect(pool.address, made)
    chain.send(pool.address, "initialize(uint160)", _sqrt_price(pool, low))
    for reach in pool.ranges:
        _position(chain, pool, (low, high), reach)


def _sqrt_price(pool: Pool, low: Address) -> int:
    """Q64.96 root of base units of the higher token for one of the lower."""
    first, second = tokens.whole(pool.first, 1), tokens.whole(pool.second, pool.price)
    return isqrt((second << 192) // first) if low == pool.first else isqrt((first << 192) // second)


def _position(chain: Builder, pool: Pool, pair: tuple[Address, Address], reach: Range) -> None:
    below, above, coins = reach
    worth = {pool.first: coins // pool.price, pool.second: coins}
    amounts = [tokens.whole(coin, worth[coin]) for coin in pair]
    for coin, amount in zip(pair, amounts, strict=True):
        tokens.give(chain, coin, ADMIN, amount)
    middle = _tick(chain, pool) // pool.spacing * pool.spacing
    position = (*pair, pool.fee, middle - below, middle + above, *amounts, 0, 0, ADMIN, _NEVER)
    chain.send(addresses.UNISWAP_V3_POSITIONS, f"mint(({_MINT}))", position)


def _tick(chain: Builder, pool: Pool) -> int:
    answer = chain.node.rpc("eth_call", {"to": pool.address, "data": abi.call("slot0()")}, "latest")
    return int(abi.decode("(uint160,int24,uint16,uint16,uint16,uint8,bool)", answer)[1])


def _expect(address: Address, made: str) -> None:
    if made.lower() != address.lower():
        raise BuildError(f"a pool came to stand at {made}, not at {address}")
