"""The account of a sandbox exchange: nothing comes from nowhere, whatever is ordered and however the book moves."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.orders import Side, Style
from bot.sandbox.wire.account import Account
from bot.sandbox.wire.book import Level, Listing
from bot.sandbox.wire.exchange import Exchange
from bot.sandbox.wire.orders import Asked, Denial, DeniedError, Filled, Rules, State

PAIR = Listing("USDC", "USDT", 4, 2)
RULES = Rules(Decimal("0.002"), Decimal("0.001"))
FUNDS = {"USDC": Decimal(300), "USDT": Decimal(300)}


def prices():
    """Within a cent of par."""
    return st.integers(9_950, 10_050).map(lambda ticks: Decimal(ticks).scaleb(-4))


def sizes():
    """Up to a hundred, to the cent."""
    return st.integers(1, 10_000).map(lambda lots: Decimal(lots).scaleb(-2))


@st.composite
def books(draw):
    """Bids and asks, best first; they may be crossed, and either side may be empty."""
    sides = ({price: draw(sizes()) for price in draw(st.lists(prices(), max_size=4))} for _ in range(2))
    bids, asks = (sorted(side.items(), reverse=down) for side, down in zip(sides, (True, False), strict=True))
    return tuple(tuple(Level(f"{price:f}", f"{size:f}") for price, size in side) for side in (bids, asks))


@st.composite
def orders(draw):
    """Of any style; without a limit only such as take."""
    style = draw(st.sampled_from(Style))
    limit = draw(st.none() | prices()) if style is Style.TAKE else draw(prices())
    return Asked(PAIR, draw(st.sampled_from(Side)), style, draw(sizes()), limit, draw(st.sampled_from(["", "a", "b"])))


def deeds():
    """A book that moves, an order, or one that is taken back."""
    return st.lists(books() | orders() | st.integers(1, 20), max_size=25)


def opened(rules=RULES, overtaken=lambda: False):
    """An account with money at an exchange with one market."""
    exchange = Exchange("kraken", lambda: 0, taker=rules.taker, maker=rules.maker)
    exchange.open([PAIR])
    account = Account(exchange, rules, overtaken=overtaken)
    account.held.update(FUNDS)
    return account


def done(account, deed):
    """Does it, if it is allowed; returns what the book had before any of it was taken."""
    if isinstance(deed, tuple):
        account.exchange.move(PAIR, *deed)
        before = standing(account)
        account.meet(PAIR)
        return before
    before = standing(account)
    try:
        account.place(deed) if isinstance(deed, Asked) else account.cancel(deed)
    except DeniedError:
        assert standing(account) == before
    return before


def standing(account):
    """Base units in the whole book."""
    book = account.exchange.books[PAIR]
    return sum(Decimal(level.size) for level in (*book.bids, *book.asks))


def flows(account):
    """What the fills brought and took of each asset, and what they cost in fees, counted one by one."""
    sums = Counter()
    for fill in account.fills:
        sign = 1 if account.orders[fill.order].asked.side is Side.BUY else -1
        sums["USDC"] += sign * fill.amount
        sums["USDT"] -= sign * fill.amount * fill.price
        sums[fill.fee_asset] -= fill.fee
    return sums


@given(deeds(), st.booleans(), st.booleans(), st.booleans())
def test_nothing_comes_from_nowhere(todo, fee_in_quote, ends, races):
    """What is held is what was given, plus what was traded, less fees; what was traded is gone from the book."""
    account = opened(replace(RULES, fee_in_quote=fee_in_quote, post_only_ends=ends), lambda: races)
    for deed in todo:
        known = len(account.fills)
        before = done(account, deed)
        late = {each.fill.number for each in account.news if isinstance(each, Filled) and each.late}
        fresh = [each for each in account.fills[known:] if each.number not in late]

        assert before - standing(account) == sum(each.amount for each in fresh)
        sums = flows(account)
        assert account.held == {asset: given + sums[asset] for asset, given in FUNDS.items()}


@given(deeds(), st.booleans(), st.booleans())
def test_nothing_is_spent_twice(todo, fee_in_quote, races):
    """What is free and what orders use are never below zero."""
    account = opened(replace(RULES, fee_in_quote=fee_in_quote), lambda: races)
    for deed in todo:
        done(account, deed)
        for asset in FUNDS:
            assert account.used(asset) >= 0
            assert account.free(asset) >= 0


@given(deeds(), st.booleans())
def test_no_order_is_filled_at_a_worse_price_than_its_limit_or_beyond_its_amount(todo, ends):
    """What rests is filled at its limit and no other price; an order's sums are those of its fills."""
    account = opened(replace(RULES, post_only_ends=ends))
    for deed in todo:
        done(account, deed)
    for order in account.orders.values():
        asked, fills = order.asked, account.fills_of(order)
        assert order.filled == sum(each.amount for each in fills) <= asked.amount
        assert order.cost == sum(each.amount * each.price for each in fills)
        assert order.fee == sum(each.fee for each in fills)
        assert (order.state is State.FILLED) == (order.filled == asked.amount)
        for fill in fills if asked.limit is not None else ():
            better = fill.price <= asked.limit if asked.side is Side.BUY else fill.price >= asked.limit
            assert fill.price == asked.limit if fill.maker else better


@given(deeds())
def test_no_order_rests_where_the_book_would_fill_it(todo):
    """After each move the best prices are out of reach of whatever rests; takers never rest."""
    account = opened()
    for deed in todo:
        done(account, deed)
        book = account.exchange.books[PAIR]
        for order in account.open():
            assert order.asked.style is not Style.TAKE
            if order.asked.side is Side.BUY:
                assert not book.asks or Decimal(book.ask.price) > order.asked.limit
            else:
                assert not book.bids or Decimal(book.bid.price) < order.asked.limit


@given(deeds())
def test_the_same_orders_and_books_come_to_the_same(todo):
    """No chance is in it."""
    first, second = opened(), opened()
    for deed in todo:
        done(first, deed)
        done(second, deed)

    assert (first.fills, first.orders, first.held) == (second.fills, second.orders, second.held)
    assert first.news == second.news


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"limit": Decimal("0.99995")}, Denial.PRICE),
        ({"limit": Decimal(0)}, Denial.PRICE),
        ({"amount": Decimal("10.001")}, Denial.AMOUNT),
        ({"amount": Decimal(0)}, Denial.AMOUNT),
        ({"amount": Decimal(4)}, Denial.TOO_LITTLE),
        ({"amount": Decimal(5)}, Denial.TOO_CHEAP),
        ({"amount": Decimal(301)}, Denial.FUNDS),
        ({"side": Side.SELL, "amount": Decimal(301)}, Denial.FUNDS),
    ],
)
def test_an_order_that_is_not_as_orders_must_be_is_denied(change, why):
    """With the reason, and it never stood."""
    account = opened(replace(RULES, least=lambda _: Decimal(5), min_cost=Decimal(6)))
    good = Asked(PAIR, Side.BUY, Style.REST, Decimal(10), Decimal(1))
    with pytest.raises(DeniedError) as denied:
        account.place(replace(good, **change))

    assert denied.value.why is why
    assert not account.orders
    assert not account.news


@given(st.lists(prices(), min_size=2, max_size=6))
def test_the_best_of_several_that_rest_is_filled_first(limits):
    """The highest bid, and of equal ones the oldest."""
    account = opened()
    for limit in limits:
        account.place(Asked(PAIR, Side.BUY, Style.REST, Decimal(10), limit))
    account.exchange.move(PAIR, (), (Level(f"{min(limits):f}", "10.00"),))
    account.meet(PAIR)

    (fill,) = account.fills
    assert fill.order == 1 + limits.index(max(limits))
