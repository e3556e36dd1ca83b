"""Positions on margin at a sandbox exchange: exact whatever is traded, never larger than their backing allows."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.orders import Side, Style
from bot.sandbox.errors import SandboxError
from bot.sandbox.wire import margin
from bot.sandbox.wire.account import Account
from bot.sandbox.wire.book import Level, Listing
from bot.sandbox.wire.exchange import Exchange
from bot.sandbox.wire.margin import MarginAccount, Position
from bot.sandbox.wire.orders import Asked, Denial, DeniedError, Rules, State

USDC, USDE = (Listing(base, "USDT", 4, 0) for base in ("USDC-PERP", "USDE-PERP"))
RULES = Rules(Decimal("0.0005"), Decimal("0.0002"), fee_in_quote=True, min_cost=Decimal(5))
FUNDS = Decimal(100)
DIGIT = Fraction(1, 10**8)


def prices():
    """From panic to premium."""
    return st.integers(7_000, 12_000).map(lambda ticks: Decimal(ticks).scaleb(-4))


def sizes():
    """Up to what a hundred dollars carry twentyfold, and beyond."""
    return st.integers(6, 2_500).map(Decimal)


@st.composite
def books(draw):
    """A market, and its bids and asks, best first; they may be crossed, and either side may be empty."""
    sides = ({price: draw(sizes()) for price in draw(st.lists(prices(), max_size=3))} for _ in range(2))
    bids, asks = (sorted(side.items(), reverse=down) for side, down in zip(sides, (True, False), strict=True))
    levels = (tuple(Level(f"{price:f}", f"{size:f}") for price, size in side) for side in (bids, asks))
    return draw(st.sampled_from([USDC, USDE])), *levels


@st.composite
def orders(draw):
    """Of any style, in either market; without a limit only such as take."""
    style = draw(st.sampled_from(Style))
    limit = draw(st.none() | prices()) if style is Style.TAKE else draw(prices())
    market, side = draw(st.sampled_from([USDC, USDE])), draw(st.sampled_from(Side))
    return Asked(market, side, style, draw(sizes()), limit, reduce_only=draw(st.booleans()))


def rates():
    """Of funding, to ten digits."""
    return st.integers(-(10**8), 10**8).map(lambda units: Decimal(units).scaleb(-10))


def deeds():
    """Books that move, orders, some that are taken back, payments of funding."""
    return st.lists(books() | orders() | st.integers(1, 20) | rates(), max_size=25)


def opened(**options):
    """An account with money at an exchange with two perpetual futures."""
    exchange = Exchange("binanceusdm", lambda: 0, taker=RULES.taker, maker=RULES.maker)
    exchange.open([USDC, USDE])
    account = MarginAccount(exchange, RULES, **options)
    account.held["USDT"] = FUNDS
    return account


def quoted(account, bid, ask, size="100000"):
    """One price a side, with as much there as anybody wants."""
    account.exchange.move(USDC, (Level(bid, size),), (Level(ask, size),))
    account.meet(USDC)


def sell(account, amount, limit="0.9", **terms):
    """Sells at once what may be sold at that price."""
    return account.place(Asked(USDC, Side.SELL, Style.TAKE, Decimal(amount), Decimal(limit), **terms))


def do(account, deed):
    """Does it, if it is allowed."""
    try:
        match deed:
            case Asked():
                account.place(deed)
            case int():
                account.cancel(deed)
            case Decimal():
                account.exchange.funding[USDC] = account.exchange.funding[USDE] = deed
                account.settle()
            case market, bids, asks:
                account.exchange.move(market, bids, asks)
                account.meet(market)
    except DeniedError:
        pass


def signed(account, fill):
    """Its market, and what it added to the position there."""
    asked = account.orders[fill.order].asked
    return asked.listing, fill.amount if asked.side is Side.BUY else -fill.amount


def averaged(account):
    """Entry prices and profits by the book, in fractions: the average of what was opened, less what was closed."""
    held, entry, profit = {USDC: 0, USDE: 0}, {USDC: Fraction(0), USDE: Fraction(0)}, Fraction(0)
    for fill in account.fills:
        (market, amount), price = signed(account, fill), Fraction(fill.price)
        closed = min(abs(held[market]), abs(amount)) if held[market] * amount < 0 else Decimal(0)
        profit += Fraction(closed.copy_sign(held[market])) * (price - entry[market])
        after = held[market] + amount
        if not closed:
            entry[market] = (Fraction(held[market]) * entry[market] + Fraction(amount) * price) / Fraction(after)
        elif after * held[market] <= 0:
            entry[market] = price if after else Fraction(0)
        held[market] = after
    return entry, profit


@given(deeds(), st.booleans())
def test_wallet_and_positions_are_what_was_traded_and_paid_to_the_last_digit(todo, races):
    """Less each position at its entry price the wallet is all money that came, less all that went."""
    account = opened(overtaken=lambda: races)
    for deed in todo:
        do(account, deed)
        money, held = FUNDS + sum(each.amount for each in account.paid), {USDC: Decimal(0), USDE: Decimal(0)}
        for fill in account.fills:
            market, amount = signed(account, fill)
            held[market] += amount
            money -= amount * fill.price + fill.fee

        positions = {each: account.position(each) for each in held}
        assert {each: position.amount for each, position in positions.items()} == held
        assert account.wallet() - sum(each.amount * each.entry for each in positions.values()) == money
        assert account.balances() == ({"USDT": account.wallet()} if account.wallet() else {})


@given(deeds())
def test_a_position_is_entered_at_the_average_of_what_opened_it(todo):
    """To eight digits a fill; what is closed earns the difference, what turns begins anew, what is gone has none."""
    account = opened()
    for deed in todo:
        do(account, deed)

    entries, profit = averaged(account)
    off = DIGIT * len(account.fills)
    assert all(abs(Fraction(account.position(each).entry) - entry) <= off for each, entry in entries.items())
    traded = Fraction(sum(each.amount for each in account.fills))
    assert abs(Fraction(sum(each.realised for each in account.fills)) - profit) <= off * traded


@given(deeds(), st.booleans())
def test_an_order_that_may_only_reduce_does_nothing_else(todo, races):
    """However large it is and however long it rests: what it fills makes the position smaller, and never turns it."""
    account = opened(overtaken=lambda: races)
    for deed in todo:
        do(account, deed)

    held = {USDC: Decimal(0), USDE: Decimal(0)}
    for fill in account.fills:
        market, amount = signed(account, fill)
        if account.orders[fill.order].asked.reduce_only:
            assert abs(held[market] + amount) == abs(held[market]) - fill.amount
        held[market] += amount


@given(deeds())
def test_no_position_stands_on_too_little_where_the_book_could_close_it(todo):
    """Once the maintenance margin is not met everything is closed, as far as there is somebody to close it with."""
    account = opened()
    for deed in todo:
        do(account, deed)
        positions = account.positions()
        if account.equity() < sum(account.maintenance(each) for each in positions):
            assert not account.open()
            for market, (amount, _) in positions.items():
                book = account.exchange.books[market]
                assert not (book.bids if amount > 0 else book.asks)


@given(st.integers(100, 1_800), st.sampled_from(Side), st.integers(7_000, 11_000))
def test_the_price_of_liquidation_is_the_one_it_happens_at(amount, side, price):
    """A tick before it the position stands, a tick beyond it is closed."""
    account, at = opened(), Decimal(price).scaleb(-4)
    quoted(account, *(f"{at:f}" for _ in range(2)))
    account.place(Asked(USDC, side, Style.TAKE, Decimal(amount), None))
    edge, tick = account.liquidation_price(USDC), Decimal("0.0001")
    worse = tick if side is Side.SELL else -tick
    if not edge:
        return  # money for all of it

    quoted(account, *(f"{edge.quantize(tick) - worse:f}" for _ in range(2)))
    assert account.position(USDC).amount == (amount if side is Side.BUY else -amount)
    quoted(account, *(f"{edge.quantize(tick) + worse:f}" for _ in range(2)))
    assert account.position(USDC) == Position(Decimal(0), Decimal(0))
    assert list(account.orders.values())[-1].asked.client_id.startswith(margin.LIQUIDATES)


def test_what_is_opened_has_a_twentieth_behind_it():
    """Unless the leverage is another; orders that rest count, and what only reduces is taken though all is used."""
    account = opened()
    quoted(account, "1.0", "1.0")
    with pytest.raises(DeniedError) as denied:
        sell(account, 2_001)
    assert denied.value.why is Denial.FUNDS

    account.leverage[USDC] = 10
    account.place(Asked(USDC, Side.SELL, Style.MAKE, Decimal(400), Decimal("1.25")))
    assert account.available() == 50
    sell(account, 400)
    with pytest.raises(DeniedError):
        sell(account, 200)
    account.place(Asked(USDC, Side.BUY, Style.TAKE, Decimal(400), Decimal(1)))
    assert account.position(USDC).amount == 0


def test_a_position_that_has_lost_its_margin_may_be_made_smaller():
    """Not larger, though; closing is what makes good."""
    account = opened()
    quoted(account, "1.0", "1.0")
    sell(account, 1_900)
    quoted(account, "1.03", "1.03")
    assert account.available() == 0
    with pytest.raises(DeniedError):
        sell(account, 10)

    account.place(Asked(USDC, Side.BUY, Style.TAKE, Decimal(10), Decimal("1.03")))
    assert account.position(USDC).amount == -1_890


def test_what_may_only_reduce_is_refused_where_there_is_nothing_to_reduce():
    """And ends, if it rests, once the position is closed by another."""
    account = opened()
    quoted(account, "0.95", "0.96")
    sell(account, 100)
    with pytest.raises(DeniedError) as denied:
        sell(account, 10, reduce_only=True)
    assert denied.value.why is Denial.REDUCES

    resting = account.place(Asked(USDC, Side.BUY, Style.MAKE, Decimal(150), Decimal("0.9"), reduce_only=True))
    account.place(replace(resting.asked, style=Style.TAKE, limit=Decimal("0.97")))
    assert account.position(USDC).amount == 0
    assert account.orders[resting.number].state is State.CANCELLED


@pytest.mark.parametrize(
    ("amount", "rate", "paid"),
    [
        (-300, "0.0003", "0.08550000"),
        (300, "0.0003", "-0.08550000"),
        (-300, "-0.0001", "-0.02850000"),
        (-7, "0.000123456789", "0.00082098"),
        (7, "0.000123456789", "-0.00082099"),
    ],
)
def test_the_rate_times_what_a_position_is_worth_goes_from_long_to_short(amount, rate, paid):
    """At the mark price, to eight digits, rounded against the account; nothing is paid where nothing is held."""
    account = opened()
    quoted(account, "0.9499", "0.9501")
    account.place(Asked(USDC, Side.SELL if amount < 0 else Side.BUY, Style.TAKE, Decimal(abs(amount)), None))
    before = account.wallet()
    account.exchange.funding[USDC] = Decimal(rate)
    account.settle()

    (payment,) = account.paid
    assert (payment.listing, payment.amount) == (USDC, Decimal(paid))
    assert account.wallet() - before == Decimal(paid)


def test_an_account_of_coins_has_no_positions():
    """And says so in one line."""
    with pytest.raises(SandboxError, match="kraken has no positions in the sandbox"):
        margin.of(Account(Exchange("kraken", lambda: 0), RULES))
