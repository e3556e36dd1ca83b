"""Answers recorded from mainnet's pools, where the market data is there."""

import json
import os
from pathlib import Path

import pytest

from bot.amm.invariant import Dialect, invariant
from bot.amm.liquidity_tokens import withdrawn
from bot.amm.stableswap import FEE_DENOMINATOR, StableSwap
from bot.units import WAD

VECTORS = Path(os.environ.get("REPEG_DATA", Path(__file__).parents[3] / "shared" / "data")) / "vectors" / "curve"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not VECTORS.is_dir(), reason=f"no recorded answers at {VECTORS}: set REPEG_DATA"),
]


def load(name):
    """One of the files."""
    return json.loads((VECTORS / name).read_text())


def answers(name, function):
    """What was asked of a function, as (route, amount), and its answer."""
    for key, entry in load(name)["entries"].items():
        _, asked, *route, amount = key.split("|")
        if asked == function:
            yield route, int(amount), entry["value"]


def pool_of(state, rates=None):
    """The recorded pool, its LP tokens counted."""
    rates = rates or [10 ** (36 - token["decimals"]) for token in state["tokens"]]
    amp = state["a_coefficient"] * 100
    supply = state["lp_token_total_supply"]
    return StableSwap(tuple(state["balances"]), amp, state["fee"], tuple(rates), supply=supply)


def get_dy(pool, i, j, dx):
    """3pool's view: the fee is taken after scaling, where `exchange` takes it before."""
    gross = StableSwap(pool.balances, pool.amp, 0, pool.rates).side(i, j).out(dx)
    return gross - gross * pool.fee // FEE_DENOMINATOR


@pytest.fixture
def three_pool():
    """3pool at block 24407242."""
    return pool_of(load("3pool_24407242_state.json"))


def test_3pool_quotes_are_those_recorded(three_pool):
    """get_dy to the unit, and `exchange` at most the one unit away that its other rounding allows."""
    coins, seen = ("DAI", "USDC", "USDT"), 0
    for (route,), dx, expected in answers("3pool_24407242_get_dy.json", "get_dy"):
        i, j = (coins.index(coin) for coin in route.split("->"))
        assert get_dy(three_pool, i, j, dx) == expected
        assert abs(three_pool.side(i, j).out(dx) - expected) <= 1
        seen += 1
    assert seen == 18


def test_the_same_recorded_otherwise(three_pool):
    """The second file of the same block says the same."""
    recorded = load("curve_3pool_block24407242.json")
    for entry in recorded["get_dy"]:
        assert get_dy(three_pool, entry["i"], entry["j"], int(entry["dx"])) == int(entry["dy"])

    assert three_pool.d * WAD // three_pool.supply == int(recorded["virtual_price"])


def test_3pool_withdrawals_are_those_recorded(three_pool):
    """calc_withdraw_one_coin to the unit, down to a few units."""
    seen = 0
    for (coin,), tokens, expected in answers(
        "3pool_24407242_withdraw_and_token_amount.json", "calc_withdraw_one_coin"
    ):  # fmt: skip
        assert withdrawn(three_pool, tokens, int(coin.removeprefix("i="))) == expected
        seen += 1
    assert seen == 9


def token_amount(pool, amounts):
    """calc_token_amount of a deposit: what it would mint without a fee."""
    more = tuple(map(sum, zip(pool.balances, amounts, strict=True)))
    return (pool.with_balances(more).d - pool.d) * pool.supply // pool.d


def test_3pool_deposits_are_those_recorded(three_pool):
    """calc_token_amount to the unit."""
    seen = 0
    for (_, coin), amount, expected in answers("3pool_24407242_withdraw_and_token_amount.json", "calc_token_amount"):
        i = int(coin.removeprefix("i="))
        assert token_amount(three_pool, tuple(amount if k == i else 0 for k in range(3))) == expected
        seen += 1
    assert seen == 9


@pytest.fixture
def rai():
    """The RAI metapool at block 25144000: RAI is worth its redemption price, 3Crv the price the pool remembers."""
    state = load("rai-metapool_25144000_state.json")
    return pool_of(state, (state["redemption_price"], state["base_virtual_price"]))


def test_metapool_quotes_are_those_recorded(rai):
    """get_dy of a metapool to the unit."""
    coins, seen = ("RAI", "3Crv"), 0
    for (route,), dx, expected in answers("rai-metapool_25144000_get_dy.json", "get_dy"):
        i, j = (coins.index(coin) for coin in route.split("->"))
        assert rai.side(i, j).out(dx) == expected
        seen += 1
    assert seen == 6


def test_quotes_through_a_metapool_are_those_recorded(rai):
    """get_dy_underlying to the unit: its estimate of a deposit, the metapool's swap, the base pool's withdrawal."""
    state, seen = load("rai-metapool_25144000_state.json")["base_pool"], 0
    base = pool_of(state)
    coins = ("RAI", "DAI", "USDC", "USDT")
    for (route,), dx, expected in answers("rai-metapool_25144000_get_dy.json", "get_dy_underlying"):
        i, j = (coins.index(coin) for coin in route.split("->"))
        assert viewed_underlying(rai, base, i, j, dx) == expected
        seen += 1
    assert seen == 36


def viewed_underlying(meta, base, i, j, dx):
    """The view, which guesses the fee of a deposit as half the base pool's."""
    if i and j:
        return get_dy(base, i - 1, j - 1, dx)
    if j:
        return withdrawn(base, meta.side(0, 1).out(dx), j - 1)
    tokens = token_amount(base, tuple(dx if k == i - 1 else 0 for k in range(3)))
    worth = tokens * meta.rates[1] // WAD
    worth -= worth * base.fee // (2 * FEE_DENOMINATOR)
    scaled = StableSwap((meta.balances[0], meta.xp[1]), meta.amp, meta.fee, (meta.rates[0], WAD))
    return scaled.side(1, 0).out(worth)


def test_invariants_are_those_recorded():
    """D and the virtual price of 3pool and FRAX's pool in 2022 and 2023."""
    for snapshot in load("curve_pool_snapshots.json")["snapshots"]:
        decimals = (18, 6, 6)[: len(snapshot["balances"])]
        xp = tuple(
            int(balance) * 10 ** (18 - each) for balance, each in zip(snapshot["balances"], decimals, strict=True)
        )  # fmt: skip
        d = invariant(xp, snapshot["A"] * 100, Dialect.CLASSIC)
        if "D" in snapshot:
            assert d == int(snapshot["D"])
        if "lp_total_supply" in snapshot:
            assert d * WAD // int(snapshot["lp_total_supply"]) == int(snapshot["virtual_price"])
