"""The savings vault's stand-in behaves as sDAI is documented to."""

import pytest
from chain_calls import DAI_COIN, SOMEBODY, done, error, reason, view
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.sandbox.actor import Actor
from bot.sandbox.addresses import ADMIN, DAI, SDAI
from bot.units import MAX_UINT256, RAY

pytestmark = pytest.mark.chain

DEPOSIT, REDEEM = "deposit(uint256,address)", "redeem(uint256,address,address)"
FIVE_PERCENT_A_YEAR = 1_000000001547125957863212448


@pytest.fixture
def saver(actor: Actor) -> Actor:
    """`SOMEBODY` has a million DAI and lets the vault take it."""
    actor.deal(DAI, SOMEBODY, 1_000_000 * DAI_COIN)
    assert done(actor, SOMEBODY, DAI, "approve(address,uint256)", SDAI, MAX_UINT256)
    return actor


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(assets=st.integers(1, 10**21))
def test_coming_and_going_never_pays(saver: Actor, assets: int):
    """Each way is rounded against whoever asks, to the unit that the worth of a share gives."""
    chi = view(saver, SDAI, "chi()")
    shares = view(saver, SDAI, "previewDeposit(uint256)", assets)
    before = saver.balance(DAI, SOMEBODY)

    assert done(saver, SOMEBODY, SDAI, DEPOSIT, assets, SOMEBODY)
    assert done(saver, SOMEBODY, SDAI, REDEEM, shares, SOMEBODY, SOMEBODY)

    assert shares == assets * RAY // chi
    assert before - saver.balance(DAI, SOMEBODY) == assets - shares * chi // RAY


def test_what_is_paid_in_is_burnt_and_what_is_paid_out_is_minted(saver: Actor):
    """No DAI lies in the vault: joining the savings rate takes it out of the world."""
    supply = view(saver, DAI, "totalSupply()")

    assert done(saver, SOMEBODY, SDAI, DEPOSIT, 1_000 * DAI_COIN, SOMEBODY)

    assert supply - view(saver, DAI, "totalSupply()") == 1_000 * DAI_COIN
    assert saver.balance(DAI, SDAI) == 0


def test_a_share_grows_by_the_rate(saver: Actor):
    """A year at five per cent makes a share worth five per cent more."""
    assert done(saver, ADMIN, SDAI, "setRate(uint256)", FIVE_PERCENT_A_YEAR)
    chi, now = view(saver, SDAI, "chi()"), int(saver.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    saver.mine(timestamp=now + 365 * 86_400)

    assert view(saver, SDAI, "chi()") / chi == pytest.approx(1.05, rel=1e-6)


def test_nobody_redeems_what_is_not_theirs(saver: Actor):
    """Shares leave with their owner's leave only, and never more than there are."""
    stranger = saver.rpc("eth_accounts")[3]
    assert done(saver, SOMEBODY, SDAI, DEPOSIT, DAI_COIN, SOMEBODY)
    shares = view(saver, SDAI, "maxRedeem(address)", SOMEBODY)

    short = error("InsufficientAllowance(address,address,uint256,uint256)")
    assert reason(saver, stranger, SDAI, REDEEM, shares, stranger, SOMEBODY) == short
    beyond = error("InsufficientBalance(address,uint256,uint256)")
    assert reason(saver, SOMEBODY, SDAI, REDEEM, shares + 1, SOMEBODY, SOMEBODY) == beyond


def test_minting_and_withdrawing_round_up_what_they_cost(saver: Actor):
    """Asked for exact shares or exact DAI, the vault takes the rounding."""
    chi = view(saver, SDAI, "chi()")

    assert view(saver, SDAI, "previewMint(uint256)", 10) == -(-10 * chi // RAY)
    assert view(saver, SDAI, "previewWithdraw(uint256)", 10) == -(-10 * RAY // chi)
