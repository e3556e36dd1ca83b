"""The book holds the newest of each market, however the news comes."""

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from bot.model.events import Quote, QuotesSeen
from bot.model.markets import Market
from bot.strategy import quotes
from bot.strategy.quotes import Book

PRICES = st.none() | st.floats(0.5, 1.5)
SECOND = 10**9


def market(name):
    """USDC in dollars somewhere."""
    return Market(name, "USDC", "USD")


def quote(name, at, bid=1.0, ask=1.0, size=0.0):
    """Somebody's quote at some moment."""
    return Quote(at, at, name, "USDC", "USD", bid, ask, size, size)


def look(at, *quoted, gone=()):
    """One look."""
    return QuotesSeen(at, at, quoted, tuple(market(name) for name in gone))


def book(*looks):
    """What looks one after another leave."""
    return reduce(quotes.fold, looks, Book())


@st.composite
def histories(draw):
    """Looks in the order of time."""
    looks = []
    for at in range(draw(st.integers(0, 6))):
        told = draw(st.dictionaries(st.sampled_from("abcd"), st.tuples(PRICES, PRICES)))
        gone = draw(st.sets(st.sampled_from("abcd")))
        looks.append(look(at, *(quote(name, at, *prices) for name, prices in told.items()), gone=gone))
    return looks


@given(histories())
def test_looks_joined_tell_the_same(looks):
    """A mailbox that holds several looks leaves the book that each in turn would have left."""
    joined = reduce(quotes.joined, looks, look(0))

    assert book(joined) == book(*looks)


@given(histories(), st.integers(0, 6))
def test_what_is_not_news_changes_no_price(looks, patience):
    """Leaving out what only repeats leaves every price as it is."""
    held = full = Book()
    for each in looks:
        full = quotes.fold(full, each)
        told = quotes.news(held, each, patience)
        held = quotes.fold(held, told) if told else held

    assert prices(held) == prices(full)


def prices(held):
    """Bids and asks by market."""
    return {market: (quote.bid, quote.ask) for market, quote in held.latest.items()}


def test_an_older_quote_changes_nothing():
    """What comes late is not the latest."""
    assert book(look(2, quote("a", 2, 0.9)), look(3, quote("a", 1, 1.1))).latest[market("a")].bid == 0.9


def test_a_market_nobody_stands_in_is_none():
    """A book emptied on both sides is as good as gone."""
    assert book(look(1, quote("a", 1)), look(2, quote("a", 2, None, None))) == Book()


def test_what_is_too_old_no_longer_counts():
    """A feed that went silent is not believed for ever, and the others are."""
    held = book(look(1, quote("silent", 1)), look(5, quote("alive", 5)))

    assert list(quotes.fresh(held, oldest=5).latest) == [market("alive")]
    assert quotes.fresh(held, oldest=1) is held


def test_a_repeated_quote_is_told_again_before_it_ages():
    """Nothing new is no news, but for a while only."""
    held = book(look(0, quote("a", 0)))

    assert quotes.news(held, look(1, quote("a", 1)), SECOND) is None
    assert quotes.news(held, look(SECOND, quote("a", SECOND)), SECOND) is not None


def test_a_size_that_doubled_is_news():
    """Depth is evidence."""
    held = book(look(0, quote("a", 0, size=100.0)))

    assert quotes.news(held, look(1, quote("a", 1, size=150.0)), SECOND) is None
    assert quotes.news(held, look(1, quote("a", 1, size=201.0)), SECOND) is not None
