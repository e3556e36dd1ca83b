"""Orders made to fit a market, and numbers that keep their digits on the way through ccxt."""

from decimal import Decimal

import ccxt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.orders import Side, Terms
from bot.venues import order_faults, order_parsing, order_terms
from bot.venues.ccxt_client import _digits
from bot.venues.order_faults import Fate

from .order_floor import ticket

STEPS = st.sampled_from([Decimal("0.00001"), Decimal("0.0001"), Decimal("0.01"), Decimal("0.05"), Decimal(1)])
AMOUNTS = st.decimals("0.001", "1000000", places=9)
PRICES = st.decimals("0.2", "3", places=9)


@given(AMOUNTS, PRICES, st.sampled_from(Side), STEPS, STEPS)
def test_an_order_that_fits_is_never_more_and_never_dearer(amount, limit, side, price_step, amount_step):
    """Both are on the steps, less than a step away, on our side of what was wanted."""
    terms = Terms(Decimal(0), Decimal(0), price_step, amount_step)
    made = order_terms.fit(ticket("okx", 1, side, amount, limit), terms)
    if isinstance(made, str):
        assert amount < amount_step or limit < price_step
        return
    assert made.amount % amount_step == 0
    assert made.limit % price_step == 0
    assert 0 <= amount - made.amount < amount_step
    worse = made.limit - limit if side is Side.BUY else limit - made.limit
    assert -price_step < worse <= 0


@given(AMOUNTS, PRICES)
def test_what_is_below_a_minimum_is_not_sent(amount, limit):
    """Neither less than the least amount nor for less than the least money."""
    terms = Terms(Decimal(0), Decimal(0), min_amount=Decimal(5), min_cost=Decimal(10))
    made = order_terms.fit(ticket("okx", 1, Side.BUY, amount, limit), terms)
    if not isinstance(made, str):
        assert made.amount >= 5
        assert made.amount * made.limit >= 10


@pytest.mark.parametrize(
    ("mode", "price", "amount"), [(ccxt.TICK_SIZE, "0.0001", "0.01"), (ccxt.DECIMAL_PLACES, "4", "2")]
)
def test_steps_are_read_in_either_of_ccxts_ways(mode, price, amount):
    """As a step, or as so many decimals."""
    market = {
        "precision": {"price": price, "amount": amount},
        "limits": {"amount": {"min": "5"}, "cost": {"min": None}},
        "taker": "0.004",
        "maker": "0.0025",
    }
    ours = {"taker": "0.001", "maker": None}
    assert order_terms.terms(market, mode, ours) == Terms(
        Decimal("0.001"), Decimal("0.0025"), Decimal("0.0001"), Decimal("0.01"), Decimal(5), Decimal(0)
    )
    assert order_terms.terms(market | {"taker": None}, mode) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=18, min_value=0, max_value=10**9))
def test_a_number_in_json_keeps_its_digits(number):
    """A float would not."""
    assert order_parsing.exact(_digits(f'{{"a": {number:f}}}')["a"]) == number


@given(AMOUNTS)
def test_numbers_are_written_without_exponents(number):
    """And read back as the same."""
    text = order_terms.plain(number.normalize())
    assert "E" not in text
    assert Decimal(text) == number


@pytest.mark.parametrize("told", [None, "", "NaN", "Infinity", True, "1,5"])
def test_what_is_no_number_is_none(told):
    """Not zero."""
    assert order_parsing.exact(told) is None


@pytest.mark.parametrize(
    ("error", "fate"),
    [
        (ccxt.InsufficientFunds("no"), Fate.REFUSED),
        (ccxt.InvalidOrder("no"), Fate.REFUSED),
        (ccxt.DuplicateOrderId("there"), Fate.UNKNOWN),
        (ccxt.RateLimitExceeded("slowly"), Fate.PUT_OFF),
        (ccxt.DDoSProtection("slowly"), Fate.PUT_OFF),
        (ccxt.ExchangeError("words"), Fate.DOUBTFUL),
        (ccxt.RequestTimeout("late"), Fate.UNKNOWN),
        (ccxt.ExchangeNotAvailable("away"), Fate.UNKNOWN),
        (ccxt.InvalidNonce("old"), Fate.PUT_OFF),
        (ccxt.BadResponse("what"), Fate.UNKNOWN),
        (OSError("cut"), Fate.UNKNOWN),
    ],
)
def test_only_a_clear_no_is_a_no(error, fate):
    """Whatever else goes wrong, the order may stand."""
    assert order_faults.fate(error) is fate
