"""Redemptions: what modules and vaults pay, and when they are shut."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.amm.redemption import HALTED, Psm, Vault
from bot.amm.side import CLOSED
from bot.units import MAX_UINT256, WAD

from .pools import amounts, psms, vaults


@given(psms, st.data())
def test_selling_gems_pays_the_contracts_amount(psm, data):
    """The gems in 18 decimals, less a fee that is rounded down."""
    side = psm.side(0, 1)
    assume(side.cap)
    gems = data.draw(amounts(side))

    assert side.out(gems) == gems * psm.to18 - gems * psm.to18 * psm.tin // WAD


@given(psms, st.data())
def test_bought_gems_cost_no_more_than_was_given(psm, data):
    """The gems for some DAI cost at most that DAI, and one gem more would cost as much or more."""
    side = psm.side(1, 0)
    assume(side.cap)
    dai = data.draw(amounts(side))
    gems = side.out(dai)

    def costs(gems):
        return gems * psm.to18 + gems * psm.to18 * psm.tout // WAD

    assert costs(gems) <= dai <= costs(gems + 1)


@given(psms)
def test_a_module_pays_what_it_holds_and_no_more(psm):
    """The cap is the last input that the module can still pay for."""
    sell, buy = psm.side(0, 1), psm.side(1, 0)
    next_gem = (sell.cap + 1) * psm.to18
    if sell.cap:
        assert sell.out(sell.cap) <= psm.dai_room
    if buy.cap:
        assert buy.out(buy.cap) == psm.gem_room

    assert next_gem - next_gem * psm.tin // WAD > psm.dai_room


def test_a_halted_way_is_closed_and_the_other_is_not():
    """Each of tin and tout halts one way."""
    psm = Psm(HALTED, 0, 10**12, 10**24, 10**12)

    assert psm.side(0, 1) is CLOSED
    assert psm.side(1, 0).out(10**18) == 10**6
    assert Psm(0, HALTED, 10**12, 10**24, 10**12).side(1, 0) is CLOSED


def test_a_module_that_takes_everything_sells_nothing():
    """A fee of the whole amount, or more, closes the way."""
    assert Psm(WAD, 0, 10**12, 10**24, 10**12).side(0, 1).cap == 0


@given(vaults, st.data())
def test_a_vault_rounds_down_both_ways(vault, data):
    """Shares for assets and assets for shares at the vault's ratio, rounded against who asks."""
    for i, (numerator, denominator) in enumerate(((vault.shares, vault.assets), (vault.assets, vault.shares))):
        side = vault.side(i, 1 - i)
        if side.cap:
            dx = data.draw(amounts(side))
            assert side.out(dx) == dx * numerator // denominator


def test_an_empty_vault_is_closed():
    """With no shares there is no ratio."""
    vault = Vault(0, 0, MAX_UINT256, 0)

    assert vault.side(0, 1) is CLOSED
    assert vault.side(1, 0) is CLOSED


def test_a_vault_without_limit_prices_what_its_product_can_hold():
    """A limit of 2**256 - 1 means none; the cap is then where the contract's multiplication overflows."""
    side = Vault(10**24, 9 * 10**23, MAX_UINT256, 0).side(0, 1)

    assert side.cap == MAX_UINT256 // (9 * 10**23)


def test_a_swap_beyond_the_room_leaves_no_module():
    """Asking for the state after more than can be paid is an error."""
    with pytest.raises(ValueError, match="cannot be swapped"):
        Psm(0, 0, 10**12, 10**18, 0).after(0, 1, 10**6 + 1)
