"""Aave V3's pool with a market of stablecoins."""

from bot.model.registry import Address
from bot.sandbox import abi, artifacts, tokens
from bot.sandbox.addresses import AAVE_CONFIGURATOR, AAVE_POOL, AAVE_PROVIDER, ADMIN, ZERO
from bot.sandbox.builder import Builder
from bot.sandbox.errors import BuildError

FLASH_PREMIUM = 5  # basis points

_CONTRACTS = "@aave/core-v3/artifacts/contracts"
_LIBRARIES = (  # in the order in which they need one another
    "BorrowLogic",
    "BridgeLogic",
    "EModeLogic",
    "LiquidationLogic",
    "PoolLogic",
    "SupplyLogic",
    "FlashLoanLogic",
    "ConfiguratorLogic",
)
_STRATEGY = "DefaultReserveInterestRateStrategy"
_RAY = 10**27
# Optimal use, base rate, variable slopes, stable slopes, stable offset and excess, optimal share of stable debt.
_RATES = (90, 0, 4, 60, 1, 60, 1, 5, 20)  # per cent
_DOLLAR = 10**8
_RESERVE = (
    "(address,address,address,uint8,address,address,address,address,string,string,string,string,string,string,bytes)"
)


def build(chain: Builder, coins: tuple[Address, ...], cash: int) -> None:
    """A market in which `ADMIN` supplies so many whole coins of each coin, to be lent by flash loan."""
    chain.place(
        AAVE_PROVIDER, _code("protocol/configuration/PoolAddressesProvider", "(string,address)", "sandbox", ADMIN)
    )
    _pool(chain)
    _oracle(chain, coins)
    _reserves(chain, coins)
    chain.send(AAVE_CONFIGURATOR, "updateFlashloanPremiumTotal(uint128)", FLASH_PREMIUM)
    for coin in coins:
        _supply(chain, coin, tokens.whole(coin, cash))


def _pool(chain: Builder) -> None:
    libraries: dict[str, Address] = {}
    for name in _LIBRARIES:
        libraries[name] = chain.deploy(_code(f"protocol/libraries/logic/{name}", libraries=libraries))
    _access(chain)
    pool = _code("protocol/pool/Pool", "(address)", AAVE_PROVIDER, libraries=libraries)
    configurator = _code("protocol/pool/PoolConfigurator", libraries=libraries)
    chain.send(AAVE_PROVIDER, "setPoolImpl(address)", chain.deploy(pool))
    chain.send(AAVE_PROVIDER, "setPoolConfiguratorImpl(address)", chain.deploy(configurator))
    made = chain.read(AAVE_PROVIDER, "getPool()", "address")
    if made != AAVE_POOL.lower():
        raise BuildError(f"Aave's pool came to stand at {made}, not at {AAVE_POOL}")


def _access(chain: Builder) -> None:
    chain.send(AAVE_PROVIDER, "setACLAdmin(address)", ADMIN)
    manager = chain.deploy(_code("protocol/configuration/ACLManager", "(address)", AAVE_PROVIDER))
    chain.send(AAVE_PROVIDER, "setACLManager(address)", manager)
    for role in ("addPoolAdmin", "addAssetListingAdmin", "addEmergencyAdmin"):
        chain.send(manager, f"{role}(address)", ADMIN)


def _oracle(chain: Builder, coins: tuple[Address, ...]) -> None:
    feed = chain.deploy(_code("mocks/oracle/CLAggregators/MockAggregator", "(int256)", _DOLLAR))
    given = (AAVE_PROVIDER, coins, [feed] * len(coins), ZERO, ZERO, _DOLLAR)
    oracle = _code("misc/AaveOracle", "(address,address[],address[],address,address,uint256)", *given)
    chain.send(AAVE_PROVIDER, "setPriceOracle(address)", chain.deploy(oracle))


def _reserves(chain: Builder, coins: tuple[Address, ...]) -> None:
    types = "(address" + ",uint256" * len(_RATES) + ")"
    rates = [_RAY * percent // 100 for percent in _RATES]
    strategy = chain.deploy(_code(f"protocol/pool/{_STRATEGY}", types, AAVE_PROVIDER, *rates))
    debts = [
        chain.deploy(_code(f"protocol/tokenization/{name}", "(address)", AAVE_POOL))
        for name in ("AToken", "StableDebtToken", "VariableDebtToken")
    ]
    reserves = [_reserve(coin, debts, strategy) for coin in coins]
    chain.send(AAVE_CONFIGURATOR, f"initReserves({_RESERVE}[])", reserves)
    for coin in coins:
        chain.send(AAVE_CONFIGURATOR, "setReserveFlashLoaning(address,bool)", coin, True)


def _reserve(coin: Address, debts: list[Address], strategy: Address) -> tuple[object, ...]:
    names = ("aToken", "aT", "variable debt", "vD", "stable debt", "sD")
    return (*debts, tokens.DECIMALS[coin], strategy, coin, ADMIN, ZERO, *names, b"")


def _supply(chain: Builder, coin: Address, amount: int) -> None:
    tokens.give(chain, coin, ADMIN, amount)
    tokens.approve(chain, ADMIN, AAVE_POOL, coin)
    chain.send(AAVE_POOL, "supply(address,uint256,address,uint16)", coin, amount, ADMIN, 0)


def _code(path: str, types: str = "()", *args: object, libraries: dict[str, Address] | None = None) -> str:
    name = path.rsplit("/", 1)[-1]
    return artifacts.creation(f"{_CONTRACTS}/{path}.sol/{name}.json", libraries) + abi.arguments(types, *args)
