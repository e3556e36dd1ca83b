"""A pair whose legs did not both fill is made even, at a price that has an end."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.model.account import Account
from bot.model.orders import Purpose, Side
from bot.model.times import HOUR
from bot.strategy import unwinding
from bot.strategy.mandate import Mandate
from strategy.desks import ALPHA, BETA, T0, ended, fill, market, ordered, seen, ticket, told

MANDATE = Mandate()
RICH = told(Account(), [seen(ALPHA, USD=1e6, USDC=1e6), seen(BETA, USD=1e6, USDC=1e6)])
BUY = ticket(id="a", kind="pair")
SELL = ticket(id="b", kind="pair", market=market(BETA), side=Side.SELL)
parts = st.integers(0, 1000).map(Decimal)


@given(parts, parts)
def test_what_is_left_over_is_traded_away_exactly(bought: Decimal, sold: Decimal) -> None:
    """As many are sold as were bought too many, and bought as were sold too many; nothing while legs may still fill."""
    begun = told(RICH, [ordered(BUY), ordered(SELL), fill(BUY, 0, bought)] if bought else [ordered(BUY), ordered(SELL)])
    trade = begun.trades["t1"]
    assert unwinding.wish(trade, begun, T0, MANDATE) is None

    over = told(begun, [*([fill(SELL, 0, sold)] if sold else []), ended(BUY, bought), ended(SELL, sold)])
    for left in over.trades.values():
        wish = unwinding.wish(left, over, T0, MANDATE)
        assert wish
        assert wish.side is (Side.SELL if bought > sold else Side.BUY)
        assert (wish.amount, wish.purpose) == (abs(bought - sold), Purpose.UNWIND)
        assert "one-sided" in wish.why
        assert f"{wish.amount}" in wish.why or wish.amount % 10 == 0
    assert bool(over.trades) == (abs(bought - sold) * Decimal("0.9") >= 10)


@given(st.integers(0, 100 * HOUR), st.integers(0, HOUR))
def test_its_price_widens_and_has_an_end(after: int, later: int) -> None:
    """The longer it stands the more it may cost, from what the mandate says to a multiple of it."""
    trade = told(RICH, [ordered(BUY)]).trades["t1"]
    now, then = (unwinding.slip_bp(trade, T0 + each, MANDATE) for each in (after, after + later))

    assert MANDATE.unwind_bp <= now <= then <= unwinding.AT_MOST * MANDATE.unwind_bp
