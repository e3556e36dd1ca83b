"""How an amount is split where one can see why: fees, what a quote is worth, minimums, money, and ties."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise, permutations

import pytest

from bot.model.orders import Side
from bot.strategy.splitting import split

from .test_splitting import ROUNDING, dollars, offer, terms


def test_the_cheaper_market_goes_first_fees_counted() -> None:
    """A better price with a high fee is the worse offer."""
    dear, cheap = offer("dear", (0.95, 100.0), its=terms("0.004")), offer("cheap", (0.952, 100.0), its=terms("0.001"))

    (part,) = split([dear, cheap], Decimal(80), Side.BUY)

    assert (part.market.venue, part.amount, part.limit) == ("cheap", Decimal(80), Decimal("0.9520"))
    assert part.price == pytest.approx(0.952)
    assert part.fee == pytest.approx(80 * 0.952 * 0.001)


def test_what_a_quote_is_worth_counts() -> None:
    """0.96 of a coin worth 0.97 dollars is cheaper than 0.95 dollars."""
    tether = replace(offer("tether", (0.96, 100.0)), quote_usd=0.97)

    assert [part.market.venue for part in split([offer("usd", (0.95, 100.0)), tether], Decimal(50), Side.BUY)] == [
        "tether"
    ]


def test_a_part_too_small_is_taken_by_others() -> None:
    """What is too little for the cheapest market is bought at the next."""
    best = offer("best", (0.95, 3.0), its=terms(min_amount="10"))

    assert [
        (part.market.venue, part.amount) for part in split([best, offer("next", (0.96, 99.0))], Decimal(20), Side.BUY)
    ] == [("next", Decimal(20))]


def test_two_parts_too_small_are_one_that_is_not() -> None:
    """Where each market would get too little, one of them gets it all: the one where that costs less."""
    one = offer("one", (0.95, 6.0), (0.99, 100.0), its=terms(min_cost="9"))
    other = offer("other", (0.96, 100.0), its=terms(min_cost="9"))

    assert [(part.market.venue, part.amount) for part in split([one, other], Decimal(12), Side.BUY)] == [
        ("other", Decimal(12))
    ]


def test_a_part_is_raised_to_the_minimum_where_all_would_not_fit_elsewhere() -> None:
    """The cheaper market gives up what the other needs for its smallest order."""
    cheap, dear = offer("cheap", (1.0, 100.0)), offer("dear", (1.1, 100.0), its=terms(min_amount="50"))

    assert [(part.market.venue, part.amount) for part in split([cheap, dear], Decimal(120), Side.BUY)] == [
        ("cheap", Decimal(70)),
        ("dear", Decimal(50)),
    ]


def test_money_for_a_worse_limit_buys_less() -> None:
    """An order that reaches further sets more aside for each unit: it reaches no further than that pays."""
    its = offer("one", (0.5, 100.0), (1.0, 100.0), room="60")

    assert [(part.amount, part.limit) for part in split([its], Decimal(150), Side.BUY)] == [
        (Decimal(100), Decimal("0.5"))
    ]


@pytest.mark.parametrize("nonsense", [(float("nan"), 1.0), (0.0, 1.0), (1.0, -1.0), (float("inf"), 5.0), (0.9, 0.0)])
def test_levels_that_are_none_are_left_out(nonsense: tuple[float, float]) -> None:
    """A price or size that cannot be is nobody's."""
    (part,) = split([offer("one", nonsense, (0.95, 10.0))], Decimal(5), Side.SELL)

    assert (part.amount, part.limit) == (Decimal(5), Decimal("0.95"))


def test_nothing_of_nothing() -> None:
    """No offers, no levels, no money, or nothing wanted: no orders."""
    full = offer("one", (0.95, 10.0))

    assert split([], Decimal(5), Side.BUY) == ()
    assert split([offer("none")], Decimal(5), Side.BUY) == ()
    assert split([replace(full, room=Decimal(0))], Decimal(5), Side.BUY) == ()
    assert split([full], Decimal(0), Side.BUY) == ()
    assert split([full], Decimal("0.009"), Side.SELL) == ()


def test_ties_go_by_market() -> None:
    """Of equal offers the first by name is used, however they come."""
    equal = [offer(name, (0.95, 10.0)) for name in "abc"]

    found = {split(each, Decimal(15), Side.SELL) for each in permutations(equal)}

    assert [[(part.market.venue, part.amount) for part in parts] for parts in found] == [[("a", 10), ("b", 5)]]


def test_among_equals_the_deeper_market_is_used() -> None:
    """Where it costs the same it goes where more stands, whatever the names, and however they come."""
    thin, deep = offer("a", (0.95, 10.0)), offer("b", (0.95, 1_000.0))

    for each in permutations([thin, deep]):
        assert [(part.market.venue, part.amount) for part in split(each, Decimal(15), Side.SELL)] == [("b", 15)]


def test_more_is_never_cheaper_at_the_margin() -> None:
    """Each further piece costs as much as the one before, or more."""
    books = [offer(name, *((0.95 + n * 0.001 + len(name) * 1e-4, 10.0) for n in range(9))) for name in ("a", "bb")]
    costs = [dollars(split(books, Decimal(n), Side.BUY), books, Side.BUY) for n in range(0, 180, 5)]
    margins = [after - before for before, after in pairwise(costs)]

    assert all(after >= before - ROUNDING for before, after in pairwise(margins))
