"""Flash lenders: the Balancer V2 Vault, Morpho Blue and Aave V3, each with cash to lend."""

from bot.sandbox import aave, abi, artifacts, tokens
from bot.sandbox.addresses import (
    ADMIN,
    BALANCER_AUTHORIZER,
    BALANCER_FEES,
    BALANCER_VAULT,
    DAI,
    MORPHO,
    USDC,
    USDT,
    WETH,
)
from bot.sandbox.builder import Builder
from bot.sandbox.errors import BuildError

CASH = 50_000_000  # whole coins of each stablecoin
LENT = (USDC, USDT, DAI)

_TASKS = "@balancer-labs/v2-deployments/dist/tasks"
_DAY = 86_400


def build(chain: Builder, morpho_code: str) -> None:
    """All three. Balancer and Morpho lend what lies in them; to Aave `ADMIN` supplies it."""
    _balancer(chain)
    chain.place(MORPHO, morpho_code + abi.arguments("(address)", ADMIN))
    for lender in (BALANCER_VAULT, MORPHO):
        for coin in LENT:
            tokens.give(chain, coin, lender, tokens.whole(coin, CASH))
        tokens.give(chain, WETH, lender, tokens.whole(WETH, 20_000))
    aave.build(chain, LENT, CASH)


def _balancer(chain: Builder) -> None:
    authorizer = artifacts.creation(f"{_TASKS}/20210418-authorizer/artifact/Authorizer.json")
    chain.place(BALANCER_AUTHORIZER, authorizer + abi.arguments("(address)", ADMIN))
    vault = artifacts.creation(f"{_TASKS}/20210418-vault/artifact/Vault.json")
    given = (BALANCER_AUTHORIZER, WETH, 90 * _DAY, 30 * _DAY)
    chain.place(BALANCER_VAULT, vault + abi.arguments("(address,address,uint256,uint256)", *given))
    collector = chain.read(BALANCER_VAULT, "getProtocolFeesCollector()", "address")
    if collector != BALANCER_FEES.lower():
        raise BuildError(f"Balancer's fee collector came to stand at {collector}, not at {BALANCER_FEES}")
