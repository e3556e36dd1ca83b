"""Values of what no venue should say: prices and sizes out of this world, contradictions, markets told twice."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.coins import Coins
from bot.model.events import Quote
from bot.strategy.fair_value import Pricing, solve
from strategy.quoted import VENUES, quote

PRICING = Pricing()


@pytest.mark.parametrize("price", [1e-12, 1e12])
@pytest.mark.parametrize("size", [0.0, 1e-300, 1.7e308, float("inf"), float("nan")])
def test_prices_and_sizes_may_be_of_any_magnitude(price, size):
    """What is worth next to nothing, or a fortune, is valued like anything else, whatever size its venue tells."""
    found = solve([quote(venue, "BTC", "USD", price, size=size) for venue in VENUES[:3]], 0, PRICING)

    assert found.values["BTC"].usd == pytest.approx(price)
    assert 0 < found.values["BTC"].sigma_bp < 200


@given(st.lists(st.sampled_from([1e-18, 1e-12, 1.0, 0.98, 1e12, 1e18]), min_size=1, max_size=8))
def test_venues_worlds_apart_leave_values_finite(prices):
    """However far venues contradict each other, values and uncertainties are numbers above 0."""
    wild = [quote(f"venue{i}", "USDC", "USD", price) for i, price in enumerate(prices)]
    found = solve([*wild, *(quote(told.venue, "BTC", "USDC", told.bid or 1.0) for told in wild)], 0, PRICING)

    for asset, value in found.values.items():
        assert 0 < value.usd < inf
        assert asset == "USD" or 0 < value.sigma_bp < inf


@pytest.mark.parametrize("much", [0.0, -1.0, float("nan"), float("inf")])
def test_a_reliability_is_above_zero(much):
    """Nothing else can be reckoned with: the venue is named."""
    with pytest.raises(ValueError, match="alpha"):
        Pricing(reliability={"alpha": much})


def test_no_promise_is_known():
    """Without a coin that promises a dollar only dollar books tell values."""
    pricing = Pricing(coins=Coins({}))

    assert set(solve([quote("alpha", "USDC", "USDT", 1.0)], 0, pricing).values) == {"USD"}
    assert solve([quote("alpha", "USDC", "USD", 0.98)], 0, pricing).values["USDC"].usd == pytest.approx(0.98)


def test_of_a_market_told_often_one_counts():
    """The same quote five times is no more than once; of two at one time the choice does not hang on their order."""
    once = quote("alpha", "USDC", "USD", 0.98)
    bid, ask = (Quote(0, 0, "alpha", "USDC", "USD", *sides) for sides in ((0.97, None), (None, 0.99)))

    assert solve([once] * 5, 0, PRICING) == solve([once], 0, PRICING)
    assert solve([bid, ask], 0, PRICING) == solve([ask, bid], 0, PRICING)
