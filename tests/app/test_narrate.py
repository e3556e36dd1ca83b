"""What is said of orders in pools can be read: eight digits behind the point at most, none of them idle."""

import re
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.app import narrate
from bot.model.markets import Market
from bot.model.orders import OrderFilled, Purpose, Side, Style, Ticket
from bot.model.registry import Registry

EMPTY = Registry(1, {}, {}, ())
POOL = Market("chain:Curve sUSD", "USDC", "SUSD")
eighteen = st.decimals(Decimal("0.1"), 2, places=18)


@given(eighteen)
def test_an_order_tells_its_limit_shortly(limit):
    """As near to it as eight digits are."""
    amount = Decimal("8681.939753")
    made = Ticket("rp1", "rp1", "hold", "USDC", POOL, Side.SELL, amount, limit, Style.TAKE, Purpose.EXIT, 1.0, 1, 1.0)
    (told,) = re.findall(r"for (\S+) SUSD or better", narrate.order(made))

    assert len(told.partition(".")[2]) <= narrate.SHOWN
    assert abs(Decimal(told) - limit) <= Decimal("5e-9")


@given(eighteen, eighteen)
def test_a_fill_tells_its_price_and_what_gas_cost_shortly(price, fee):
    """Both in as many digits as say something."""
    text = narrate.line(OrderFilled(1, 1, "rp1", "0x1", Decimal(100), price, fee, "ETH"), EMPTY)
    (shown, paid) = re.fullmatch(r"order rp1: 100 at (\S+), fee (\S+) ETH", text).groups()

    for told, exact in ((shown, price), (paid, fee)):
        assert len(told.partition(".")[2]) <= narrate.SHOWN
        assert abs(Decimal(told) - exact) <= Decimal("5e-9")
