"""Which way is taken, and why what cannot be mended cannot."""

from decimal import Decimal

import pytest

from bot.model import networks
from bot.model.ways import Way
from bot.strategy import rebalancing
from bot.strategy.rebalancing import Move

from .desks import ALPHA, BETA, USDC
from .test_rebalancing import AT_PAR, OPEN, coins, equal, everywhere


def test_the_cheapest_network_that_is_open_at_both_ends_is_taken():
    """Not one that is suspended at either, not one whose fee is not told, and not what only sounds alike."""
    ways = {
        ALPHA: {
            USDC: {
                "ERC20": OPEN,
                "TRC20": Way(deposit=True, withdraw=False, fee=Decimal(0)),
                "SOL": Way(deposit=True, withdraw=True, fee=Decimal("0.1")),
                "BASE": Way(deposit=True, withdraw=True, fee=None),
                "MOONBASE": Way(deposit=True, withdraw=True, fee=Decimal(0)),
                "arbone": Way(deposit=True, withdraw=True, fee=Decimal("0.5")),
            }
        },
        BETA: {
            USDC: {
                "ETH": OPEN,
                "TRON": OPEN,
                "SOL": Way(deposit=False, withdraw=True, fee=Decimal(0)),
                "BASE": OPEN,
                "MOONBASE": OPEN,
                "Arbitrum One": OPEN,
            }
        },
    }
    assert rebalancing.route(USDC, ALPHA, BETA, ways) == rebalancing.Route("ARBITRUM", Decimal("0.5"), 24.0)
    assert rebalancing.route(USDC, BETA, ALPHA, ways) == rebalancing.Route("SOL", Decimal(0), 6.0)


@pytest.mark.parametrize(
    ("out", "into", "why"),
    [
        ({}, {"ERC20": OPEN}, "alpha does not say over which networks"),
        ({"ERC20": OPEN}, {"": OPEN}, "beta does not say over which networks"),
        ({"ERC20": OPEN}, {"SOL": OPEN}, "no network for USDC in common"),
        ({"ERC20": Way(True, False, Decimal(1))}, {"ERC20": OPEN}, "alpha sends no USDC out over ERC20"),
        ({"ERC20": Way(True, True, None)}, {"ERC20": OPEN}, "alpha sends no USDC out over ERC20"),
        ({"ERC20": OPEN}, {"ERC20": Way(False, True, Decimal(1))}, "beta takes no USDC in over ERC20"),
        ({"ERC20": OPEN}, {"ERC20": Way(None, True, Decimal(1))}, "beta takes no USDC in over ERC20"),
        ({"ERC20": Way(True, True, Decimal(30))}, {"ERC20": OPEN}, "the fee of 30 from alpha to beta is 60.0 bp"),
    ],
)
def test_why_it_cannot_be_mended(out, into, why):
    """The reason is told of both ends."""
    stock = coins(10_000, 0)
    found = rebalancing.plan(stock, AT_PAR, equal(stock), {ALPHA: {USDC: out}, BETA: {USDC: into}})
    assert not found.moves
    assert [(each.venue, each.surplus) for each in found.stuck] == [(ALPHA, 5_000), (BETA, -5_000)]
    assert all(why in each.why for each in found.stuck)


def test_money_at_a_bank_and_coins_without_a_price_are_told():
    """Exchanges tell no ways of fiat money; what nobody prices is not moved."""
    stock = coins(10_000, 0, asset="USD") | coins(10_000, 0, asset="ODD")
    ways = {name: {each: {"ERC20": OPEN} for each in ("USD", "ODD")} for name in (ALPHA, BETA)}
    found = rebalancing.plan(stock, {"USD": 1.0}, equal(stock), ways)
    assert not found.moves
    assert {each.asset: each.why for each in found.stuck} == {
        "USD": "USD goes by bank, of which exchanges do not tell",
        "ODD": "nobody says what ODD is worth",
    }


def test_what_is_promised_stays_and_is_told():
    """Of ten thousand too many a thousand are free: so many go."""
    stock = coins(20_000, 0, free=(1_000, 0))
    found = rebalancing.plan(stock, AT_PAR, equal(stock), everywhere())
    assert [(each.amount, each.arrives) for each in found.moves] == [(1_000, 999)]
    assert {each.venue: each.why for each in found.stuck}[ALPHA] == "the rest of it is promised to orders"


def test_one_dear_way_round_is_left_for_two_cheap_ones():
    """Fees in all are least, not their number: the greedy choice is not taken where it costs more."""
    cheap, dear = OPEN, Way(deposit=True, withdraw=True, fee=Decimal(9))
    ways = {
        "alpha": {USDC: {"ERC20": dear, "SOL": cheap}},
        "beta": {USDC: {"ERC20": dear}},
        "gamma": {USDC: {"ERC20": dear}},
        "delta": {USDC: {"SOL": cheap, "ERC20": dear}},
    }
    stock = coins(20_000, 20_000, 0, 0)
    moves = rebalancing.plan(stock, AT_PAR, equal(stock), ways).moves
    assert {(each.sender, each.receiver): each.fee for each in moves} == {("alpha", "delta"): 1, ("beta", "gamma"): 9}


def test_networks_have_one_name_each():
    """A name is its own, other names lead to one that is known, and what is ambiguous or strange leads nowhere."""
    assert all(networks.named(each) == each for each in networks.FINAL)
    assert set(networks.ALSO.values()) <= networks.FINAL.keys()
    assert not networks.ALSO.keys() & networks.FINAL.keys()
    assert {networks.named(each) for each in ("", "AVAX", "BNB", "USDC", "BASES", "ARBITRUM_NOVA")} == {None}
    assert networks.minutes("ERC20") > networks.minutes("SOL") > networks.PROCESSING


def test_a_move_says_what_arrives():
    """The amount is what leaves, the fee in it."""
    assert Move(USDC, ALPHA, BETA, "SOL", Decimal(10), Decimal("0.5"), 6.0).arrives == Decimal("9.5")
