"""The gate before exchanges: what begins something is stopped by much, what leaves it by little."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.account import Account
from bot.model.decisions import ApprovedOrder, Passed
from bot.model.markets import DOLLAR
from bot.model.orders import Purpose, Side, Ticket
from bot.model.times import DAY, HOUR
from bot.strategy import risk
from bot.strategy.mandate import Mandate
from bot.strategy.risk import Standing, Worth
from strategy.desks import ALPHA, BETA, T0, ended, fill, filled, market, ordered, refused, seen, ticket, told

MANDATE = Mandate()
RICH = told(Account(), [seen(ALPHA, USD=1e6, USDC=1e6), seen(BETA, USD=1e6, USDC=1e6)])
WELL = Worth(1e6, 1e6, T0 // DAY, 1e6)
FALLEN = replace(WELL, equity=0.9e6)
FINE = Standing()

leaving = st.sampled_from([Purpose.EXIT, Purpose.HEDGE, Purpose.UNWIND])
amounts = st.integers(1, 10**9).map(lambda n: Decimal(n) / 100)


def verdict(
    asked: Ticket, account: Account = RICH, worth: Worth = WELL, standing: Standing = FINE, mandate: Mandate = MANDATE
) -> str | None:
    """Why not; None where it is approved."""
    match risk.review_order(asked, account, worth, standing, mandate):
        case ApprovedOrder(ticket=same):
            assert same == asked
            return None
        case Passed(reason=reason, ticket=same):
            assert (same, bool(reason)) == (asked, True)
            return reason


@pytest.mark.parametrize(
    ("worth", "standing", "named"),
    [
        (WELL, Standing(halted="by hand"), "halted: by hand"),
        (WELL, Standing(paused="lunch"), "paused: lunch"),
        (FALLEN, FINE, "under the peak"),
        (replace(FALLEN, peak=0.9e6), FINE, "lost today"),
    ],
)
@given(purpose=leaving, amount=amounts.filter(lambda each: each <= 10**6))
def test_nothing_keeps_us_from_leaving(
    worth: Worth, standing: Standing, named: str, purpose: Purpose, amount: Decimal
) -> None:
    """What stops new orders lets exits, hedges and unwinding through, of any size that is there."""
    assert named in (verdict(ticket(), worth=worth, standing=standing) or "")
    assert verdict(ticket(purpose=purpose, side=Side.SELL, amount=amount), worth=worth, standing=standing) is None


@given(amounts, st.sampled_from(Side), st.sampled_from(Purpose))
def test_never_is_more_asked_than_is_free(amount: Decimal, side: Side, purpose: Purpose) -> None:
    """Whoever asks and whatever for: an order that is approved is covered by what lies there."""
    account = told(RICH, [ordered(ticket(id="other", amount=Decimal(500_000)))])
    asked = ticket(amount=amount, side=side, purpose=purpose)

    if verdict(asked, account) is None:
        needed, asset = (amount * asked.limit, DOLLAR) if side is Side.BUY else (amount, "USDC")
        assert needed <= account.free(ALPHA, asset)
        assert told(account, [ordered(asked)]).free(ALPHA, asset) <= account.free(ALPHA, asset) - needed


def test_what_is_too_large_or_nothing_is_no_order() -> None:
    """An order of nothing, at no price, or beyond what one order may be."""
    assert verdict(ticket(amount=Decimal(0))) == "an order of nothing"
    assert verdict(ticket(limit=Decimal(0))) == "an order of nothing"
    assert verdict(ticket(quote_usd=0.0)) == "an order of nothing"
    assert "over the maximum" in (verdict(ticket(amount=Decimal(60_000))) or "")
    assert verdict(ticket(amount=Decimal(60_000), purpose=Purpose.EXIT, side=Side.SELL)) is None


@given(st.sampled_from(Purpose))
def test_an_exchange_that_is_not_known_gets_nothing(purpose: Purpose) -> None:
    """Not even an exit: what is not known cannot be left twice by mistake."""
    asked = ticket(purpose=purpose, market=market("gamma"))
    assert "gamma was not reconciled" in (verdict(asked) or "")

    shut = told(RICH, [seen(ALPHA, ready=False)])
    assert verdict(ticket(purpose=purpose), shut) == "its account is not known"


def test_no_exchange_holds_more_than_its_part() -> None:
    """Two fifths of all at one exchange, held and asked for together; elsewhere there is room still."""
    worth, mandate = Worth(1e5, 1e5, 0, 1e5), Mandate(most_usd=1e6, per_venue=0.4)
    there = filled(RICH, ticket(id="a", amount=Decimal(20_000)))
    there = told(there, [ordered(ticket(id="b", trade="t2", amount=Decimal(20_000)))])

    assert verdict(ticket(amount=Decimal(4_000)), there, worth, mandate=mandate) is None
    assert "at alpha" in (verdict(ticket(amount=Decimal(5_000)), there, worth, mandate=mandate) or "")
    assert verdict(ticket(amount=Decimal(5_000), market=market(BETA)), there, worth, mandate=mandate) is None
    assert verdict(ticket(amount=Decimal(5_000), kind="pair"), there, worth, mandate=mandate) is None


def test_orders_that_go_wrong_stop_new_ones_for_a_day() -> None:
    """Five filled at worse than they may be, or five refused, in a row; a good one among them ends the row."""
    for wrong in (_slipped, _refused):
        account = RICH
        for n in range(MANDATE.slips):
            assert verdict(ticket(), account) is None
            account = wrong(account, f"o{n}")
        assert f"last {MANDATE.slips} orders" in (verdict(ticket(), account) or "")
        assert verdict(ticket(purpose=Purpose.EXIT, side=Side.SELL), account) is None
        assert f"last {MANDATE.slips}" in (verdict(ticket(made_at=T0 + 23 * HOUR), account) or "")
        assert verdict(ticket(made_at=T0 + DAY), account) is None
        assert verdict(ticket(), filled(account, ticket(id="good"))) is None


def _slipped(account: Account, name: str) -> Account:
    asked = ticket(id=name)
    worse = replace(fill(asked, 0, asked.amount), price=asked.limit + Decimal("0.01"))
    return told(account, [ordered(asked), worse, ended(asked, asked.amount)])


def _refused(account: Account, name: str) -> Account:
    asked = ticket(id=name)
    return told(account, [ordered(asked), refused(asked)])
