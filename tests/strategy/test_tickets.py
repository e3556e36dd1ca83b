"""From an amount to orders: named apart, within books and purses, no worse than allowed."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.model.account import Account
from bot.model.events import Quote
from bot.model.markets import DOLLAR
from bot.model.orders import Purpose, Side, Terms, Ticket
from bot.strategy import tickets
from bot.strategy.opportunities import Counter
from bot.strategy.tickets import Wish
from strategy.desks import ALPHA, BETA, T0, TERMS, USDC, USDT, filled, seen, ticket, told

amounts = st.integers(1, 10**8).map(lambda n: Decimal(n) / 100)
steps = st.sampled_from(["0.0001", "0.00001", "0.01", "0.0005"]).map(Decimal)


def wish(amount: Decimal, side: Side = Side.BUY, slip_bp: float = 10) -> Wish:
    """So many USDC."""
    return Wish("t", "hold", USDC, side, Purpose.ENTER, amount, slip_bp, "test")


@st.composite
def counters(draw: st.DrawFn) -> tuple[Counter, ...]:
    """Up to four markets of USDC, two of which share a venue."""
    found = []
    for venue, quote in ((ALPHA, DOLLAR), (ALPHA, USDT), (BETA, DOLLAR), ("gamma", DOLLAR)):
        bid = draw(st.integers(5000, 10000)) / 10000
        sizes = [draw(st.sampled_from((0.0, 50.0, 3e3, 1e6))) for _ in range(2)]
        its = Terms(draw(st.sampled_from((TERMS.taker, Decimal(0)))), Decimal(0), min_cost=Decimal(5))
        found.append(Counter(Quote(T0, T0, venue, USDC, quote, bid, bid + 0.0001, *sizes), its, 1.0))
    return tuple(found)


def account(money: float, coins: float) -> Account:
    """So much at each venue."""
    return told(Account(), [seen(venue, USD=money, USDT=money, USDC=coins) for venue in (ALPHA, BETA, "gamma")])


def cut(wanted: Wish, offers: tuple[Counter, ...], books: Account, share: float = 1.0) -> list[Ticket]:
    """The orders."""
    return list(tickets.cut(wanted, offers, books, share, T0))


def test_a_pair_sells_no_coins_of_a_hold() -> None:
    """They lie where the hold has its only way out; what else lies there may go."""
    hold = ticket(amount=Decimal(900))
    books = filled(told(Account(), [seen(ALPHA, USD=900.0, USDC=100.0)]), hold)
    there = (Counter(Quote(T0, T0, ALPHA, USDC, DOLLAR, 0.9, 0.91, 1e6, 1e6), TERMS, 1.0),)
    pair = Wish("p", "pair", USDC, Side.SELL, Purpose.UNWIND, Decimal(1000), 50, "test")

    assert sum(each.amount for each in cut(pair, there, books)) == 100
    assert sum(each.amount for each in cut(wish(Decimal(1000), Side.SELL), there, books)) == 1000


def test_a_trade_sells_what_it_holds_where_it_holds_it() -> None:
    """What lies beside it there may be another's of the same coin."""
    hold = ticket(amount=Decimal(100))
    books = filled(told(Account(), [seen(ALPHA, USD=900.0, USDC=500.0), seen(BETA, USDC=500.0)]), hold)
    there = tuple(
        Counter(Quote(T0, T0, venue, USDC, DOLLAR, 0.9, 0.91, 1e6, 1e6), TERMS, 1.0) for venue in (ALPHA, BETA)
    )
    own = Wish(hold.trade, "hold", USDC, Side.SELL, Purpose.EXIT, Decimal(400), 10, "test")

    assert [(each.market.venue, each.amount) for each in cut(own, there, books)] == [(ALPHA, Decimal(100))]


@given(counters(), amounts, st.sampled_from(Side), st.floats(1, 1e5), st.floats(1, 1e5), st.sampled_from((0.1, 1.0)))
def test_orders_stay_within_wish_books_and_purses(
    offers: tuple[Counter, ...], amount: Decimal, side: Side, money: float, coins: float, share: float
) -> None:
    """All ask for no more than is wanted; each for no more than its book shows and its purse bears, fee paid."""
    money, coins = round(money, 2), round(coins, 2)
    books = account(money, coins)
    made = cut(wish(amount, side), offers, books, share)
    by_market = {each.market: each for each in offers}

    assert sum(each.amount for each in made) <= amount
    assert len({each.id for each in made}) == len(made)
    assert len({each.market.venue for each in made}) == len(made) or side is Side.BUY
    for each in made:
        counter = by_market[each.market]
        size = counter.quote.ask_size if side is Side.BUY else counter.quote.bid_size
        assert 0 < float(each.amount) <= size * share * (1 + 1e-9)
        if side is Side.BUY:
            asked = each.amount * each.limit * (1 + counter.terms.taker)
            assert asked <= books.free(each.market.venue, each.market.quote)
        else:
            assert each.amount <= books.free(each.market.venue, USDC)


@given(st.floats(0.01, 2), st.sampled_from(Side), st.floats(0, 500), steps)
def test_a_limit_is_on_the_steps_and_no_worse_than_allowed(seen: float, side: Side, slip: float, step: Decimal) -> None:
    """Rounded against the trade: better a chance missed than a price that was not wanted."""
    limit = tickets.limit(seen, side, slip, step)

    assert limit % step == 0
    if side is Side.BUY:
        assert float(limit) <= seen * (1 + slip / 1e4) * (1 + 1e-12)
    else:
        assert float(limit) >= seen * (1 - slip / 1e4) * (1 - 1e-12)


@given(st.integers(0, 2**31), st.integers(0, 2**31), st.integers(0, 10**9))
def test_names_are_apart(one: int, other: int, later: int) -> None:
    """Two orders of a journal never have the same name, whatever the time; exchanges take it for what it is."""
    names = tickets.name(one, T0), tickets.name(other, T0)

    assert (names[0] == names[1]) == (one == other)
    assert all(len(each) <= 18 and each.isalnum() for each in names)
    assert tickets.name(one, T0 + later * 10**9)[-1] == names[0][-1]


def test_a_book_nobody_stands_in_hides_none() -> None:
    """A price without a size is no price: the next market of the same purse is taken."""
    ghost = Counter(Quote(T0, T0, ALPHA, USDC, DOLLAR, 0.85, 0.85, 0.0, 0.0), TERMS, 1.0)
    real = Counter(Quote(T0, T0, BETA, USDC, DOLLAR, 0.90, 0.90, 1e6, 1e6), TERMS, 1.0)

    assert [each.market.venue for each in cut(wish(Decimal(100)), (ghost, real), account(1e6, 0))] == [BETA]
    assert cut(wish(Decimal(100)), (ghost,), account(1e6, 0)) == []
