"""An order as a fold: whatever is told in whatever order and however often, it is reported once."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.model.orders import Ordered, OrderEnded, OrderFilled, OrderOpened, OrderRefused, Pulled
from bot.venues import order_life
from bot.venues.order_life import Life, Sighting, Trade

from .order_floor import ticket

TICKET = ticket("okx", 1)
FILLS = tuple(Trade("x1", f"f{n}", n, Decimal(10 * n), Decimal("0.99"), Decimal("0.01"), "USDC") for n in range(1, 5))
NOW = 1_000


def over(filled):
    return Sighting("x1", 9, over=True, filled=Decimal(filled), reason="cancelled")


def told_of(life, words):
    """What is reported of `words`, in order."""
    told = []
    for each in words:
        match each:
            case Trade():
                life, new = order_life.traded(life, each, NOW)
            case Sighting():
                life, new = order_life.seen(life, each, NOW)
            case str():
                life, new = order_life.refused(life, each, NOW)
        told += new
    return life, told


WORDS = [*FILLS, over(100), Sighting("x1", 3, over=False, filled=Decimal(10)), over(40)]


@given(st.lists(st.sampled_from(WORDS), max_size=20))
def test_each_report_is_told_once(words):
    """One opening, one fill a fill id, one end; and the opening comes first."""
    life, told = told_of(Life(TICKET, 0), words)
    assert len({each.fill_id for each in told if isinstance(each, OrderFilled)}) == len(
        [each for each in told if isinstance(each, OrderFilled)]
    )
    assert sum(isinstance(each, OrderEnded) for each in told) <= 1
    assert [isinstance(each, OrderOpened) for each in told] == [k == 0 for k in range(len(told))]
    assert life.filled == sum((each.amount for each in {*words} if isinstance(each, Trade)), Decimal())


@given(st.permutations([*FILLS, *FILLS, over(100)]))
def test_order_and_repetition_do_not_matter(words):
    """Late fills, early ends and repetitions come to the same: complete, with all that was filled."""
    life, told = told_of(Life(TICKET, 0), words)
    assert life.complete
    assert life.filled == 100
    assert {each.fill_id for each in told if isinstance(each, OrderFilled)} == {each.fill_id for each in FILLS}


@given(st.permutations(FILLS))
def test_what_is_filled_to_the_full_has_ended(fills):
    """Nobody needs to say so, where we know how much was sent."""
    life, told = told_of(Life(TICKET, 0, Decimal(100)), fills)
    assert life.complete
    assert isinstance(told[-1], OrderEnded)
    assert told[-1].filled == 100


def test_an_end_waits_for_its_fills():
    """Ended with 30 filled and 10 told: more is to be heard."""
    life, _ = told_of(Life(TICKET, 0), [FILLS[0], over(30)])
    assert not life.stands
    assert not life.complete
    life, _ = told_of(life, [FILLS[1]])
    assert life.complete


def test_what_was_given_up_and_arrives_has_no_second_end():
    """Its fills are told all the same: they are money."""
    life, told = told_of(Life(TICKET, 0), ["never arrived", FILLS[0], over(10)])
    assert [type(each) for each in told] == [OrderRefused, OrderFilled]
    assert life.exchange_id == "x1"


@given(st.lists(st.sampled_from(WORDS), max_size=12), st.lists(st.sampled_from(WORDS), max_size=12))
def test_a_journal_is_taken_up_where_it_ends(before, after):
    """What the next process reports is what the one before would have reported."""
    lived, written = told_of(Life(TICKET, 0), before)
    journal = [Ordered(0, 0, TICKET), *written, Pulled(0, 0, "somebody else's", "")]
    remembered = order_life.remembered(journal)[TICKET.id]
    assert remembered.fills == lived.fills
    assert told_of(remembered, after)[1] == told_of(lived, after)[1]
