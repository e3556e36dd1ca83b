"""The PSM's stand-in behaves as Maker documents its own."""

import pytest
from chain_calls import DAI_COIN, SOMEBODY, USDC_COIN, done, error, reason, view, word
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.sandbox.actor import Actor
from bot.sandbox.addresses import ADMIN, DAI, LITE_PSM, LITE_PSM_POCKET, USDC
from bot.units import MAX_UINT256, WAD

pytestmark = pytest.mark.chain

SELL, BUY, FILE = "sellGem(address,uint256)", "buyGem(address,uint256)", "file(bytes32,uint256)"


@pytest.fixture
def rich(actor: Actor) -> Actor:
    """`SOMEBODY` has a hundred million of each coin and lets the PSM take them."""
    for coin, unit in ((DAI, DAI_COIN), (USDC, USDC_COIN)):
        actor.deal(coin, SOMEBODY, 100_000_000 * unit)
        assert done(actor, SOMEBODY, coin, "approve(address,uint256)", LITE_PSM, MAX_UINT256)
    return actor


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gems=st.integers(1, 10**12), tin=st.integers(0, WAD))
def test_selling_pays_par_less_tin(rich: Actor, gems: int, tin: int):
    """For gems one gets their worth in DAI less the fee, which is rounded down."""
    assert done(rich, ADMIN, LITE_PSM, FILE, word("tin"), tin)
    before = rich.balance(DAI, SOMEBODY)

    assert done(rich, SOMEBODY, LITE_PSM, SELL, SOMEBODY, gems)

    worth = gems * 10**12
    assert rich.balance(DAI, SOMEBODY) - before == worth - worth * tin // WAD


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gems=st.integers(1, 10**12), tout=st.integers(0, WAD))
def test_buying_costs_par_and_tout(rich: Actor, gems: int, tout: int):
    """For gems one pays their worth in DAI and the fee on top, which is rounded down."""
    assert done(rich, ADMIN, LITE_PSM, FILE, word("tout"), tout)
    before = rich.balance(DAI, SOMEBODY)

    assert done(rich, SOMEBODY, LITE_PSM, BUY, SOMEBODY, gems)

    worth = gems * 10**12
    assert before - rich.balance(DAI, SOMEBODY) == worth + worth * tout // WAD


@pytest.mark.parametrize(
    ("fee", "closed", "open_", "halted"),
    [("tin", SELL, BUY, "SellingHalted()"), ("tout", BUY, SELL, "BuyingHalted()")],
)
def test_a_halt_closes_one_way_only(rich: Actor, fee: str, closed: str, open_: str, halted: str):
    """A fee of 2**256 - 1 closes its way and leaves the other."""
    assert done(rich, ADMIN, LITE_PSM, FILE, word(fee), MAX_UINT256)

    assert reason(rich, SOMEBODY, LITE_PSM, closed, SOMEBODY, 1) == error(halted)
    assert reason(rich, SOMEBODY, LITE_PSM, open_, SOMEBODY, 1) == ""


def test_selling_ends_with_the_dai_it_holds(rich: Actor):
    """As many gems as there is DAI for can be sold, and not one more."""
    room = view(rich, DAI, "balanceOf(address)", LITE_PSM) // 10**12

    assert reason(rich, SOMEBODY, LITE_PSM, SELL, SOMEBODY, room) == ""
    assert reason(rich, SOMEBODY, LITE_PSM, SELL, SOMEBODY, room + 1) != ""


def test_buying_ends_with_the_gems_in_the_pocket(rich: Actor):
    """As many gems as lie in the pocket can be bought, and not one more."""
    room = rich.balance(USDC, LITE_PSM_POCKET)

    assert reason(rich, SOMEBODY, LITE_PSM, BUY, SOMEBODY, room) == ""
    assert reason(rich, SOMEBODY, LITE_PSM, BUY, SOMEBODY, room + 1) != ""


def test_filling_mints_what_the_gems_are_worth_and_the_buffer(rich: Actor):
    """After gems were sold anybody may have their worth minted again, and no more."""
    assert done(rich, SOMEBODY, LITE_PSM, SELL, SOMEBODY, 3_000_000 * USDC_COIN)
    before = rich.balance(DAI, LITE_PSM)

    assert done(rich, SOMEBODY, LITE_PSM, "fill()")

    assert rich.balance(DAI, LITE_PSM) - before == 3_000_000 * DAI_COIN
    assert reason(rich, SOMEBODY, LITE_PSM, "fill()") == error("NothingToFill()")


def test_trimming_burns_what_is_too_much(rich: Actor):
    """After gems were bought the DAI paid for them can be burnt, and no more."""
    assert done(rich, SOMEBODY, LITE_PSM, BUY, SOMEBODY, 3_000_000 * USDC_COIN)
    before = rich.balance(DAI, LITE_PSM)

    assert done(rich, SOMEBODY, LITE_PSM, "trim()")

    assert before - rich.balance(DAI, LITE_PSM) == 3_000_000 * DAI_COIN
    assert reason(rich, SOMEBODY, LITE_PSM, "trim()") == error("NothingToTrim()")


def test_it_never_mints_beyond_its_line(rich: Actor):
    """The debt ceiling holds whatever the gems are worth."""
    assert done(rich, ADMIN, LITE_PSM, FILE, word("line"), view(rich, LITE_PSM, "art()"))
    assert done(rich, SOMEBODY, LITE_PSM, SELL, SOMEBODY, USDC_COIN)

    assert view(rich, LITE_PSM, "rush()") == 0


def test_only_its_owner_changes_it(rich: Actor):
    """Fees and ceilings are not anybody's to set."""
    assert reason(rich, SOMEBODY, LITE_PSM, FILE, word("tin"), 0) == error("NotAdmin(address)")
    assert reason(rich, ADMIN, LITE_PSM, FILE, word("tin"), WAD + 1) == error("OutOfRange(bytes32,uint256)")
    assert reason(rich, ADMIN, LITE_PSM, FILE, word("toll"), 0) == error("UnknownParameter(bytes32)")


def test_it_says_what_a_reader_asks(rich: Actor):
    """Coins, pocket, join and scale are those of the LitePSM on mainnet."""
    assert view(rich, LITE_PSM, "gem()") == int(USDC, 16)
    assert view(rich, LITE_PSM, "dai()") == int(DAI, 16)
    assert view(rich, LITE_PSM, "pocket()") == int(LITE_PSM_POCKET, 16)
    assert view(rich, LITE_PSM, "gemJoin()") == int(LITE_PSM, 16)
    assert view(rich, LITE_PSM, "to18ConversionFactor()") == 10**12
    assert view(rich, LITE_PSM, "HALTED()") == MAX_UINT256
