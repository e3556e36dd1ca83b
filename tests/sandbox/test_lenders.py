"""What lends on the sandbox lends on the terms it has on mainnet."""

import pytest
from chain_calls import DAI_COIN, SOMEBODY, done, error, reason, view, word

from bot.sandbox import tokens
from bot.sandbox.actor import Actor
from bot.sandbox.addresses import AAVE_POOL, ADMIN, BALANCER_FEES, BALANCER_VAULT, DAI, DSS_FLASH, MORPHO, USDC, USDT

pytestmark = pytest.mark.chain

FLASH = "flashLoan(address,address,uint256,bytes)"
MILLIONS = 50_000_000


@pytest.mark.parametrize("coin", [USDC, USDT, DAI])
@pytest.mark.parametrize("lender", [MORPHO, BALANCER_VAULT])
def test_lenders_have_cash(actor: Actor, lender: str, coin: str):
    """Fifty million of each stablecoin lie where they are lent from."""
    assert actor.balance(coin, lender) >= tokens.whole(coin, MILLIONS)


@pytest.mark.parametrize("coin", [USDC, USDT, DAI])
def test_aave_has_cash(actor: Actor, coin: str):
    """Aave's lies with the token that stands for it."""
    answer = actor.rpc("eth_call", {"to": AAVE_POOL, "data": "0x35ea6a75" + f"{coin[2:]:0>64}"}, "latest")
    a_token = "0x" + answer[2 + 8 * 64 + 24 : 2 + 9 * 64]

    assert actor.balance(coin, a_token) == tokens.whole(coin, MILLIONS)


def test_aave_takes_five_basis_points(actor: Actor):
    """The premium of a flash loan is that of mainnet."""
    assert view(actor, AAVE_POOL, "FLASHLOAN_PREMIUM_TOTAL()") == 5


def test_balancer_lends_for_nothing(actor: Actor):
    """The vault's flash fee is zero."""
    assert view(actor, BALANCER_FEES, "getFlashLoanFeePercentage()") == 0


def test_the_minter_lends_dai_up_to_its_ceiling(actor: Actor):
    """DAI can be minted for a call, free, up to `max`; nothing else can."""
    ceiling = view(actor, DSS_FLASH, "max()")

    assert view(actor, DSS_FLASH, "maxFlashLoan(address)", DAI) == ceiling > 10**8 * DAI_COIN
    assert view(actor, DSS_FLASH, "maxFlashLoan(address)", USDC) == 0
    assert view(actor, DSS_FLASH, "flashFee(address,uint256)", DAI, ceiling) == 0
    assert reason(actor, SOMEBODY, DSS_FLASH, "flashFee(address,uint256)", USDC, 1) == error(
        "UnsupportedToken(address)"
    )


def test_the_minter_refuses_what_it_must(actor: Actor):
    """Another token, more than the ceiling, or a receiver that does not answer as ERC-3156 asks."""
    too_much = view(actor, DSS_FLASH, "max()") + 1

    assert reason(actor, SOMEBODY, DSS_FLASH, FLASH, ADMIN, USDC, 1, b"") == error("UnsupportedToken(address)")
    assert reason(actor, SOMEBODY, DSS_FLASH, FLASH, ADMIN, DAI, too_much, b"") == error(
        "CeilingExceeded(uint256,uint256)"
    )
    assert reason(actor, SOMEBODY, DSS_FLASH, FLASH, MORPHO, DAI, 1, b"") != ""


def test_the_minter_closes_at_a_ceiling_of_zero(actor: Actor):
    """`max` zero is how Maker shuts the facility."""
    assert done(actor, ADMIN, DSS_FLASH, "file(bytes32,uint256)", word("max"), 0)

    assert view(actor, DSS_FLASH, "maxFlashLoan(address)", DAI) == 0
    assert reason(actor, SOMEBODY, DSS_FLASH, FLASH, ADMIN, DAI, 1, b"") == error("CeilingExceeded(uint256,uint256)")
