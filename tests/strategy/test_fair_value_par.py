"""Where no dollar book is in reach: which coin is taken for a dollar."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.decisions import FairValues
from bot.strategy.fair_value import Pricing, solve
from strategy.quoted import quote

PRICING = Pricing()
OTHERS = ("DAI", "FDUSD", "PYUSD", "TUSD", "USDC")

several = st.integers(3, len(OTHERS)).map(lambda many: OTHERS[-many:])


def among_coins(prices: dict[str, float]) -> FairValues:
    """Values of coins of which only prices in USDT are known."""
    return solve([quote("alpha", coin, "USDT", price, size=1e6) for coin, price in prices.items()], 0, PRICING)


@given(st.floats(0.5, 0.99))
def test_below_the_other_a_coin_fell(price):
    """USDC at 0.90 USDT: USDC fell."""
    found = among_coins({"USDC": price}).values

    assert found["USDT"].usd == pytest.approx(1)
    assert found["USDC"].usd == pytest.approx(price)


@given(st.floats(1.01, 2.0))
def test_above_the_other_the_other_fell(price):
    """USDC at 1.10 USDT is no premium of USDC: USDT fell."""
    found = among_coins({"USDC": price}).values

    assert found["USDC"].usd == pytest.approx(1)
    assert found["USDT"].usd == pytest.approx(1 / price)


@given(several, st.floats(1.005, 1.5))
def test_all_dearer_alike_is_the_common_coin_fallen(coins, price):
    """Several coins dearer in USDT by the same: it is USDT."""
    found = among_coins(dict.fromkeys(coins, price)).values

    assert found["USDT"].usd == pytest.approx(1 / price, rel=1e-6)


@given(several, st.floats(0.95, 0.995))
def test_all_cheaper_alike_is_the_common_coin_risen(coins, price):
    """Several coins cheaper in USDT by the same: USDT is dearer."""
    found = among_coins(dict.fromkeys(coins, price)).values

    assert found["USDT"].usd == pytest.approx(1 / price, rel=1e-6)


@given(several, st.floats(0.3, 0.98), st.data())
def test_one_of_many_is_the_one_that_moved(coins, price, data):
    """Where all others agree, the one that does not is to blame, and nobody else."""
    fallen = data.draw(st.sampled_from(coins))
    found = among_coins(dict.fromkeys(coins, 1.0) | {fallen: price}).values

    assert found[fallen].usd == pytest.approx(price)
    assert all(found[coin].usd == pytest.approx(1) for coin in coins if coin != fallen)


def test_a_dead_coin_has_no_say():
    """May 2022: UST at half a dollar, USDC dearer than USDT. USDT fell too, USDC did not."""
    found = among_coins({"USTC": 0.5, "USDC": 1.05}).values

    assert found["USDC"].usd == pytest.approx(1)
    assert found["USDT"].usd == pytest.approx(1 / 1.05)
    assert found["USTC"].usd == pytest.approx(0.5 / 1.05)


def test_an_assumption_is_told_as_one():
    """Nothing is anchored, and nothing surer than premiums usually are; an even story is less sure than a plain one."""
    plain, even = among_coins({"USDC": 1.0}).values["USDC"], among_coins({"USDC": 1.1}).values["USDC"]

    assert not plain.anchored
    assert plain.anchor == 0
    assert 20 < plain.sigma_bp < 60
    assert even.sigma_bp > 2 * plain.sigma_bp


def test_one_dollar_book_ends_the_guessing():
    """USDC at 1.10 USDT and USDC at 1.10 dollars: it was a premium after all."""
    quotes = [quote("alpha", "USDC", "USDT", 1.1), quote("beta", "USDC", "USD", 1.1)]
    found = solve(quotes, 0, PRICING).values

    assert found["USDC"].usd == pytest.approx(1.1)
    assert found["USDT"].usd == pytest.approx(1.0)
    assert found["USDT"].anchored


def test_bitcoin_alone_has_no_dollars():
    """What promises nothing cannot be at par: ETH in BTC says nothing of dollars."""
    assert set(solve([quote("alpha", "ETH", "BTC", 0.05)], 0, PRICING).values) == {"USD"}


def test_islands_are_judged_apart():
    """Coins that no market joins to the dollar are guessed at, the others are not."""
    quotes = [quote("alpha", "USDC", "USD", 0.9), quote("beta", "DAI", "TUSD", 0.8)]
    found = solve(quotes, 0, PRICING).values

    assert found["USDC"].usd == pytest.approx(0.9)
    assert found["USDC"].anchored
    assert found["DAI"].usd == pytest.approx(0.8)
    assert not found["DAI"].anchored
