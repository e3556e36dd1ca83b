"""A dry run's orders: pretended, written down, and never better than what stood in the book."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app.paper_floor import PaperFloor
from bot.model.account import Account, post
from bot.model.events import Quote
from bot.model.markets import Market
from bot.model.orders import Ordered, OrderEnded, OrderFilled, OrderRefused, Purpose, Side, Style, Ticket
from bot.model.times import HOUR

from .trading import WIDE, kept, market, settings, trading

USDC = Market("kraken", "USDC", "USD")


def ticket(number=1, side=Side.BUY, amount="100", limit="1.0", style=Style.TAKE, of=USDC):
    """An order of USDC."""
    amounts = Decimal(amount), Decimal(limit)
    return Ticket(f"rp{number}", "t1", "hold", "USDC", of, side, *amounts, style, Purpose.ENTER, 1.0, 1, 1.0)


class Book:
    """A floor and the quote it looks at."""

    def __init__(self, bid=0.999, ask=1.0, bid_size=1_000.0, ask_size=1_000.0):
        self.quotes = {}
        self.floor = PaperFloor(["kraken"], 1_000.0, lambda: 7, lambda: self.quotes, look=0.0)
        self.stands(bid, ask, bid_size, ask_size)

    def stands(self, bid, ask, bid_size=1_000.0, ask_size=1_000.0, at=1):
        self.quotes = {USDC: Quote(at, at, *USDC, bid, ask, bid_size, ask_size)}


def filled(events):
    """Base units."""
    return sum((each.amount for each in events if isinstance(each, OrderFilled)), Decimal())


async def test_it_pays_what_stands_there_and_the_fee():
    """The ask, not the limit, and the taker's fee of the public schedule."""
    told = await Book(ask=0.99).floor.place(ticket(limit="1.01"))
    (fill,) = [each for each in told if isinstance(each, OrderFilled)]

    assert (fill.amount, fill.price, fill.fee) == (Decimal(100), Decimal("0.99"), Decimal("0.198"))


async def test_what_was_taken_of_a_quote_is_gone():
    """Two orders get no more than stood there once, also when the quote is said again; a new price is a new book."""
    book = Book(ask_size=150.0)
    first = await book.floor.place(ticket(1))
    book.stands(0.999, 1.0, 1_000.0, 150.0, at=2)
    second = await book.floor.place(ticket(2))
    book.stands(0.999, 0.9999, 1_000.0, 150.0, at=3)
    third = await book.floor.place(ticket(3))

    assert [filled(each) for each in (first, second, third)] == [Decimal(100), Decimal(50), Decimal(100)]


async def test_who_waits_is_filled_where_the_book_goes_through_its_price():
    """At its own price, as far as the size goes; the rest is over when it is pulled."""
    book = Book()
    assert filled(await book.floor.place(ticket(limit="0.9995", style=Style.REST))) == 0
    events = book.floor.events()
    book.stands(0.999, 0.9995)
    assert book.floor._met() == []
    book.stands(0.998, 0.999, ask_size=30.0)
    fill = await anext(events)
    assert (fill.amount, fill.price) == (Decimal(30), Decimal("0.9995"))
    assert await book.floor.pull("rp1", "old") == [OrderEnded(7, 7, "rp1", Decimal(30), "dry run: old")]
    assert await book.floor.pull("rp1", "old") == []
    await events.aclose()


async def test_who_only_waits_is_refused_where_it_would_take():
    """Post only."""
    (told,) = await Book().floor.place(ticket(style=Style.MAKE))
    assert isinstance(told, OrderRefused)


async def test_a_venue_without_an_account_takes_nothing():
    """As live, where there are no keys."""
    (told,) = await Book().floor.place(ticket(of=Market("okx", "USDC", "USD")))
    assert isinstance(told, OrderRefused)


@given(
    st.sampled_from(Side),
    st.sampled_from([Style.TAKE, Style.REST]),
    st.decimals("0.9", "1.1", places=4),
    st.integers(1, 10**6),
    st.floats(0.9, 1.1),
    st.floats(0.0, 10_000.0),
)
async def test_it_is_never_kinder_than_the_book(side, style, limit, cents, price, size):
    """Never more than stood there, never beyond the limit, and of every order that is over the fills add up."""
    book = Book(bid=price, ask=price, bid_size=size, ask_size=size)
    told = await book.floor.place(ticket(side=side, style=style, limit=str(limit), amount=str(Decimal(cents) / 100)))
    told += await book.floor.pull("rp1", "test")
    (end,) = [each for each in told if isinstance(each, OrderEnded)]

    assert end.filled == filled(told) <= min(Decimal(repr(size)), Decimal(cents) / 100)
    for fill in told:
        if isinstance(fill, OrderFilled):
            assert fill.price <= limit if side is Side.BUY else fill.price >= limit
            assert fill.fee > 0


async def test_what_stood_when_a_run_ended_is_over():
    """Nothing is promised for ever to an order that nobody carries any more; what was filled of it stays."""
    book = Book(ask_size=30.0)
    order = ticket(style=Style.REST)
    past = [*await book.floor.start([]), Ordered(1, 1, order), *await book.floor.place(order)]
    past += await Book().floor.start(past)
    account = Account()
    for event in past:
        account = post(account, event)

    assert not account.orders
    assert account.free("kraken", "USD") == Decimal("1000.00") - 30 - Decimal("0.06")
    assert account.balances["kraken", "USDC"] == 30


async def test_a_dry_run_pretends_and_sends_nothing(tmp_path):
    """The books show the trade, the exchange no order; keys are not asked for."""
    async with market("kraken") as exchanges:
        told = settings(tmp_path, exchanges.url, "kraken", paper_usd=50_000)
        (told.desk.keys / "kraken.json").unlink()
        async with trading(exchanges, told, live=False) as work:
            await work.fall()
            await work.quiet()
            (trade,) = work.account.trades.values()

            assert trade.bought > 0
            assert work.held()["USDC"] == trade.bought
        assert exchanges.orders("kraken") == ()
        assert exchanges.balance("kraken") == {"USD": 100_000}


@pytest.mark.parametrize("spread", [0.001, WIDE])
async def test_a_second_dry_run_goes_on_with_the_books_of_the_first(tmp_path, spread):
    """What the first bought the second sells, whether it took or waited; the dollars are those that were left."""
    async with market("kraken") as exchanges:
        told = settings(tmp_path, exchanges.url, "kraken", paper_usd=50_000)
        async with trading(exchanges, told, live=False) as work:
            await work.fall(spread=spread)
            await work.look(0.89)
            await work.until(lambda: work.account.trades and any(each.bought for each in work.account.trades.values()))
            await work.look(0.8901)
        async with trading(exchanges, told, live=False) as work:
            assert work.held()["USDC"] > 0
            assert not work.account.orders
            await work.rise()

            assert work.held().keys() == {"USD"}
            assert work.held()["USD"] > 50_000
        assert exchanges.orders("kraken") == ()
    assert len([each for each in kept(told, live=False) if isinstance(each, OrderFilled)]) >= 2


async def test_where_perpetuals_are_traded_margin_is_pretended():
    """A short sold in a dry run is covered by USDT, as it would be there, and bought back."""
    future = Market("binanceusdm", "USDC-PERP", "USDT")
    quotes = {future: Quote(1, 1, *future, 0.94, 0.9402, 1_000.0, 1_000.0)}
    floor = PaperFloor(["kraken", "binanceusdm"], 1_000.0, lambda: 7, lambda: quotes, look=0.0)
    account = Account()
    short = ticket(1, Side.SELL, limit="0.94", of=future)
    for event in [*await floor.start([]), Ordered(1, 1, short), *await floor.place(short)]:
        account = post(account, event)

    assert account.balances["binanceusdm", "USDC-PERP"] == -100
    assert account.cover("binanceusdm") == 125
    assert account.free("binanceusdm", "USDT") == 500 + 94 - 125 - Decimal("0.047")
    assert floor.terms(future).carry > 0


async def test_what_is_pretended_to_be_short_pays_funding():
    """Every eight hours, once, also after a restart; and no more once it was bought back."""
    future, now = Market("binanceusdm", "USDC-PERP", "USDT"), [8 * HOUR - 1]
    quotes = {future: Quote(1, 1, *future, 0.94, 0.94, 1e6, 1e6)}
    floor = PaperFloor(["binanceusdm"], 1e5, lambda: now[0], lambda: quotes, look=0.0)
    short = ticket(1, Side.SELL, amount="30000", limit="0.94", of=future)
    known = [Ordered(1, 1, short), *await floor.place(short)]
    assert floor.funding.due(now[0], quotes) == []

    again = PaperFloor(["binanceusdm"], 1e5, lambda: now[0], lambda: quotes, look=0.0)
    await again.start(known)
    now[0] = 8 * HOUR
    for each in (floor, again):
        (paid,) = each.funding.due(now[0], quotes)
        assert (paid.amount, paid.perpetual) == (Decimal("-9.40"), "USDC-PERP")
        assert each.funding.due(now[0], quotes) == []
    await floor.place(ticket(2, amount="30000", limit="0.94", of=future))
    assert floor.funding.due(16 * HOUR, quotes) == []
